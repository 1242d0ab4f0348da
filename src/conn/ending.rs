//! When nothing moves: which clock is running, and what it means that the stream has ended.

use std::task::{Context, Poll};
use std::{io, mem};

use tokio::time::Instant;

use crate::net::Deadline;

use super::exchange::Exchange;
use super::failure::{Clock, Failure};
use super::lanes::{Receiving, Sending};

impl Exchange {
    /// Called when nothing else can be done: is a clock up? `Ready(Ok)` means that the wait for a 100 is over.
    pub(super) fn poll_clock(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let since = self.milestones.silent_since();
        let (deadline, clock) = match &self.sending {
            _ if !self.outbox.is_empty() => (self.patience.write_until(since), Some(Clock::Write)),
            // What the wire holds back, as TLS does, has not been accepted either.
            Sending::Flush(_) | Sending::Await(_, None) => {
                (self.patience.write_until(since), Some(Clock::Write))
            }
            Sending::Await(_, Some(until)) => (*until, None),
            // The source is asked for more: its time is the caller's.
            Sending::Content(_) => (Deadline::none(), None),
            _ => (self.patience.read_until(since), Some(Clock::Read)),
        };
        let total = self.patience.total;
        let rung = self.timer.poll(cx, deadline.sooner(total));
        if rung.is_pending() {
            return Poll::Pending;
        }
        match clock {
            _ if total.passed(Instant::now()) => Poll::Ready(Err(Failure::TimedOut(Clock::Total))),
            Some(clock) => Poll::Ready(Err(Failure::TimedOut(clock))),
            None => {
                self.proceed();
                Poll::Ready(Ok(()))
            }
        }
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
