//! The one retry that is always safe (RFC 9110 §9.2.2).
//!
//! A server may close an idle connection at the moment a request is written to it. The request was not processed, but
//! the client cannot tell by itself, so it may try again only what does no harm when done twice.
//!
//! This was the last chapter. The plugs can be read in any order: `net::hickory`, `net::rustls`, `client::json`.

use std::io;

use http::{Method, StatusCode};

use crate::conn::{Delivery, Failure};
use crate::h1::{Incomplete, Violation};
use crate::message::{Fields, header};

use super::bodies::body::Body;

/// What is known about an attempt that failed.
pub(crate) struct Attempt<'a> {
    pub(crate) method: &'a Method,
    pub(crate) failure: &'a Failure,
    pub(crate) delivery: Delivery,
    /// The connection had been idle: after an exchange, or since it was made in advance.
    pub(crate) reused: bool,
    /// The body can be sent again from its first byte.
    pub(crate) replayable: bool,
}

impl Attempt<'_> {
    /// Whether the request may be sent again, on a new connection.
    ///
    /// Only a connection that was idle can have been stale; a new one that fails has a reason that will not go away (a
    /// TLS 1.3 server refuses a client certificate this way, in the first read).
    pub(crate) fn may_repeat(&self) -> bool {
        let unseen = match self.delivery {
            Delivery::NotSent => true,
            Delivery::PartlySent | Delivery::SentNoReply => is_idempotent(self.method),
            Delivery::ReplyStarted => false,
        };
        self.reused && self.replayable && unseen && connection_was_gone(self.failure)
    }
}

/// `fields` without their expectation, if it is all that a server refused: "A client that receives a 417 … in response
/// to a request containing a 100-continue expectation SHOULD repeat that request without a 100-continue expectation"
/// (RFC 9110 §10.1.1).
pub(crate) fn without_expectation(
    status: StatusCode,
    fields: &Fields,
    body: &Body,
) -> Option<Fields> {
    let expected = status == StatusCode::EXPECTATION_FAILED
        && fields.has_token(header::EXPECT, "100-continue")
        && body.is_replayable();
    expected.then(|| {
        let mut fewer = fields.clone();
        fewer.remove(header::EXPECT);
        fewer
    })
}

/// The ways in which a connection that the peer has closed shows itself.
fn connection_was_gone(failure: &Failure) -> bool {
    use io::ErrorKind::*;
    match failure {
        Failure::Violation(Violation::Incomplete(Incomplete::Nothing)) => true,
        Failure::Io(error) => matches!(
            error.kind(),
            ConnectionReset
                | ConnectionAborted
                | BrokenPipe
                | NotConnected
                | UnexpectedEof
                | WriteZero
        ),
        _ => false,
    }
}

/// "PUT, DELETE, and safe request methods are idempotent" (RFC 9110 §9.2.2).
pub(crate) fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_repeat(method: Method, delivery: Delivery, reused: bool, replayable: bool) -> bool {
        let failure = Failure::Io(io::ErrorKind::ConnectionReset.into());
        Attempt { method: &method, failure: &failure, delivery, reused, replayable }.may_repeat()
    }

    #[test]
    fn only_what_does_no_harm_is_sent_twice() {
        use Delivery::*;
        assert!(may_repeat(Method::GET, SentNoReply, true, true));
        assert!(may_repeat(Method::PUT, PartlySent, true, true));
        assert!(may_repeat(Method::POST, NotSent, true, true));
        assert!(!may_repeat(Method::POST, PartlySent, true, true));
        assert!(!may_repeat(Method::POST, SentNoReply, true, true));
        assert!(!may_repeat(Method::PATCH, SentNoReply, true, true));
        assert!(!may_repeat(Method::GET, ReplyStarted, true, true));
        assert!(
            !may_repeat(Method::GET, SentNoReply, false, true),
            "a new connection was not stale"
        );
        assert!(!may_repeat(Method::GET, NotSent, true, false), "s_13: half a body is gone");
    }

    #[test]
    fn only_a_connection_that_was_gone_counts() {
        let gone = |failure| connection_was_gone(&failure);
        assert!(gone(Failure::Violation(Violation::Incomplete(Incomplete::Nothing))));
        assert!(gone(Failure::Io(io::ErrorKind::BrokenPipe.into())));
        // A TLS alert, such as "certificate required", is data that is invalid, not a connection that is gone.
        assert!(!gone(Failure::Io(io::ErrorKind::InvalidData.into())));
        let late = crate::conn::Expired::new(crate::conn::Clock::Read, None);
        assert!(!gone(Failure::timed_out(late)));
        assert!(!gone(Failure::Violation(Violation::UnaskedSwitch)));
    }
}
