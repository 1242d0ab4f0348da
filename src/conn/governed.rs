//! An exchange under a governor: which clock runs, who waits for a turn, and when the caller comes and goes.

use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::net::Deadline;

use super::clock::{Clock, Expired};
use super::exchange::Exchange;
use super::failure::Failure;
use super::governor::{Governor, Pace};
use super::lanes::Receiving;

/// The caller comes and goes.
impl Exchange {
    /// The caller begins a new call: its absence does not count against the server.
    pub fn call(&mut self) {
        self.milestones.call();
    }

    /// The caller gives up a call: it may be waiting for something else too, and come back.
    pub fn pause(&mut self) {
        self.milestones.pause();
        if self.governor.is_some() {
            self.rest(Instant::now());
        }
    }

    /// The caller has got something.
    #[inline]
    pub(super) fn got(&mut self) {
        self.milestones.got();
        if self.governor.is_some() {
            self.rest(self.milestones.last);
        }
    }

    /// The caller gets the head. Whoever reads on may do it in another runtime: the timer that a governor may need stays in
    /// this one.
    pub(super) fn head_is_here(&mut self) {
        if self.governor.is_some() {
            self.timer.prepare(Deadline::at(self.milestones.last));
            self.got();
        }
    }

    fn rest(&mut self, now: Instant) {
        let moved = self.moved();
        if let Some(gauge) = self.governor.as_mut().and_then(|governor| governor.gauge.as_mut()) {
            gauge.rest(now, moved);
        }
    }
}

/// The clocks.
impl Exchange {
    /// Directly after [`begin`](Self::begin): what else is asked of it.
    pub fn govern(&mut self, pace: &Pace) {
        self.governor = Some(Box::new(Governor::new(pace)));
    }

    /// As [`poll_clock`](Self::poll_clock), with everything a governor may ask for.
    #[cold]
    pub(super) fn poll_governed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let (now, total) = (Instant::now(), self.patience.total);
        let turn = self.turns();
        let (deadline, clock) = self.governed(now, turn);
        if let Err(expired) = self.look(now, clock.is_some()) {
            return Poll::Ready(Err(self.too_late(expired)));
        }
        let next_look = self.governor.as_ref().map_or(Deadline::none(), |g| g.next_look());
        let soonest = deadline.sooner(total).sooner(turn.0).sooner(turn.1).sooner(next_look);
        if self.timer.poll(cx, soonest).is_pending() {
            return Poll::Pending;
        }
        let now = Instant::now();
        match clock {
            _ if total.passed(now) => return Poll::Ready(Err(self.expired(Clock::Total))),
            Some(clock) if deadline.passed(now) => {
                return Poll::Ready(Err(self.expired(clock)));
            }
            None if deadline.passed(now) => self.proceed(),
            _ => {}
        }
        Poll::Ready(Ok(()))
    }

    /// When it is our turn to send, and to receive, if that is what is waited for.
    fn turns(&self) -> (Deadline, Deadline) {
        let Some(governor) = &self.governor else { return Default::default() };
        let sends = !self.outbox.is_empty();
        let receives = matches!(self.receiving, Receiving::Head(_) | Receiving::Content(_));
        let to_write = governor.turn_to_write().filter(|_| sends);
        let to_read = governor.turn_to_read().filter(|_| receives);
        let at = |turn: Option<Instant>| turn.map_or(Deadline::none(), Deadline::at);
        (at(to_write), at(to_read))
    }

    /// Which clock is running, the total one aside. None of the peer's while it is we who hold back.
    fn governed(
        &mut self,
        now: Instant,
        (to_write, to_read): (Deadline, Deadline),
    ) -> (Deadline, Option<Clock>) {
        let (until, clock) = self.running();
        let held = match clock {
            Some(Clock::Write) => to_write.instant().is_some(),
            Some(_) => to_read.instant().is_some(),
            None => false,
        };
        let Some(governor) = &mut self.governor else { return (until, clock) };
        match (governor.held, held) {
            (since, true) => {
                governor.held = since.or(Some(now));
                self.milestones.pause();
                return (Deadline::none(), None);
            }
            // The peer's silence begins, or goes on, only now.
            (Some(since), false) => {
                governor.held = None;
                if let Some(sent) = self.milestones.sent {
                    governor.held_back += now.saturating_duration_since(since.max(sent));
                }
                self.milestones.wait();
            }
            (None, false) => {}
        }
        let waits_for_head =
            matches!(self.receiving, Receiving::Head(_)) && self.inbox.unread().is_empty();
        match (clock, governor.first_byte, self.milestones.sent) {
            (Some(Clock::Read), Some(limit), Some(sent)) if waits_for_head => {
                let limit = limit.saturating_add(governor.held_back);
                (Deadline::after(sent, limit), Some(Clock::FirstByte))
            }
            _ => self.running(),
        }
    }

    fn look(&mut self, now: Instant, waits: bool) -> Result<(), Expired> {
        let moved = self.moved();
        let gauge = self.governor.as_mut().and_then(|governor| governor.gauge.as_mut());
        let Some(gauge) = gauge else { return Ok(()) };
        let floor = gauge.floor();
        let looked = gauge.look(now, moved, waits);
        looked.map_err(|moved| Expired::speed(floor.rate.get(), floor.time, moved))
    }

    /// Bytes that have moved, either way.
    fn moved(&self) -> u64 {
        self.milestones.accepted + self.milestones.received
    }
}
