//! The ledger against its [model](super::ledger_model): every step must give the same answers, close and wake the same,
//! keep the same counts and count the same.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::decision::{Answer, Capacity, Counts, Errands, Grant, Permit};
use super::ledger::Ledger;
use super::ledger_model::{Connection, Effects, Key, Model, Outcome, Promise, Until, Waiter};
use super::queue::Ticket;
use super::stay::Stay;
use super::tally::Why;

/// One thing a client may do. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Checkout(Key),
    GiveBack(usize, Option<u64>, Why),
    Release(usize),
    Replace(usize),
    Claim(usize),
    Cancel(usize),
    Register(usize),
    Pass(u64),
    Reserve(Key, usize),
    Sweep,
    Dismiss,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0..64usize;
    let why = prop_oneof![Just(Why::Expired), Just(Why::MaxAge), Just(Why::MaxRequests)];
    prop_oneof![
        16 => (0..4u8).prop_map(Step::Checkout),
        10 => (any.clone(), proptest::option::weighted(0.8, 0..6u64), why)
            .prop_map(|(which, stay, why)| Step::GiveBack(which, stay, why)),
        4 => any.clone().prop_map(Step::Release),
        4 => any.clone().prop_map(Step::Replace),
        6 => any.clone().prop_map(Step::Claim),
        4 => any.clone().prop_map(Step::Cancel),
        2 => any.prop_map(Step::Register),
        2 => (0..4u64).prop_map(Step::Pass),
        2 => (0..4u8, 0..4usize).prop_map(|(key, wanted)| Step::Reserve(key, wanted)),
        1 => Just(Step::Sweep),
        1 => Just(Step::Dismiss),
        // Rare enough that most of a run is over by then, and what comes after it is seen too.
        1 => Just(Step::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_ledger_does_what_the_model_does(
        total in 1..6usize,
        per_key in 1..4usize,
        steps in proptest::collection::vec(step(), 1..150),
    ) {
        let mut pair = Pair::new(total, per_key);
        for step in steps {
            pair.step(step);
            pair.agree();
        }
        pair.go_home();
    }
}

/// The ledger and the model, side by side.
struct Pair {
    ledger: Ledger<Key, Connection, Waiter>,
    model: Model,
    start: Instant,
    /// In step with the model's `held`.
    held: Vec<(Permit, Option<Connection>)>,
    tickets: Vec<(Ticket, Waiter)>,
    connections: u32,
    waiters: u32,
}

impl Pair {
    fn new(total: usize, per_key: usize) -> Pair {
        let limit = |limit| NonZeroUsize::new(limit).expect("not zero");
        Pair {
            ledger: Ledger::new(Capacity { total: limit(total), per_key: limit(per_key) }),
            model: Model::new(total, per_key),
            start: Instant::now(),
            held: Vec::new(),
            tickets: Vec::new(),
            connections: 0,
            waiters: 0,
        }
    }

    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    fn step(&mut self, step: Step) {
        let held = |which: usize| which.checked_rem(self.held.len());
        let ticket = |which: usize| which.checked_rem(self.tickets.len());
        match step {
            Step::Checkout(key) => self.checkout(key),
            Step::GiveBack(which, stay, why) => {
                let until = (stay.map(|stay| self.model.now + stay), why);
                held(which).into_iter().for_each(|at| self.give_back(at, until));
            }
            Step::Release(which) => held(which).into_iter().for_each(|at| self.release(at)),
            Step::Replace(which) => held(which).into_iter().for_each(|at| self.replace(at)),
            Step::Claim(which) => ticket(which).into_iter().for_each(|at| self.claim(at)),
            Step::Cancel(which) => ticket(which).into_iter().for_each(|at| self.cancel(at)),
            Step::Register(which) => ticket(which).into_iter().for_each(|at| {
                let (ticket, waiter) = &self.tickets[at];
                assert_eq!(self.ledger.register(ticket, *waiter), Some(*waiter));
            }),
            Step::Pass(seconds) => self.model.now += seconds,
            Step::Reserve(key, wanted) => self.reserve(key, wanted),
            Step::Sweep => {
                let got = self.ledger.sweep(self.at(self.model.now));
                self.swept(got, Model::sweep);
            }
            Step::Dismiss => {
                let got = self.ledger.dismiss();
                self.swept(got, Model::dismiss);
            }
            Step::Close => self.close(),
        }
    }

    fn swept(&mut self, closed: Vec<Connection>, model: impl FnOnce(&mut Model, &mut Effects)) {
        let mut expected = Effects::default();
        model(&mut self.model, &mut expected);
        same(Effects { closed, woken: Vec::new() }, expected);
    }

    fn close(&mut self) {
        let (closed, mut woken) = self.ledger.close();
        let mut expected = Effects::default();
        self.model.close(&mut expected);
        woken.sort();
        expected.woken.sort();
        same(Effects { closed, woken }, expected);
    }

    fn reserve(&mut self, key: Key, wanted: usize) {
        let (hash, now) = (u64::from(key % 2), self.at(self.model.now));
        let matches = |have: &Key| *have == key;
        let (permits, closed) = self.ledger.reserve(hash, matches, || key, now, wanted);
        self.swept(closed, Model::sweep);
        assert_eq!(permits.is_none(), self.model.closed);
        if let Some(permits) = permits {
            assert_eq!(permits.len(), self.model.reserve(key, wanted));
            self.held.extend(permits.into_iter().map(|permit| (permit, None)));
        }
    }

    fn checkout(&mut self, key: Key) {
        let (hash, waiter) = (u64::from(key % 2), self.waiters);
        self.waiters += 1;
        let now = self.at(self.model.now);
        let (answer, closed) = self.ledger.checkout(hash, |have| *have == key, || key, now);
        let got = match answer {
            Answer::Granted(grant) => self.hold(grant),
            Answer::Wait(ticket) => match self.model.closed {
                true => self.refused(ticket),
                false => {
                    assert_eq!(self.ledger.register(&ticket, waiter), None);
                    self.tickets.push((ticket, waiter));
                    Outcome::Wait
                }
            },
            Answer::Closed => panic!("a ticket says so"),
        };

        let mut expected = Effects::default();
        self.model.sweep(&mut expected);
        self.model.waiting.push((waiter, key));
        self.model.serve(&mut expected);
        assert!(expected.woken.iter().all(|woken| *woken == waiter), "an older one was overlooked");
        expected.woken.clear();
        assert_eq!(got, self.model.claim(waiter, &mut expected));
        same(Effects { closed, woken: Vec::new() }, expected);
    }

    fn give_back(&mut self, at: usize, until: Until) {
        let (permit, connection) = self.held.remove(at);
        let connection = connection.unwrap_or_else(|| {
            self.connections += 1;
            self.connections
        });
        let stay = Stay { until: until.0.map(|until| self.at(until)), why: until.1 };
        let now = self.at(self.model.now);
        let got = effects(self.ledger.give_back(permit, connection, now, stay), None);

        let key = self.model.held.remove(at);
        let mut expected = Effects::default();
        self.model.come_back(key, connection, until, &mut expected);
        same(got, expected);
    }

    fn release(&mut self, at: usize) {
        let (permit, _) = self.held.remove(at);
        let got = effects(self.ledger.release(permit), None);

        self.model.held.remove(at);
        let mut expected = Effects::default();
        self.model.serve(&mut expected);
        same(got, expected);
    }

    fn replace(&mut self, at: usize) {
        let (permit, _) = self.held.remove(at);
        let (grant, closed) = self.ledger.replace(permit, self.at(self.model.now));
        let got = self.hold(grant);

        let mut expected = Effects::default();
        let key = self.model.held.remove(at);
        self.model.sweep(&mut expected);
        let newest = self.model.idle.iter().rposition(|(have, ..)| *have == key);
        let next = newest.map(|newest| self.model.idle.remove(newest).1);
        self.model.tally.reused += u64::from(next.is_some());
        self.model.held.push(key);
        self.model.serve(&mut expected);
        assert_eq!(got, next.map_or(Outcome::Open, Outcome::Reuse));
        same(Effects { closed, woken: Vec::new() }, expected);
    }

    fn claim(&mut self, at: usize) {
        let (ticket, waiter) = self.tickets.remove(at);
        let (answer, close) = self.ledger.claim(ticket, self.at(self.model.now));
        let got = match answer {
            Answer::Granted(grant) => self.hold(grant),
            Answer::Closed => Outcome::Closed,
            Answer::Wait(ticket) => {
                self.tickets.insert(at, (ticket, waiter));
                Outcome::Wait
            }
        };

        let mut expected = Effects::default();
        assert_eq!(got, self.model.claim(waiter, &mut expected));
        same(Effects { closed: close.into_iter().collect(), woken: Vec::new() }, expected);
    }

    fn cancel(&mut self, at: usize) {
        let (ticket, waiter) = self.tickets.remove(at);
        let errands = self.ledger.cancel(ticket, self.at(self.model.now));

        let mut expected = Effects::default();
        match self.model.granted.remove(&waiter) {
            Some(Promise::Reuse(key, connection, until)) => {
                self.model.come_back(key, connection, until, &mut expected);
                same(effects(errands, None), expected);
            }
            Some(Promise::Open(_)) => {
                self.model.tally.failed += 1;
                self.model.serve(&mut expected);
                same(effects(errands, None), expected);
            }
            Some(Promise::Closed) => same(effects(errands, None), expected),
            None => {
                self.model.waiting.retain(|(have, _)| *have != waiter);
                self.model.serve(&mut expected);
                same(effects(errands, Some(waiter)), expected);
            }
        }
    }

    /// The ticket of somebody who came after the end.
    fn refused(&mut self, ticket: Ticket) -> Outcome {
        match self.ledger.claim(ticket, self.at(self.model.now)) {
            (Answer::Closed, None) => Outcome::Closed,
            other => panic!("got {other:?}"),
        }
    }

    fn hold(&mut self, grant: Grant<Connection>) -> Outcome {
        let (permit, connection) = match grant {
            Grant::Reuse(permit, connection) => (permit, Some(connection)),
            Grant::Open(permit) => (permit, None),
        };
        self.held.push((permit, connection));
        connection.map_or(Outcome::Open, Outcome::Reuse)
    }

    fn agree(&self) {
        self.ledger.check();
        let counts = Counts {
            leased: self.model.leased(),
            idle: self.model.idle.len(),
            waiting: self.model.waiting.len(),
        };
        assert_eq!(self.ledger.counts(), counts);
        assert_eq!(self.ledger.tally, self.model.tally);
        assert_eq!(self.ledger.is_drained(), self.model.is_drained());
        let mut idle = self.model.idle.iter();
        let over =
            idle.clone().filter(|(.., (until, _))| until.is_some_and(|u| u <= self.model.now));
        assert_eq!(self.ledger.expired(self.at(self.model.now)), over.count());
        for (key, counts) in self.ledger.keys() {
            assert_eq!(counts.idle, idle.clone().filter(|(have, ..)| have == key).count());
            let waiting = self.model.waiting.iter().filter(|(_, have)| have == key);
            assert_eq!(counts.waiting, waiting.count());
        }
        assert!(idle.all(|(key, ..)| self.ledger.keys().any(|(have, _)| have == key)));
    }

    /// Everybody gives up or gives back, and the whole pool is there again: no permit was lost.
    fn go_home(mut self) {
        while !self.tickets.is_empty() {
            self.cancel(0);
        }
        while !self.held.is_empty() {
            self.release(0);
        }
        self.agree();
        if self.model.closed {
            self.close();
            assert!(self.ledger.is_drained());
            return;
        }
        let keys = 100..100 + self.model.total as Key;
        keys.for_each(|key| self.checkout(key));
        assert_eq!(self.held.len(), self.model.total);
    }
}

fn effects(errands: Errands<Connection, Waiter>, discard: Option<Waiter>) -> Effects {
    assert_eq!(errands.discard, discard);
    Effects {
        closed: errands.close.into_iter().collect(),
        woken: errands.wake.into_iter().collect(),
    }
}

#[track_caller]
fn same(mut got: Effects, mut expected: Effects) {
    got.closed.sort();
    expected.closed.sort();
    assert_eq!(got, expected);
}
