//! The queue of the pool: who waits for a connection, in which order, and what has been granted.
//!
//! In go waiters, each with the slot it waits for and an opaque waker `W`; out come a [`Ticket`] for
//! each, the oldest line to be served next, and the waker of whoever has just been served. A grant
//! `G` is kept here until its ticket claims it, so it cannot be lost between the one who frees a
//! connection and the one who wakes up.
//!
//! ```text
//!              join            grant              claim
//!   checkout ───────▶ waiting ───────▶ granted ───────▶ (the caller has it)
//!                        │                │
//!                        └──── leave ─────┴────▶ (gone; a grant comes out to be passed on)
//! ```
//!
//! Everybody who waits for one slot stands in one line, because only its head can be next. Numbers
//! grow with every ticket, so the lesser number has waited longer. A line *has room* while the limit
//! of its own slot would let it open a connection; the heads of these lines are also listed together,
//! and the first of them is served when any connection closes.
//!
//! This file knows neither connections nor limits, and calls no waker: a waker is code of the
//! caller's executor, and is woken or dropped where no lock is held.
//!
//! Every operation is O(log n) in waiters; while nobody waits it is a comparison, and nothing is
//! allocated.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::number::Number;
use super::slots::SlotId;

/// A place in the queue. It ends by being claimed or cancelled.
#[derive(Debug)]
#[must_use = "a ticket that is dropped keeps its place, and what it was granted, for ever"]
pub(crate) struct Ticket {
    number: Number,
    slot: SlotId,
}

/// What a ticket that leaves the queue leaves behind.
pub(super) enum Left<W, G> {
    /// It was waiting: its waker.
    Waiting(Option<W>),
    /// It had been served: what for someone else to have.
    Granted(G),
}

/// The lines of waiters, and the grants that nobody has claimed yet.
pub(super) struct Queue<W, G> {
    /// The next ticket's number.
    next: u64,
    waiting: usize,
    lines: BTreeMap<SlotId, Line<W>>,
    /// The lines with room, by the number of their heads.
    ready: BTreeMap<Number, SlotId>,
    granted: BTreeMap<Number, G>,
}

/// Who waits for one slot. Never empty while it stands in the queue.
struct Line<W> {
    waiters: BTreeMap<Number, Option<W>>,
    has_room: bool,
}

impl<W, G> Queue<W, G> {
    pub(super) fn new() -> Queue<W, G> {
        Queue {
            next: 0,
            waiting: 0,
            lines: BTreeMap::new(),
            ready: BTreeMap::new(),
            granted: BTreeMap::new(),
        }
    }

    /// How many wait. Who has been served waits no longer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many ever had to wait.
    pub(super) fn joined(&self) -> u64 {
        self.next
    }

    /// How many wait for this slot.
    pub(super) fn waiting_for(&self, slot: SlotId) -> usize {
        self.lines.get(&slot).map_or(0, |line| line.waiters.len())
    }

    /// Whether anybody waits for this slot.
    pub(super) fn has_line(&self, slot: SlotId) -> bool {
        self.lines.contains_key(&slot)
    }

    /// Stands at the end of the line for `slot`.
    pub(super) fn join(&mut self, slot: SlotId, has_room: bool) -> Ticket {
        let number = self.number();
        self.waiting += 1;
        self.lines.entry(slot).or_insert(Line { waiters: BTreeMap::new(), has_room });
        self.change(slot, |line| line.waiters.insert(number, None));
        Ticket { number, slot }
    }

    /// Says who is to be woken when this ticket is served. Returns the waker it replaces, or `waker`
    /// itself if the ticket has been served already.
    pub(super) fn register(&mut self, ticket: &Ticket, waker: W) -> Option<W> {
        let line = self.lines.get_mut(&ticket.slot);
        match line.and_then(|line| line.waiters.get_mut(&ticket.number)) {
            Some(place) => place.replace(waker),
            None => Some(waker),
        }
    }

    /// Notes whether the limit of `slot` lets it open a connection.
    pub(super) fn set_room(&mut self, slot: SlotId, has_room: bool) {
        self.change(slot, |line| line.has_room = has_room);
    }

    /// The line to be served when a connection closes: the oldest that has room.
    pub(super) fn next_to_open(&self) -> Option<SlotId> {
        let (_, slot) = self.ready.first_key_value()?;
        Some(*slot)
    }

    /// The line to be served when a connection of `slot` comes free: the oldest among those that have
    /// room and `slot`'s own, which needs none.
    #[inline]
    pub(super) fn next_to_have(&self, slot: SlotId) -> Option<SlotId> {
        if self.waiting == 0 {
            return None;
        }
        let own = self.lines.get(&slot).and_then(Line::head).map(|number| (number, slot));
        let ready = self.ready.first_key_value().map(|(number, slot)| (*number, *slot));
        own.into_iter().chain(ready).min().map(|(_, slot)| slot)
    }

    /// Serves the head of the line for `slot`, and returns its waker. The queue has just named this
    /// line as the next; without a line the grant would be lost.
    pub(super) fn grant(&mut self, slot: SlotId, grant: G) -> Option<W> {
        debug_assert!(self.has_line(slot), "granted to nobody");
        let (number, waker) = self.change(slot, |line| line.waiters.pop_first())??;
        self.waiting -= 1;
        self.granted.insert(number, grant);
        waker
    }

    /// Serves everybody who waits with what `grant` makes. Returns the slots they waited for, and their wakers.
    pub(super) fn grant_all(&mut self, mut grant: impl FnMut() -> G) -> (Vec<SlotId>, Vec<W>) {
        let (mut slots, mut wakers) = (Vec::new(), Vec::new());
        for (slot, line) in std::mem::take(&mut self.lines) {
            slots.push(slot);
            for (number, waker) in line.waiters {
                self.granted.insert(number, grant());
                wakers.extend(waker);
            }
        }
        self.ready.clear();
        self.waiting = 0;
        (slots, wakers)
    }

    /// A ticket that has been served before it stood in any line.
    pub(super) fn served(&mut self, slot: SlotId, grant: G) -> Ticket {
        let number = self.number();
        self.granted.insert(number, grant);
        Ticket { number, slot }
    }

    fn number(&mut self) -> Number {
        let number = Number(self.next);
        self.next += 1;
        number
    }

    /// What the ticket was granted, or the ticket if that is still to come.
    pub(super) fn claim(&mut self, ticket: Ticket) -> Result<G, Ticket> {
        self.granted.remove(&ticket.number).ok_or(ticket)
    }

    /// Gives up a place, and with it what was granted.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Left<W, G> {
        match self.claim(ticket) {
            Ok(grant) => Left::Granted(grant),
            Err(ticket) => {
                self.waiting -= 1;
                let waker = self.change(ticket.slot, |line| line.waiters.remove(&ticket.number));
                Left::Waiting(waker.flatten().flatten())
            }
        }
    }

    /// The one door to a line: keeps `ready` right, and sends an empty line home.
    fn change<T>(&mut self, slot: SlotId, change: impl FnOnce(&mut Line<W>) -> T) -> Option<T> {
        let Entry::Occupied(mut entry) = self.lines.entry(slot) else { return None };
        let line = entry.get_mut();
        if let Some(head) = line.head() {
            self.ready.remove(&head);
        }
        let outcome = change(line);
        match line.head() {
            Some(head) if line.has_room => drop(self.ready.insert(head, slot)),
            Some(_) => {}
            None => drop(entry.remove()),
        }
        Some(outcome)
    }
}

impl Ticket {
    pub(super) fn slot(&self) -> SlotId {
        self.slot
    }
}

impl<W> Line<W> {
    fn head(&self) -> Option<Number> {
        self.waiters.keys().next().copied()
    }
}

#[cfg(test)]
impl<W, G> Queue<W, G> {
    /// The grants nobody has claimed yet.
    pub(super) fn granted(&self) -> impl Iterator<Item = &G> {
        self.granted.values()
    }

    /// Panics unless the lines, their sum and the list of ready heads agree. `has_room` says what
    /// each line should think of itself.
    pub(super) fn check(&self, has_room: impl Fn(SlotId) -> bool) {
        assert_eq!(self.waiting, self.lines.values().map(|line| line.waiters.len()).sum::<usize>());
        let mut ready = BTreeMap::new();
        for (slot, line) in &self.lines {
            assert_eq!(line.has_room, has_room(*slot));
            let head = line.head().expect("no line is empty");
            if line.has_room {
                ready.insert(head, *slot);
            }
            assert!(line.waiters.keys().all(|number| !self.granted.contains_key(number)));
        }
        assert_eq!(self.ready, ready);
    }
}
