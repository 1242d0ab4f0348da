//! How long an exchange waits for what, and when it got what it waited for.

use std::time::Duration;

use tokio::time::Instant;

use crate::net::Deadline;

/// The clocks of one exchange. The read clock starts when the request is fully sent or the last byte came, whichever
/// is later; while content is going out only the write clock runs; no clock but the total one runs while the caller is
/// not polling.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Between two bytes received.
    pub read: Option<Duration>,
    /// Between two bytes accepted.
    pub write: Option<Duration>,
    /// For `100 Continue`.
    pub expect: Duration,
    /// For everything.
    pub total: Deadline,
}

impl Patience {
    /// No clock runs.
    pub(super) fn endless() -> Patience {
        Patience { read: None, write: None, expect: Duration::ZERO, total: Deadline::none() }
    }

    pub(super) fn read_until(&self, last: Instant) -> Deadline {
        self.read.map_or(Deadline::none(), |wait| Deadline::after(last, wait))
    }

    pub(super) fn write_until(&self, last: Instant) -> Deadline {
        self.write.map_or(Deadline::none(), |wait| Deadline::after(last, wait))
    }
}

/// When what happened, and how many bytes moved. Heads and framing count as well as content.
#[derive(Debug, Clone, Copy)]
pub struct Milestones {
    /// The exchange began.
    pub begun: Instant,
    /// The last byte moved, either way.
    pub last: Instant,
    /// The caller has been waiting for content since then; its absence is not the server's silence.
    waiting: Option<Instant>,
    /// And had waited for so long in earlier calls, which it gave up.
    waited: Duration,
    /// The request was accepted by the kernel to its last byte.
    pub sent: Option<Instant>,
    /// The first byte of a reply came.
    pub first_byte: Option<Instant>,
    /// Bytes accepted by the kernel.
    pub accepted: u64,
    /// Bytes received.
    pub received: u64,
}

impl Milestones {
    pub(super) fn new(now: Instant) -> Milestones {
        let (sent, first_byte) = (None, None);
        Milestones {
            begun: now,
            last: now,
            waiting: None,
            waited: Duration::ZERO,
            sent,
            first_byte,
            accepted: 0,
            received: 0,
        }
    }

    pub(super) fn wrote(&mut self, count: usize) {
        self.accepted += count as u64;
        self.last = Instant::now();
    }

    /// Bytes may have left that nobody counted, which is as good as having been sent (RFC 9110 §9.2.2).
    pub(super) fn in_doubt(&mut self) {
        self.accepted = self.accepted.max(1);
    }

    /// Directly after the write that finished the request, whose time serves.
    pub(super) fn sent(&mut self) {
        self.sent = Some(self.last);
    }

    pub(super) fn read(&mut self, count: usize) {
        self.received += count as u64;
        self.last = Instant::now();
        self.first_byte.get_or_insert(self.last);
    }

    /// The caller begins to wait, or goes on waiting.
    pub(super) fn wait(&mut self) {
        if self.waiting.is_none() {
            let now = Instant::now();
            self.waiting = Some(now.checked_sub(self.waited).unwrap_or(now));
        }
    }

    /// The caller calls anew. Since when it had been away is not known, and does not count.
    pub(super) fn call(&mut self) {
        self.waiting = None;
    }

    /// The caller gives up a call before it has got anything. What it has waited for counts when it calls again, or a
    /// server would have endless time whenever somebody else is quicker.
    pub(super) fn pause(&mut self) {
        if self.waiting.is_some() {
            self.waited = Instant::now().saturating_duration_since(self.silent_since());
            self.waiting = None;
        }
    }

    /// The caller has got something.
    pub(super) fn got(&mut self) {
        self.waiting = None;
        self.waited = Duration::ZERO;
    }

    /// When the read clock, or the write clock, began to run.
    pub(super) fn silent_since(&self) -> Instant {
        self.waiting.map_or(self.last, |since| since.max(self.last))
    }
}
