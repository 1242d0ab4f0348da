//! The clocks of a request, and what there is to tell when one of them has run out.
//!
//! An [`Expired`] is made once, when it is too late, by whoever watched the clock: it says how long the clock had been
//! given, what had been done by then, and which method of the client's builder gives it more.

use std::fmt;
use std::time::Duration;

use crate::net::Deadline;

/// Which clock ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Clock {
    /// Waiting for a place in the pool.
    Queue,
    /// DNS, TCP and TLS together.
    Connect,
    /// Between two bytes received.
    Read,
    /// Between two bytes accepted by the kernel.
    Write,
    /// From the request being fully sent to the first byte of the final response.
    FirstByte,
    /// Bytes moved, but too few of them.
    Speed,
    /// The whole request.
    Total,
}

/// A clock that has run out.
#[derive(Debug)]
pub struct Expired {
    /// That one.
    pub clock: Clock,
    /// How long it had been given.
    pub limit: Option<Duration>,
    /// When it ran out; for the total clock, whose beginning is known above this floor.
    until: Deadline,
    /// For the speed clock: the bytes a second that were asked for, and those that moved in all that time.
    speed: Option<(u64, u64)>,
    /// How far the exchange had come, if there was one.
    pub progress: Option<Progress>,
}

/// How far an exchange had come. Heads and framing count as well as content.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Bytes of the request that the kernel has accepted.
    pub sent: u64,
    /// Bytes that the whole request has, where that is known.
    pub of: Option<u64>,
    /// Bytes received.
    pub received: u64,
    /// The final response's head is complete, and what came behind it is content.
    pub in_body: bool,
}

impl Expired {
    /// `clock`, which had been given `limit`.
    pub fn new(clock: Clock, limit: Option<Duration>) -> Expired {
        Expired { clock, limit, until: Deadline::none(), speed: None, progress: None }
    }

    /// The total clock, which ran until then.
    pub fn total(until: Deadline) -> Expired {
        Expired { until, ..Expired::new(Clock::Total, None) }
    }

    /// The speed clock: fewer bytes moved within `time` than `asked` a second.
    pub fn speed(asked: u64, time: Duration, moved: u64) -> Expired {
        Expired { speed: Some((asked, moved)), ..Expired::new(Clock::Speed, Some(time)) }
    }

    /// The request began then, which says how long the total clock had been given.
    pub fn begun(&mut self, begun: tokio::time::Instant) {
        if self.clock == Clock::Total {
            self.limit = self.until.remaining(begun);
        }
    }
}

impl Clock {
    /// The method of the builders that sets it.
    pub fn setting(self) -> &'static str {
        match self {
            Clock::Queue => "pool_timeout",
            Clock::Connect => "connect_timeout",
            Clock::Read => "read_timeout",
            Clock::Write => "write_timeout",
            Clock::FirstByte => "first_byte_timeout",
            Clock::Speed => "min_speed",
            Clock::Total => "timeout",
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Clock::Queue => "pool",
            Clock::Connect => "connect",
            Clock::Read => "read",
            Clock::Write => "write",
            Clock::FirstByte => "first-byte",
            Clock::Speed => "speed",
            Clock::Total => "total",
        })
    }
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} timeout", self.clock)?;
        if let Some(limit) = self.limit {
            f.write_str(": ")?;
            match (self.clock, self.speed) {
                (Clock::Queue, _) => write!(f, "no place within {limit:?}")?,
                (Clock::Connect, _) => write!(f, "no connection within {limit:?}")?,
                (Clock::Read, _) => write!(f, "no byte came for {limit:?}")?,
                (Clock::Write, _) => write!(f, "no byte was accepted for {limit:?}")?,
                (Clock::FirstByte, _) => {
                    write!(f, "no response began within {limit:?} of the request")?;
                }
                (Clock::Speed, Some((asked, moved))) => {
                    write!(f, "{moved} bytes moved in {limit:?}, fewer than {asked} a second")?;
                }
                (Clock::Speed, None) => write!(f, "too few bytes moved in {limit:?}")?,
                (Clock::Total, _) => write!(f, "not done within {limit:?}")?,
            }
            write!(f, " (`{}`)", self.clock.setting())?;
        }
        self.progress.map_or(Ok(()), |progress| write!(f, "; {progress}"))
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            Some(of) => write!(f, "{} of {of} bytes sent, ", self.sent)?,
            None => write!(f, "{} bytes sent, ", self.sent)?,
        }
        match (self.received, self.in_body) {
            (0, _) => f.write_str("nothing received"),
            (count, false) => write!(f, "{count} bytes of a head received"),
            (count, true) => write!(f, "{count} bytes received, the head among them"),
        }
    }
}
