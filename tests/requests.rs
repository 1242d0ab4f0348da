//! What a request looks like on the wire, byte for byte, and what is refused before a socket is opened. In: builder calls.
//! Out: transcripts; the threats of the sending side (S-01 to S-12) under their numbers.
#![cfg(feature = "client")]

#[path = "requests/bodies.rs"]
mod bodies;
#[path = "requests/framing.rs"]
mod framing;
#[path = "requests/heads.rs"]
mod heads;
#[path = "requests/injection.rs"]
mod injection;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
#[path = "requests/targets.rs"]
mod targets;
