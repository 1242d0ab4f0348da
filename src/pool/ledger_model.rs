//! A model of the ledger too simple to be wrong: no lines, no slots, only lists searched from the start, and after every
//! step "serve the first waiter who can be served, until there is none". What it counts, it counts where it happens.

use std::collections::BTreeMap;

use super::tally::{Tally, Why};

pub(super) type Key = u8;
pub(super) type Connection = u32;
pub(super) type Waiter = u32;

/// The second at which a stay is over, if any, and why then.
pub(super) type Until = (Option<u64>, Why);

/// What came of asking for a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    Reuse(Connection),
    Open,
    Wait,
    Closed,
}

/// What a step asks of those outside the lock. Sorted, because a sweep has no order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Effects {
    pub(super) closed: Vec<Connection>,
    pub(super) woken: Vec<Waiter>,
}

/// What a waiter has been promised.
pub(super) enum Promise {
    Open(Key),
    Reuse(Key, Connection, Until),
    Closed,
}

pub(super) struct Model {
    pub(super) total: usize,
    pub(super) per_key: usize,
    pub(super) now: u64,
    pub(super) closed: bool,
    pub(super) held: Vec<Key>,
    /// In the order they became idle.
    pub(super) idle: Vec<(Key, Connection, Until)>,
    /// In the order they came.
    pub(super) waiting: Vec<(Waiter, Key)>,
    pub(super) granted: BTreeMap<Waiter, Promise>,
    pub(super) tally: Tally,
}

impl Model {
    pub(super) fn new(total: usize, per_key: usize) -> Model {
        Model {
            total,
            per_key,
            now: 0,
            closed: false,
            held: Vec::new(),
            idle: Vec::new(),
            waiting: Vec::new(),
            granted: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// Permits that are out.
    pub(super) fn leased(&self) -> usize {
        self.held.len() + self.promised().count()
    }

    pub(super) fn is_drained(&self) -> bool {
        self.closed && self.open_in(|_| true) == 0
    }

    fn promised(&self) -> impl Iterator<Item = Key> {
        self.granted.values().filter_map(|promise| match promise {
            Promise::Open(key) | Promise::Reuse(key, ..) => Some(*key),
            Promise::Closed => None,
        })
    }

    fn open_in(&self, key: impl Fn(Key) -> bool) -> usize {
        let held = self.held.iter().copied();
        let idle = self.idle.iter().map(|(key, ..)| *key);
        held.chain(idle).chain(self.promised()).filter(|have| key(*have)).count()
    }

    fn over(&self, (until, why): Until) -> Option<Why> {
        until.is_some_and(|until| until <= self.now).then_some(why)
    }

    fn bury(&mut self, connection: Connection, why: Why, effects: &mut Effects) {
        self.tally.closed.count(why);
        effects.closed.push(connection);
    }

    pub(super) fn sweep(&mut self, effects: &mut Effects) {
        for (key, connection, until) in std::mem::take(&mut self.idle) {
            match self.over(until) {
                Some(why) => self.bury(connection, why, effects),
                None => self.idle.push((key, connection, until)),
            }
        }
    }

    pub(super) fn dismiss(&mut self, effects: &mut Effects) {
        for (_, connection, _) in std::mem::take(&mut self.idle) {
            self.bury(connection, Why::Dismissed, effects);
        }
    }

    pub(super) fn close(&mut self, effects: &mut Effects) {
        self.closed = true;
        self.dismiss(effects);
        self.serve(effects);
    }

    /// Serves the first waiter who can be served, until there is none.
    pub(super) fn serve(&mut self, effects: &mut Effects) {
        let served = (0..self.waiting.len()).find_map(|at| {
            let (waiter, key) = self.waiting[at];
            if self.closed {
                return Some((at, waiter, Promise::Closed));
            }
            if let Some(newest) = self.idle.iter().rposition(|(have, ..)| *have == key) {
                let (_, connection, until) = self.idle.remove(newest);
                return Some((at, waiter, Promise::Reuse(key, connection, until)));
            }
            if self.open_in(|have| have == key) == self.per_key {
                return None;
            }
            if self.open_in(|_| true) == self.total {
                if self.idle.is_empty() {
                    return None;
                }
                let (_, evicted, _) = self.idle.remove(0);
                self.bury(evicted, Why::Evicted, effects);
            }
            Some((at, waiter, Promise::Open(key)))
        });
        if let Some((at, waiter, promise)) = served {
            self.waiting.remove(at);
            self.granted.insert(waiter, promise);
            effects.woken.push(waiter);
            self.serve(effects);
        }
    }

    pub(super) fn come_back(
        &mut self,
        key: Key,
        connection: Connection,
        until: Until,
        effects: &mut Effects,
    ) {
        match self.over(until) {
            Some(why) => self.bury(connection, why, effects),
            None if self.closed => self.bury(connection, Why::Dismissed, effects),
            None => self.idle.push((key, connection, until)),
        }
        self.serve(effects);
    }

    pub(super) fn claim(&mut self, waiter: Waiter, effects: &mut Effects) -> Outcome {
        let Some(promise) = self.granted.remove(&waiter) else { return Outcome::Wait };
        match promise {
            Promise::Closed => Outcome::Closed,
            Promise::Open(key) => {
                self.held.push(key);
                Outcome::Open
            }
            Promise::Reuse(key, connection, until) => {
                self.held.push(key);
                match self.over(until) {
                    Some(why) => {
                        self.bury(connection, why, effects);
                        Outcome::Open
                    }
                    None => {
                        self.tally.reused += 1;
                        Outcome::Reuse(connection)
                    }
                }
            }
        }
    }

    /// How many connections may be made so that `wanted` are idle.
    pub(super) fn reserve(&mut self, key: Key, wanted: usize) -> usize {
        let before = self.held.len();
        while self.idle.iter().filter(|(have, ..)| *have == key).count() + self.held.len() - before
            < wanted
            && self.open_in(|have| have == key) < self.per_key
            && self.open_in(|_| true) < self.total
        {
            self.held.push(key);
        }
        self.held.len() - before
    }
}
