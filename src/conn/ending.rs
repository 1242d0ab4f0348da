//! When nothing moves: which clock is running, and what it means that the stream has ended.

use std::task::{Context, Poll};
use std::{io, mem};

use tokio::time::Instant;

use crate::h1::Framing;
use crate::net::Deadline;

use super::clock::{Clock, Expired, Progress};
use super::exchange::Exchange;
use super::failure::Failure;
use super::lanes::{Receiving, Sending};
use super::patience::Milestones;

impl Exchange {
    /// Called when nothing else can be done: is a clock up? `Ready(Ok)` means that something can be done now: the wait for
    /// a 100 is over, or more may be moved.
    pub(super) fn poll_clock(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if self.governor.is_some() {
            return self.poll_governed(cx);
        }
        let (deadline, clock) = self.running();
        let total = self.patience.total;
        let rung = self.timer.poll(cx, deadline.sooner(total));
        if rung.is_pending() {
            return Poll::Pending;
        }
        match clock {
            _ if total.passed(Instant::now()) => Poll::Ready(Err(self.expired(Clock::Total))),
            Some(clock) => Poll::Ready(Err(self.expired(clock))),
            None => {
                self.proceed();
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Which clock is running, the total one aside.
    #[inline(always)]
    pub(super) fn running(&self) -> (Deadline, Option<Clock>) {
        let since = self.milestones.silent_since();
        match &self.sending {
            _ if !self.outbox.is_empty() => (self.patience.write_until(since), Some(Clock::Write)),
            // What the wire holds back, as TLS does, has not been accepted either.
            Sending::Flush(_) | Sending::Await(_, None) => {
                (self.patience.write_until(since), Some(Clock::Write))
            }
            Sending::Await(_, Some(until)) => (*until, None),
            // The source is asked for more: its time is the caller's.
            Sending::Content(_) => (Deadline::none(), None),
            _ => (self.patience.read_until(since), Some(Clock::Read)),
        }
    }

    /// The timer is asked only when nothing moves. Where something always does, the time of the last move decides, or an
    /// endless message would have endless time (S-37).
    #[inline]
    pub(super) fn in_time(&self) -> Result<(), Failure> {
        match self.patience.total.passed(self.milestones.last) {
            true => Err(self.expired(Clock::Total)),
            false => Ok(()),
        }
    }

    #[cold]
    pub(super) fn expired(&self, clock: Clock) -> Failure {
        let governor = self.governor.as_ref();
        self.too_late(match clock {
            Clock::Total => Expired::total(self.patience.total),
            Clock::Read => Expired::new(clock, self.patience.read),
            Clock::Write => Expired::new(clock, self.patience.write),
            Clock::FirstByte => Expired::new(clock, governor.and_then(|g| g.first_byte)),
            Clock::Queue | Clock::Connect | Clock::Speed => Expired::new(clock, None),
        })
    }

    /// Adds how far it has come.
    #[cold]
    pub(super) fn too_late(&self, mut expired: Expired) -> Failure {
        let Milestones { accepted, received, .. } = self.milestones;
        let to_come = match (&self.sending, self.upload.framing()) {
            (Sending::Sent(_) | Sending::Flush(_), _) => Some(0),
            (Sending::Content(content), _) => content.left(),
            (Sending::Await(..), Framing::Length(length)) => Some(length),
            _ => None,
        };
        let of = to_come.map(|to_come| accepted + self.outbox.len() + to_come);
        let in_body = !matches!(self.receiving, Receiving::Head(_));
        expired.progress = Some(Progress { sent: accepted, of, received, in_body });
        Failure::timed_out(expired)
    }

    /// The stream ended inside the head.
    pub(super) fn cut_off(&mut self) -> Failure {
        // A write that failed earlier is the better story than a stream that ended because of it.
        match mem::replace(&mut self.sending, Sending::Stopped) {
            Sending::Broken(error) if self.milestones.received == 0 => Failure::Io(error),
            sending => {
                self.sending = sending;
                let unread = self.inbox.unread();
                match &self.receiving {
                    Receiving::Head(lane) => Failure::Violation(lane.end_of_stream(unread)),
                    _ => Failure::Io(io::ErrorKind::UnexpectedEof.into()),
                }
            }
        }
    }

    /// Reading failed inside the head. A TLS stream cut off without close_notify is just cut off here.
    pub(super) fn read_error(&mut self, error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return self.cut_off();
        }
        match mem::replace(&mut self.sending, Sending::Stopped) {
            Sending::Broken(earlier) if self.milestones.received == 0 => Failure::Io(earlier),
            sending => {
                self.sending = sending;
                Failure::Io(error)
            }
        }
    }
}
