//! What a proxy answered instead of opening a tunnel, as an error tells it.

use crate::client::error::{Cause, Error};
use crate::conn::{DialCause, NoTunnel, Refusal};
use crate::message::ResponseHead;

impl Error {
    /// What the proxy answered instead of opening a tunnel (RFC 9110 §9.3.6). It is the proxy's word, not the origin's.
    pub fn proxy_response(&self) -> Option<&ResponseHead> {
        self.refusal().map(|refusal| &refusal.head)
    }

    /// The beginning of that answer's content: what came along with its head, 1 KiB at most.
    pub fn proxy_body(&self) -> Option<&[u8]> {
        self.refusal().map(|refusal| &*refusal.body)
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self.cause() {
            Cause::Dial(DialCause::Tunnel(NoTunnel::Refused(refusal))) => Some(refusal),
            _ => None,
        }
    }
}
