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
    /// From the TCP connection with a proxy to the tunnel through it, TLS with the proxy included. `None` on a reused
    /// connection, and without a tunnel.
    pub tunnel: Option<Duration>,
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

/// Readings of the clock, kept as they are: most responses are never asked for their timings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    /// `send` was called.
    pub(crate) begun: Instant,
    /// The latest reading.
    pub(crate) now: Instant,
    pub(crate) queued: Duration,
    /// The last exchange began.
    exchange: Instant,
    sent: Option<Instant>,
    first_byte: Option<Instant>,
    pub(crate) redirects: u32,
    pub(crate) retries: u32,
}

impl Marks {
    pub(crate) fn new(now: Instant) -> Marks {
        let (sent, first_byte) = (None, None);
        let (queued, redirects, retries) = (Duration::ZERO, 0, 0);
        Marks { begun: now, now, queued, exchange: now, sent, first_byte, redirects, retries }
    }

    /// Takes over what the last exchange recorded.
    pub(crate) fn exchange(&mut self, milestones: &Milestones) {
        self.now = milestones.last;
        self.exchange = milestones.begun;
        self.sent = milestones.sent;
        self.first_byte = milestones.first_byte;
    }

    /// The durations between the marks, and those of the dial unless the connection was `reused`.
    pub(crate) fn timings(&self, dial: Option<&ConnectionInfo>, reused: bool) -> Timings {
        let since = |at: Instant| at.saturating_duration_since(self.exchange);
        let dial = dial.filter(|_| !reused);
        Timings {
            queued: self.queued,
            dns: dial.and_then(|info| info.dns),
            connect: dial.and_then(|info| info.connect),
            tunnel: dial.and_then(|info| info.proxy.as_ref()?.tunnel),
            tls: dial.and_then(|info| info.handshake),
            sent: self.sent.map(since),
            first_byte: self.first_byte.map(since),
            total: self.now.saturating_duration_since(self.begun),
            redirects: self.redirects,
            retries: self.retries,
        }
    }
}
