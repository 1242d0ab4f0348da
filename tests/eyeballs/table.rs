//! What happens, and what the schedule makes of it: `script` says how a line is read.

use std::time::{Duration, Instant};

use wireline::net::{Delays, Family, Next, Schedule};

use crate::script::Script;

/// What it shows, what happens, what is started when.
const SCENARIOS: &[(&str, &str, &str)] = &[
    // RFC 8305 §3: answers.
    ("AAAA alone starts at once", "7:AAAA=6a", "7:6a"),
    ("AAAA first does not wait for A", "0:AAAA=6a 400:A=4a", "0:6a 400:4a"),
    ("both at once", "0:A=4a 0:AAAA=6a", "0:6a 250:4a"),
    ("A first waits for the Resolution Delay", "5:A=4a", "55:4a"),
    ("AAAA in time ends the wait", "5:A=4a 54:AAAA=6a", "54:6a 304:4a"),
    ("AAAA at the very end of it", "5:A=4a 55:AAAA=6a", "55:6a 305:4a"),
    ("AAAA too late", "5:A=4a 56:AAAA=6a", "55:4a 305:6a"),
    ("AAAA much too late starts at once", "5:A=4a 5005:AAAA=6a", "55:4a 5005:6a"),
    ("no AAAA ends the wait", "0:A=4a 20:AAAA", "20:4a"),
    ("no AAAA, known before", "0:AAAA 9:A=4a", "9:4a"),
    ("the resolver's end ends the wait", "0:A=4a 20:end", "20:4a"),
    ("no A, then AAAA", "0:A 90:AAAA=6a", "90:6a"),
    ("the wait counts from the first A", "0:A=4a 30:A=4b", "50:4a 300:4b"),
    ("A only", "0:AAAA 0:A=4a,4b,4c", "0:4a 250:4b 500:4c"),
    ("AAAA only", "0:A 0:AAAA=6a,6b,6c", "0:6a 250:6b 500:6c"),
    ("no wait asked for", "resolution=0 3:A=4a 4:AAAA=6a", "3:4a 253:6a"),
    ("a long wait", "resolution=900 0:A=4a 850:AAAA=6a", "850:6a 1100:4a"),
    ("an IPv6 address among the A", "0:A=4a,6a", "0:6a 250:4a"),
    ("an IPv4 address among the AAAA is not held back", "0:AAAA=4a", "0:4a"),
    // §4: the list.
    ("families alternate", "0:AAAA=6a,6b,6c 0:A=4a,4b", "0:6a 250:4a 500:6b 750:4b 1000:6c"),
    ("one family runs out", "0:AAAA=6a 0:A=4a,4b,4c", "0:6a 250:4a 500:4b 750:4c"),
    ("sorted: IPv4 goes first", "prefer=4a,6a 0:AAAA=6a 0:A=4a", "0:4a 250:6a"),
    (
        "sorted, then alternating",
        "prefer=4a,4b,6a,6b 0:AAAA=6a,6b 0:A=4a,4b",
        "0:4a 250:6a 500:4b 750:6b",
    ),
    ("sorted inside a family", "prefer=6c,6a,6b 0:AAAA=6a,6b,6c", "0:6c 250:6a 500:6b"),
    ("AAAA first is not held back to be sorted", "prefer=4a,6a 0:AAAA=6a 1:A=4a", "0:6a 250:4a"),
    (
        "the later ones are sorted in",
        "prefer=4b,4a,6a,6b 0:AAAA=6a,6b 10:A=4a,4b",
        "0:6a 250:4b 500:6b 750:4a",
    ),
    (
        "sorted again with more of the same family",
        "prefer=6a,6c,6d,6b 0:AAAA=6a,6b,6c 100:AAAA=6d",
        "0:6a 250:6c 500:6d 750:6b",
    ),
    ("equals keep the resolver's order", "prefer=6a 0:AAAA=6d,6c,6b", "0:6d 250:6c 500:6b"),
    (
        "First Address Family Count 2",
        "count=2 0:AAAA=6a,6b,6c 0:A=4a,4b",
        "0:6a 250:6b 500:4a 750:6c 1000:4b",
    ),
    (
        "First Address Family Count 2, IPv4 first",
        "count=2 prefer=4a,4b,6a,6b,4c 0:AAAA=6a,6b 0:A=4a,4b,4c",
        "0:4a 250:4b 500:6a 750:4c 1000:6b",
    ),
    ("a count larger than the family", "count=9 0:AAAA=6a,6b 0:A=4a", "0:6a 250:6b 500:4a"),
    ("a count of 0 is 1", "count=0 0:AAAA=6a,6b 0:A=4a", "0:6a 250:4a 500:6b"),
    (
        "a failure does not shorten the count",
        "count=2 0:AAAA=6a,6b 0:A=4a 5:fails",
        "0:6a 5:6b 255:4a",
    ),
    // §5: attempts.
    ("a failure starts the next at once", "0:AAAA=6a 0:A=4a 10:fails", "0:6a 10:4a"),
    ("and only one", "0:AAAA=6a,6b 0:A=4a,4b 10:fails 300:fails", "0:6a 10:4a 260:6b 300:4b"),
    (
        "two failures at once are one start",
        "0:AAAA=6a 0:A=4a,4b,4c 260:fails 260:fails",
        "0:6a 250:4a 260:4b 510:4c",
    ),
    (
        "an earlier attempt's failure counts too",
        "0:AAAA=6a,6b 0:A=4a 251:fails",
        "0:6a 250:4a 251:6b",
    ),
    ("a failure in the moment of the timer", "0:AAAA=6a,6b 250:fails", "0:6a 250:6b"),
    (
        "all fail at once",
        "0:AAAA=6a,6b 0:A=4a 0:fails 1:fails 2:fails 3:fails",
        "0:6a 1:4a 2:6b 3:exhausted",
    ),
    ("a late answer joins those that wait", "0:AAAA=6a,6b 100:A=4a", "0:6a 250:4a 500:6b"),
    ("a late answer after the delay starts at once", "0:AAAA=6a 300:A=4a", "0:6a 300:4a"),
    ("a late answer within the delay waits", "0:AAAA=6a 100:A=4a", "0:6a 250:4a"),
    ("a late answer after a failure starts at once", "0:AAAA=6a 10:fails 90:A=4a", "0:6a 90:4a"),
    ("an address once", "0:AAAA=6a,6a 100:AAAA=6a 300:A=6a,4a", "0:6a 300:4a"),
    ("nor again after its failure", "0:AAAA=6a 10:fails 20:AAAA=6a 30:A", "0:6a 30:exhausted"),
    ("attempt delay of 100", "attempt=100 0:AAAA=6a,6b,6c", "0:6a 100:6b 200:6c"),
    ("the floor of 10", "attempt=0 0:AAAA=6a,6b,6c", "0:6a 10:6b 20:6c"),
    ("no start within it but after a failure", "attempt=0 0:AAAA=6a,6b 4:fails", "0:6a 4:6b"),
    ("the ceiling of 2000", "attempt=3600000 0:AAAA=6a,6b,6c", "0:6a 2000:6b 4000:6c"),
    // The end.
    ("nothing and nothing", "0:AAAA 3:A", "3:exhausted"),
    ("a resolver without an answer", "3:end", "3:exhausted"),
    ("nothing yet is no end", "0:AAAA", ""),
    ("the missing answer keeps it open", "0:AAAA=6a 1:fails 90:A=4a", "0:6a 90:4a"),
    ("and is its end", "0:AAAA=6a 1:fails 90:A", "0:6a 90:exhausted"),
    ("a running attempt keeps it open", "0:AAAA=6a 0:A=4a 260:fails", "0:6a 250:4a"),
    ("until it fails", "0:AAAA=6a 0:A=4a 1:fails 700:fails", "0:6a 1:4a 700:exhausted"),
    // TLS as part of the race (the draft of version 3).
    ("TCP is there: the delay begins anew", "0:AAAA=6a 0:A=4a 30:tls", "0:6a 280:4a"),
    ("TLS stalls: the race goes on", "0:AAAA=6a,6b 0:A=4a 30:tls", "0:6a 280:4a 530:6b"),
    ("TLS fails: the next at once", "0:AAAA=6a 0:A=4a 30:tls 40:fails", "0:6a 40:4a"),
    (
        "TLS of an earlier one gives the later one time",
        "0:AAAA=6a,6b 0:A=4a 260:tls",
        "0:6a 250:4a 510:6b",
    ),
    ("TCP after a failure holds nothing back", "0:AAAA=6a 0:A=4a 1:fails 2:tls", "0:6a 1:4a"),
];

#[test]
fn every_scenario_goes_as_the_rfc_says() {
    let mut wrong = Vec::new();
    for (title, events, expected) in SCENARIOS {
        let course = Script::read(events).play().to_string();
        if course != *expected {
            wrong.push(format!("{title}: {events}\n  expected {expected}\n  was      {course}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_more_than_forty_and_each_has_a_title_of_its_own() {
    let mut titles: Vec<_> = SCENARIOS.iter().map(|(title, ..)| title).collect();
    titles.sort();
    titles.dedup();
    assert!(titles.len() == SCENARIOS.len() && titles.len() > 40, "{}", titles.len());
}

/// The longest delays that can be asked for are no overflow.
#[test]
fn delays_are_kept_within_their_bounds() {
    let (second, hour) = (Duration::from_secs(1), Duration::from_secs(60 * 60));
    for (asked, resolution, attempt) in [
        (second, second, second),
        (hour, hour, 2 * second),
        (Duration::MAX, 24 * hour, 2 * second),
        (Duration::ZERO, Duration::ZERO, Duration::from_millis(10)),
    ] {
        let zero = Instant::now();
        let mut schedule = Schedule::new(Delays { attempt: asked, resolution: asked });
        let addresses = ["192.0.2.1:1", "192.0.2.2:1"].map(|text| text.parse().unwrap());
        schedule.answer(zero, Family::V4, addresses.into());
        if !resolution.is_zero() {
            assert_eq!(schedule.next(zero), Next::WaitUntil(zero + resolution));
        }
        let begun = zero + resolution;
        assert_eq!(schedule.next(begun), Next::Start(addresses[0]));
        assert_eq!(schedule.next(begun), Next::WaitUntil(begun + attempt));
    }
}

/// Nothing is sorted that has no choice, that may not start yet, or that is in order.
#[test]
fn sorting_is_asked_for_when_one_of_several_is_about_to_start() {
    let zero = Instant::now();
    let later = zero + Duration::from_millis(250);
    let some = |hosts: std::ops::Range<u8>| -> Vec<_> {
        hosts.map(|host| ([192, 0, 2, host], 1).into()).collect()
    };
    let mut schedule = Schedule::new(Delays::default());
    assert!(schedule.unsorted(zero).is_none(), "nothing is there");
    schedule.answer(zero, Family::V4, some(0..3));
    assert!(schedule.unsorted(zero).is_none(), "held back");
    schedule.answer(zero, Family::V6, Vec::new());
    assert_eq!(schedule.unsorted(zero).map(|waiting| waiting.len()), Some(3));
    assert!(schedule.unsorted(zero).is_none(), "in order");
    assert!(matches!(schedule.next(zero), Next::Start(_)));
    schedule.answer(zero, Family::V4, some(0..3));
    assert!(schedule.unsorted(later).is_none(), "nothing new");
    schedule.answer(zero, Family::V4, some(3..4));
    assert!(schedule.unsorted(zero).is_none(), "not yet");
    assert_eq!(schedule.unsorted(later).map(|waiting| waiting.len()), Some(3));
    let mut schedule = Schedule::new(Delays::default());
    schedule.answer(zero, Family::V6, vec!["[2001:db8::1]:1".parse().unwrap()]);
    assert!(schedule.unsorted(zero).is_none(), "no choice");
}
