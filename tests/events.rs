//! Events: which ones come, in which order, and what they say. In: transcripts, and a recorder as the listener. Out: the
//! exact sequence of kinds for everything that can happen to a request.
#![cfg(feature = "client")]

#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "events/endings.rs"]
mod endings;
#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "events/exchanges.rs"]
mod exchanges;
#[path = "events/listeners.rs"]
mod listeners;
#[path = "events/recorder.rs"]
mod recorder;
#[path = "events/repeats.rs"]
mod repeats;
#[cfg(feature = "tls")]
#[path = "events/secure.rs"]
mod secure;
#[cfg(feature = "tls")]
#[path = "support/hyper.rs"]
mod server;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
#[path = "events/words.rs"]
mod words;
