//! What a request carries.

pub mod body;
#[cfg(feature = "gzip")]
pub(super) mod compress;
pub(super) mod file;
#[cfg(feature = "form")]
pub(super) mod form_serialize;
#[cfg(any(feature = "multipart", feature = "gzip"))]
pub(super) mod held;
#[cfg(feature = "http-body")]
pub(super) mod http_body_request;
#[cfg(feature = "multipart")]
pub mod multipart;
pub(super) mod progress;
pub mod replayable;
pub(super) mod request_body;
pub(super) mod sources;
