//! A race on paper. In: a line of words. Out: which address was started when, and how it ended.
//!
//! ```text
//! count=2 attempt=100 resolution=0 prefer=4a,6a     the options; without `prefer` nothing is sorted
//! 0:AAAA=6a,6b  5:A=4a  9:AAAA  10:fails  12:tls  20:end
//! ```
//!
//! Times are milliseconds. `6a` is an IPv6 address, `4a` an IPv4 one. An answer without addresses says there are none.
//! `fails`: one running attempt has failed; `tls`: one has TCP and goes on with TLS; `end`: the resolver is done.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use wireline::net::{Delays, Family, Next, Schedule};

/// What happens to a schedule.
#[derive(Clone, Debug)]
pub enum Event {
    Answer(Family, Vec<String>),
    Fails,
    Tls,
    End,
}

/// A race, and what happens in it at which millisecond.
#[derive(Clone, Debug)]
pub struct Script {
    pub count: usize,
    pub attempt: u64,
    pub resolution: u64,
    /// The order of sorting; what is not in it comes last.
    pub prefer: Option<Vec<String>>,
    pub events: Vec<(u64, Event)>,
}

/// How it went: every start, and when every address had failed.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Course {
    pub starts: Vec<(u64, String)>,
    pub exhausted: Option<u64>,
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let starts = self.starts.iter().map(|(at, address)| format!("{at}:{address}"));
        let end = self.exhausted.map(|at| format!("{at}:exhausted"));
        f.write_str(&starts.chain(end).collect::<Vec<_>>().join(" "))
    }
}

impl Script {
    pub fn read(line: &str) -> Script {
        let (prefer, events) = (None, Vec::new());
        let mut script = Script { count: 1, attempt: 250, resolution: 50, prefer, events };
        for word in line.split_whitespace() {
            let (left, right) = word.split_once(['=', ':']).unwrap();
            match left {
                "count" => script.count = right.parse().unwrap(),
                "attempt" => script.attempt = right.parse().unwrap(),
                "resolution" => script.resolution = right.parse().unwrap(),
                "prefer" => script.prefer = Some(words(right)),
                at => script.events.push((at.parse().unwrap(), event(right))),
            }
        }
        script.events.sort_by_key(|(at, _)| *at);
        script
    }

    /// Plays it on the real schedule, which is asked as a race would ask.
    pub fn play(&self) -> Course {
        let zero = Instant::now();
        let ms = Duration::from_millis;
        let delays = Delays { attempt: ms(self.attempt), resolution: ms(self.resolution) };
        let mut schedule = Schedule::new(delays).first_family_count(self.count);
        let mut events = self.events.iter().peekable();
        let (mut course, mut now) = (Course::default(), 0);
        loop {
            while let Some((_, event)) = events.next_if(|(at, _)| *at <= now) {
                match event {
                    Event::Answer(family, names) => {
                        let addresses = names.iter().map(|name| address(name)).collect();
                        schedule.answer(zero + ms(now), *family, addresses);
                    }
                    Event::Fails => schedule.failed(),
                    Event::Tls => schedule.reached(zero + ms(now)),
                    Event::End => schedule.answered(),
                }
            }
            if self.prefer.is_some()
                && let Some(waiting) = schedule.unsorted(zero + ms(now))
            {
                waiting.sort_by_key(|address| self.place(&name(*address)));
            }
            let alarm = match schedule.next(zero + ms(now)) {
                Next::Start(address) => {
                    course.starts.push((now, name(address)));
                    continue;
                }
                Next::WaitUntil(at) => {
                    let at = u64::try_from((at - zero).as_millis()).unwrap();
                    assert!(at > now, "told at {now} to wait until {at}");
                    Some(at)
                }
                Next::Wait => None,
                Next::Exhausted => {
                    course.exhausted = Some(now);
                    return course;
                }
            };
            let event = events.peek().map(|(at, _)| *at);
            let Some(next) = [event, alarm].into_iter().flatten().min() else { return course };
            now = next;
        }
    }

    /// The place of an address when it is sorted.
    pub fn place(&self, name: &str) -> usize {
        let order = self.prefer.as_deref().unwrap_or_default();
        order.iter().position(|other| other == name).unwrap_or(order.len())
    }
}

fn event(word: &str) -> Event {
    let (what, names) = word.split_once('=').unwrap_or((word, ""));
    match what {
        "AAAA" => Event::Answer(Family::V6, words(names)),
        "A" => Event::Answer(Family::V4, words(names)),
        "fails" => Event::Fails,
        "tls" => Event::Tls,
        "end" => Event::End,
        other => panic!("{other}: no such event"),
    }
}

fn words(list: &str) -> Vec<String> {
    list.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// `6a` is `[2001:db8::a]:443`, `4b` is `192.0.2.11:443`.
fn address(name: &str) -> SocketAddr {
    let (family, host) = name.split_at(1);
    let host = u8::from_str_radix(host, 16).unwrap();
    match family {
        "6" => SocketAddr::new([0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(host)].into(), 443),
        "4" => SocketAddr::new([192, 0, 2, host].into(), 443),
        other => panic!("{other}: no such family"),
    }
}

fn name(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(address) => format!("6{:x}", address.ip().segments()[7]),
        SocketAddr::V4(address) => format!("4{:x}", address.ip().octets()[3]),
    }
}
