//! TLS: the socket a library is plugged into, and the plug.

#[cfg(feature = "tls")]
pub mod rustls;
#[cfg(feature = "tls")]
pub(super) mod rustls_wire;
pub mod secure;
