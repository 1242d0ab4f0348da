//! What is tried again, and when: curl's rules.
//!
//! In: what a try came to. Out: how long to wait for the next, with the words for it, or that there is none. Waits double
//! from a second to ten minutes, unless one is said or the server says one.

use std::time::{Duration, Instant};

use crate::exit::Failed;
use crate::plan::Limits;

/// Between the first two tries.
const FIRST: Duration = Duration::from_secs(1);

/// However often it was tried.
const LONGEST: Duration = Duration::from_secs(600);

/// The tries of one transfer.
pub struct Retries<'a> {
    limits: &'a Limits,
    left: u32,
    wait: Duration,
    begun: Instant,
}

/// What a try came to.
pub struct Tried<'a> {
    pub failed: Option<&'a Failed>,
    /// Of the last response, if there was one.
    pub status: Option<u16>,
    /// `Retry-After` of that response.
    pub after: Option<Duration>,
}

/// Another try.
#[derive(Debug, PartialEq, Eq)]
pub struct Again {
    pub wait: Duration,
    /// For people.
    pub words: String,
}

impl Retries<'_> {
    /// Before the first try.
    pub fn new(limits: &Limits) -> Retries<'_> {
        let wait = limits.retry_delay.filter(|delay| !delay.is_zero()).unwrap_or(FIRST);
        Retries { limits, left: limits.retries, wait, begun: Instant::now() }
    }

    /// Whether there is to be another try.
    pub fn next(&mut self, tried: &Tried<'_>) -> Option<Again> {
        if self.left == 0 || !self.in_time(Duration::ZERO) {
            return None;
        }
        let (why, listens) = why(self.limits, tried)?;
        let asked = tried.after.filter(|after| listens && !after.is_zero());
        let wait = asked.unwrap_or(self.wait);
        if asked.is_some() && !self.in_time(wait) {
            return None;
        }
        self.left -= 1;
        if self.limits.retry_delay.is_none_or(|delay| delay.is_zero()) {
            self.wait = (self.wait * 2).min(LONGEST);
        }
        Some(Again { wait, words: words(why, wait, self.left) })
    }

    fn in_time(&self, wait: Duration) -> bool {
        let most = self.limits.retry_time.filter(|most| !most.is_zero());
        most.is_none_or(|most| self.begun.elapsed().saturating_add(wait) < most)
    }
}

/// Why it is tried again, and whether the server has a say in when.
fn why(limits: &Limits, tried: &Tried<'_>) -> Option<(&'static str, bool)> {
    let passing = matches!(tried.status, Some(408 | 429 | 500 | 502 | 503 | 504 | 522 | 524));
    match tried.failed {
        Some(Failed { code: 5 | 6 | 28, .. }) => Some(("timeout", false)),
        Some(failed) if limits.retry_refused && failed.code == 7 && failed.refused => {
            Some(("connection refused", false))
        }
        None | Some(Failed { code: 22, .. }) if passing => Some(("HTTP error", true)),
        Some(_) if limits.retry_all => Some(("(retrying all errors)", true)),
        _ => None,
    }
}

fn words(why: &str, wait: Duration, left: u32) -> String {
    let seconds = wait.as_secs_f64();
    let plural = if wait == Duration::from_secs(1) { "" } else { "s" };
    let retries = if left == 0 { "1 retry".to_owned() } else { format!("{} retries", left + 1) };
    format!("Problem: {why}. Will retry in {seconds:.3} second{plural}. {retries} left.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(limits: Limits, code: u8, status: u16, after: Option<u64>) -> Vec<u64> {
        let failed = (code > 0).then(|| Failed::new(code, "x"));
        let mut retries = Retries::new(&limits);
        let after = after.map(Duration::from_secs);
        std::iter::from_fn(|| {
            let status = (status > 0).then_some(status);
            retries.next(&Tried { failed: failed.as_ref(), status, after })
        })
        .map(|again| again.wait.as_secs())
        .collect()
    }

    fn four() -> Limits {
        Limits { retries: 4, ..Limits::default() }
    }

    #[test]
    fn what_passes_is_tried_again() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(waits(four(), 0, status, None), [1, 2, 4, 8], "{status}");
            assert_eq!(waits(four(), 22, status, None), [1, 2, 4, 8], "{status}");
        }
        for code in [5, 6, 28] {
            assert_eq!(waits(four(), code, 0, None), [1, 2, 4, 8], "{code}");
        }
        for (code, status) in [(0, 200), (0, 404), (22, 404), (7, 0), (52, 0), (56, 0), (23, 503)] {
            assert_eq!(waits(four(), code, status, None), [0; 0], "{code} {status}");
        }
        let all = || Limits { retry_all: true, ..four() };
        assert_eq!(waits(all(), 7, 0, None), [1, 2, 4, 8]);
        assert_eq!(waits(all(), 22, 404, None), [1, 2, 4, 8]);
        assert_eq!(waits(all(), 0, 404, None), [0; 0]);
        assert_eq!(waits(Limits::default(), 28, 0, None), [0; 0]);
    }

    #[test]
    fn waits_are_those_that_were_said() {
        let three = Limits { retry_delay: Some(Duration::from_secs(3)), ..four() };
        assert_eq!(waits(three, 0, 503, None), [3; 4]);
        assert_eq!(waits(four(), 0, 503, Some(7)), [7; 4]);
        assert_eq!(waits(four(), 28, 0, Some(7)), [1, 2, 4, 8]);
        let short = || Limits { retry_time: Some(Duration::from_secs(5)), ..four() };
        assert_eq!(waits(short(), 0, 503, Some(7)), [0; 0]);
        assert_eq!(waits(short(), 0, 503, Some(3)), [3; 4]);
        let many = Limits { retries: 12, ..Limits::default() };
        assert_eq!(waits(many, 28, 0, None).last(), Some(&600));
    }

    #[test]
    fn words_count() {
        let limits = Limits { retries: 2, ..Limits::default() };
        let mut retries = Retries::new(&limits);
        let tried = Tried { failed: None, status: Some(503), after: None };
        let again = retries.next(&tried).map(|again| again.words);
        let expected = "Problem: HTTP error. Will retry in 1.000 second. 2 retries left.";
        assert_eq!(again.as_deref(), Some(expected));
        let again = retries.next(&tried).map(|again| again.words);
        let expected = "Problem: HTTP error. Will retry in 2.000 seconds. 1 retry left.";
        assert_eq!(again.as_deref(), Some(expected));
    }
}
