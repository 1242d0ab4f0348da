//! What a pool is told once: how much may be open, and for how long a connection is used.
//!
//! In goes a connection that comes home, out comes its [`Stay`]. The limits that most clients leave alone cost one
//! comparison.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use tokio::time::Instant;

use crate::conn::Connection;
use crate::h1::KeepAlive;

use super::stay::Stay;
use super::tally::Why;

/// The rules of one pool.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Connections open at once.
    pub total: NonZeroUsize,
    /// The same to any one origin.
    pub per_origin: Option<NonZeroUsize>,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// Until when a connection is used, counted from when it was made.
    pub max_age: Option<Duration>,
    /// Requests that one connection carries.
    pub max_requests: Option<NonZeroU32>,
}

impl Rules {
    /// At most `total` connections, at least 1, each idle for `idle_timeout` at most.
    pub fn new(total: usize, idle_timeout: Duration) -> Rules {
        let total = NonZeroUsize::new(total).unwrap_or(NonZeroUsize::MIN);
        Rules { total, per_origin: None, idle_timeout, max_age: None, max_requests: None }
    }

    /// How long `connection` may rest, from `now` on.
    pub(super) fn stay(
        &self,
        connection: &Connection,
        keep_alive: KeepAlive,
        now: Instant,
    ) -> Stay {
        let until = now.checked_add(expiry(keep_alive, self.idle_timeout));
        let mut stay = Stay { until: until.map(Instant::into_std), why: Why::Expired };
        if self.max_age.is_some() || self.max_requests.is_some() {
            self.shorten(&mut stay, connection, now);
        }
        stay
    }

    #[cold]
    fn shorten(&self, stay: &mut Stay, connection: &Connection, now: Instant) {
        let over = self.max_age.and_then(|age| connection.born().checked_add(age));
        if let Some(over) = over.map(Instant::into_std)
            && stay.until.is_none_or(|until| over < until)
        {
            *stay = Stay { until: Some(over), why: Why::MaxAge };
        }
        if self.max_requests.is_some_and(|most| connection.served() >= most.get()) {
            *stay = Stay { until: Some(now.into_std()), why: Why::MaxRequests };
        }
    }
}

/// Until when an idle connection is kept: our time-out, or a second before the server's own, if it names one. The
/// server's clock began to run when it sent the response, ours when it arrived.
fn expiry(keep_alive: KeepAlive, idle_timeout: Duration) -> Duration {
    let server = keep_alive.timeout.map(|seconds| Duration::from_secs(seconds.saturating_sub(1)));
    server.map_or(idle_timeout, |server| server.min(idle_timeout))
}
