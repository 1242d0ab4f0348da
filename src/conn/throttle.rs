//! How many bytes may pass when: token buckets.
//!
//! In: moments, and how much somebody would like to move. Out: how much may move, and from which moment on. A [`Bucket`]
//! is arithmetic: it reads no clock and knows nobody. Whoever comes when it is empty is not sent away but given the next
//! place in the row, so that all who share a bucket get their turns one after the other, however many there are.
//!
//! In any stretch of time no more passes than the rate allows for it and one [`burst`](Bucket::new).

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What may pass at once after a rest: a tenth of a second's worth.
const BURSTS: u64 = 10;

/// The most that one place in the row is for, so that a large read keeps nobody waiting for long.
const TURN: u64 = 16 * 1024;

/// How long a turn waits for whoever took it. Bytes that were promised for a time that is long gone must not come on top
/// of those of now: many exchanges that nobody has polled meanwhile would move far more than a burst.
const LATE: Duration = Duration::from_secs(1);

const SECOND: u128 = 1_000_000_000;

/// A rate, and how much of it is used up.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: NonZeroU64,
    /// Everything that may pass before this moment has passed; later than now, it is promised.
    spent: Option<Instant>,
}

/// So many bytes may pass from that moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub bytes: u64,
    pub at: Instant,
}

impl Turn {
    /// Whether it has not been taken up in time, and is lost.
    fn is_over(self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) > LATE
    }
}

impl Bucket {
    /// Full: a tenth of a second's worth may pass at once, at least one byte.
    pub fn new(rate: NonZeroU64) -> Bucket {
        Bucket { rate, spent: None }
    }

    /// A turn for at most `want` bytes, and at least one. It is taken: what is not used of it goes back with
    /// [`refund`](Self::refund).
    pub fn take(&mut self, now: Instant, want: u64) -> Turn {
        let burst = (self.rate.get() / BURSTS).max(1);
        let full = now.checked_sub(self.time(burst)).unwrap_or(now);
        let spent = self.spent.map_or(full, |spent| spent.max(full));
        let ready = self.bytes(now.saturating_duration_since(spent));
        let turn = (burst / 4).clamp(1, TURN).min(want.max(1));
        let (bytes, waits) = match ready >= turn {
            true => (ready.min(want.max(1)), false),
            false => (turn, true),
        };
        let then = spent.checked_add(self.time(bytes)).unwrap_or(spent);
        self.spent = Some(then);
        Turn { bytes, at: if waits { then } else { now } }
    }

    /// `bytes` of a turn have not passed.
    pub fn refund(&mut self, bytes: u64) {
        let time = self.time(bytes).saturating_sub(Duration::from_nanos(1));
        self.spent = self.spent.and_then(|spent| spent.checked_sub(time));
    }

    /// How long `bytes` take, rounded up.
    fn time(&self, bytes: u64) -> Duration {
        let nanos = (u128::from(bytes) * SECOND).div_ceil(u128::from(self.rate.get()));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// What may pass in `time`, rounded down.
    fn bytes(&self, time: Duration) -> u64 {
        let bytes = time.as_nanos() * u128::from(self.rate.get()) / SECOND;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// A bucket that many draw from.
pub type Shared = Arc<Mutex<Bucket>>;

/// What limits one direction of one exchange: a bucket of its own, one that it shares, or both; the stricter wins.
#[derive(Debug, Default)]
pub struct Valve {
    own: Option<Bucket>,
    shared: Option<Shared>,
    /// A turn that has been taken and not come yet.
    turn: Option<Turn>,
}

impl Valve {
    /// `None` where nothing is limited.
    pub fn new(own: Option<NonZeroU64>, shared: Option<&Shared>) -> Option<Valve> {
        let limited = own.is_some() || shared.is_some();
        let own = own.map(Bucket::new);
        limited.then(|| Valve { own, shared: shared.cloned(), turn: None })
    }

    /// How many of `want` bytes may pass now; none before that moment otherwise. What does not pass must be handed back
    /// with [`refund`](Self::refund).
    pub fn open(&mut self, now: Instant, want: u64) -> Result<u64, Instant> {
        let turn = match self.turn.take().filter(|turn| !turn.is_over(now)) {
            Some(turn) => turn,
            None => self.take(now, want),
        };
        if turn.at > now {
            self.turn = Some(turn);
            return Err(turn.at);
        }
        let bytes = turn.bytes.min(want.max(1));
        self.refund(turn.bytes - bytes);
        Ok(bytes)
    }

    fn take(&mut self, now: Instant, want: u64) -> Turn {
        let own = self.own.as_mut().map(|bucket| bucket.take(now, want));
        let Some(shared) = &self.shared else {
            return own.unwrap_or(Turn { bytes: want, at: now });
        };
        let most = own.map_or(want, |turn| turn.bytes);
        let turn = shared.lock().unwrap_or_else(PoisonError::into_inner).take(now, most);
        match (own, &mut self.own) {
            (Some(mine), Some(bucket)) => {
                bucket.refund(mine.bytes.saturating_sub(turn.bytes));
                Turn { bytes: turn.bytes, at: turn.at.max(mine.at) }
            }
            _ => turn,
        }
    }

    /// So many of the bytes that might have passed did not.
    pub fn refund(&mut self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        if let Some(bucket) = &mut self.own {
            bucket.refund(bytes);
        }
        if let Some(shared) = &self.shared {
            shared.lock().unwrap_or_else(PoisonError::into_inner).refund(bytes);
        }
    }

    /// When the turn comes that has been waited for, if there is one.
    pub fn turn(&self) -> Option<Instant> {
        self.turn.map(|turn| turn.at)
    }
}

/// A turn that nobody waits for any longer is the next one's.
impl Drop for Valve {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take().filter(|turn| !turn.is_over(Instant::now())) {
            self.refund(turn.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn rate(bytes: u64) -> NonZeroU64 {
        NonZeroU64::new(bytes).expect("not zero")
    }

    /// What is taken when, of what is wanted: bytes, and how long they have to wait.
    #[test]
    fn a_table_of_turns() {
        type Taken = (u64, u64, u64, u64);
        let table: [(u64, &[Taken]); 6] = [
            // A rest leaves a tenth of a second's worth; what is wanted beyond comes in turns of a quarter of that.
            (1000, &[(0, 60, 60, 0), (0, 60, 40, 0), (0, 60, 25, 25), (0, 60, 25, 50)]),
            // A longer rest leaves no more.
            (1000, &[(0, 100, 100, 0), (60_000, 500, 100, 0), (60_000, 500, 25, 25)]),
            // Half a turn is not worth a read, but whoever wants less than a turn gets it.
            (1000, &[(0, 100, 100, 0), (24, 60, 25, 1), (24, 1, 1, 2), (24, 5, 5, 7)]),
            // Promised is spent.
            (1000, &[(0, 100, 100, 0), (0, 25, 25, 25), (25, 25, 25, 25), (75, 25, 25, 0)]),
            // Slow beyond reason, yet not for ever.
            (1, &[(0, 9, 1, 0), (0, 9, 1, 1000), (0, 9, 1, 2000), (3500, 9, 1, 0)]),
            // So fast that a turn is what one read takes.
            (10_000_000, &[(0, 1_000_000, 1_000_000, 0), (0, 1_000_000, TURN, 2)]),
        ];
        for (bytes, steps) in table {
            let (begun, mut bucket) = (Instant::now(), Bucket::new(rate(bytes)));
            for (step, &(at, want, expected, wait)) in steps.iter().enumerate() {
                let now = begun + at as u32 * MILLISECOND;
                let turn = bucket.take(now, want);
                let waits = turn.at.saturating_duration_since(now).as_millis().div_ceil(1);
                let close = waits.abs_diff(u128::from(wait)) <= 1;
                assert!(turn.bytes == expected && close, "{bytes} a second, step {step}: {turn:?}");
            }
        }
    }

    #[test]
    fn what_goes_back_can_be_taken_again() {
        let (now, mut bucket) = (Instant::now(), Bucket::new(rate(1000)));
        assert_eq!(bucket.take(now, 100), Turn { bytes: 100, at: now });
        bucket.refund(100);
        // A billionth of a second is the price, and so a byte.
        assert_eq!(bucket.take(now, 100), Turn { bytes: 99, at: now });
    }

    #[test]
    fn the_stricter_of_two_wins_and_the_other_loses_nothing() {
        for (own, shared) in [(1000, 100_000), (100_000, 1000)] {
            let common = Arc::new(Mutex::new(Bucket::new(rate(shared))));
            let mut valve = Valve::new(Some(rate(own)), Some(&common)).expect("a limit");
            let (begun, mut now, mut passed) = (Instant::now(), Instant::now(), 0);
            while passed < 3000 {
                match valve.open(now, 500) {
                    Ok(bytes) => passed += bytes,
                    Err(then) => now = then,
                }
            }
            let took = (now - begun).as_millis();
            assert!((2850..=3000).contains(&took), "{own} and {shared}: {took} ms");
        }
    }

    #[test]
    fn turns_come_round_and_one_that_is_given_up_is_the_next_ones() {
        let common = Arc::new(Mutex::new(Bucket::new(rate(1000))));
        let valve = || Valve::new(None, Some(&common)).expect("a limit");
        let now = Instant::now();
        let (mut greedy, mut second, mut third) = (valve(), valve(), valve());
        assert_eq!(greedy.open(now, 100), Ok(100));
        let turns = [greedy.open(now, 100), second.open(now, 100), third.open(now, 100)];
        let turns = turns.map(|turn| turn.expect_err("nothing is left") - now);
        assert_eq!(turns, [25 * MILLISECOND, 50 * MILLISECOND, 75 * MILLISECOND]);
        assert_eq!(greedy.turn(), Some(now + turns[0]));
        drop(second);
        drop(third);
        let fourth = valve().open(now, 100).expect_err("nothing is left") - now;
        assert!(fourth <= 51 * MILLISECOND, "{fourth:?}");
    }

    /// Forty that were not polled when their turns came have no more to spend an hour later than one burst.
    #[test]
    fn turns_that_nobody_takes_up_are_lost() {
        let common = Arc::new(Mutex::new(Bucket::new(rate(100_000))));
        let valve = |_| Valve::new(None, Some(&common)).expect("a limit");
        let mut valves: Vec<Valve> = (0..40).map(valve).collect();
        let mut moved = |now| -> u64 {
            valves.iter_mut().map(|valve| valve.open(now, 10_000).unwrap_or(0)).sum()
        };
        let begun = Instant::now();
        assert_eq!(moved(begun), 10_000);
        // Who comes a little late is served; 39 turns of 2500 bytes are over after 975 ms.
        assert_eq!(moved(begun + 1000 * MILLISECOND), 39 * 2500 + 2500);
        moved(begun + 1001 * MILLISECOND);
        assert_eq!(moved(begun + Duration::from_secs(3600)), 10_000);
    }

    proptest! {
        /// In any stretch of time no more passes than its share and one burst, and whoever asks often enough gets it.
        #[test]
        fn never_more_than_the_rate_allows(
            bytes in 1_u64..200_000_000,
            steps in prop::collection::vec((0_u64..400, 1_u64..100_000, 0_u64..100), 1..200),
        ) {
            let (begun, mut bucket) = (Instant::now(), Bucket::new(rate(bytes)));
            let (mut now, mut passed) = (begun, Vec::new());
            for (wait, want, unused) in steps {
                now += wait as u32 * MILLISECOND;
                let turn = bucket.take(now, want);
                prop_assert!((1..=want).contains(&turn.bytes));
                now = now.max(turn.at);
                let back = turn.bytes * unused / 100;
                bucket.refund(back);
                passed.push((now, turn.bytes - back));
            }
            let burst = (bytes / BURSTS).max(1);
            for from in 0..passed.len() {
                let sum = passed.iter().skip(from).map(|(_, count)| count).sum::<u64>();
                let Some((first, _)) = passed.get(from) else { continue };
                let time = (now - *first).as_nanos();
                let allowed = u128::from(burst) + (time * u128::from(bytes)).div_ceil(SECOND) + 1;
                prop_assert!(u128::from(sum) <= allowed, "{sum} of {allowed} bytes since {from}");
            }
        }
    }
}
