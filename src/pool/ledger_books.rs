//! What the tests of the ledger are written in: a ledger, its clock, and calls that say what they
//! expect. Every call checks the ledger's invariants.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use super::decision::{Answer, Capacity, Counts, Errands, Grant, Permit};
use super::ledger::Ledger;
use super::queue::Ticket;
use super::stay::Stay;
use super::tally::Why;

/// A ledger whose connections are numbers and whose wakers are names, and its clock. All keys have
/// the same hash: telling them apart is `matches`' business.
pub(super) struct Books {
    pub(super) ledger: Ledger<&'static str, u32, &'static str>,
    start: Instant,
    /// Seconds since the books were opened.
    pub(super) seconds: u64,
}

impl Books {
    pub(super) fn new(total: usize, per_key: usize) -> Books {
        let limit = |limit| NonZeroUsize::new(limit).expect("not zero");
        let capacity = Capacity { total: limit(total), per_key: limit(per_key) };
        Books { ledger: Ledger::new(capacity), start: Instant::now(), seconds: 0 }
    }

    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    pub(super) fn now(&self) -> Instant {
        self.at(self.seconds)
    }

    pub(super) fn ask(&mut self, key: &'static str) -> (Answer<u32>, Vec<u32>) {
        let now = self.now();
        let answer = self.ledger.checkout(0, |have| *have == key, || key, now);
        self.ledger.check();
        answer
    }

    /// Asks, and expects to open a connection and close these.
    #[track_caller]
    pub(super) fn open(&mut self, key: &'static str, closed: &[u32]) -> Permit {
        match self.ask(key) {
            (Answer::Granted(Grant::Open(permit)), close) if close == closed => permit,
            other => panic!("{key} got {other:?}"),
        }
    }

    /// Asks, and expects to reuse this connection.
    #[track_caller]
    pub(super) fn reuse(&mut self, key: &'static str, connection: u32) -> Permit {
        match self.ask(key) {
            (Answer::Granted(Grant::Reuse(permit, got)), close)
                if got == connection && close.is_empty() =>
            {
                permit
            }
            other => panic!("{key} got {other:?}"),
        }
    }

    /// Asks, expects to wait, and leaves a waker.
    #[track_caller]
    pub(super) fn wait(&mut self, key: &'static str, waker: &'static str) -> Ticket {
        match self.ask(key) {
            (Answer::Wait(ticket), close) if close.is_empty() => {
                assert_eq!(self.ledger.register(&ticket, waker), None);
                ticket
            }
            other => panic!("{key} got {other:?}"),
        }
    }

    /// Gives back for good.
    pub(super) fn back(&mut self, permit: Permit, connection: u32) -> Done {
        self.back_until(permit, connection, None)
    }

    pub(super) fn back_until(
        &mut self,
        permit: Permit,
        connection: u32,
        seconds: Option<u64>,
    ) -> Done {
        self.back_for(permit, connection, seconds, Why::Expired)
    }

    pub(super) fn back_for(
        &mut self,
        permit: Permit,
        connection: u32,
        seconds: Option<u64>,
        why: Why,
    ) -> Done {
        let (now, until) = (self.now(), seconds.map(|seconds| self.at(seconds)));
        let errands = self.ledger.give_back(permit, connection, now, Stay { until, why });
        self.done(errands)
    }

    /// Leave for as many connections as are missing to `wanted`.
    pub(super) fn reserve(&mut self, key: &'static str, wanted: usize) -> Option<Vec<Permit>> {
        let now = self.now();
        let (permits, closed) = self.ledger.reserve(0, |have| *have == key, || key, now, wanted);
        assert!(closed.is_empty(), "{closed:?} expired");
        self.ledger.check();
        permits
    }

    pub(super) fn release(&mut self, permit: Permit) -> Done {
        let errands = self.ledger.release(permit);
        self.done(errands)
    }

    pub(super) fn cancel(&mut self, ticket: Ticket) -> Done {
        let now = self.now();
        let errands = self.ledger.cancel(ticket, now);
        self.done(errands)
    }

    fn done(&self, errands: Errands<u32, &'static str>) -> Done {
        self.ledger.check();
        let Errands { close, wake, discard, drained } = errands;
        Done { close, wake, discard, drained }
    }

    pub(super) fn claim(&mut self, ticket: Ticket) -> (Answer<u32>, Option<u32>) {
        let now = self.now();
        let answer = self.ledger.claim(ticket, now);
        self.ledger.check();
        answer
    }

    #[track_caller]
    pub(super) fn claim_reuse(&mut self, ticket: Ticket, connection: u32) -> Permit {
        match self.claim(ticket) {
            (Answer::Granted(Grant::Reuse(permit, got)), None) if got == connection => permit,
            other => panic!("got {other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn claim_open(&mut self, ticket: Ticket, closed: Option<u32>) -> Permit {
        match self.claim(ticket) {
            (Answer::Granted(Grant::Open(permit)), close) if close == closed => permit,
            other => panic!("got {other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn counts(&self, leased: usize, idle: usize, waiting: usize) {
        assert_eq!(self.ledger.counts(), Counts { leased, idle, waiting });
    }
}

/// [`Errands`] that can be compared.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Done {
    pub(super) close: Option<u32>,
    pub(super) wake: Option<&'static str>,
    pub(super) discard: Option<&'static str>,
    pub(super) drained: bool,
}

pub(super) fn nothing() -> Done {
    Done::default()
}

pub(super) fn close(connection: u32) -> Done {
    Done { close: Some(connection), ..nothing() }
}

pub(super) fn wake(waker: &'static str) -> Done {
    Done { wake: Some(waker), ..nothing() }
}
