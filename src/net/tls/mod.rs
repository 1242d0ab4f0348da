//! TLS: the socket a library is plugged into, and the plug.

#[cfg(feature = "tls")]
pub mod rustls;
pub mod secure;

#[cfg(feature = "tls")]
pub use rustls::{Certificate, Pin, Rustls, RustlsBuilder, TlsVersion};
pub use secure::{Secure, Securing, TlsError, TlsErrorKind};

pub use super::stream::TlsInfo;
