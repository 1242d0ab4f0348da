//! Who is told how a connection comes to be, while it does.
//!
//! In: the steps of a dial, as they happen. Out: nothing; a watcher looks on and changes nothing. Nobody watches unless
//! somebody asked to, and then a step costs a comparison.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::stream::TlsInfo;
use super::tcp::attempts::{Attempt, LookupRecord};

/// A step on the way to a connection.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum DialStep<'a> {
    /// One half of a look-up has landed.
    Resolved(&'a LookupRecord),
    /// An attempt begins.
    Attempting(SocketAddr),
    /// An attempt is over. Those that lost the race end when it is won.
    Attempted(&'a Attempt),
    /// A proxy is asked to open the way: the head of that request, which may hold secrets.
    TunnelAsked(HeadBytes<'a>),
    /// A head of the proxy's answer, as received.
    TunnelAnswered(HeadBytes<'a>),
    /// A proxy has opened the way to `target`.
    Tunnelled {
        /// The host and port at the far end.
        target: &'a str,
        /// How long it took, TLS with the proxy included.
        took: Duration,
    },
    /// A TLS handshake has succeeded, with a proxy or with the far end.
    Secured {
        /// What was agreed.
        tls: &'a TlsInfo,
        /// The handshake alone.
        took: Duration,
    },
}

/// A head as it is on the wire. It holds whatever secrets it has, so `Debug` shows its length only.
#[derive(Clone, Copy)]
pub struct HeadBytes<'a>(&'a [u8]);

impl<'a> HeadBytes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes, secrets included and nothing escaped: not for a log.
    pub fn bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for HeadBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeadBytes({} bytes)", self.0.len())
    }
}

/// Is told of every step.
pub trait Watch: Send + Sync {
    /// A step has been made. Called by the task that makes it, which waits for the answer.
    fn step(&self, step: DialStep<'_>);
}

/// The one who watches, or nobody.
#[derive(Clone, Copy, Default)]
pub struct Watcher<'a>(Option<&'a dyn Watch>);

impl<'a> Watcher<'a> {
    /// Nobody.
    pub const fn nobody() -> Self {
        Self(None)
    }

    /// This one.
    pub fn new(watch: &'a dyn Watch) -> Self {
        Self(Some(watch))
    }

    /// Tells the watcher, if there is one.
    pub fn tell(self, step: DialStep<'_>) {
        if let Some(watch) = self.0 {
            watch.step(step);
        }
    }
}

impl fmt::Debug for Watcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Watcher" } else { "nobody" })
    }
}
