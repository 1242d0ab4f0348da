//! The number of a ticket: the lesser one has waited longer.
//!
//! The maps of the [`queue`](super::queue) are sorted by it. In tests it counts how often it is compared, which is the
//! work these maps do.

use std::cmp::Ordering;

/// What a ticket is known by. 64 bits do not wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number(pub(super) u64);

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        #[cfg(test)]
        compared::ONCE_MORE.with(|count| count.set(count.get() + 1));
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
pub(super) mod compared {
    use std::cell::Cell;

    thread_local! {
        pub(super) static ONCE_MORE: Cell<u64> = const { Cell::new(0) };
    }

    /// How many comparisons `work` takes on this thread.
    pub(in crate::pool) fn during<T>(work: impl FnOnce() -> T) -> (u64, T) {
        let before = ONCE_MORE.get();
        let done = work();
        (ONCE_MORE.get() - before, done)
    }
}
