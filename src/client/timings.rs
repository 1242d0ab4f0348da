//! What took how long: composed from what the floors below recorded.

use std::time::Duration;

use tokio::time::Instant;

use crate::conn::{ConnectionInfo, Milestones};

/// Times of one request, in the order things happen. All of them are durations; a step that did not happen is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timings {
    /// Waiting for a place in the pool.
    pub queued: Duration,
    /// From the start of the dial to the first answer of DNS. `None` on a reused connection.
    pub dns: Option<Duration>,
    /// From the start of the dial to the TCP connection, DNS included. `None` on a reused connection.
    pub connect: Option<Duration>,
    /// The TLS handshake. `None` on a reused connection, and in clear.
    pub tls: Option<Duration>,
    /// From the start of the exchange until the kernel had the whole request.
    pub sent: Option<Duration>,
    /// From the start of the exchange to the first byte of a reply.
    pub first_byte: Option<Duration>,
    /// From the call of `send` to the response head, or to the error. Redirects and retries are included.
    pub total: Duration,
    /// Redirects followed.
    pub redirects: u32,
    /// Attempts after the first one.
    pub retries: u32,
}

impl Timings {
    pub(crate) fn of_dial(info: &ConnectionInfo) -> Timings {
        Timings { dns: info.dns, connect: info.connect, tls: info.handshake, ..Timings::default() }
    }

    pub(crate) fn exchange(&mut self, milestones: &Milestones) {
        let since = |at: Instant| at.saturating_duration_since(milestones.begun);
        self.sent = milestones.sent.map(since);
        self.first_byte = milestones.first_byte.map(since);
    }
}
