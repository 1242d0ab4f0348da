//! Content codings: what is asked for, what is undone, and what is not. In: coded bodies, whole and broken, over real
//! sockets. Out: the content, or which error; S-90 to S-92 under their numbers.
#![cfg(all(feature = "gzip", feature = "brotli", feature = "zstd"))]

#[path = "coding/asking.rs"]
mod asking;
#[path = "coding/bounds.rs"]
mod bounds;
#[path = "coding/broken.rs"]
mod broken;
#[path = "coding/coded.rs"]
mod coded;
#[path = "coding/early.rs"]
mod early;
#[path = "coding/left_alone.rs"]
mod left_alone;
#[path = "support/paced.rs"]
mod paced;
#[path = "coding/reading.rs"]
mod reading;
mod support;
#[path = "support/talk.rs"]
mod talk;
