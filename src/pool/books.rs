//! The ledger of one pool behind its lock, and what is done after letting go of it.
//!
//! Nothing of the caller's runs under a lock: connections are closed and wakers woken outside.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::conn::{Idle, Route};

use super::decision::{Capacity, Errands};
use super::ledger::Ledger;
use super::rules::Rules;

/// What the clones of a pool share.
pub(super) struct Books {
    ledger: Mutex<Ledger<Route, Idle, Waker>>,
    pub(super) rules: Rules,
    /// Makes the hashes of this pool's keys unpredictable.
    pub(super) seed: u64,
    /// Who waits for a closed pool to be empty. Taken before the ledger's lock, if both.
    closers: Mutex<BTreeMap<u64, Waker>>,
}

impl Books {
    pub(super) fn new(rules: Rules) -> Books {
        let per_key = rules.per_origin.unwrap_or(NonZeroUsize::MAX);
        let ledger = Mutex::new(Ledger::new(Capacity { total: rules.total, per_key }));
        let seed = RandomState::new().hash_one(());
        Books { ledger, rules, seed, closers: Mutex::default() }
    }

    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, Ledger<Route, Idle, Waker>> {
        // A poisoned lock means a panic of ours; the books are plain data and still add up.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn closers(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.closers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be done outside the lock. Who hears that the pool is empty finds its sockets closed.
    #[inline]
    pub(super) fn run(&self, errands: Errands<Idle, Waker>) {
        let Errands { close, wake, discard, drained } = errands;
        if let Some(waker) = wake {
            waker.wake();
        }
        drop((close, discard));
        if drained {
            self.drained();
        }
    }

    #[cold]
    fn drained(&self) {
        let closers = mem::take(&mut *self.closers());
        closers.into_values().for_each(Waker::wake);
    }
}
