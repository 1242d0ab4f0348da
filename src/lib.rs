//! An async HTTP/1.1 client built on raw streams from first principles.

#![forbid(unsafe_code)]

pub mod h1;
pub mod message;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
mod conn;
#[cfg(feature = "client")]
pub mod net;
#[cfg(feature = "client")]
mod pool;

#[cfg(feature = "client")]
pub use client::{
    Body, Client, ClientBuilder, Error, Incoming, RequestBuilder, Response, Timings, Upgraded,
};
#[cfg(feature = "client")]
pub use conn::{BoxError, Clock, ConnectionInfo, Delivery, Phase};
pub use message::{Fields, Method, StatusCode, Uri, Version, header};
