//! Who asks: credentials, challenges and signatures.
//!
//! [`authenticate`] has the sockets; the schemes are plugged into them.

#[cfg(feature = "digest")]
pub(super) mod any;
pub mod authenticate;
#[cfg(feature = "auth")]
pub(super) mod basic;
pub(super) mod bearer;
pub mod challenge;
#[cfg(feature = "auth")]
pub(super) mod credentials;
#[cfg(feature = "digest")]
pub(super) mod digest;
#[cfg(feature = "digest")]
pub(super) mod digest_hash;
#[cfg(feature = "digest")]
pub(super) mod digest_state;
#[cfg(feature = "auth")]
pub(super) mod netrc;
#[cfg(feature = "auth")]
pub(super) mod netrc_read;
