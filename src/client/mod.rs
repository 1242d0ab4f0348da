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
//! - *A TLS 1.3 server refuses the client certificate*, which shows as the first read error. It is an error of TLS
//!   ([`Error::is_tls`]) and never a stale connection, on a reused one neither: an alert says that somebody is there.
//! - *Bytes of the new protocol come with the head that switches to it.* They are the first that the upgraded stream reads.
//!   A switch before the request was complete is an error.
//!
//! Next: [`send`]

mod address_options;
mod attempt;
pub mod auth;
pub mod bodies;
mod builder;
mod client_options;
pub mod codings;
mod config;
pub mod connector;
pub mod cookies;
pub mod defaults;
pub mod error;
mod error_text;
mod handle;
mod hop;
pub mod incoming;
#[cfg(feature = "json")]
mod json;
mod live;
#[cfg(feature = "tls")]
mod no_tls;
mod outgoing;
mod pace_options;
mod pool_options;
mod prepare;
pub mod proxies;
pub mod reading;
mod redirect;
pub mod redirect_policy;
mod reply;
pub mod request;
mod request_options;
pub mod response;
mod retry;
pub mod retry_policy;
mod send;
mod settings;
mod socket_options;
pub mod telling;
mod template;
#[cfg(not(feature = "tls"))]
mod tls_absent;
#[cfg(feature = "tls")]
mod tls_draft;
mod tls_facts;
#[cfg(feature = "tls")]
mod tls_options;
mod trip;
#[cfg(any(feature = "digest", feature = "multipart"))]
mod unforeseen;
pub mod upgrade;
mod upkeep;
mod warm_up;

#[cfg(feature = "digest")]
pub use auth::any::AnyAuth;
pub use auth::authenticate::{Authenticate, Draft, Sign};
#[cfg(feature = "auth")]
pub use auth::basic::Basic;
pub use auth::bearer::Bearer;
pub use auth::challenge::{Challenge, challenges};
#[cfg(feature = "digest")]
pub use auth::digest_state::Digest;
#[cfg(feature = "auth")]
pub use auth::netrc::Netrc;
pub use bodies::body::Body;
pub use bodies::replayable::Replayable;
pub use builder::ClientBuilder;
pub use codings::choice::Codings;
pub use codings::decode::Coding;
pub use connector::Connector;
#[cfg(feature = "cookies")]
pub use cookies::cookie::{Cookie, CookieRefusal, SameSite};
#[cfg(feature = "cookies")]
pub use cookies::file::{LoadedCookies, SessionCookies};
#[cfg(feature = "cookies")]
pub use cookies::jar::Jar;
#[cfg(feature = "cookies")]
pub use cookies::set_cookie::SetCookie;
pub use cookies::store::CookieStore;
pub use error::Error;
pub use handle::Client;
pub use incoming::Incoming;
pub use proxies::choice::Proxies;
pub use proxies::no_proxy::NoProxy;
pub use proxies::proxy::Proxy;
pub use redirect_policy::{Follow, Redirect};
pub use request::RequestBuilder;
pub use response::Response;
pub use retry_policy::Retry;
pub use telling::event::{Event, Fate, Happening, SentHead};
pub use telling::journal::{Attempted, Outcome, Redirected};
pub use telling::timings::Timings;
#[cfg(feature = "tracing")]
pub use telling::tracing::Tracing;
pub use upgrade::Upgraded;
