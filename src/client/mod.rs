//! What the caller wants: requests, responses, and the policies between them.
//!
//! The story is told in [`send`]: everything else in this folder is one of its words.
//!
//! Next: [`send`]

pub mod body;
mod builder;
pub mod config;
pub mod error;
mod handle;
pub mod incoming;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "tls")]
mod no_tls;
mod outgoing;
mod redirect;
pub mod request;
pub mod response;
mod retry;
mod send;
pub mod timings;
pub mod upgrade;

pub use body::Body;
pub use builder::ClientBuilder;
pub use error::Error;
pub use handle::Client;
pub use incoming::Incoming;
pub use request::RequestBuilder;
pub use response::Response;
pub use timings::Timings;
pub use upgrade::Upgraded;
