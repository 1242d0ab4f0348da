//! Exchanges in paused time: which clock ends them when, and how fast bytes move.

use std::future::poll_fn;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime;
use tokio::time::{Instant, sleep, timeout};

use crate::h1::{Automatic, Limits, RequestView, Target, Tolerance};
use crate::message::{Fields, Method, Uri, Version};
use crate::net::Deadline;

use super::clock::Clock;
use super::connection::{Connection, ConnectionInfo};
use super::exchange::Exchange;
use super::failure::Failure;
use super::governor::{Pace, Rate};
use super::lanes::Event;
use super::patience::Patience;
use super::speed::Floor;
use super::throttle::{Bucket, Shared};
use super::timed_wire::{Log, Timed};
use super::upload::Upload;

const SECOND: Duration = Duration::from_secs(1);
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
const SHORT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// An exchange on its wire.
struct Pair {
    exchange: Exchange,
    connection: Connection,
    begun: Instant,
    log: Log,
}

impl Pair {
    fn new(wire: Timed, patience: Patience, pace: Option<&Pace>, body: &'static [u8]) -> Pair {
        let (log, here) = (wire.log.clone(), runtime::Handle::current().id());
        let connection = Connection::new(Box::new(wire), ConnectionInfo::default(), here);
        let (mut exchange, begun) = (Exchange::at_rest(here), Instant::now());
        let uri = Uri::parse("http://a.test/").expect("a URI");
        let (fields, target) = (Fields::new(), Target::direct(&Method::GET));
        let request = RequestView {
            method: &Method::GET,
            uri: &uri,
            version: Version::HTTP_11,
            fields: &fields,
            target: &target,
            automatic: Automatic::default(),
        };
        let upload = match body {
            [] => Upload::none(),
            body => Upload::bytes(Bytes::from_static(body)),
        };
        let guards = (Limits::default(), Tolerance::default());
        exchange.begin(request, upload, guards, patience, begun).expect("sound");
        if let Some(pace) = pace {
            exchange.govern(pace);
        }
        Pair { exchange, connection, begun, log }
    }

    async fn head(&mut self) -> Result<Event, Failure> {
        poll_fn(|cx| self.exchange.poll_head(cx, &mut self.connection)).await
    }

    /// A call as a caller makes it, who gives it up after `most`.
    async fn chunk(&mut self, most: Duration) -> Option<Result<Option<Bytes>, Failure>> {
        self.exchange.call();
        let polling = poll_fn(|cx| self.exchange.poll_chunk(cx, &mut self.connection));
        let chunk = timeout(most, polling).await.ok();
        self.exchange.pause();
        chunk
    }

    /// Reads to the end, or to what ends it.
    async fn all(&mut self) -> Result<usize, Failure> {
        let mut count = 0;
        self.head().await?;
        count += self.exchange.take_arrived().0.len();
        while let Some(chunk) = self.chunk(Duration::MAX).await {
            match chunk? {
                Some(bytes) => count += bytes.len(),
                None => break,
            }
        }
        Ok(count)
    }

    /// Which clock ended it, and when.
    fn ended(&self, outcome: Result<impl std::fmt::Debug, Failure>) -> (Clock, Duration) {
        match outcome {
            Err(Failure::TimedOut(expired)) => (expired.clock, self.begun.elapsed()),
            other => panic!("no clock: {other:?}"),
        }
    }
}

fn patience(read: u32, write: u32, total: Option<u32>) -> Patience {
    let total = total.map(|time| Deadline::after(Instant::now(), time * SECOND));
    Patience {
        read: Some(read * SECOND),
        write: Some(write * SECOND),
        expect: SECOND,
        total: total.unwrap_or_default(),
    }
}

fn shared(rate: u64) -> Shared {
    Arc::new(Mutex::new(Bucket::new(NonZeroU64::new(rate).expect("not zero"))))
}

fn own(rate: u64) -> Rate {
    Rate { own: NonZeroU64::new(rate), shared: None }
}

fn floor(rate: u64, time: u32) -> Option<Floor> {
    NonZeroU64::new(rate).map(|rate| Floor { rate, time: time * SECOND })
}

fn at(seconds: &[(u32, &str)]) -> Timed {
    Timed::new(seconds.iter().map(|&(at, text)| (at * SECOND, text)))
}

/// `second`, and what timers are late by.
#[track_caller]
fn assert_at(ended: (Clock, Duration), clock: Clock, second: u32) {
    let late = ended.1.checked_sub(second * SECOND);
    let on_time = late.is_some_and(|late| late < Duration::from_millis(20));
    assert!(ended.0 == clock && on_time, "{ended:?} and not {clock:?} after {second} s");
}

#[tokio::test(start_paused = true)]
async fn the_first_byte_has_a_clock_of_its_own() {
    let pace = Pace { first_byte: Some(10 * SECOND), ..Pace::default() };
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
    type Row<'a> = (&'a str, &'a [(u32, &'a str)], Clock, u32);
    let table: [Row<'_>; 5] = [
        ("it stands in for the read clock", &[], Clock::FirstByte, 10),
        ("which takes over", &[(9, "HTTP")], Clock::Read, 13),
        ("interim responses do not count", &[(8, interim)], Clock::FirstByte, 10),
        ("and behind one the read clock waits too", &[(8, interim), (9, "H")], Clock::Read, 13),
        ("in the body there is nothing left of it", &[(9, HEAD), (12, "x")], Clock::Read, 16),
    ];
    for (name, plays, clock, second) in table {
        let mut pair = Pair::new(at(plays), patience(4, 4, None), Some(&pace), b"");
        let ended = loop {
            match pair.head().await {
                Ok(Event::Interim(_)) => {}
                Ok(_) => {
                    let (first, _) = pair.exchange.take_arrived();
                    assert!(first.is_empty());
                    pair.chunk(Duration::MAX).await.expect("no hurry").expect("a byte");
                    break pair.chunk(Duration::MAX).await.expect("no hurry").map(|_| ());
                }
                Err(failure) => break Err(failure),
            }
        };
        println!("{name}");
        assert_at(pair.ended(ended), clock, second);
    }
}

#[tokio::test(start_paused = true)]
async fn the_floor_ends_what_is_too_slow_and_nothing_else() {
    let pace = Pace { floor: floor(10, 8), ..Pace::default() };
    // Heads count too, so a drip that is a little too slow is found out when they are forgotten.
    let drip = |bytes: usize| {
        let plays = (0..40).map(move |n| (n * SECOND, vec![b'x'; bytes]));
        Timed::new([(Duration::ZERO, HEAD.into())].into_iter().chain(plays))
    };
    for (bytes, second) in [(0, 8), (9, 9)] {
        let mut pair = Pair::new(drip(bytes), patience(60, 60, None), Some(&pace), b"");
        let ended = pair.all().await;
        assert_at(pair.ended(ended), Clock::Speed, second);
    }
    let mut pair = Pair::new(drip(11), patience(15, 60, None), Some(&pace), b"");
    let ended = pair.all().await;
    // Seven of the last eight seconds had 11 bytes each.
    assert_at(pair.ended(ended), Clock::Speed, 40);
    // Nothing comes at all: the request's own bytes were the last.
    let mut pair = Pair::new(at(&[]), patience(60, 60, None), Some(&pace), b"");
    let ended = pair.head().await;
    assert_at(pair.ended(ended), Clock::Speed, 8);
    // Nothing goes.
    let mut pair = Pair::new(at(&[]).accepting(0), patience(60, 60, None), Some(&pace), b"hello");
    let ended = pair.head().await;
    assert_at(pair.ended(ended), Clock::Speed, 8);
}

#[tokio::test(start_paused = true)]
async fn the_floor_waits_for_a_caller_who_is_away() {
    let pace = Pace { floor: floor(10, 8), ..Pace::default() };
    let plays = (1..=40).map(|n| (n * 61 * SECOND, vec![b'x'; 11]));
    let wire = Timed::new([(Duration::ZERO, HEAD.into())].into_iter().chain(plays));
    let mut pair = Pair::new(wire, patience(60, 60, None), Some(&pace), b"");
    pair.head().await.expect("a head");
    for _ in 0..40 {
        sleep(60 * SECOND).await;
        pair.chunk(Duration::MAX).await.expect("no hurry").expect("content");
    }
}

/// Waits for a piece, again and again, in calls that are dropped.
#[tokio::test(start_paused = true)]
async fn calls_that_are_given_up_add_up() {
    for pace in [None, Some(Pace { floor: floor(1, 1000), ..Pace::default() })] {
        let wire = at(&[(0, HEAD), (9, "x")]);
        let mut pair = Pair::new(wire, patience(10, 10, None), pace.as_ref(), b"");
        pair.head().await.expect("a head");
        let mut calls = 0;
        // A byte winds the clock up again.
        while pair.chunk(SECOND).await.is_none() {
            calls += 1;
        }
        assert_eq!((calls, pair.begun.elapsed()), (8, 9 * SECOND));
        // What lies between two calls does not count.
        for _ in 0..9 {
            assert!(pair.chunk(SECOND).await.is_none());
            sleep(100 * SECOND).await;
        }
        let ended = pair.chunk(2 * SECOND).await.expect("ten seconds are over");
        assert_at(pair.ended(ended), Clock::Read, 9 + 900 + 10);
    }
}

/// In any stretch of time no more than the rate allows and one burst; in all, no longer than it takes.
#[track_caller]
fn assert_rate(moved: &[(Duration, usize)], rate: u64) {
    let burst = rate / 10;
    for (n, (from, _)) in moved.iter().enumerate() {
        let mut sum = 0;
        for (at, count) in &moved[n..] {
            sum += *count as u64;
            let allowed = burst + rate * (*at - *from).as_millis() as u64 / 1000 + 1;
            assert!(sum <= allowed, "{sum} bytes from {from:?} to {at:?}");
        }
    }
    let (last, all) = (moved.last().expect("bytes").0, moved.iter().map(|(_, n)| n).sum::<usize>());
    let fair = Duration::from_secs_f64((all as f64 - burst as f64) / rate as f64);
    assert!(last <= fair * 11 / 10, "{all} bytes took {last:?}, and {fair:?} would do");
}

#[tokio::test(start_paused = true)]
async fn a_download_keeps_to_its_rate() {
    for rate in [70, 1000, 20_000, 1_000_000] {
        let length = rate * 5;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        let wire =
            Timed::new([(Duration::ZERO, [head.into(), vec![b'x'; length as usize]].concat())]);
        let pace = Pace { download: own(rate), ..Pace::default() };
        let mut pair = Pair::new(wire, patience(1, 1, None), Some(&pace), b"");
        assert_eq!(pair.all().await.expect("all of it"), length as usize);
        assert!(pair.begun.elapsed() >= 49 * SECOND / 10, "{:?}", pair.begun.elapsed());
        assert_rate(&pair.log.lock().read, rate);
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_keeps_to_its_rate() {
    static BODY: [u8; 5000] = [b'x'; 5000];
    let pace = Pace { upload: own(1000), ..Pace::default() };
    let mut pair = Pair::new(at(&[(0, ""), (9, SHORT)]), patience(60, 1, None), Some(&pace), &BODY);
    assert_eq!(pair.all().await.expect("all of it"), 2);
    let log = pair.log.lock();
    assert!(log.written.iter().map(|(_, count)| count).sum::<usize>() > BODY.len());
    assert!(log.written.last().expect("bytes").0 >= 49 * SECOND / 10);
    assert_rate(&log.written, 1000);
}

/// Waiting for ourselves is no silence of the server's: turns are a second apart, and the clocks have half of that.
#[tokio::test(start_paused = true)]
async fn a_turn_is_not_a_timeout_but_silence_behind_it_is() {
    let half = Some(SECOND / 2);
    let patience = || Patience { read: half, write: half, ..patience(9, 9, Some(200)) };
    let pace = Pace { first_byte: half, floor: floor(100, 1), download: own(1), upload: own(1) };
    let mut pair = Pair::new(at(&[(0, SHORT)]), patience(), Some(&pace), b"");
    let head = timeout(120 * SECOND, pair.head()).await.expect("a byte a second");
    assert!(matches!(head, Ok(Event::Final(_))), "{head:?}");
    let mut pair = Pair::new(at(&[(0, &HEAD[..20])]), patience(), Some(&pace), b"");
    let ended = pair.head().await;
    assert!(matches!(pair.ended(ended).0, Clock::Read), "the rest of the head never comes");
    let pace = Pace { upload: own(1), ..Pace::default() };
    let mut pair = Pair::new(at(&[]).accepting(3), patience(), Some(&pace), b"");
    let ended = pair.head().await;
    assert_eq!(pair.ended(ended).0, Clock::Write);
    static BODY: [u8; 5000] = [b'x'; 5000];
    let mut pair = Pair::new(at(&[]), patience(), Some(&pace), &BODY);
    let ended = pair.head().await;
    assert_at(pair.ended(ended), Clock::Total, 200);
}

/// Others have used the shared rate up for 20 seconds, twice as long as the first byte may take.
#[tokio::test(start_paused = true)]
async fn the_first_byte_clock_stands_still_until_it_is_our_turn() {
    for (answer, clock) in [(25, None), (90, Some(Clock::FirstByte))] {
        let common = shared(1000);
        common.lock().expect("sound").take(Instant::now(), 100);
        // The last turn of 25 bytes is ours.
        (1..800).for_each(|_| _ = common.lock().expect("sound").take(Instant::now(), 25));
        let download = Rate { own: None, shared: Some(common) };
        let pace = Pace { first_byte: Some(10 * SECOND), download, ..Pace::default() };
        let wire = at(&[(answer, SHORT)]);
        let mut pair = Pair::new(wire, patience(60, 60, None), Some(&pace), b"");
        let ended = pair.head().await;
        match clock {
            None => assert!(matches!(ended, Ok(Event::Final(_))), "{ended:?}"),
            Some(clock) => assert_at(pair.ended(ended), clock, 30),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_share_a_rate_get_equal_shares() {
    let length = 100_000;
    let shared = shared(100_000);
    let pace = Pace { download: Rate { own: None, shared: Some(shared) }, ..Pace::default() };
    let played = [HEAD.into(), vec![b'x'; length]].concat();
    let mut pairs: Vec<Pair> = (0..10)
        .map(|_| Timed::new([(Duration::ZERO, played.clone())]))
        .map(|wire| Pair::new(wire, patience(60, 60, None), Some(&pace), b""))
        .collect();
    let mut running = tokio::task::JoinSet::new();
    let logs: Vec<Log> = pairs.iter().map(|pair| pair.log.clone()).collect();
    while let Some(mut pair) = pairs.pop() {
        running.spawn(async move { pair.all().await.map(|_| ()) });
    }
    sleep(5 * SECOND).await;
    let counts = logs.iter().map(|log| log.lock().read.iter().map(|(_, n)| n).sum::<usize>());
    let counts: Vec<usize> = counts.collect();
    let all: usize = counts.iter().sum();
    assert!((490_000..=510_001).contains(&all), "{all}: {counts:?}");
    assert!(counts.iter().all(|count| count.abs_diff(all / 10) < 15_000), "{counts:?}");
    drop(running);
}

/// One for all clocks and turns; none where nothing is waited for.
#[tokio::test(start_paused = true)]
async fn one_timer_serves_all_clocks() {
    let pace = Pace {
        first_byte: Some(5 * SECOND),
        floor: floor(1, 4),
        download: own(100),
        upload: own(100),
    };
    for (pace, played) in [(None, HEAD.to_owned() + "x"), (Some(&pace), HEAD.to_owned() + "x")] {
        let plays = [(2 * SECOND, played.into()), (4 * SECOND, vec![b'y'; 500])];
        let mut pair = Pair::new(Timed::new(plays), patience(3, 3, Some(60)), pace, b"hello");
        assert_eq!(pair.exchange.timer.id(), None, "nothing has waited yet");
        pair.head().await.expect("a head");
        let made = pair.exchange.timer.id();
        assert!(made.is_some());
        pair.exchange.take_arrived();
        while let Some(Ok(Some(_))) = pair.chunk(10 * SECOND).await {
            assert_eq!(pair.exchange.timer.id(), made);
        }
        assert_eq!(pair.exchange.timer.id(), made);
    }
    let generous = Pace { first_byte: Some(SECOND), floor: floor(1, 4), ..Pace::default() };
    for pace in [None, Some(&generous)] {
        let mut pair = Pair::new(at(&[(0, SHORT)]), patience(3, 3, Some(60)), pace, b"hello");
        assert_eq!(pair.all().await.expect("all of it"), 2);
        assert_eq!(pair.exchange.timer.id(), None, "nothing was waited for");
    }
}
