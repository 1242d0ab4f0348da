//! What can be made of a response: streams, events, files, and what its fields say.

pub(super) mod chunk;
pub mod disposition;
pub mod download;
pub mod event_source;
pub mod events;
pub mod file_name;
#[cfg(feature = "http-body")]
pub(super) mod http_body;
pub mod links;
pub(super) mod on_download;
pub(super) mod parameters;
pub(super) mod part_file;
pub mod resume;
pub(crate) mod retry_after;
pub mod sse;
pub mod stream;
pub(super) mod tally;
pub mod validator;
