//! What may be asked of a pool besides a connection: numbers, room for connections in advance, and a sweep.

use tokio::time::Instant;

use crate::conn::{Route, RouteView};

use super::decision::Counts;
use super::lease::{NoPlace, Place, Pool};
use super::stats::{OriginStats, PoolStats};

impl Pool {
    /// Places for connections nobody has asked for yet: as many as `wanted` idle ones are more than there are, and there
    /// is room for.
    ///
    /// # Errors
    /// The pool is closed.
    pub fn reserve(
        &self,
        route: &RouteView<'_>,
        wanted: usize,
        now: Instant,
    ) -> Result<Vec<Place>, NoPlace> {
        let hash = route.hash(self.books.seed);
        let (matches, make) = (|kept: &Route| route.is(kept), || route.to_route());
        let reserved = self.books.lock().reserve(hash, matches, make, now.into_std(), wanted);
        let (permits, expired) = reserved;
        drop(expired);
        let permits = permits.ok_or(NoPlace::Closed)?;
        Ok(permits.into_iter().map(|permit| self.place(permit)).collect())
    }

    /// How it is doing. Looks at every idle connection once.
    pub fn stats(&self) -> PoolStats {
        let now = Instant::now().into_std();
        let ledger = self.books.lock();
        let (tally, capacity) = (ledger.tally, ledger.capacity());
        let Counts { leased, idle, waiting } = ledger.counts();
        let (waits, expired) = (ledger.waits(), ledger.expired(now));
        drop(ledger);
        let gone = tally.closed.total() + tally.upgraded + idle as u64;
        let connected = tally.opened.saturating_sub(gone);
        let connected = usize::try_from(connected).unwrap_or(usize::MAX);
        PoolStats {
            max_connections: capacity.total.get(),
            max_per_origin: self.books.rules.per_origin.map(Into::into),
            open: leased + idle,
            in_use: leased,
            opening: leased.saturating_sub(connected),
            idle,
            expired,
            waiting,
            opened: tally.opened,
            failed: tally.failed,
            reused: tally.reused,
            waits,
            closed: tally.closed,
            upgraded: tally.upgraded,
        }
    }

    /// The same by where connections lead, in no order.
    pub fn origins(&self) -> Vec<OriginStats> {
        let ledger = self.books.lock();
        let keys: Vec<_> = ledger.keys().map(|(route, counts)| (route.clone(), counts)).collect();
        drop(ledger);
        let told = keys.into_iter().map(|(route, Counts { leased, idle, waiting })| {
            let proxy = route.proxy().map(ToString::to_string);
            OriginStats { origin: route.to_string(), proxy, in_use: leased, idle, waiting }
        });
        told.collect()
    }

    /// Closes the idle connections whose time is over. Returns how many.
    pub fn close_expired(&self, now: Instant) -> usize {
        let expired = self.books.lock().sweep(now.into_std());
        expired.len()
    }

    /// Closes all idle connections. Returns how many.
    pub fn close_idle(&self) -> usize {
        let idle = self.books.lock().dismiss();
        idle.len()
    }
}
