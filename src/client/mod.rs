//! What the caller wants: requests, responses, and the policies between them.
//!
//! The story is told in [`send`]: everything else in this folder is one of its words.
//!
//! # What happens at the hard corners
//!
//! - *A success arrives while the request is still being sent.* The response is handed out at once and the upload goes on
//!   inside it: whoever reads the body to its end finishes the upload too. Dropping the response cuts it.
//! - *An error, a redirect or a response that closes arrives early.* The upload stops, the response is handed out, the
//!   connection is closed (RFC 9112 §9.5).
//! - *A request is dropped while it is being sent.* Its connection is closed: half a request cannot be taken back.
//! - *A server closes its half while the upload runs.* A response that came before is handed out; without one it is an
//!   incomplete message. A half-closed connection is never used again.
//! - *A TLS 1.3 server refuses the client certificate*, which shows as the first read error. It is an error and never a
//!   stale connection: only a connection that had been reused is given up for a new one.
//! - *Bytes of the new protocol come with the head that switches to it.* They are the first that the upgraded stream reads.
//!   A switch before the request was complete is an error.
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
