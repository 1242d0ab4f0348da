//! The client against httpbin itself, which tells in JSON what it was asked and how. In: requests to all its endpoints. Out:
//! what it saw, and what the client made of its answers.
#![cfg(all(feature = "client", feature = "json"))]

#[cfg(all(feature = "auth", feature = "digest"))]
#[path = "httpbin/auth.rs"]
mod auth;
#[path = "httpbin/bodies.rs"]
mod bodies;
#[path = "httpbin/caching.rs"]
mod caching;
#[cfg(all(feature = "gzip", feature = "brotli"))]
#[path = "httpbin/codings.rs"]
mod codings;
#[cfg(feature = "cookies")]
#[path = "httpbin/cookies.rs"]
mod cookies;
#[path = "httpbin/exact.rs"]
mod exact;
#[path = "httpbin/formats.rs"]
mod formats;
#[cfg(all(feature = "form", feature = "multipart"))]
#[path = "httpbin/forms.rs"]
mod forms;
#[path = "support/httpbin.rs"]
mod httpbin_server;
#[path = "httpbin/methods.rs"]
mod methods;
#[path = "httpbin/ranges.rs"]
mod ranges;
#[path = "httpbin/reading.rs"]
mod reading;
#[path = "httpbin/redirects.rs"]
mod redirects;
#[path = "httpbin/retries.rs"]
mod retries;
#[path = "httpbin/statuses.rs"]
mod statuses;
#[path = "httpbin/streams.rs"]
mod streams;
mod support;
