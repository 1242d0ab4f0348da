//! An async HTTP/1.1 client built on raw streams from first principles.

#![forbid(unsafe_code)]

pub mod h1;
pub mod message;

#[cfg(feature = "client")]
mod conn;
#[cfg(feature = "client")]
pub mod net;
#[cfg(feature = "client")]
mod pool;
