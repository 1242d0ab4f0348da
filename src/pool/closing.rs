//! The end of a pool: nothing new begins, what is under way finishes, and one may wait for that.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use super::books::Books;
use super::lease::Pool;

/// Waits until the last connection of a closed pool is closed. Whatever happens to this future, the pool stays closed.
#[must_use = "the pool is closed; await this to wait for the connections in use"]
pub struct Closing {
    books: Arc<Books>,
    number: u64,
}

impl Pool {
    /// Closes what is idle, turns away who waits, and grants nothing from now on.
    pub fn close(&self) -> Closing {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let books = Arc::clone(&self.books);
        let (idle, wakers) = books.lock().close();
        drop(idle);
        wakers.into_iter().for_each(Waker::wake);
        Closing { books, number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Future for Closing {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Whoever gives the last connection back looks for wakers after that, so one that is left before this looks at
        // the ledger is found by one of the two.
        let replaced = self.books.closers().insert(self.number, cx.waker().clone());
        drop(replaced);
        if self.books.lock().is_drained() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        let waker = self.books.closers().remove(&self.number);
        drop(waker);
    }
}
