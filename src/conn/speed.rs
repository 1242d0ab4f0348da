//! Whether enough bytes move: the speed floor, as arithmetic on moments and counts.
//!
//! In: how many bytes have moved so far, looked at now and then, and whether the peer is being waited for. Out: whether
//! fewer moved during the last stretch of waiting than were asked for. It reads no clock. Only time that was spent waiting
//! for the peer is counted, so a caller who reads slowly, a source that is slow and a rate limit are none of its business.
//!
//! The stretch is kept as eight parts, the oldest of which is forgotten when a new one begins: one that has been too slow
//! for a while is found out at most an eighth late.

use std::num::NonZeroU64;
use std::time::Duration;

use tokio::time::Instant;

const PARTS: usize = 8;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// Bytes a second, both directions together.
    pub rate: NonZeroU64,
    /// On average over so much time.
    pub time: Duration,
}

/// What moved lately.
#[derive(Debug)]
pub struct Gauge {
    floor: Floor,
    /// Bytes that moved in the parts that are over; the one under way is written over next.
    parts: [u64; PARTS],
    /// How many parts are over, as long as they are fewer than there are.
    over: usize,
    next: usize,
    /// How much of the part under way is over, and what moved in it.
    elapsed: Duration,
    moved: u64,
    /// All that has moved, when it was last looked at.
    total: u64,
    /// The peer is being waited for since then.
    running: Option<Instant>,
}

impl Gauge {
    /// Nothing has moved, nobody waits.
    pub fn new(floor: Floor) -> Gauge {
        Gauge {
            floor,
            parts: [0; PARTS],
            over: 0,
            next: 0,
            elapsed: Duration::ZERO,
            moved: 0,
            total: 0,
            running: None,
        }
    }

    /// `total` bytes have moved so far, and from here on the peer `waits` or not to be waited for. What is counted of the
    /// time since it was last looked at is no more than it asked for by [`next`](Self::next): longer than that, nobody
    /// was looking, and what came meanwhile is still on its way.
    ///
    /// # Errors
    /// How much moved, if it was too little.
    pub fn look(&mut self, now: Instant, total: u64, waits: bool) -> Result<(), u64> {
        self.rest(now, total);
        self.running = waits.then_some(now);
        if self.elapsed < self.part() { Ok(()) } else { self.turn_over() }
    }

    /// `total` bytes have moved so far, and from here on nobody waits.
    pub fn rest(&mut self, now: Instant, total: u64) {
        self.moved += total.saturating_sub(std::mem::replace(&mut self.total, total));
        if let Some(since) = self.running.take() {
            let waited = self.elapsed.saturating_add(now.saturating_duration_since(since));
            self.elapsed = waited.min(self.part());
        }
    }

    /// When it wants to be looked at again if nothing happens before; `None` while nobody waits.
    pub fn next(&self) -> Option<Instant> {
        self.running?.checked_add(self.part().saturating_sub(self.elapsed))
    }

    /// What is asked for.
    pub fn floor(&self) -> Floor {
        self.floor
    }

    fn part(&self) -> Duration {
        (self.floor.time / PARTS as u32).max(Duration::from_millis(1))
    }

    fn turn_over(&mut self) -> Result<(), u64> {
        if let Some(part) = self.parts.get_mut(self.next) {
            *part = std::mem::take(&mut self.moved);
        }
        self.next = (self.next + 1) % PARTS;
        self.over = PARTS.min(self.over + 1);
        self.elapsed = Duration::ZERO;
        let moved: u64 = self.parts.iter().sum();
        let asked = self.floor.time.as_nanos() * u128::from(self.floor.rate.get());
        match self.over == PARTS && u128::from(moved) * 1_000_000_000 < asked {
            true => Err(moved),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// 100 bytes a second over 8 seconds: a part is a second, and 800 bytes in eight of them are enough.
    fn gauge() -> Gauge {
        let rate = NonZeroU64::new(100).expect("not zero");
        Gauge::new(Floor { rate, time: 8 * SECOND })
    }

    /// What moves in each second of waiting, and the second in which it turns out to be too little, with how much that was.
    #[test]
    fn a_table_of_drips() {
        type Row = (&'static str, Vec<u64>, Option<(usize, u64)>);
        let table: [Row; 9] = [
            ("nothing at all", vec![0; 20], Some((8, 0))),
            ("just enough", vec![100; 40], None),
            ("one byte less", [vec![100; 7], vec![99]].concat(), Some((8, 799))),
            ("not before the time is over", vec![0; 7], None),
            ("a rush at the end of the time", [vec![0; 7], vec![800]].concat(), None),
            ("a rush is forgotten", [vec![9000], vec![0; 20]].concat(), Some((9, 0))),
            ("a rush holds for its time", [vec![800], vec![0; 7]].concat(), None),
            ("in turns", [0, 200].repeat(20), None),
            ("slower and slower", (0..20).map(|n| 200 - 20 * n.min(10)).collect(), Some((10, 720))),
        ];
        for (name, seconds, expected) in table {
            let (mut now, mut total, mut gauge) = (Instant::now(), 0, gauge());
            assert_eq!(gauge.look(now, 0, true), Ok(()));
            let mut found = None;
            for (second, moved) in seconds.into_iter().enumerate() {
                now += SECOND;
                total += moved;
                if let Err(moved) = gauge.look(now, total, true) {
                    found = Some((second + 1, moved));
                    break;
                }
            }
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn time_that_nobody_waits_does_not_count() {
        let (mut now, mut gauge) = (Instant::now(), gauge());
        for _ in 0..30 {
            assert_eq!(gauge.look(now, 0, false), Ok(()));
            assert_eq!(gauge.next(), None);
            now += SECOND;
        }
        // A quarter of a second of waiting between two rests: only that adds up.
        for _ in 0..31 {
            assert_eq!(gauge.look(now, 0, true), Ok(()));
            now += SECOND / 4;
            gauge.rest(now, 0);
            now += 100 * SECOND;
        }
        assert_eq!(gauge.look(now, 0, true), Ok(()));
        assert_eq!(gauge.next(), Some(now + SECOND / 4));
        assert_eq!(gauge.look(now + SECOND / 4, 0, true), Err(0));
    }

    /// Whoever is not polled for an hour has not been waiting for an hour.
    #[test]
    fn no_more_counts_than_was_asked_for() {
        let (begun, mut gauge) = (Instant::now(), gauge());
        for hour in 0..8 {
            assert_eq!(gauge.look(begun + hour * 3600 * SECOND, 0, true), Ok(()), "{hour}");
        }
        assert_eq!(gauge.look(begun + 8 * 3600 * SECOND, 0, true), Err(0));
    }
}
