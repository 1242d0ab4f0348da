//! A moment by which something has to be done, and the one timer that watches it.
//!
//! In: moments, asked for again at every poll. Out: `Ready` when the moment asked for *now* is
//! past. Nothing is allocated while there is no deadline, and the clock is not read while nothing
//! has fired: a `tokio::time::timeout` around each step costs more than the rest of a small
//! request.
//!
//! The deadline is a value, the timer only an alarm clock: when it rings, the value decides. So a
//! deadline that moves later (which every byte read does to a read timeout) costs nothing, and an
//! alarm set for an earlier step can never end a later one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A moment, or none. `Copy`, compared and combined without reading the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// No deadline: never passed.
    pub const fn none() -> Self {
        Self(None)
    }

    /// That moment.
    pub const fn at(instant: Instant) -> Self {
        Self(Some(instant))
    }

    /// `duration` after `now`; none if that is further away than the clock can say.
    pub fn after(now: Instant, duration: Duration) -> Self {
        Self(now.checked_add(duration))
    }

    /// Whichever of the two comes first; any deadline comes before none.
    pub fn sooner(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Self(Some(a.min(b))),
            (a, b) => Self(a.or(b)),
        }
    }

    /// Whether the moment has been reached.
    pub fn passed(self, now: Instant) -> bool {
        self.0.is_some_and(|at| at <= now)
    }

    /// How long is left: zero when passed, `None` when there is no deadline.
    pub fn remaining(self, now: Instant) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(now))
    }

    /// The moment itself.
    pub fn instant(self) -> Option<Instant> {
        self.0
    }
}

/// One timer for all the deadlines of one exchange, one after the other.
#[derive(Debug, Default)]
pub struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// A timer that is not set. Allocates nothing.
    pub const fn new() -> Self {
        Self { sleep: None }
    }

    /// Tells one timer from another.
    #[cfg(test)]
    pub fn id(&self) -> Option<usize> {
        self.sleep.as_ref().map(|sleep| std::ptr::from_ref::<Sleep>(sleep) as usize)
    }

    /// Makes the timer, unless it is there or there is no deadline. It belongs to the runtime this is called in, so that
    /// it may be polled in another one, or in none.
    pub fn prepare(&mut self, deadline: Deadline) {
        if let Some(at) = deadline.instant() {
            self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
        }
    }

    /// `Ready` once `deadline` has passed; until then the task is woken in time to ask again.
    ///
    /// Call it when there is nothing else to do, that is after everything else answered `Pending`.
    /// It may wake the task early, for a deadline that has moved since; it is never late. Must be
    /// polled inside a tokio runtime with its timer enabled, as soon as there is a deadline.
    pub fn poll(&mut self, cx: &mut Context<'_>, deadline: Deadline) -> Poll<()> {
        let Some(at) = deadline.instant() else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if at < sleep.deadline() {
            sleep.as_mut().reset(at);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            // What rang may have been set for an earlier step; only the value asked for decides.
            if deadline.passed(Instant::now()) {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn none_is_later_than_anything() {
        let now = Instant::now();
        let soon = Deadline::after(now, SECOND);
        assert_eq!(soon.sooner(Deadline::none()), soon);
        assert_eq!(Deadline::none().sooner(soon), soon);
        assert_eq!(soon.sooner(Deadline::at(now)), Deadline::at(now));
        assert!(!Deadline::none().passed(now + SECOND));
        assert!(!soon.passed(now) && soon.passed(now + SECOND));
        assert_eq!(soon.remaining(now), Some(SECOND));
        assert_eq!(soon.remaining(now + 2 * SECOND), Some(Duration::ZERO));
        assert_eq!(Deadline::after(now, Duration::MAX), Deadline::none());
    }

    #[tokio::test(start_paused = true)]
    async fn fires_when_the_moment_comes_and_not_before() {
        let (start, mut timer) = (Instant::now(), Timer::new());
        let deadline = Deadline::after(start, SECOND);
        poll_fn(|cx| timer.poll(cx, deadline)).await;
        assert_eq!(start.elapsed(), SECOND);
        // Asked again, it is still passed.
        poll_fn(|cx| timer.poll(cx, deadline)).await;
        assert_eq!(start.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_deadline_moves_the_alarm_forward() {
        let (start, mut timer) = (Instant::now(), Timer::new());
        let (late, soon) = (Deadline::after(start, 9 * SECOND), Deadline::after(start, SECOND));
        assert!(poll_fn(|cx| Poll::Ready(timer.poll(cx, late))).await.is_pending());
        poll_fn(|cx| timer.poll(cx, soon)).await;
        assert_eq!(start.elapsed(), SECOND);
    }

    /// The timer of one use never ends the next (aiohttp's fix 12953 is the incident).
    #[tokio::test(start_paused = true)]
    async fn s_49_a_stale_alarm_decides_nothing() {
        let (start, mut timer) = (Instant::now(), Timer::new());
        let unset = poll_fn(|cx| Poll::Ready(timer.poll(cx, Deadline::none()))).await;
        assert!(unset.is_pending() && timer.sleep.is_none());
        let first = Deadline::after(start, SECOND);
        assert!(poll_fn(|cx| Poll::Ready(timer.poll(cx, first))).await.is_pending());
        // The step is done in time; the alarm stays set for second 1, the deadline is second 5.
        let later = Deadline::after(start, 5 * SECOND);
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            timer.poll(cx, later)
        })
        .await;
        assert_eq!(start.elapsed(), 5 * SECOND);
        assert!(polls <= 3, "polled {polls} times");
    }
}
