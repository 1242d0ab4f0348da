//! The slots of the pool: one for every key that has a connection or a waiter.
//!
//! In goes a key as its hash and a question ("is it this one?"), so that finding a slot that exists
//! builds no key and allocates nothing. A slot counts what is open under its key and keeps what is
//! idle of that; the difference is leased. Out come connections: the newest of a slot (to reuse it),
//! the oldest of all (to evict it) and the expired.
//!
//! This file knows no limits and no waiters, and never decides anything: that is the
//! [`ledger`](super::ledger).
//!
//! # Costs
//!
//! Finding, leasing, shelving and taking the newest are O(1), and allocate only while the pool grows:
//! a vacant slot keeps its room for the next key. Evicting looks at every slot, and a sweep at every
//! idle connection besides; both happen beside an `open` or a `close` of a socket, which cost more.
//! A list in order of age and a heap in order of expiry would make them O(log n) and every reuse
//! dearer. Keys that share all 64 bits of their hash are told apart one by one.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::time::Instant;

use super::fold::Fold;
use super::stay::{Stay, passed, sooner};
use super::tally::{Closed, Why};

/// Names a slot. It means something only while the slot is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SlotId(usize);

/// All slots, found by the hash of their key.
pub(super) struct Slots<K, C> {
    slots: Vec<Slot<K, C>>,
    vacant: Vec<SlotId>,
    /// The first slot with this hash; the others follow in [`Slot::next`].
    by_hash: HashMap<u64, SlotId, BuildHasherDefault<Fold>>,
    open: usize,
    idle: usize,
    /// How many connections were ever shelved: the age of an idle connection.
    shelved: u64,
    /// No idle connection expires before this. It may be too early (the connection it was noted for
    /// has been taken), never too late.
    earliest: Option<Instant>,
}

struct Slot<K, C> {
    /// `None` while the slot is vacant.
    key: Option<K>,
    hash: u64,
    next: Option<SlotId>,
    open: usize,
    /// Oldest first.
    idle: Vec<Idle<C>>,
}

struct Idle<C> {
    connection: C,
    age: u64,
    stay: Stay,
}

/// What is open under one key, and how much of that is idle.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotCounts {
    pub(super) open: usize,
    pub(super) idle: usize,
}

impl<K, C> Slots<K, C> {
    pub(super) fn new() -> Slots<K, C> {
        Slots {
            slots: Vec::new(),
            vacant: Vec::new(),
            by_hash: HashMap::default(),
            open: 0,
            idle: 0,
            shelved: 0,
            earliest: None,
        }
    }

    /// The slot of the key with this `hash` that `matches`; if there is none yet, a new one for the
    /// key that `make` builds. A new slot must be used, or handed to [`vacate_if_unused`], at once.
    ///
    /// [`vacate_if_unused`]: Slots::vacate_if_unused
    #[inline]
    pub(super) fn find_or_make(
        &mut self,
        hash: u64,
        mut matches: impl FnMut(&K) -> bool,
        make: impl FnOnce() -> K,
    ) -> SlotId {
        let first = self.by_hash.get(&hash).copied();
        let mut next = first;
        while let Some(id) = next {
            let slot = &self.slots[id.0];
            if slot.key.as_ref().is_some_and(&mut matches) {
                return id;
            }
            next = slot.next;
        }
        self.occupy(make(), hash, first)
    }

    /// Connections that are open or being opened.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// As [`open`](Slots::open), for one key.
    pub(super) fn open_in(&self, id: SlotId) -> usize {
        self.slots[id.0].open
    }

    /// Those idle under one key.
    pub(super) fn idle_in(&self, id: SlotId) -> usize {
        self.slots[id.0].idle.len()
    }

    /// Those of all that are kept for reuse.
    pub(super) fn idle(&self) -> usize {
        self.idle
    }

    /// Counts a connection that is to be opened. It is leased.
    pub(super) fn add(&mut self, id: SlotId) {
        self.slots[id.0].open += 1;
        self.open += 1;
    }

    /// Forgets a leased connection: it is closed, or has left the pool.
    pub(super) fn remove(&mut self, id: SlotId) {
        self.slots[id.0].open -= 1;
        self.open -= 1;
    }

    /// A leased connection becomes idle for that stay.
    #[inline]
    pub(super) fn shelve(&mut self, id: SlotId, connection: C, stay: Stay) {
        self.slots[id.0].idle.push(Idle { connection, age: self.shelved, stay });
        self.idle += 1;
        self.shelved += 1;
        self.earliest = sooner(self.earliest, stay.until);
    }

    /// The idle connection of this key that was used last becomes leased.
    #[inline]
    pub(super) fn take_newest(&mut self, id: SlotId) -> Option<C> {
        let newest = self.slots[id.0].idle.pop()?;
        self.idle -= 1;
        Some(newest.connection)
    }

    /// The connection that has been idle longest, whatever its key, leaves the pool.
    pub(super) fn take_oldest(&mut self) -> Option<C> {
        // However many slots there are for those who wait: none of them is looked at in vain.
        if self.idle == 0 {
            return None;
        }
        let ages = self.slots.iter().enumerate().filter_map(|(at, slot)| {
            let oldest = slot.idle.first()?;
            Some((oldest.age, SlotId(at)))
        });
        let (_, id) = ages.min()?;
        let oldest = self.slots[id.0].idle.remove(0);
        self.idle -= 1;
        self.remove(id);
        self.vacate_if_unused(id);
        Some(oldest.connection)
    }

    /// Every connection whose stay is over leaves the pool, counted in `closed`. Costs one comparison while the earliest
    /// of them is still to come.
    #[inline]
    pub(super) fn take_expired(&mut self, now: Instant, closed: &mut Closed) -> Vec<C> {
        if passed(self.earliest, now) {
            return self.sweep(|stay| stay.over(now), closed);
        }
        Vec::new()
    }

    /// Every idle connection leaves the pool.
    pub(super) fn take_all(&mut self, closed: &mut Closed) -> Vec<C> {
        self.sweep(|_| Some(Why::Dismissed), closed)
    }

    /// How many idle connections have a stay that is over.
    pub(super) fn expired(&self, now: Instant) -> usize {
        let idle = self.slots.iter().flat_map(|slot| &slot.idle);
        idle.filter(|idle| idle.stay.over(now).is_some()).count()
    }

    /// The slots in use: their keys, and what they count.
    pub(super) fn all(&self) -> impl Iterator<Item = (SlotId, &K, SlotCounts)> {
        self.slots.iter().enumerate().filter_map(|(at, slot)| {
            let counts = SlotCounts { open: slot.open, idle: slot.idle.len() };
            slot.key.as_ref().map(|key| (SlotId(at), key, counts))
        })
    }

    /// Makes the slot vacant if its key has no connection. The caller knows that it has no waiter.
    pub(super) fn vacate_if_unused(&mut self, id: SlotId) {
        if self.open_in(id) == 0 {
            self.unlink(id);
            self.slots[id.0].key = None;
            self.vacant.push(id);
        }
    }

    /// Takes what is `over`.
    #[cold]
    fn sweep(&mut self, over: impl Fn(&Stay) -> Option<Why>, closed: &mut Closed) -> Vec<C> {
        let mut taken = Vec::new();
        self.earliest = None;
        for at in 0..self.slots.len() {
            let slot = &mut self.slots[at];
            let before = slot.idle.len();
            let gone = slot.idle.extract_if(.., |idle| match over(&idle.stay) {
                Some(why) => {
                    closed.count(why);
                    true
                }
                None => false,
            });
            taken.extend(gone.map(|idle| idle.connection));
            let gone = before - slot.idle.len();
            let next = slot.idle.iter().filter_map(|idle| idle.stay.until).min();
            self.earliest = sooner(self.earliest, next);
            if gone > 0 {
                slot.open -= gone;
                self.open -= gone;
                self.idle -= gone;
                self.vacate_if_unused(SlotId(at)); // it had idle connections, hence no waiters
            }
        }
        taken
    }

    #[cold]
    fn occupy(&mut self, key: K, hash: u64, next: Option<SlotId>) -> SlotId {
        let key = Some(key);
        let id = if let Some(id) = self.vacant.pop() {
            let idle = std::mem::take(&mut self.slots[id.0].idle);
            self.slots[id.0] = Slot { key, hash, next, open: 0, idle };
            id
        } else {
            self.slots.push(Slot { key, hash, next, open: 0, idle: Vec::new() });
            SlotId(self.slots.len() - 1)
        };
        self.by_hash.insert(hash, id);
        id
    }

    /// Takes a slot out of the chain of those that share its hash.
    fn unlink(&mut self, id: SlotId) {
        let Slot { hash, next, .. } = self.slots[id.0];
        let mut before = self.by_hash.get(&hash).copied();
        if before == Some(id) {
            match next {
                Some(next) => self.by_hash.insert(hash, next),
                None => self.by_hash.remove(&hash),
            };
            return;
        }
        while let Some(slot) = before.map(|before| &mut self.slots[before.0]) {
            if slot.next == Some(id) {
                slot.next = next;
                return;
            }
            before = slot.next;
        }
    }
}

#[cfg(test)]
impl<K, C> Slots<K, C> {
    /// The slots in use.
    pub(super) fn in_use(&self) -> impl Iterator<Item = SlotId> + '_ {
        let ids = (0..self.slots.len()).map(SlotId);
        ids.filter(|id| self.slots[id.0].key.is_some())
    }

    /// Panics unless the sums are right, chains and vacant slots cover everything once, and no
    /// expiry comes before the earliest.
    pub(super) fn check(&self) {
        assert_eq!(self.open, self.slots.iter().map(|slot| slot.open).sum::<usize>());
        assert_eq!(self.idle, self.slots.iter().map(|slot| slot.idle.len()).sum::<usize>());
        assert!(self.slots.iter().all(|slot| slot.idle.len() <= slot.open));
        let mut seen: Vec<SlotId> = self.vacant.clone();
        for id in &self.vacant {
            assert!(self.slots[id.0].key.is_none());
            assert_eq!(self.open_in(*id), 0);
        }
        for (hash, first) in &self.by_hash {
            let mut next = Some(*first);
            while let Some(id) = next {
                let slot = &self.slots[id.0];
                assert!(slot.key.is_some());
                assert_eq!(slot.hash, *hash);
                seen.push(id);
                next = slot.next;
            }
        }
        seen.sort();
        assert!(seen.into_iter().eq((0..self.slots.len()).map(SlotId)));
        for idle in self.slots.iter().flat_map(|slot| &slot.idle) {
            assert!(
                idle.stay.until.is_none_or(|at| self.earliest.is_some_and(|first| first <= at))
            );
        }
        for slot in &self.slots {
            assert!(slot.idle.is_sorted_by_key(|idle| idle.age));
        }
    }
}
