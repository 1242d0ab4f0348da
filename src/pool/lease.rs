//! The pool: a lock around the books, wakers for those who wait, and leases that come home by themselves.
//!
//! A [`Lease`] owns its connection and its place. Giving it back takes a proof ([`Reusable`]); dropping it closes the
//! connection and frees the place. Waiting is a future that gives its turn to the next when it is dropped. So whatever is
//! cancelled, wherever, the books are right afterwards (S-44). Connections are probed, closed and wakers woken outside
//! the lock.
//!
//! Next: [`crate::client`]

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::runtime;
use tokio::time::{Instant, timeout_at};

use crate::conn::{Connection, Idle, Route, RouteView};
use crate::h1::{KeepAlive, Reusable};
use crate::net::Deadline;

use super::ledger::{Answer, Capacity, Counts, Errands, Grant, Ledger, Permit, Ticket};

/// Connections of one client.
#[derive(Clone)]
pub struct Pool {
    books: Arc<Books>,
}

struct Books {
    ledger: Mutex<Ledger<Route, Idle, Waker>>,
    idle_timeout: Duration,
    /// Makes the hashes of this pool's keys unpredictable.
    seed: u64,
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
    permit: Option<Permit>,
    books: Arc<Books>,
}

/// Nobody gave a connection back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolTimeout {
    /// How many connections were in use then.
    pub leased: usize,
    /// How many requests were waiting, this one included.
    pub waiting: usize,
}

impl Pool {
    /// An empty pool for at most `total` connections, `per_origin` to any one origin, kept idle for `idle_timeout`.
    pub fn new(
        total: NonZeroUsize,
        per_origin: Option<NonZeroUsize>,
        idle_timeout: Duration,
    ) -> Pool {
        let per_key = per_origin.unwrap_or(NonZeroUsize::MAX);
        let ledger = Mutex::new(Ledger::new(Capacity { total, per_key }));
        let seed = RandomState::new().hash_one(());
        Pool { books: Arc::new(Books { ledger, idle_timeout, seed }) }
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
            Answer::Wait(ticket) => {
                Err(Turn { ticket: Some(ticket), books: Arc::clone(&self.books) })
            }
        }
    }

    /// Waits until it is this turn's turn, at most until `deadline`.
    ///
    /// Cancel safe: what was given to a dropped turn goes to the next who waits.
    ///
    /// # Errors
    /// [`PoolTimeout`].
    pub async fn wait(
        &self,
        mut turn: Turn,
        runtime: runtime::Id,
        deadline: Deadline,
    ) -> Result<Leased, PoolTimeout> {
        let granted = poll_fn(|cx| turn.poll(cx.waker()));
        let grant = match deadline.instant() {
            None => granted.await,
            Some(at) => timeout_at(at, granted).await.map_err(|_| {
                let Counts { leased, waiting, .. } = self.books.lock().counts();
                PoolTimeout { leased, waiting }
            })?,
        };
        Ok(self.settle(grant, runtime, Instant::now()))
    }

    /// Probes what was granted; a connection that died while it was idle is replaced by the next, or by a new one.
    fn settle(&self, mut grant: Grant<Idle>, runtime: runtime::Id, now: Instant) -> Leased {
        loop {
            let (permit, idle) = match grant {
                Grant::Open(permit) => return Leased::Open(self.place(permit)),
                Grant::Reuse(permit, idle) => (permit, idle),
            };
            match idle.wake(runtime) {
                Some(connection) => {
                    return Leased::Reused(Lease { connection, place: self.place(permit) });
                }
                None => {
                    let (next, expired) = self.books.lock().replace(permit, now.into_std());
                    drop(expired);
                    grant = next;
                }
            }
        }
    }

    fn place(&self, permit: Permit) -> Place {
        Place { permit: Some(permit), books: Arc::clone(&self.books) }
    }
}

impl Place {
    /// The connection this place was for.
    pub fn fill(self, connection: Connection) -> Lease {
        Lease { connection, place: self }
    }
}

impl Lease {
    /// The connection.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Brings the connection home, to the next who waits for it or to rest.
    pub fn give_back(self, proof: Reusable, now: Instant) {
        let Lease { connection, mut place } = self;
        let Some(permit) = place.permit.take() else { return };
        let idle = connection.rest(proof, now);
        let expires = expiry(idle.keep_alive(), place.books.idle_timeout);
        let expires = now.checked_add(expires).map(Instant::into_std);
        let errands = place.books.lock().give_back(permit, idle, now.into_std(), expires);
        run(errands);
    }

    /// Closes the connection and keeps its place, for another.
    pub fn into_place(self) -> Place {
        self.place
    }

    /// Takes the connection out of the pool's count, for another protocol.
    pub fn into_connection(self) -> Connection {
        self.connection
    }
}

/// Until when an idle connection is kept: our time-out, or a second before the server's own, if it names one. The
/// server's clock began to run when it sent the response, ours when it arrived.
fn expiry(keep_alive: KeepAlive, idle_timeout: Duration) -> Duration {
    let server = keep_alive.timeout.map(|seconds| Duration::from_secs(seconds.saturating_sub(1)));
    server.map_or(idle_timeout, |server| server.min(idle_timeout))
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let errands = self.books.lock().release(permit);
            run(errands);
        }
    }
}

/// A place in the queue; given up when dropped.
pub struct Turn {
    ticket: Option<Ticket>,
    books: Arc<Books>,
}

impl Turn {
    fn poll(&mut self, waker: &Waker) -> Poll<Grant<Idle>> {
        let Some(ticket) = self.ticket.take() else { return Poll::Pending };
        let mut ledger = self.books.lock();
        let (answer, expired) = ledger.claim(ticket, Instant::now().into_std());
        let replaced = match answer {
            Answer::Granted(grant) => {
                drop(ledger);
                drop(expired);
                return Poll::Ready(grant);
            }
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
            run(errands);
        }
    }
}

impl Books {
    fn lock(&self) -> MutexGuard<'_, Ledger<Route, Idle, Waker>> {
        // Nothing of the caller's runs under the lock, so a poisoned lock means a panic of ours; the books are plain
        // data and still add up.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be done outside the lock.
fn run(errands: Errands<Idle, Waker>) {
    let Errands { close, wake, discard } = errands;
    if let Some(waker) = wake {
        waker.wake();
    }
    drop((close, discard));
}
