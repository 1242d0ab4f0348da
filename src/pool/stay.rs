//! Until when a kept connection may be reused, and which rule says so.
//!
//! In goes nothing but moments; whose clock they were read from is the caller's business.

use std::time::Instant;

use super::tally::Why;

/// The stay of one idle connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    /// It is over at this moment; `None` never comes.
    pub(crate) until: Option<Instant>,
    /// What to call it then.
    pub(crate) why: Why,
}

impl Stay {
    /// Whether the stay is over, and by which rule. One that ends at `now` is over.
    #[inline]
    pub(super) fn over(&self, now: Instant) -> Option<Why> {
        passed(self.until, now).then_some(self.why)
    }
}

/// Whether a moment has come.
#[inline]
pub(super) fn passed(moment: Option<Instant>, now: Instant) -> bool {
    moment.is_some_and(|moment| moment <= now)
}

/// The sooner of two moments; `None` never comes.
#[inline]
pub(super) fn sooner(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
