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

#[cfg(feature = "digest")]
mod any_auth;
mod attempt;
pub mod authenticate;
#[cfg(feature = "auth")]
mod basic;
mod bearer;
pub mod body;
#[cfg(feature = "brotli")]
mod brotli;
mod builder;
pub mod challenge;
mod charset;
mod client_options;
pub mod coding;
#[cfg(feature = "gzip")]
mod compress;
mod config;
pub mod connector;
#[cfg(feature = "cookies")]
pub mod cookie;
#[cfg(feature = "cookies")]
mod cookie_admit;
#[cfg(feature = "cookies")]
mod cookie_date;
#[cfg(feature = "cookies")]
mod cookie_domain;
#[cfg(feature = "cookies")]
pub mod cookie_file;
#[cfg(feature = "cookies")]
pub mod cookie_jar;
#[cfg(all(feature = "cookies", feature = "json"))]
mod cookie_json;
#[cfg(feature = "cookies")]
mod cookie_request;
#[cfg(feature = "cookies")]
mod cookie_shelf;
#[cfg(all(test, feature = "cookies"))]
mod cookie_shelf_tests;
pub mod cookie_store;
#[cfg(feature = "psl")]
mod cookie_suffix;
#[cfg(feature = "auth")]
mod credentials;
pub mod decode;
mod decoding;
mod decompress;
pub mod defaults;
#[cfg(feature = "digest")]
mod digest;
#[cfg(feature = "digest")]
mod digest_hash;
#[cfg(feature = "digest")]
mod digest_state;
pub mod disposition;
pub mod download;
#[cfg(feature = "charset")]
mod encodings;
pub mod error;
pub mod event;
pub mod event_source;
mod event_text;
pub mod events;
mod file;
pub mod file_name;
#[cfg(feature = "form")]
mod form_serialize;
#[cfg(feature = "gzip")]
mod gzip;
mod handle;
#[cfg(any(feature = "multipart", feature = "gzip"))]
mod held;
mod hop;
#[cfg(feature = "http-body")]
mod http_body;
#[cfg(feature = "http-body")]
mod http_body_request;
pub mod incoming;
pub mod journal;
#[cfg(feature = "json")]
mod json;
pub mod links;
mod listen;
mod live;
#[cfg(feature = "multipart")]
pub mod multipart;
#[cfg(feature = "auth")]
mod netrc;
#[cfg(feature = "auth")]
mod netrc_read;
pub mod no_proxy;
#[cfg(feature = "tls")]
mod no_tls;
mod on_download;
mod outgoing;
mod parameters;
mod part_file;
mod prepare;
mod progress;
mod proxied;
pub mod proxies;
pub mod proxy;
mod proxy_env;
mod proxy_options;
mod proxy_refusal;
mod redirect;
pub mod redirect_policy;
pub mod replayable;
mod reply;
pub mod request;
mod request_body;
mod request_options;
pub mod response;
pub mod resume;
mod retry;
pub mod retry_policy;
mod send;
#[cfg(feature = "cookies")]
pub mod set_cookie;
mod settings;
mod sources;
pub mod sse;
pub mod stream;
mod tally;
mod template;
pub mod timings;
#[cfg(feature = "tracing")]
pub mod tracing;
mod trip;
pub mod upgrade;
pub mod validator;
mod way;
#[cfg(feature = "zstd")]
mod zstd;

#[cfg(feature = "tracing")]
pub use self::tracing::Tracing;
#[cfg(feature = "digest")]
pub use any_auth::AnyAuth;
pub use authenticate::{Authenticate, Draft, Sign};
#[cfg(feature = "auth")]
pub use basic::Basic;
pub use bearer::Bearer;
pub use body::Body;
pub use builder::ClientBuilder;
pub use challenge::{Challenge, challenges};
pub use coding::Codings;
pub use connector::Connector;
#[cfg(feature = "cookies")]
pub use cookie::{Cookie, CookieRefusal, SameSite};
#[cfg(feature = "cookies")]
pub use cookie_file::{LoadedCookies, SessionCookies};
#[cfg(feature = "cookies")]
pub use cookie_jar::Jar;
pub use cookie_store::CookieStore;
pub use decode::Coding;
#[cfg(feature = "digest")]
pub use digest_state::Digest;
pub use error::Error;
pub use event::{Event, Fate, Happening, SentHead};
pub use handle::Client;
pub use incoming::Incoming;
pub use journal::{Attempted, Outcome, Redirected};
#[cfg(feature = "auth")]
pub use netrc::Netrc;
pub use no_proxy::NoProxy;
pub use proxies::Proxies;
pub use proxy::Proxy;
pub use redirect_policy::{Follow, Redirect};
pub use replayable::Replayable;
pub use request::RequestBuilder;
pub use response::Response;
pub use retry_policy::Retry;
#[cfg(feature = "cookies")]
pub use set_cookie::SetCookie;
pub use timings::Timings;
pub use upgrade::Upgraded;
