//! Happy Eyeballs (RFC 8305): which address to try, and when.
//!
//! In: answers, failures, and what time it is. Out: "start this one", "ask again then", "wait".
//! It has no socket and no clock, so its figures are exact and its tests need neither.
//!
//! The rules, in the RFC's order:
//!
//! - §3: the families' answers are independent. AAAA first: start at once. A first: hold back for
//!   the Resolution Delay, unless AAAA comes or is known to be missing before that is over.
//! - §4: one list, the families alternating, IPv6 first, First Address Family Count 1. Within a
//!   family the order of the resolver is kept: sorting by RFC 6724 is left to getaddrinfo, which
//!   does it, and to the name server, whose rotation is worth keeping.
//! - §5: one attempt after the other, each a Connection Attempt Delay after the one before, while
//!   the earlier ones go on. A failure lets the next one start at once. Late answers join the list.
//! - §8: the delay "MUST NOT be less than 10 milliseconds". That is read as a floor for the timer.
//!
//! §7's NAT64 synthesis is left out: networks that need it give hosts a 464XLAT.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use wireline::net::{Delays, Family, Next, Schedule};
//!
//! let now = Instant::now();
//! let v4 = "192.0.2.1:80".parse().unwrap();
//! let v6 = "[2001:db8::1]:80".parse().unwrap();
//! let mut schedule = Schedule::new(Delays::default());
//! assert_eq!(schedule.next(now), Next::Wait);
//! schedule.answer(now, Family::V4, vec![v4]);
//! assert_eq!(schedule.next(now), Next::WaitUntil(now + Duration::from_millis(50)));
//! schedule.answer(now, Family::V6, vec![v6]);
//! assert_eq!(schedule.next(now), Next::Start(v6));
//! assert_eq!(schedule.next(now), Next::WaitUntil(now + Duration::from_millis(250)));
//! schedule.failed();
//! assert_eq!(schedule.next(now), Next::Start(v4));
//! ```
//!
//! Next: [`connect`](super::connect)

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::net::dns::resolve::Family;

/// Connection Attempt Delay: RFC 8305 §8 recommends 250 ms.
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Resolution Delay: RFC 8305 §8 recommends 50 ms.
pub const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

/// Minimum Connection Attempt Delay: RFC 8305 §8, "MUST NOT be less than 10 milliseconds".
const ATTEMPT_DELAY_FLOOR: Duration = Duration::from_millis(10);

/// Longer than any race, and short enough to be added to any moment.
const DELAY_CEILING: Duration = Duration::from_secs(24 * 60 * 60);

/// The two waits of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// From the start of one attempt to the start of the next. Less than 10 ms counts as 10 ms.
    pub attempt: Duration,
    /// How long IPv4 addresses are held back while the answer about IPv6 is missing.
    pub resolution: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self { attempt: ATTEMPT_DELAY, resolution: RESOLUTION_DELAY }
    }
}

/// The state of one race.
#[derive(Debug)]
pub struct Schedule {
    delays: Delays,
    v6: Half,
    v4: Half,
    /// Every address ever taken in: an address is tried once, however often it is answered.
    known: Vec<SocketAddr>,
    /// When the first IPv4 address came in.
    v4_since: Option<Instant>,
    last: Last,
    running: usize,
}

/// One family's addresses that wait for their turn, and whether more may come.
#[derive(Debug, Default)]
struct Half {
    waiting: VecDeque<SocketAddr>,
    answered: bool,
}

/// What the next start has to keep its distance from.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// Nothing was started yet.
    Nothing,
    /// An attempt was started then.
    Started(Family, Instant),
    /// An attempt has failed since the last start: the next may follow at once.
    Failed(Family),
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Start connecting to this address, then ask again.
    Start(SocketAddr),
    /// Nothing to do until then, unless something happens first.
    WaitUntil(Instant),
    /// Nothing to do until something happens.
    Wait,
    /// Every address has failed, or there was none.
    Exhausted,
}

impl Schedule {
    /// A race that knows no address yet.
    pub fn new(delays: Delays) -> Self {
        let delays = Delays {
            attempt: delays.attempt.clamp(ATTEMPT_DELAY_FLOOR, DELAY_CEILING),
            resolution: delays.resolution.min(DELAY_CEILING),
        };
        let (v6, v4) = (Half::default(), Half::default());
        Self { delays, v6, v4, known: Vec::new(), v4_since: None, last: Last::Nothing, running: 0 }
    }

    /// A family's answer has come; an empty list says that this family has none.
    ///
    /// Addresses are sorted by what they are, not by `family`, which only says which half need not
    /// be waited for any longer. Those known already are left out.
    pub fn answer(&mut self, now: Instant, family: Family, addresses: Vec<SocketAddr>) {
        self.half(family).answered = true;
        for address in addresses {
            if self.known.contains(&address) {
                continue;
            }
            self.known.push(address);
            let of = Family::of(&address);
            self.half(of).waiting.push_back(address);
            if of == Family::V4 {
                self.v4_since.get_or_insert(now);
            }
        }
    }

    /// The resolver is done: no further answer will come for either family.
    pub fn answered(&mut self) {
        self.v6.answered = true;
        self.v4.answered = true;
    }

    /// One of the running attempts has failed; the next address may be started at once.
    pub fn failed(&mut self) {
        self.running = self.running.saturating_sub(1);
        if let Last::Started(family, _) = self.last {
            self.last = Last::Failed(family);
        }
    }

    /// What to do now. Ask again after every event, and after every `Start` until it says to wait.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.v6.waiting.is_empty() && self.v4.waiting.is_empty() {
            let over = self.running == 0 && self.v6.answered && self.v4.answered;
            return if over { Next::Exhausted } else { Next::Wait };
        }
        match self.not_before() {
            Some(at) if now < at => Next::WaitUntil(at),
            _ => self.start(now),
        }
    }

    /// The wait in force, if one is.
    fn not_before(&self) -> Option<Instant> {
        match self.last {
            // §3: only A so far; "the client SHOULD wait" for AAAA.
            Last::Nothing if self.v6.waiting.is_empty() && !self.v6.answered => {
                self.v4_since?.checked_add(self.delays.resolution)
            }
            // What was started runs: a failure would have changed `last`.
            Last::Started(_, at) => at.checked_add(self.delays.attempt),
            Last::Nothing | Last::Failed(_) => None,
        }
    }

    /// §4: the family whose turn it is, or the other if it has nothing left.
    fn start(&mut self, now: Instant) -> Next {
        let turn = match self.last {
            Last::Nothing => Family::V6,
            Last::Started(family, _) | Last::Failed(family) => family.other(),
        };
        let Some(address) = self
            .half(turn)
            .waiting
            .pop_front()
            .or_else(|| self.half(turn.other()).waiting.pop_front())
        else {
            return Next::Wait;
        };
        self.last = Last::Started(Family::of(&address), now);
        self.running += 1;
        Next::Start(address)
    }

    fn half(&mut self, family: Family) -> &mut Half {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}
