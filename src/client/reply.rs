//! What the story of `send` ends with, before it is dressed as a [`Response`](super::Response).

use std::sync::Arc;

use crate::conn::ConnectionInfo;
use crate::message::ResponseHead;

use super::incoming::Incoming;

/// What one attempt brought.
pub(crate) struct Reply {
    pub(crate) head: ResponseHead,
    pub(crate) body: Incoming,
    pub(crate) connection: Arc<ConnectionInfo>,
    pub(crate) reused: bool,
}
