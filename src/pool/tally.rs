//! What has happened in a pool since it was made: plain numbers, counted under the lock that is held anyway.
//!
//! Every connection that was opened is in use, idle, closed for exactly one reason, or has left HTTP: the numbers always
//! add up.

/// Counts since the pool was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) opened: u64,
    /// Leave to open that ended without a connection.
    pub(crate) failed: u64,
    pub(crate) reused: u64,
    pub(crate) upgraded: u64,
    pub(crate) closed: Closed,
}

/// Why a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Expired,
    MaxAge,
    MaxRequests,
    Evicted,
    Dead,
    OtherRuntime,
    Ended,
    Unfinished,
    Dismissed,
}

/// How many connections were closed, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// Idle for longer than `idle_timeout`, or than the server said it would wait.
    pub expired: u64,
    /// Older than `max_connection_age`.
    pub max_age: u64,
    /// Had carried `max_requests_per_connection` requests.
    pub max_requests: u64,
    /// To make room for a connection to somewhere else.
    pub evicted: u64,
    /// Found closed by the server, or with bytes nobody asked for, when they were about to be reused.
    pub dead: u64,
    /// Made inside another runtime than the one that asked: a socket works in its own only.
    pub other_runtime: u64,
    /// As one side had said, or the framing has it: `Connection: close`, HTTP/1.0, content that lasts until close.
    pub ended: u64,
    /// An exchange was not finished: it failed, ran out of time, or was dropped.
    pub unfinished: u64,
    /// By [`Client::close`](crate::Client::close) or [`Client::close_idle`](crate::Client::close_idle).
    pub dismissed: u64,
}

impl Closed {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Closed { expired, max_age, max_requests, evicted, dead, .. } = self;
        let Closed { other_runtime, ended, unfinished, dismissed, .. } = self;
        expired
            + max_age
            + max_requests
            + evicted
            + dead
            + other_runtime
            + ended
            + unfinished
            + dismissed
    }

    pub(crate) fn count(&mut self, why: Why) {
        *match why {
            Why::Expired => &mut self.expired,
            Why::MaxAge => &mut self.max_age,
            Why::MaxRequests => &mut self.max_requests,
            Why::Evicted => &mut self.evicted,
            Why::Dead => &mut self.dead,
            Why::OtherRuntime => &mut self.other_runtime,
            Why::Ended => &mut self.ended,
            Why::Unfinished => &mut self.unfinished,
            Why::Dismissed => &mut self.dismissed,
        } += 1;
    }
}
