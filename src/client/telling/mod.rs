//! What is told of a request: events while it runs, a journal and timings afterwards.

pub mod event;
pub(super) mod event_text;
pub mod journal;
pub(super) mod listen;
pub mod timings;
#[cfg(feature = "tracing")]
pub mod tracing;
