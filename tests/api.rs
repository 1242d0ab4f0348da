//! The face of the client: what a response, an upgraded stream, an error and a future can be asked. In: transcripts.
//! Out: what the caller sees, down to the words of an error.
#![cfg(feature = "client")]

#[path = "api/clocks.rs"]
mod clocks;
#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "api/errors.rs"]
mod errors;
#[path = "api/futures.rs"]
mod futures;
#[path = "api/late.rs"]
mod late;
#[path = "api/reading.rs"]
mod reading;
#[path = "api/responses.rs"]
mod responses;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
#[path = "api/upgrades.rs"]
mod upgrades;
#[path = "api/words.rs"]
mod words;
