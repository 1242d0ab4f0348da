//! What hardly any request asks for: a clock for the first byte, a speed floor, rate limits.
//!
//! [`Pace`] is what was asked for, [`Governor`] what one exchange remembers of it. An exchange without one pays a
//! comparison wherever bytes move. What waits for its turn to move bytes is waiting for ourselves: no clock of the peer's
//! runs meanwhile, only the total one.

use std::io;
use std::num::NonZeroU64;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::net::{Deadline, Wire};

use super::buffer::{Buffer, LARGE_READ};
use super::outbox::Outbox;
use super::sink::Sink;
use super::speed::{Floor, Gauge};
use super::throttle::{Shared, Valve};

/// What is asked of time and rate. The default asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// From the request being fully sent to the first byte of the final response.
    pub first_byte: Option<Duration>,
    /// How slow is too slow.
    pub floor: Option<Floor>,
    /// How fast bytes are received at most.
    pub download: Rate,
    /// How fast bytes are sent at most.
    pub upload: Rate,
}

/// Bytes a second at most, in one direction.
#[derive(Debug, Clone, Default)]
pub struct Rate {
    /// For this exchange alone.
    pub own: Option<NonZeroU64>,
    /// For all that share the bucket.
    pub shared: Option<Shared>,
}

/// The state of one exchange.
#[derive(Debug)]
pub struct Governor {
    pub first_byte: Option<Duration>,
    pub gauge: Option<Gauge>,
    download: Option<Valve>,
    upload: Option<Valve>,
    /// A lane was waiting for its turn when last looked at, and had been since then.
    pub held: Option<Instant>,
    /// How long that took in earlier waits, from the request being fully sent on.
    pub held_back: Duration,
}

impl Governor {
    pub fn new(pace: &Pace) -> Governor {
        let valve = |rate: &Rate| Valve::new(rate.own, rate.shared.as_ref());
        Governor {
            first_byte: pace.first_byte,
            gauge: pace.floor.map(Gauge::new),
            download: valve(&pace.download),
            upload: valve(&pace.upload),
            held: None,
            held_back: Duration::ZERO,
        }
    }

    /// What limits sending.
    #[cold]
    pub fn upload(&mut self) -> Option<&mut Valve> {
        self.upload.as_mut()
    }

    /// What limits receiving.
    #[cold]
    pub fn download(&mut self) -> Option<&mut Valve> {
        self.download.as_mut()
    }

    /// When more may be received, if that is what is waited for.
    pub fn turn_to_read(&self) -> Option<Instant> {
        self.download.as_ref().and_then(Valve::turn)
    }

    /// When more may be sent, if that is what is waited for.
    pub fn turn_to_write(&self) -> Option<Instant> {
        self.upload.as_ref().and_then(Valve::turn)
    }

    /// When the gauge wants to be looked at.
    pub fn next_look(&self) -> Deadline {
        let next = self.gauge.as_ref().and_then(Gauge::next);
        next.map_or(Deadline::none(), Deadline::at)
    }
}

/// Writes once, no more than may pass now. Pending too if that is nothing: see [`Governor::turn_to_write`].
#[cold]
pub fn poll_write(
    valve: &mut Valve,
    cx: &mut Context<'_>,
    outbox: &mut Outbox,
    wire: &mut dyn Wire,
) -> Poll<io::Result<usize>> {
    let next = outbox.next_len();
    passing(valve, next, |most| outbox.poll_write_some(cx, wire, most))
}

/// Reads into `inbox` once, no more than may pass now.
#[cold]
pub fn poll_fill(
    valve: &mut Valve,
    cx: &mut Context<'_>,
    inbox: &mut Buffer,
    wire: &mut dyn Wire,
    room: usize,
) -> Poll<io::Result<usize>> {
    passing(valve, room, |most| inbox.poll_fill_some(cx, wire, most))
}

/// Reads into `sink` once, at most `limit` bytes and no more than may pass now.
#[cold]
pub fn poll_sink(
    valve: &mut Valve,
    cx: &mut Context<'_>,
    sink: &mut dyn Sink,
    wire: &mut dyn Wire,
    limit: u64,
) -> Poll<io::Result<usize>> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX).min(sink.room());
    passing(valve, most, |most| sink.poll_fill(cx, wire, most as u64))
}

/// Moves bytes through `valve`, at most `want`.
fn passing(
    valve: &mut Valve,
    want: usize,
    moving: impl FnOnce(usize) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    let want = want.min(LARGE_READ) as u64;
    let Ok(may) = valve.open(Instant::now(), want) else { return Poll::Pending };
    let polled = moving(usize::try_from(may).unwrap_or(usize::MAX));
    let moved = match &polled {
        Poll::Ready(Ok(count)) => *count as u64,
        _ => 0,
    };
    valve.refund(may.saturating_sub(moved));
    polled
}
