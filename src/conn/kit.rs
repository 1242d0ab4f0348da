//! Where exchanges rest between two requests: buffers, a timer, and room for the states of two lanes.
//!
//! An idle connection needs none of that, and a busy client should not allocate it anew for every request. So exchanges
//! that have ended are kept on a bounded free list and lent out again: ten thousand idle connections hold no buffers,
//! and moving an exchange moves one pointer. One that is dropped in the middle is freed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime;

use super::exchange::Exchange;

/// How many exchanges are kept at rest. Each holds about 12 KiB; more at once than this are allocated anew.
const KEPT: usize = 32;

/// The free list, one a client.
#[derive(Debug, Default)]
#[allow(clippy::vec_box, reason = "the boxes are what is lent out")]
pub struct Kits(Mutex<Vec<Box<Exchange>>>);

impl Kits {
    /// An exchange that has not begun, for `runtime`.
    pub fn lend(&self, runtime: runtime::Id) -> Box<Exchange> {
        let kept = self.lock().pop();
        let mut exchange = kept.unwrap_or_else(|| Box::new(Exchange::at_rest(runtime)));
        exchange.move_to(runtime);
        exchange
    }

    /// Takes back an exchange that has ended.
    pub fn keep(&self, mut exchange: Box<Exchange>) {
        exchange.reset();
        let mut kept = self.lock();
        if kept.len() < KEPT {
            kept.push(exchange);
        }
    }

    #[allow(clippy::vec_box, reason = "as above")]
    fn lock(&self) -> MutexGuard<'_, Vec<Box<Exchange>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
