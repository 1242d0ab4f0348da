//! The books of the connection pool: who may reuse, who may open, who must wait, what is to be closed.
//!
//! In go requests for a connection, connections that come back, and the time; out come decisions.
//! The ledger does no I/O, takes no lock and reads no clock, and it neither closes, wakes nor drops:
//! connections to close and wakers to wake are *returned*, so that whoever holds the lock around it
//! can act after letting go. `K` is what makes two connections interchangeable (everything that does,
//! or one user's connection becomes another's), `C` a connection, `W` a waker.
//!
//! ```text
//!               Open             give_back
//!   (nothing) ────────▶ leased ──────────────▶ idle ─────▶ (closed: expired, or evicted)
//!                       │    ▲                  │
//!   (closed, or gone) ◀─┘    └──────────────────┘
//!                   release         Reuse
//! ```
//!
//! A [`Permit`] is the right to have one connection open, from before it is opened until it is closed
//! or idle. There is no other way to be counted, and no way to copy one.
//!
//! # The order of service
//!
//! 1. An idle connection of the same key is reused, the one used last first: it is the likeliest to be
//!    alive, and those not needed grow old and expire.
//! 2. Else a connection may be opened, if the key's own limit leaves room. When all connections are
//!    taken but some are idle under other keys, the one idle longest is closed to make room.
//! 3. Else one waits. Whenever a connection comes free, the oldest waiter who can be served is served;
//!    a waiter held up by its own key's limit holds up nobody else. An older waiter of another key has
//!    the returned connection closed and opens its own: that costs a handshake, but if a connection
//!    always stayed with its key, a busy origin would starve the others.
//!
//! # What always holds between two calls
//!
//! - *open* = leased + idle ≤ `total`, and the same for each key with `per_key`. Leased counts every
//!   permit: in use, being opened, or granted to a waiter who has not claimed it.
//! - No waiter could be served. So: who waits for a key with room waits because `total` permits are
//!   leased and nothing is idle; a key somebody waits for has no idle connection.
//! - A key with neither connection nor waiter takes no slot.
//!
//! From the second follows that one call frees at most one place and serves at most one waiter, that
//! a newcomer never overtakes a waiter it competes with, and that an idle connection can expire or be
//! evicted without anyone to tell.
//!
//! Nothing is swept while nobody asks for a connection: there is no background task, so idle sockets
//! of a quiet client stay open until its next request.
//!
//! Next: [`lease`](super::lease)

use std::num::NonZeroUsize;
use std::time::Instant;

pub(crate) use super::queue::Ticket;
use super::queue::{Left, Queue};
use super::slots::{SlotId, Slots, passed};

/// How many connections may be open at once, counting those being opened and those idle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Under all keys together.
    pub(crate) total: NonZeroUsize,
    /// Under one key; `NonZeroUsize::MAX` is no limit.
    pub(crate) per_key: NonZeroUsize,
}

/// The right to have one connection open. It ends in [`Ledger::give_back`] or [`Ledger::release`].
#[derive(Debug)]
#[must_use = "a permit that is dropped takes a connection's place for ever"]
pub(crate) struct Permit {
    slot: SlotId,
}

/// What someone who asked for a connection is to do.
#[derive(Debug)]
pub(crate) enum Answer<C> {
    /// Go ahead.
    Granted(Grant<C>),
    /// Wait: [`register`](Ledger::register) a waker, [`claim`](Ledger::claim) when woken,
    /// [`cancel`](Ledger::cancel) to give up.
    Wait(Ticket),
}

/// A permit, and how to come by its connection.
#[derive(Debug)]
pub(crate) enum Grant<C> {
    /// With this connection, which was idle.
    Reuse(Permit, C),
    /// By opening one.
    Open(Permit),
}

/// What is left to do once the lock is let go.
#[derive(Debug)]
#[must_use = "somebody waits for the waker, and no destructor should run under the lock"]
pub(crate) struct Errands<C, W> {
    /// A connection to close.
    pub(crate) close: Option<C>,
    /// The waker of a waiter who has just been served. (A waiter who never registered one finds its
    /// grant when it claims.)
    pub(crate) wake: Option<W>,
    /// A waker nobody needs any more, to be dropped.
    pub(crate) discard: Option<W>,
}

/// How the pool is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Permits made out: connections in use, being opened, or granted and not yet claimed.
    pub(crate) leased: usize,
    /// Connections kept for reuse.
    pub(crate) idle: usize,
    /// Waiters who have not been served.
    pub(crate) waiting: usize,
}

/// The books. See the [module](self) for the rules.
pub(crate) struct Ledger<K, C, W> {
    capacity: Capacity,
    slots: Slots<K, C>,
    queue: Queue<W, Promise<C>>,
}

/// A grant kept for a waiter. The connection may expire before it is claimed.
enum Promise<C> {
    Reuse { permit: Permit, connection: C, expires: Option<Instant> },
    Open(Permit),
}

impl<K, C, W> Ledger<K, C, W> {
    /// Empty books. Allocates nothing.
    pub(crate) fn new(capacity: Capacity) -> Ledger<K, C, W> {
        Ledger { capacity, slots: Slots::new(), queue: Queue::new() }
    }

    /// Asks for a connection under the key with this `hash` for which `matches` is true; `make`
    /// builds the key if the pool does not have it. Also returns the connections to close: those
    /// that have expired at `now`, of whatever key, and the one evicted to make room.
    ///
    /// When an idle connection is found, this and the [`give_back`](Ledger::give_back) after it cost
    /// some 240 instructions together, the comparison of a short key included, and no allocation.
    /// `hash` need not be well mixed, but where strangers choose the keys it should not let them
    /// choose collisions: keys with equal hashes are compared one by one.
    #[must_use = "the connections are to be closed, the answer to be obeyed"]
    pub(crate) fn checkout(
        &mut self,
        hash: u64,
        matches: impl FnMut(&K) -> bool,
        make: impl FnOnce() -> K,
        now: Instant,
    ) -> (Answer<C>, Vec<C>) {
        let mut close = self.slots.take_expired(now);
        let slot = self.slots.find_or_make(hash, matches, make);
        if let Some(connection) = self.slots.take_newest(slot) {
            return (Answer::Granted(Grant::Reuse(Permit { slot }, connection)), close);
        }
        if !self.has_room(slot) {
            return (Answer::Wait(self.queue.join(slot, false)), close);
        }
        if self.slots.open() == self.capacity.total.get() {
            match self.slots.take_oldest() {
                Some(evicted) => close.push(evicted),
                None => return (Answer::Wait(self.queue.join(slot, true)), close),
            }
        }
        (Answer::Granted(Grant::Open(self.admit(slot))), close)
    }

    /// Asks again for someone whose connection turned out to be dead when it was about to be reused:
    /// the next idle connection of the same key, else leave to open one. The permit stays, so the
    /// caller does not lose its turn to those who wait. Also returns connections to close.
    #[must_use = "the connections are to be closed, the permit is in the grant"]
    pub(crate) fn replace(&mut self, permit: Permit, now: Instant) -> (Grant<C>, Vec<C>) {
        let expired = self.slots.take_expired(now);
        let grant = match self.slots.take_newest(permit.slot) {
            Some(connection) => {
                // The dead one's place is free, and nobody can use it: where a key has idle
                // connections, nobody waits for it or for the total.
                self.slots.remove(permit.slot);
                Grant::Reuse(permit, connection)
            }
            None => Grant::Open(permit),
        };
        (grant, expired)
    }

    /// A connection comes back, fit for reuse until `expires` (`None`: for good). It goes to the
    /// oldest waiter who can have it, or is kept idle; it is closed if it expires at `now`, or if the
    /// oldest waiter needs its place for another key.
    pub(crate) fn give_back(
        &mut self,
        permit: Permit,
        connection: C,
        now: Instant,
        expires: Option<Instant>,
    ) -> Errands<C, W> {
        let slot = permit.slot;
        if passed(expires, now) {
            return Errands { close: Some(connection), ..self.release(permit) };
        }
        match self.queue.next_to_have(slot) {
            None => {
                self.slots.shelve(slot, connection, expires);
                Errands::none()
            }
            Some(line) if line == slot => {
                let promise = Promise::Reuse { permit, connection, expires };
                Errands { wake: self.queue.grant(slot, promise), ..Errands::none() }
            }
            Some(_) => Errands { close: Some(connection), ..self.release(permit) },
        }
    }

    /// A permit ends without a connection: it was closed, could not be opened, or was upgraded and
    /// leaves the pool. The oldest waiter whose key has room may open one instead.
    pub(crate) fn release(&mut self, permit: Permit) -> Errands<C, W> {
        self.slots.remove(permit.slot);
        self.settle(permit.slot);
        let wake = self.queue.next_to_open().and_then(|slot| {
            let permit = self.admit(slot);
            self.queue.grant(slot, Promise::Open(permit))
        });
        Errands { wake, ..Errands::none() }
    }

    /// Says whom to wake when this ticket is served. Returns a waker to drop outside the lock: the
    /// one replaced, or `waker` itself if the ticket has been served already, so
    /// [`claim`](Ledger::claim) first, under the same lock.
    #[must_use = "no destructor should run under the lock"]
    pub(crate) fn register(&mut self, ticket: &Ticket, waker: W) -> Option<W> {
        self.queue.register(ticket, waker)
    }

    /// What this ticket has been granted, or the ticket itself while it has to wait. A connection
    /// that expired since it was granted comes back as one to close, with leave to open another.
    #[must_use = "the connection is to be closed, the answer to be obeyed"]
    pub(crate) fn claim(&mut self, ticket: Ticket, now: Instant) -> (Answer<C>, Option<C>) {
        match self.queue.claim(ticket) {
            Err(ticket) => (Answer::Wait(ticket), None),
            Ok(Promise::Open(permit)) => (Answer::Granted(Grant::Open(permit)), None),
            Ok(Promise::Reuse { permit, connection, expires }) if passed(expires, now) => {
                (Answer::Granted(Grant::Open(permit)), Some(connection))
            }
            Ok(Promise::Reuse { permit, connection, .. }) => {
                (Answer::Granted(Grant::Reuse(permit, connection)), None)
            }
        }
    }

    /// A waiter gives up. What it had been granted goes to the next, as if it came back now.
    pub(crate) fn cancel(&mut self, ticket: Ticket, now: Instant) -> Errands<C, W> {
        let slot = ticket.slot();
        match self.queue.leave(ticket) {
            Left::Granted(Promise::Open(permit)) => self.release(permit),
            Left::Granted(Promise::Reuse { permit, connection, expires }) => {
                self.give_back(permit, connection, now, expires)
            }
            Left::Waiting(discard) => {
                self.settle(slot);
                Errands { discard, ..Errands::none() }
            }
        }
    }

    /// How many are leased, idle and waiting.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            leased: self.slots.open() - self.slots.idle(),
            idle: self.slots.idle(),
            waiting: self.queue.waiting(),
        }
    }

    fn has_room(&self, slot: SlotId) -> bool {
        self.slots.open_in(slot) < self.capacity.per_key.get()
    }

    /// Makes out a permit for a connection to be opened.
    fn admit(&mut self, slot: SlotId) -> Permit {
        self.slots.add(slot);
        self.settle(slot);
        debug_assert!(self.slots.open() <= self.capacity.total.get(), "over the total limit");
        debug_assert!(
            self.slots.open_in(slot) <= self.capacity.per_key.get(),
            "over a key's limit"
        );
        Permit { slot }
    }

    /// Tells the rest of the books that this slot has a connection or a waiter more or less.
    fn settle(&mut self, slot: SlotId) {
        let has_room = self.has_room(slot);
        self.queue.set_room(slot, has_room);
        if !self.queue.has_line(slot) {
            self.slots.vacate_if_unused(slot);
        }
    }
}

impl<C, W> Errands<C, W> {
    fn none() -> Errands<C, W> {
        Errands { close: None, wake: None, discard: None }
    }
}

#[cfg(test)]
impl<K, C, W> Ledger<K, C, W> {
    /// Panics unless everything holds that the module's documentation says always holds.
    pub(super) fn check(&self) {
        let Capacity { total, per_key } = self.capacity;
        self.slots.check();
        self.queue.check(|slot| self.has_room(slot));
        assert!(self.slots.open() <= total.get());
        for slot in self.slots.in_use() {
            assert!(self.slots.open_in(slot) <= per_key.get());
            assert!(self.slots.open_in(slot) > 0 || self.queue.has_line(slot), "an unused slot");
            assert!(self.slots.idle_in(slot) == 0 || !self.queue.has_line(slot));
        }
        if self.queue.next_to_open().is_some() {
            assert_eq!((self.slots.open(), self.slots.idle()), (total.get(), 0));
        }
        assert!(self.queue.granted().count() <= self.counts().leased);
    }
}
