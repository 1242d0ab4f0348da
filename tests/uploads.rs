//! Uploads: both lanes of an exchange at once, what an early answer does to the request, `Expect: 100-continue`, and
//! bodies that break. In: transcripts and servers on threads. Out: what the caller gets, and what the server saw.
#![cfg(feature = "client")]

#[path = "uploads/broken.rs"]
mod broken;
#[path = "uploads/early.rs"]
mod early;
#[path = "uploads/expect.rs"]
mod expect;
#[path = "uploads/fairness.rs"]
mod fairness;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
#[path = "uploads/timeouts.rs"]
mod timeouts;
