//! The ledger against a model too simple to be wrong: no lines, no slots, only lists searched from
//! the start, and after every step "serve the first waiter who can be served, until there is none".
//! Every step must give the same answers, close and wake the same, and keep the same counts.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::ledger::{Answer, Capacity, Counts, Errands, Grant, Ledger, Permit, Ticket};

type Key = u8;
type Connection = u32;
type Waiter = u32;

/// One thing a client may do. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Checkout(Key),
    GiveBack(usize, Option<u64>),
    Release(usize),
    Replace(usize),
    Claim(usize),
    Cancel(usize),
    Register(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0..64usize;
    prop_oneof![
        8 => (0..4u8).prop_map(Step::Checkout),
        5 => (any.clone(), proptest::option::weighted(0.8, 0..6u64))
            .prop_map(|(which, stay)| Step::GiveBack(which, stay)),
        2 => any.clone().prop_map(Step::Release),
        2 => any.clone().prop_map(Step::Replace),
        3 => any.clone().prop_map(Step::Claim),
        2 => any.clone().prop_map(Step::Cancel),
        1 => any.prop_map(Step::Register),
        1 => (0..4u64).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_ledger_does_what_the_model_does(
        total in 1..6usize,
        per_key in 1..4usize,
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut pair = Pair::new(total, per_key);
        for step in steps {
            pair.step(step);
            pair.agree();
        }
        pair.go_home();
    }
}

/// What came of asking for a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Reuse(Connection),
    Open,
    Wait,
}

/// What a step asks of those outside the lock. Sorted, because a sweep has no order.
#[derive(Debug, Default, PartialEq)]
struct Effects {
    closed: Vec<Connection>,
    woken: Vec<Waiter>,
}

/// For which key, and with which connection until when.
type Promise = (Key, Option<(Connection, Option<u64>)>);

struct Model {
    total: usize,
    per_key: usize,
    now: u64,
    held: Vec<Key>,
    /// In the order they became idle.
    idle: Vec<(Key, Connection, Option<u64>)>,
    /// In the order they came.
    waiting: Vec<(Waiter, Key)>,
    granted: BTreeMap<Waiter, Promise>,
}

impl Model {
    fn open_in(&self, key: impl Fn(Key) -> bool) -> usize {
        let held = self.held.iter().copied();
        let idle = self.idle.iter().map(|(key, ..)| *key);
        let granted = self.granted.values().map(|(key, _)| *key);
        held.chain(idle).chain(granted).filter(|have| key(*have)).count()
    }

    fn expired(&self, expires: Option<u64>) -> bool {
        expires.is_some_and(|expires| expires <= self.now)
    }

    fn sweep(&mut self, effects: &mut Effects) {
        for (key, connection, expires) in std::mem::take(&mut self.idle) {
            match self.expired(expires) {
                true => effects.closed.push(connection),
                false => self.idle.push((key, connection, expires)),
            }
        }
    }

    /// Serves the first waiter who can be served, until there is none.
    fn serve(&mut self, effects: &mut Effects) {
        let served = (0..self.waiting.len()).find_map(|at| {
            let (waiter, key) = self.waiting[at];
            if let Some(newest) = self.idle.iter().rposition(|(have, ..)| *have == key) {
                let (_, connection, expires) = self.idle.remove(newest);
                return Some((at, waiter, (key, Some((connection, expires)))));
            }
            if self.open_in(|have| have == key) == self.per_key {
                return None;
            }
            if self.open_in(|_| true) == self.total {
                if self.idle.is_empty() {
                    return None;
                }
                effects.closed.push(self.idle.remove(0).1);
            }
            Some((at, waiter, (key, None)))
        });
        if let Some((at, waiter, grant)) = served {
            self.waiting.remove(at);
            self.granted.insert(waiter, grant);
            effects.woken.push(waiter);
            self.serve(effects);
        }
    }

    fn come_back(
        &mut self,
        key: Key,
        connection: Connection,
        expires: Option<u64>,
        effects: &mut Effects,
    ) {
        match self.expired(expires) {
            true => effects.closed.push(connection),
            false => self.idle.push((key, connection, expires)),
        }
        self.serve(effects);
    }

    fn claim(&mut self, waiter: Waiter, effects: &mut Effects) -> Outcome {
        let Some((key, connection)) = self.granted.remove(&waiter) else { return Outcome::Wait };
        self.held.push(key);
        match connection {
            None => Outcome::Open,
            Some((connection, expires)) if self.expired(expires) => {
                effects.closed.push(connection);
                Outcome::Open
            }
            Some((connection, _)) => Outcome::Reuse(connection),
        }
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
            model: Model {
                total,
                per_key,
                now: 0,
                held: Vec::new(),
                idle: Vec::new(),
                waiting: Vec::new(),
                granted: BTreeMap::new(),
            },
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
            Step::GiveBack(which, stay) => {
                let expires = stay.map(|stay| self.model.now + stay);
                held(which).into_iter().for_each(|at| self.give_back(at, expires));
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
        }
    }

    fn checkout(&mut self, key: Key) {
        let (hash, waiter) = (u64::from(key % 2), self.waiters);
        self.waiters += 1;
        let now = self.at(self.model.now);
        let (answer, closed) = self.ledger.checkout(hash, |have| *have == key, || key, now);
        let got = match answer {
            Answer::Granted(grant) => self.hold(grant),
            Answer::Wait(ticket) => {
                assert_eq!(self.ledger.register(&ticket, waiter), None);
                self.tickets.push((ticket, waiter));
                Outcome::Wait
            }
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

    fn give_back(&mut self, at: usize, expires: Option<u64>) {
        let (permit, connection) = self.held.remove(at);
        let connection = connection.unwrap_or_else(|| {
            self.connections += 1;
            self.connections
        });
        let (now, until) = (self.at(self.model.now), expires.map(|expires| self.at(expires)));
        let got = effects(self.ledger.give_back(permit, connection, now, until), None);

        let key = self.model.held.remove(at);
        let mut expected = Effects::default();
        self.model.come_back(key, connection, expires, &mut expected);
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
            Some((key, Some((connection, expires)))) => {
                self.model.come_back(key, connection, expires, &mut expected);
                same(effects(errands, None), expected);
            }
            Some((_, None)) => {
                self.model.serve(&mut expected);
                same(effects(errands, None), expected);
            }
            None => {
                self.model.waiting.retain(|(have, _)| *have != waiter);
                self.model.serve(&mut expected);
                same(effects(errands, Some(waiter)), expected);
            }
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
            leased: self.model.held.len() + self.model.granted.len(),
            idle: self.model.idle.len(),
            waiting: self.model.waiting.len(),
        };
        assert_eq!(self.ledger.counts(), counts);
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
