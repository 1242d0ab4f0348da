//! The scheduler of RFC 8305 with a clock of paper: exact figures, then an oracle.
#![cfg(feature = "client")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use wireline::net::{Delays, Family, Next, Schedule};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn v6(host: u16) -> SocketAddr {
    format!("[2001:db8::{host:x}]:443").parse().unwrap()
}

fn v4(host: u16) -> SocketAddr {
    format!("192.0.{}.{}:443", host >> 8, host & 0xff).parse().unwrap()
}

/// What happens to a schedule, and when (milliseconds).
enum Event {
    V6(Vec<SocketAddr>),
    V4(Vec<SocketAddr>),
    End,
    /// One running attempt fails.
    Fails,
}
use Event::{End, Fails, V4, V6};

/// Runs the events and keeps time as a race would; returns when which address was started, and when
/// it was exhausted.
fn run(
    delays: Delays,
    events: Vec<(u64, Event)>,
    until: u64,
) -> (Vec<(u64, SocketAddr)>, Option<u64>) {
    let zero = Instant::now();
    let (mut schedule, mut started) = (Schedule::new(delays), Vec::new());
    let mut events = events.into_iter().peekable();
    let mut now = 0;
    loop {
        while let Some((_, event)) = events.next_if(|(at, _)| *at <= now) {
            match event {
                V6(addresses) => schedule.answer(zero + ms(now), Family::V6, addresses),
                V4(addresses) => schedule.answer(zero + ms(now), Family::V4, addresses),
                End => schedule.answered(),
                Fails => schedule.failed(),
            }
        }
        let next_event = events.peek().map(|(at, _)| *at);
        let alarm = match schedule.next(zero + ms(now)) {
            Next::Start(address) => {
                started.push((now, address));
                continue;
            }
            Next::WaitUntil(at) => {
                let at = u64::try_from((at - zero).as_millis()).unwrap();
                assert!(at > now, "told at {now} to wait until {at}");
                Some(at)
            }
            Next::Wait => None,
            Next::Exhausted => return (started, Some(now)),
        };
        now = match (next_event, alarm) {
            (Some(a), Some(b)) => a.min(b),
            (Some(a), None) | (None, Some(a)) => a,
            (None, None) => return (started, None),
        };
        if now > until {
            return (started, None);
        }
    }
}

fn starts(events: Vec<(u64, Event)>) -> Vec<(u64, SocketAddr)> {
    run(Delays::default(), events, 60_000).0
}

#[test]
fn both_families_at_once_start_with_ipv6_and_alternate() {
    let events = vec![(0, V6(vec![v6(1), v6(2), v6(3)])), (0, V4(vec![v4(1), v4(2)]))];
    let expected = [(0, v6(1)), (250, v4(1)), (500, v6(2)), (750, v4(2)), (1000, v6(3))];
    assert_eq!(starts(events), expected);
}

#[test]
fn ipv6_first_waits_for_nothing() {
    assert_eq!(starts(vec![(7, V6(vec![v6(1)]))]), [(7, v6(1))]);
}

#[test]
fn ipv4_first_waits_fifty_milliseconds_for_ipv6() {
    let late = |at| vec![(5, V4(vec![v4(1)])), (at, V6(vec![v6(1)]))];
    assert_eq!(starts(late(54)), [(54, v6(1)), (304, v4(1))]);
    assert_eq!(starts(late(56)), [(55, v4(1)), (305, v6(1))]);
    assert_eq!(starts(late(5_005)), [(55, v4(1)), (5_005, v6(1))]);
}

#[test]
fn a_negative_answer_about_ipv6_ends_the_wait() {
    assert_eq!(starts(vec![(0, V6(vec![])), (9, V4(vec![v4(1)]))]), [(9, v4(1))]);
    assert_eq!(starts(vec![(0, V4(vec![v4(1)])), (20, V6(vec![]))]), [(20, v4(1))]);
    assert_eq!(starts(vec![(0, V4(vec![v4(1)])), (20, End)]), [(20, v4(1))]);
}

#[test]
fn a_failure_starts_the_next_at_once_and_only_one() {
    let events =
        vec![(0, V6(vec![v6(1), v6(2)])), (0, V4(vec![v4(1), v4(2)])), (10, Fails), (300, Fails)];
    assert_eq!(starts(events), [(0, v6(1)), (10, v4(1)), (260, v6(2)), (300, v4(2))]);
    // Two at the same moment are still one start.
    let events =
        vec![(0, V6(vec![v6(1)])), (0, V4(vec![v4(1), v4(2), v4(3)])), (260, Fails), (260, Fails)];
    assert_eq!(starts(events), [(0, v6(1)), (250, v4(1)), (260, v4(2)), (510, v4(3))]);
}

#[test]
fn exhausted_when_all_have_failed_and_no_answer_is_missing() {
    let all = |events| run(Delays::default(), events, 60_000);
    let (started, end) =
        all(vec![(0, V6(vec![v6(1)])), (0, V4(vec![v4(1)])), (1, Fails), (2, Fails)]);
    assert_eq!((started.len(), end), (2, Some(2)));
    // The answer about IPv4 is missing still; when it comes, there is more to try.
    let (started, end) = all(vec![(0, V6(vec![v6(1)])), (1, Fails), (90, V4(vec![v4(1)]))]);
    assert_eq!((started, end), (vec![(0, v6(1)), (90, v4(1))], None));
    assert_eq!(all(vec![(0, V6(vec![])), (3, V4(vec![]))]), (vec![], Some(3)));
    assert_eq!(all(vec![(3, End)]), (vec![], Some(3)));
}

#[test]
fn an_address_is_tried_once_however_often_it_is_answered() {
    let events = vec![(0, V6(vec![v6(1), v6(1), v4(1)])), (300, V4(vec![v4(1), v6(1), v4(2)]))];
    assert_eq!(starts(events), [(0, v6(1)), (250, v4(1)), (500, v4(2))]);
}

#[test]
fn the_attempt_delay_has_a_floor_of_ten_milliseconds() {
    let delays = Delays { attempt: Duration::ZERO, resolution: Duration::ZERO };
    let (started, _) = run(delays, vec![(0, V4(vec![v4(1), v4(2)]))], 60_000);
    assert_eq!(started, [(0, v4(1)), (10, v4(2))]);
}

#[test]
fn an_endless_delay_means_one_after_the_other() {
    let endless = Delays { attempt: Duration::MAX, resolution: Duration::MAX };
    let events = vec![(0, V4(vec![v4(1)])), (40, V6(vec![v6(1), v6(2)])), (70, Fails)];
    let (started, _) = run(endless, events, 60_000);
    assert_eq!(started, [(40, v6(1)), (70, v4(1))]);
}

#[test]
fn a_delay_is_kept_up_to_a_day() {
    let hour = |hours: u64| Duration::from_secs(hours * 60 * 60);
    for (asked, kept) in [(hour(1), hour(1)), (hour(24), hour(24)), (hour(25), hour(24))] {
        let zero = Instant::now();
        let mut schedule = Schedule::new(Delays { attempt: asked, resolution: asked });
        schedule.answer(zero, Family::V4, vec![v4(1), v4(2)]);
        assert_eq!(schedule.next(zero), Next::WaitUntil(zero + kept));
        assert_eq!(schedule.next(zero + kept), Next::Start(v4(1)));
        assert_eq!(schedule.next(zero + kept), Next::WaitUntil(zero + kept + kept));
    }
}

/// The oracle: both answers at once and no failure. Then the list is known beforehand.
fn interleaved(six: &[SocketAddr], four: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut list = Vec::new();
    for index in 0..six.len().max(four.len()) {
        list.extend(six.get(index));
        list.extend(four.get(index));
    }
    list
}

proptest! {
    #[test]
    fn without_surprises_it_is_the_interleaved_list_by_the_clock(
        six in 0_u16..9,
        four in 0_u16..9,
    ) {
        let six: Vec<_> = (0..six).map(v6).collect();
        let four: Vec<_> = (0..four).map(v4).collect();
        let expected: Vec<_> =
            (0..).map(|n| n * 250).zip(interleaved(&six, &four)).collect();
        prop_assert_eq!(starts(vec![(0, V6(six)), (0, V4(four))]), expected);
    }

    /// Whatever happens and when: every address once, and no start that nothing allowed.
    #[test]
    fn every_address_once_and_never_two_within_the_delay_unless_one_failed(
        six in (0_u64..900, 0_u16..6),
        four in (0_u64..900, 0_u16..6),
        failures in proptest::collection::vec(0_u64..3_000, 0..8),
    ) {
        let mut events = vec![
            (six.0, V6((0..six.1).map(v6).collect())),
            (four.0, V4((0..four.1).map(v4).collect())),
        ];
        events.extend(failures.iter().map(|at| (*at, Fails)));
        events.sort_by_key(|(at, _)| *at);
        let (started, _) = run(Delays::default(), events, 60_000);
        let mut addresses: Vec<_> = started.iter().map(|(_, address)| *address).collect();
        addresses.sort();
        let mut all: Vec<_> = (0..six.1).map(v6).chain((0..four.1).map(v4)).collect();
        all.sort();
        // A failure before any start is a caller's mistake that must not do harm either.
        prop_assert_eq!(addresses, all);
        for pair in started.windows(2) {
            let (before, after) = (pair[0].0, pair[1].0);
            let failed = failures.iter().any(|at| (before..=after).contains(at));
            prop_assert!(after - before >= 250 || failed, "{} then {}", before, after);
        }
        if let Some((first, _)) = started.first() {
            let six_known = if six.1 > 0 { six.0 } else { u64::MAX };
            let four_may = if four.1 > 0 { (four.0 + 50).min(six.0.max(four.0)) } else { u64::MAX };
            prop_assert_eq!(*first, six_known.min(four_may));
        }
    }
}
