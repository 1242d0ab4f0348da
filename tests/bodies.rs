//! What requests carry: sent once or again from the first byte (S-07, S-10, S-12,
//! S-13). In: builder calls against players. Out: the bytes on the wire.
#![cfg(feature = "client")]

#[path = "bodies/files.rs"]
mod files;
#[path = "bodies/replay.rs"]
mod replay;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
