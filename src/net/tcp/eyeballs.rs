//! Happy Eyeballs (RFC 8305): which address to try, and when.
//!
//! In: answers, failures, and what time it is. Out: "start this one", "ask again then", "wait".
//! It has no socket and no clock, so its figures are exact and its tests need neither.
//!
//! The rules, in the RFC's order:
//!
//! - §3: the families' answers are independent. AAAA first: start at once. A first: hold back for
//!   the Resolution Delay, unless AAAA comes or is known to be missing before that is over.
//! - §4: one list, sorted by RFC 6724 ([`sort`](super::sort)), then the families alternate. "Whichever address family is
//!   first in the list" goes first, with as many addresses as the First Address Family Count says.
//!   Sorting needs the system, so it is the caller's: [`Schedule::unsorted`]. Without it IPv6 goes
//!   first and a family keeps the resolver's order.
//! - §5: one attempt after the other, each a Connection Attempt Delay after the one before, while
//!   the earlier ones go on. A failure lets the next one start at once. Late answers join those
//!   that wait. No address is tried twice.
//! - §8: the delay "MUST NOT be less than 10 milliseconds", which is read as a floor for the timer
//!   alone, and its recommended maximum is 2 seconds. Both are kept here.
//!
//! §7's NAT64 synthesis is left out: networks that need it give hosts a 464XLAT. A race that ends
//! with TLS ([`Race::Tls`]) follows the draft of version 3: see [`Schedule::reached`].
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

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::net::dns::resolve::Family;

/// Connection Attempt Delay: RFC 8305 §8 recommends 250 ms.
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Resolution Delay: RFC 8305 §8 recommends 50 ms.
pub const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

/// First Address Family Count: RFC 8305 §8 recommends 1, and 2 to favour a family strongly.
pub const FIRST_FAMILY_COUNT: usize = 1;

/// RFC 8305 §5: "a subsequent connection MUST NOT be started within 10 milliseconds of the previous
/// attempt".
const ATTEMPT_DELAY_FLOOR: Duration = Duration::from_millis(10);

/// RFC 8305 §5: "The Connection Attempt Delay SHOULD have an upper bound ... The current recommended
/// value is 2 seconds."
const ATTEMPT_DELAY_CEILING: Duration = Duration::from_secs(2);

/// Longer than any race, and short enough to be added to any moment.
const RESOLUTION_DELAY_CEILING: Duration = Duration::from_secs(24 * 60 * 60);

/// The two waits of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// From the start of one attempt to the start of the next. Less than 10 ms counts as 10 ms, and more than 2 s as
    /// 2 s: the bounds of RFC 8305 §8.
    pub attempt: Duration,
    /// How long IPv4 addresses are held back while the answer about IPv6 is missing. Zero: not at all. At most a day.
    pub resolution: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self { attempt: ATTEMPT_DELAY, resolution: RESOLUTION_DELAY }
    }
}

/// What an attempt must have reached to win.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Race {
    /// A TCP connection: RFC 8305, and what curl, Go and browsers did for years. An address whose port answers and whose
    /// TLS does not has won all the same.
    #[default]
    Tcp,
    /// A finished TLS handshake, where there is one with the next hop: the drafts of version 3 of Happy Eyeballs. The
    /// other attempts go on until then, and a server may see handshakes that are given up. Without TLS it is the same as
    /// [`Race::Tcp`].
    Tls,
}

/// The state of one race.
#[derive(Debug)]
pub struct Schedule {
    delays: Delays,
    first_family_count: usize,
    /// Those whose turn has not come, the best first.
    waiting: Vec<SocketAddr>,
    /// Whether `waiting` was put in order since the last address came.
    sorted: bool,
    /// Every address ever taken in: an address is tried once, however often it is answered.
    known: Vec<SocketAddr>,
    v6_answered: bool,
    v4_answered: bool,
    /// When the first IPv4 address came in.
    v4_since: Option<Instant>,
    last: Last,
    /// The family that was started first.
    first: Option<Family>,
    started: usize,
    running: usize,
}

/// What the next start has to keep its distance from.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// Nothing was started yet.
    Nothing,
    /// An attempt was started, or has got to TLS, then.
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
            attempt: delays.attempt.clamp(ATTEMPT_DELAY_FLOOR, ATTEMPT_DELAY_CEILING),
            resolution: delays.resolution.min(RESOLUTION_DELAY_CEILING),
        };
        Self {
            delays,
            first_family_count: FIRST_FAMILY_COUNT,
            waiting: Vec::new(),
            sorted: false,
            known: Vec::new(),
            v6_answered: false,
            v4_answered: false,
            v4_since: None,
            last: Last::Nothing,
            first: None,
            started: 0,
            running: 0,
        }
    }

    /// How many addresses of the family that goes first are tried before one of the other. 0 counts as 1.
    pub fn first_family_count(mut self, count: usize) -> Self {
        self.first_family_count = count;
        self
    }

    /// A family's answer has come; an empty list says that this family has none.
    ///
    /// Addresses are sorted by what they are, not by `family`, which only says which half need not
    /// be waited for any longer. Those known already are left out.
    pub fn answer(&mut self, now: Instant, family: Family, addresses: Vec<SocketAddr>) {
        match family {
            Family::V6 => self.v6_answered = true,
            Family::V4 => self.v4_answered = true,
        }
        for address in addresses {
            if self.known.contains(&address) {
                continue;
            }
            self.known.push(address);
            self.sorted = false;
            match Family::of(&address) {
                Family::V6 => {
                    let last = self.waiting.iter().rposition(SocketAddr::is_ipv6);
                    self.waiting.insert(last.map_or(0, |last| last + 1), address);
                }
                Family::V4 => {
                    self.waiting.push(address);
                    self.v4_since.get_or_insert(now);
                }
            }
        }
    }

    /// The resolver is done: no further answer will come for either family.
    pub fn answered(&mut self) {
        self.v6_answered = true;
        self.v4_answered = true;
    }

    /// One of the running attempts has failed; the next address may be started at once.
    pub fn failed(&mut self) {
        self.running = self.running.saturating_sub(1);
        if let Last::Started(family, _) = self.last {
            self.last = Last::Failed(family);
        }
    }

    /// One of the running attempts has a TCP connection and goes on with TLS, which decides.
    ///
    /// It has shown that its path works, so the Connection Attempt Delay begins anew, once: the next address gets its
    /// turn if that handshake takes longer. (Version 3 of the RFC, in its drafts: the timer is extended.)
    pub fn reached(&mut self, now: Instant) {
        if let Last::Started(family, _) = self.last {
            self.last = Last::Started(family, now);
        }
    }

    /// The addresses that wait, if the next may start now and they may not be in order: two or more, and some of them
    /// new. Put the best one first, then ask what is [`next`](Schedule::next). Who does not keeps IPv6 in front.
    pub fn unsorted(&mut self, now: Instant) -> Option<&mut [SocketAddr]> {
        if self.sorted || self.waiting.len() < 2 || self.not_before().is_some_and(|at| now < at) {
            return None;
        }
        self.sorted = true;
        Some(&mut self.waiting)
    }

    /// What to do now. Ask again after every event, and after every `Start` until it says to wait.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.waiting.is_empty() {
            let over = self.running == 0 && self.v6_answered && self.v4_answered;
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
            Last::Nothing if !self.v6_answered && !self.waiting.iter().any(SocketAddr::is_ipv6) => {
                self.v4_since?.checked_add(self.delays.resolution)
            }
            // What was started runs: a failure would have changed `last`.
            Last::Started(_, at) => at.checked_add(self.delays.attempt),
            Last::Nothing | Last::Failed(_) => None,
        }
    }

    /// The best address of the family whose turn it is, or of the other if it has none left.
    fn start(&mut self, now: Instant) -> Next {
        let turn = self.turn();
        let of_turn = |address: &SocketAddr| turn.is_none_or(|turn| Family::of(address) == turn);
        let position = self.waiting.iter().position(of_turn).unwrap_or(0);
        if position >= self.waiting.len() {
            return Next::Wait;
        }
        let address = self.waiting.remove(position);
        let family = Family::of(&address);
        self.first.get_or_insert(family);
        self.last = Last::Started(family, now);
        self.started += 1;
        self.running += 1;
        Next::Start(address)
    }

    /// §4: the family whose turn it is; `None` if that is for the list to say.
    fn turn(&self) -> Option<Family> {
        match self.last {
            Last::Nothing => None,
            Last::Started(..) | Last::Failed(_) if self.started < self.first_family_count => {
                self.first
            }
            Last::Started(family, _) | Last::Failed(family) => Some(family.other()),
        }
    }
}
