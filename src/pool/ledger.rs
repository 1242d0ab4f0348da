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
//! of a quiet client stay open until its next request, or until somebody says [`sweep`](Ledger::sweep).
//!
//! # The end
//!
//! Once closed, the ledger grants nothing that it had not granted before: who waits, and who asks, is told so; what comes
//! back is closed. It is *drained* when nothing is open any more.
//!
//! Next: [`lease`](super::lease)

use std::time::Instant;

use super::decision::{Answer, Capacity, Counts, Errands, Grant, Permit};
use super::queue::{Left, Queue, Ticket};
use super::slots::{SlotId, Slots};
use super::stay::Stay;
use super::tally::{Tally, Why};

/// The books. See the [module](self) for the rules.
pub(crate) struct Ledger<K, C, W> {
    capacity: Capacity,
    slots: Slots<K, C>,
    queue: Queue<W, Promise<C>>,
    closed: bool,
    /// What happens here is counted here; what happens to connections in use, by those who use them.
    pub(super) tally: Tally,
}

/// A grant kept for a waiter. The connection may expire before it is claimed.
enum Promise<C> {
    Reuse { permit: Permit, connection: C, stay: Stay },
    Open(Permit),
    Closed,
}

impl<K, C, W> Ledger<K, C, W> {
    /// Empty books. Allocates nothing.
    pub(crate) fn new(capacity: Capacity) -> Ledger<K, C, W> {
        let (slots, queue, tally) = (Slots::new(), Queue::new(), Tally::default());
        Ledger { capacity, slots, queue, closed: false, tally }
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
        let mut close = self.sweep(now);
        let slot = self.slots.find_or_make(hash, matches, make);
        if let Some(connection) = self.slots.take_newest(slot) {
            self.tally.reused += 1;
            return (Answer::Granted(Grant::Reuse(Permit { slot }, connection)), close);
        }
        if self.closed {
            let refused = self.queue.served(slot, Promise::Closed);
            self.settle(slot);
            return (Answer::Wait(refused), close);
        }
        if !self.has_room(slot) {
            return (Answer::Wait(self.queue.join(slot, false)), close);
        }
        if self.slots.open() == self.capacity.total.get() {
            match self.slots.take_oldest() {
                Some(evicted) => {
                    self.tally.closed.count(Why::Evicted);
                    close.push(evicted);
                }
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
        let expired = self.sweep(now);
        let grant = match self.slots.take_newest(permit.slot) {
            Some(connection) => {
                // The dead one's place is free, and nobody can use it: where a key has idle
                // connections, nobody waits for it or for the total.
                self.slots.remove(permit.slot);
                self.tally.reused += 1;
                Grant::Reuse(permit, connection)
            }
            None => Grant::Open(permit),
        };
        (grant, expired)
    }

    /// Leave to open connections that nobody has asked for, so that `wanted` are idle under that key: as many as are
    /// missing and there is room for. Nobody is evicted for them, and they wait for nobody. Also returns connections to
    /// close; `None` once closed.
    #[must_use = "the connections are to be closed, the permits to be used"]
    pub(crate) fn reserve(
        &mut self,
        hash: u64,
        matches: impl FnMut(&K) -> bool,
        make: impl FnOnce() -> K,
        now: Instant,
        wanted: usize,
    ) -> (Option<Vec<Permit>>, Vec<C>) {
        let expired = self.sweep(now);
        if self.closed {
            return (None, expired);
        }
        let slot = self.slots.find_or_make(hash, matches, make);
        let mut permits = Vec::new();
        let missing = wanted.saturating_sub(self.slots.idle_in(slot));
        while permits.len() < missing
            && self.has_room(slot)
            && self.slots.open() < self.capacity.total.get()
        {
            permits.push(self.admit(slot));
        }
        self.settle(slot);
        (Some(permits), expired)
    }

    /// A connection comes back, fit for reuse for that stay. It goes to the oldest waiter who can have
    /// it, or is kept idle; it is closed if its stay is over at `now`, if the oldest waiter needs its
    /// place for another key, or if the ledger is closed.
    pub(crate) fn give_back(
        &mut self,
        permit: Permit,
        connection: C,
        now: Instant,
        stay: Stay,
    ) -> Errands<C, W> {
        let slot = permit.slot;
        let why = if let Some(over) = stay.over(now) {
            over
        } else if self.closed {
            Why::Dismissed
        } else {
            match self.queue.next_to_have(slot) {
                None => {
                    self.slots.shelve(slot, connection, stay);
                    return Errands::none();
                }
                Some(line) if line == slot => {
                    let promise = Promise::Reuse { permit, connection, stay };
                    return Errands { wake: self.queue.grant(slot, promise), ..Errands::none() };
                }
                Some(_) => Why::Evicted,
            }
        };
        self.tally.closed.count(why);
        Errands { close: Some(connection), ..self.release(permit) }
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
        let drained = self.is_drained();
        Errands { wake, drained, ..Errands::none() }
    }

    /// The idle connections whose stay is over, to be closed.
    #[inline]
    #[must_use = "the connections are to be closed"]
    pub(crate) fn sweep(&mut self, now: Instant) -> Vec<C> {
        self.slots.take_expired(now, &mut self.tally.closed)
    }

    /// All idle connections, to be closed. (Where any are idle nobody waits for a place.)
    #[must_use = "the connections are to be closed"]
    pub(crate) fn dismiss(&mut self) -> Vec<C> {
        self.slots.take_all(&mut self.tally.closed)
    }

    /// Grants nothing from now on. Returns the idle connections, to be closed, and the wakers of those who waited and are
    /// told so when they claim.
    #[must_use = "the connections are to be closed, the wakers to be woken"]
    pub(crate) fn close(&mut self) -> (Vec<C>, Vec<W>) {
        self.closed = true;
        let idle = self.dismiss();
        let (slots, wakers) = self.queue.grant_all(|| Promise::Closed);
        slots.into_iter().for_each(|slot| self.settle(slot));
        (idle, wakers)
    }

    /// Whether it is closed and nothing is open any more.
    pub(crate) fn is_drained(&self) -> bool {
        self.closed && self.slots.open() == 0
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
        let (permit, connection, stay) = match self.queue.claim(ticket) {
            Err(ticket) => return (Answer::Wait(ticket), None),
            Ok(Promise::Closed) => return (Answer::Closed, None),
            Ok(Promise::Open(permit)) => return (Answer::Granted(Grant::Open(permit)), None),
            Ok(Promise::Reuse { permit, connection, stay }) => (permit, connection, stay),
        };
        match stay.over(now) {
            Some(why) => {
                self.tally.closed.count(why);
                (Answer::Granted(Grant::Open(permit)), Some(connection))
            }
            None => {
                self.tally.reused += 1;
                (Answer::Granted(Grant::Reuse(permit, connection)), None)
            }
        }
    }

    /// A waiter gives up. What it had been granted goes to the next, as if it came back now.
    pub(crate) fn cancel(&mut self, ticket: Ticket, now: Instant) -> Errands<C, W> {
        let slot = ticket.slot();
        match self.queue.leave(ticket) {
            Left::Granted(Promise::Closed) => Errands::none(),
            Left::Granted(Promise::Open(permit)) => {
                self.tally.failed += 1;
                self.release(permit)
            }
            Left::Granted(Promise::Reuse { permit, connection, stay }) => {
                self.give_back(permit, connection, now, stay)
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

    /// The limits.
    pub(crate) fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// How many ever had to wait; those who asked after the end are among them.
    pub(crate) fn waits(&self) -> u64 {
        self.queue.joined()
    }

    /// How many idle connections would be swept now.
    pub(crate) fn expired(&self, now: Instant) -> usize {
        self.slots.expired(now)
    }

    /// The same for each key that has a connection or a waiter.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&K, Counts)> {
        self.slots.all().map(|(slot, key, counts)| {
            let waiting = self.queue.waiting_for(slot);
            (key, Counts { leased: counts.open - counts.idle, idle: counts.idle, waiting })
        })
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
        let granted = self.queue.granted();
        let leased = granted.filter(|promise| !matches!(promise, Promise::Closed)).count();
        assert!(leased <= self.counts().leased);
        assert!(!self.closed || self.slots.idle() == 0 && self.queue.waiting() == 0);
    }
}
