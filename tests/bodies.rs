//! What requests carry: forms, parts, compressed bodies, files; sent once or again from the first byte (S-07, S-10, S-12,
//! S-13), and how far they have come. In: builder calls against players. Out: the bytes on the wire.
#![cfg(feature = "client")]

#[cfg(feature = "gzip")]
#[path = "bodies/compressed.rs"]
mod compressed;
#[path = "bodies/files.rs"]
mod files;
#[path = "bodies/forms.rs"]
mod forms;
#[cfg(feature = "http-body")]
#[path = "bodies/http_body.rs"]
mod http_body;
#[cfg(feature = "multipart")]
#[path = "bodies/multipart.rs"]
mod multipart;
#[path = "bodies/progress.rs"]
mod progress;
#[path = "bodies/replay.rs"]
mod replay;
#[path = "support/server.rs"]
mod server;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
