//! The pool: a lock around the books, wakers for those who wait, and leases that come home by themselves.
//!
//! A [`Lease`] owns its connection and its place. Giving it back takes a proof ([`Reusable`]); dropping it closes the
//! connection and frees the place. Waiting is a future that gives its turn to the next when it is dropped. So whatever is
//! cancelled, wherever, the books are right afterwards (S-44). Connections are probed, closed and wakers woken outside
//! the lock. Whatever happens to a connection in use is counted here, by what it was called.
//!
//! Next: [`crate::client`]

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::task::{Poll, Waker};

use tokio::runtime;
use tokio::time::{Instant, timeout_at};

use crate::conn::{Asleep, Connection, Idle, RouteView};
use crate::h1::{CloseReason, KeepAlive, Reusable};
use crate::net::Deadline;

use super::books::Books;
use super::decision::{Answer, Counts, Grant, Permit};
use super::queue::Ticket;
use super::rules::Rules;
use super::tally::{Tally, Why};

/// Connections of one client.
#[derive(Clone)]
pub struct Pool {
    pub(super) books: Arc<Books>,
}

/// What a request gets.
pub enum Leased {
    /// A kept connection, probed just now.
    Reused(Lease),
    /// Leave to open one.
    Open(Place),
}

/// A connection in use.
pub struct Lease {
    // Closed first, so that the place is free only when the socket is.
    connection: Connection,
    place: Place,
}

/// The right to have one connection open. Given up when dropped.
pub struct Place {
    hold: Hold,
    books: Arc<Books>,
}

enum Hold {
    /// For a connection that is to be opened.
    Opening(Permit),
    /// For one that is open.
    Open(Permit),
    Nothing,
}

/// Why there is no connection to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// Nobody gave one back in time.
    TimedOut {
        /// How many connections were in use then.
        leased: usize,
        /// How many requests were waiting, this one included.
        waiting: usize,
    },
    /// The pool has been closed.
    Closed,
}

impl Pool {
    /// An empty pool.
    pub fn new(rules: Rules) -> Pool {
        Pool { books: Arc::new(Books::new(rules)) }
    }

    /// A kept connection for `route`, or leave to open one.
    ///
    /// # Errors
    /// Neither is to be had now: a place in the queue.
    pub fn lease(
        &self,
        route: &RouteView<'_>,
        runtime: runtime::Id,
        now: Instant,
    ) -> Result<Leased, Turn> {
        let hash = route.hash(self.books.seed);
        let (answer, expired) = self.books.lock().checkout(
            hash,
            |kept| route.is(kept),
            || route.to_route(),
            now.into_std(),
        );
        drop(expired);
        match answer {
            Answer::Granted(grant) => Ok(self.settle(grant, runtime, now)),
            Answer::Wait(ticket) => Err(self.turn(Some(ticket))),
            Answer::Closed => Err(self.turn(None)),
        }
    }

    fn turn(&self, ticket: Option<Ticket>) -> Turn {
        Turn { ticket, books: Arc::clone(&self.books) }
    }

    /// Waits until it is this turn's turn, at most until `deadline`.
    ///
    /// Cancel safe: what was given to a dropped turn goes to the next who waits.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub async fn wait(
        &self,
        mut turn: Turn,
        runtime: runtime::Id,
        deadline: Deadline,
    ) -> Result<Leased, NoPlace> {
        let granted = poll_fn(|cx| turn.poll(cx.waker()));
        let grant = match deadline.instant() {
            None => granted.await,
            Some(at) => timeout_at(at, granted).await.map_err(|_| {
                let Counts { leased, waiting, .. } = self.books.lock().counts();
                NoPlace::TimedOut { leased, waiting }
            })?,
        };
        let grant = grant.ok_or(NoPlace::Closed)?;
        Ok(self.settle(grant, runtime, Instant::now()))
    }

    /// Probes what was granted; a connection that died while it was idle is replaced by the next, or by a new one.
    fn settle(&self, mut grant: Grant<Idle>, runtime: runtime::Id, now: Instant) -> Leased {
        loop {
            let (permit, idle) = match grant {
                Grant::Open(permit) => return Leased::Open(self.place(permit)),
                Grant::Reuse(permit, idle) => (permit, idle),
            };
            let lost = match idle.wake(runtime) {
                Ok(connection) => {
                    let place = Place { hold: Hold::Open(permit), books: Arc::clone(&self.books) };
                    return Leased::Reused(Lease { connection, place });
                }
                Err(Asleep::Dead) => Why::Dead,
                Err(Asleep::OtherRuntime) => Why::OtherRuntime,
            };
            let mut ledger = self.books.lock();
            ledger.tally.reused -= 1;
            ledger.tally.closed.count(lost);
            let (next, expired) = ledger.replace(permit, now.into_std());
            drop(ledger);
            drop(expired);
            grant = next;
        }
    }

    pub(super) fn place(&self, permit: Permit) -> Place {
        Place { hold: Hold::Opening(permit), books: Arc::clone(&self.books) }
    }
}

impl Place {
    /// The connection this place was for.
    pub fn fill(mut self, connection: Connection) -> Lease {
        if let Hold::Opening(permit) = self.take() {
            self.books.lock().tally.opened += 1;
            self.hold = Hold::Open(permit);
        }
        Lease { connection, place: self }
    }

    fn take(&mut self) -> Hold {
        mem::replace(&mut self.hold, Hold::Nothing)
    }

    /// Gives the place up, with a word for the books about why.
    fn leave(&mut self, count: impl FnOnce(&mut Tally)) {
        let (Hold::Opening(permit) | Hold::Open(permit)) = self.take() else { return };
        let mut ledger = self.books.lock();
        count(&mut ledger.tally);
        let errands = ledger.release(permit);
        drop(ledger);
        self.books.run(errands);
    }

    /// Its connection has been closed.
    fn closed(&mut self, why: Why) {
        if let Hold::Open(permit) = self.take() {
            self.books.lock().tally.closed.count(why);
            self.hold = Hold::Opening(permit);
        }
    }

    fn rest(mut self, idle: Idle, keep_alive: KeepAlive, now: Instant) {
        let Hold::Open(permit) = self.take() else { return };
        let stay = self.books.rules.stay(idle.connection(), keep_alive, now);
        let errands = self.books.lock().give_back(permit, idle, now.into_std(), stay);
        self.books.run(errands);
    }
}

impl Lease {
    /// The connection.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Brings the connection home, to the next who waits for it or to rest.
    pub fn give_back(self, proof: Reusable, now: Instant) {
        let Lease { connection, place } = self;
        let keep_alive = proof.keep_alive();
        place.rest(connection.rest(proof, now), keep_alive, now);
    }

    /// Brings home a connection that was made in advance. One that has been used after all is closed.
    pub fn give_back_unused(self, now: Instant) {
        let Lease { connection, place } = self;
        if let Some(idle) = connection.unused(now) {
            place.rest(idle, KeepAlive::default(), now);
        }
    }

    /// Closes a connection that cannot be used again, and gives up its place.
    pub fn close(self, reason: CloseReason) {
        let Lease { connection, mut place } = self;
        drop(connection);
        let unfinished =
            matches!(reason, CloseReason::RequestUnfinished | CloseReason::ResponseUnfinished);
        let why = if unfinished { Why::Unfinished } else { Why::Ended };
        place.leave(|tally| tally.closed.count(why));
    }

    /// Closes a connection that has failed and keeps its place, for another.
    pub fn into_place(self) -> Place {
        let Lease { connection, mut place } = self;
        drop(connection);
        place.closed(Why::Unfinished);
        place
    }

    /// Takes the connection out of the pool's count, for another protocol.
    pub fn into_connection(self) -> Connection {
        let Lease { connection, mut place } = self;
        place.leave(|tally| tally.upgraded += 1);
        connection
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match self.hold {
            Hold::Nothing => {}
            Hold::Opening(_) => self.leave(|tally| tally.failed += 1),
            Hold::Open(_) => self.leave(|tally| tally.closed.count(Why::Unfinished)),
        }
    }
}

/// A place in the queue; given up when dropped.
pub struct Turn {
    ticket: Option<Ticket>,
    books: Arc<Books>,
}

impl Turn {
    /// `None`: the pool has been closed.
    fn poll(&mut self, waker: &Waker) -> Poll<Option<Grant<Idle>>> {
        let Some(ticket) = self.ticket.take() else { return Poll::Ready(None) };
        let mut ledger = self.books.lock();
        let (answer, expired) = ledger.claim(ticket, Instant::now().into_std());
        let replaced = match answer {
            Answer::Granted(grant) => {
                drop(ledger);
                drop(expired);
                return Poll::Ready(Some(grant));
            }
            Answer::Closed => return Poll::Ready(None),
            Answer::Wait(ticket) => {
                let replaced = ledger.register(&ticket, waker.clone());
                self.ticket = Some(ticket);
                replaced
            }
        };
        drop(ledger);
        drop((expired, replaced));
        Poll::Pending
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            let errands = self.books.lock().cancel(ticket, Instant::now().into_std());
            self.books.run(errands);
        }
    }
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoPlace::TimedOut { leased, waiting } => write!(
                f,
                "{leased} in use, {waiting} requests waiting; read or drop responses, or \
                 raise `max_connections` or `pool_timeout`"
            ),
            NoPlace::Closed => f.write_str(
                "the client was closed by `Client::close`, and begins no requests any more; build another one",
            ),
        }
    }
}
