//! What the [`ledger`](super::ledger) is told once, and what it decides.
//!
//! Plain values: whoever holds the lock acts on them after letting go.

use std::num::NonZeroUsize;

use super::queue::Ticket;
use super::slots::SlotId;

/// How many connections may be open at once, counting those being opened and those idle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Under all keys together.
    pub(crate) total: NonZeroUsize,
    /// Under one key; `NonZeroUsize::MAX` is no limit.
    pub(crate) per_key: NonZeroUsize,
}

/// The right to have one connection open. It ends in [`Ledger::give_back`](super::ledger::Ledger::give_back) or
/// [`Ledger::release`](super::ledger::Ledger::release).
#[derive(Debug)]
#[must_use = "a permit that is dropped takes a connection's place for ever"]
pub(crate) struct Permit {
    pub(super) slot: SlotId,
}

/// What someone who asked for a connection is to do.
#[derive(Debug)]
pub(crate) enum Answer<C> {
    /// Go ahead.
    Granted(Grant<C>),
    /// Wait: register a waker, claim when woken, cancel to give up.
    Wait(Ticket),
    /// The ledger is closed: there is nothing to wait for.
    Closed,
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
    /// The ledger is closed, and this was the last connection.
    pub(crate) drained: bool,
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

impl<C, W> Errands<C, W> {
    pub(super) fn none() -> Errands<C, W> {
        Errands { close: None, wake: None, discard: None, drained: false }
    }
}
