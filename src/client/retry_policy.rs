//! When a request is tried again because the caller wished it: how often, for which failures, after how long.
//!
//! This is apart from the one retry that is always safe ([`retry`](super::retry)), which needs nobody's leave and is not
//! counted here. What decides is how much of the request the server can have seen, and whether the method does harm when
//! it is done twice (RFC 9110 §9.2.2); never the wish alone.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::conn::Delivery;
use crate::message::{Method, StatusCode};

use super::error::Error;
use super::retry::is_idempotent;

/// Statuses that are worth another try: too many requests, and what gateways and servers say that are not ready.
pub const RETRIED_STATUSES: [u16; 4] = [429, 502, 503, 504];

/// The first wait; each one after it is twice as long.
pub const BACKOFF: Duration = Duration::from_millis(200);

/// The longest wait of our own making.
pub const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that is waited for; a longer one hands the response out.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// Retries that a client may always make, however few its requests were.
const RESERVE: u32 = 10;

/// Tokens of the budget: a retry costs this many, a request brings one.
const COST: u32 = 5;

/// When and how to try again.
///
/// ```
/// use std::time::Duration;
/// use wireline::{Client, Retry};
///
/// let client = Client::builder()
///     .retry(Retry::attempts(4).backoff(Duration::from_millis(100), Duration::from_secs(5)))
///     .build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
///
/// A clone shares the budget: of all requests made under it, one in five may be a retry, beyond the first ten. So a
/// server in trouble is not given several times its usual load by those who wait for it.
#[derive(Clone)]
pub struct Retry {
    attempts: u32,
    first: Duration,
    longest: Duration,
    retry_after: Duration,
    statuses: Vec<StatusCode>,
    any_method: bool,
    budget: Option<Arc<Budget>>,
}

impl Retry {
    /// At most `attempts` attempts in all; 1 tries nothing again.
    pub fn attempts(attempts: u32) -> Retry {
        Retry {
            attempts,
            first: BACKOFF,
            longest: LONGEST_BACKOFF,
            retry_after: LONGEST_RETRY_AFTER,
            statuses: RETRIED_STATUSES
                .iter()
                .filter_map(|&s| StatusCode::from_u16(s).ok())
                .collect(),
            any_method: false,
            budget: Some(Arc::default()),
        }
    }

    /// Waits about `first` after the first attempt and twice as long after each further one, never longer than `longest`.
    /// The real wait is somewhere between half of that and all of it, so that those who failed together do not come back
    /// together.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Retry {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// The longest `Retry-After` to wait for; [`LONGEST_RETRY_AFTER`] by default. Zero does not look at it.
    pub fn longest_retry_after(mut self, longest: Duration) -> Retry {
        self.retry_after = longest;
        self
    }

    /// The statuses that are worth another try, in place of [`RETRIED_STATUSES`].
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Retry {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// Also repeats what the server may have acted on already, POST and PATCH included: for callers who know that their
    /// server recognises a repetition (RFC 9110 §9.2.2).
    pub fn any_method(mut self) -> Retry {
        self.any_method = true;
        self
    }

    /// Retries without a budget: as often as `attempts` says for every single request.
    pub fn without_budget(mut self) -> Retry {
        self.budget = None;
        self
    }

    /// A request begins.
    pub(crate) fn begin(&self) {
        if let Some(budget) = &self.budget {
            budget.earn();
        }
    }

    /// How long to wait before another attempt after this failure, the `made`th attempt; `None`: give up.
    pub(crate) fn after_failure(
        &self,
        made: u32,
        method: &Method,
        error: &Error,
    ) -> Option<Duration> {
        let unseen = error.delivery() == Delivery::NotSent;
        let harmless = unseen || self.any_method || is_idempotent(method);
        (harmless && error.is_transient() && self.may(made)).then(|| self.wait(made))
    }

    /// How long to wait before another attempt after this status; `retry_after` is what the server asked for.
    pub(crate) fn after_status(
        &self,
        made: u32,
        method: &Method,
        status: StatusCode,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let harmless = self.any_method || is_idempotent(method);
        let retry_after = retry_after.filter(|_| !self.retry_after.is_zero());
        let bearable = retry_after.is_none_or(|asked| asked <= self.retry_after);
        if !harmless || !bearable || !self.statuses.contains(&status) || !self.may(made) {
            return None;
        }
        Some(retry_after.unwrap_or_else(|| self.wait(made)))
    }

    /// Whether the numbers allow one more; takes it from the budget if so.
    fn may(&self, made: u32) -> bool {
        made < self.attempts && self.budget.as_ref().is_none_or(|budget| budget.spend())
    }

    fn wait(&self, made: u32) -> Duration {
        let doublings = made.saturating_sub(1).min(31);
        let full = self.first.saturating_mul(1 << doublings).min(self.longest);
        // As good as random: a fresh key of the standard library's hash.
        let dice = RandomState::new().hash_one(made) as u32;
        full / 2 + full.mul_f64(f64::from(dice) / f64::from(u32::MAX) / 2.0)
    }
}

/// Tokens that requests bring and retries cost.
struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Budget {
        Budget(AtomicU32::new(RESERVE * COST))
    }
}

impl Budget {
    /// Never more than twice the reserve: good times are no licence for a storm later.
    fn earn(&self) {
        let more = |tokens: u32| (tokens < 2 * RESERVE * COST).then_some(tokens + 1);
        // Full is as good as fuller.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    fn spend(&self) -> bool {
        let less = |tokens: u32| tokens.checked_sub(COST);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("attempts", &self.attempts)
            .field("backoff", &(self.first..=self.longest))
            .field("any_method", &self.any_method)
            .field("budget", &self.budget.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK_TO_RETRY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

    fn after(policy: &Retry, made: u32, method: Method, asked: Option<u64>) -> Option<Duration> {
        policy.after_status(made, &method, OK_TO_RETRY, asked.map(Duration::from_secs))
    }

    #[test]
    fn waits_double_up_to_the_longest_and_are_never_equal_for_all() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_millis(1000));
        let policy = Retry::attempts(99).backoff(first, longest).without_budget();
        for (made, full) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (60, 1000)] {
            let waits: Vec<_> =
                (0..20).filter_map(|_| after(&policy, made, Method::GET, None)).collect();
            assert_eq!(waits.len(), 20);
            let range = Duration::from_millis(full / 2)..=Duration::from_millis(full);
            assert!(waits.iter().all(|wait| range.contains(wait)), "{made}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
        }
    }

    #[test]
    fn the_number_of_attempts_is_kept() {
        let policy = Retry::attempts(3);
        assert!(after(&policy, 2, Method::GET, None).is_some());
        assert_eq!(after(&policy, 3, Method::GET, None), None);
        assert_eq!(after(&Retry::attempts(1), 1, Method::GET, None), None);
        assert_eq!(after(&Retry::attempts(0), 1, Method::GET, None), None);
    }

    #[test]
    fn a_status_is_no_licence_for_any_method() {
        let policy = Retry::attempts(3);
        assert_eq!(after(&policy, 1, Method::POST, None), None);
        assert!(after(&policy, 1, Method::PUT, None).is_some());
        assert!(after(&policy.any_method(), 1, Method::POST, None).is_some());
        let not_found =
            Retry::attempts(3).after_status(1, &Method::GET, StatusCode::NOT_FOUND, None);
        assert_eq!(not_found, None);
    }

    #[test]
    fn retry_after_is_kept_to_unless_it_is_too_long() {
        let policy = Retry::attempts(3);
        assert_eq!(after(&policy, 1, Method::GET, Some(7)), Some(Duration::from_secs(7)));
        assert_eq!(after(&policy, 1, Method::GET, Some(121)), None);
        let deaf = Retry::attempts(3).longest_retry_after(Duration::ZERO);
        assert!(after(&deaf, 1, Method::GET, Some(7)).is_some_and(|wait| wait <= BACKOFF));
    }

    #[test]
    fn a_budget_is_shared_by_clones_and_refilled_by_requests() {
        let policy = Retry::attempts(u32::MAX);
        let clone = policy.clone();
        let spent = (0..100).filter(|_| after(&clone, 1, Method::GET, None).is_some()).count();
        assert_eq!(spent, RESERVE as usize);
        assert_eq!(after(&policy, 1, Method::GET, None), None);
        (0..COST).for_each(|_| policy.begin());
        assert!(after(&policy, 1, Method::GET, None).is_some());
        assert_eq!(after(&policy, 1, Method::GET, None), None);
        (0..1000).for_each(|_| policy.begin());
        let spent = (0..100).filter(|_| after(&policy, 1, Method::GET, None).is_some()).count();
        assert_eq!(spent, 2 * RESERVE as usize);
        assert!(after(&policy.without_budget(), 1, Method::GET, None).is_some());
    }
}
