//! rustls in the socket: its settings, its wires, and its errors in words that help (feature `tls`).
//!
//! Next: `builder` for what can be chosen, [`plug`] for what becomes of it.

pub mod builder;
pub mod certificate;
mod der;
mod explain;
mod key_log;
pub mod pin;
pub mod plug;
mod provider;
mod trust;
mod verifier;
mod wire;

pub use builder::{RustlsBuilder, TlsVersion};
pub use certificate::Certificate;
pub use pin::Pin;
pub use plug::Rustls;
