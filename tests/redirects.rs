//! Redirects: where they lead, with which method and body, and what stays behind. In: transcripts of two and more hops.
//! Out: S-60 to S-71 under their numbers, and the rules of RFC 9110 §15.4.
#![cfg(feature = "client")]

#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "redirects/credentials.rs"]
mod credentials;
#[path = "redirects/drained.rs"]
mod drained;
#[path = "redirects/methods.rs"]
mod methods;
#[path = "redirects/policy.rs"]
mod policy;
#[cfg(feature = "tls")]
#[path = "redirects/schemes.rs"]
mod schemes;
#[cfg(feature = "tls")]
#[path = "support/schemes.rs"]
mod schemes_stage;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
#[path = "redirects/targets.rs"]
mod targets;
#[cfg(feature = "tls")]
#[path = "support/tls.rs"]
mod tls_server;
