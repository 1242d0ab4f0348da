//! Whatever happens and when, against a model that looks at every single millisecond and has no other idea of time, and
//! against what must hold in any case.

use std::collections::{BTreeSet, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;
use wireline::net::Family;

use crate::script::{Course, Event, Script};

/// After that many milliseconds nothing happens any more.
const END: u64 = 900;

/// Longer than the longest race: 16 addresses, each with the largest delay, from the last event on.
const HORIZON: u64 = END + 17 * 400;

fn event() -> impl Strategy<Value = Event> {
    // Few names, so that many are answered twice; mostly of the family that was asked for.
    let name = |family: &'static str| {
        (prop::bool::weighted(0.9), 0_u8..8).prop_map(move |(own, host)| {
            let other = if family == "6" { "4" } else { "6" };
            format!("{}{host:x}", if own { family } else { other })
        })
    };
    prop_oneof![
        3 => vec(name("6"), 0..5).prop_map(|names| Event::Answer(Family::V6, names)),
        3 => vec(name("4"), 0..5).prop_map(|names| Event::Answer(Family::V4, names)),
        6 => Just(Event::Fails),
        2 => Just(Event::Tls),
        1 => Just(Event::End),
    ]
}

prop_compose! {
    fn script()(
        count in 0_usize..4,
        attempt in prop_oneof![Just(10_u64), Just(100), Just(250), 10_u64..400],
        resolution in prop_oneof![Just(50_u64), Just(0), 0_u64..300],
        prefer in prop::option::of(
            Just((0..16).map(|n| format!("{}{:x}", 4 + n % 2 * 2, n / 2)).collect::<Vec<_>>())
                .prop_shuffle()
        ),
        mut events in vec((0_u64..END, event()), 1..24),
    ) -> Script {
        events.sort_by_key(|(at, _)| *at);
        Script { count, attempt, resolution, prefer, events }
    }
}

fn is_six(name: &str) -> bool {
    name.starts_with('6')
}

/// The rules, read aloud every millisecond.
fn model(script: &Script) -> Course {
    let mut course = Course::default();
    let (mut waiting, mut seen) = (Vec::<String>::new(), HashSet::new());
    let (mut six_answered, mut four_answered) = (false, false);
    let (mut first_four, mut last_progress) = (None, 0);
    let (mut released, mut running) = (false, 0_i32);
    for now in 0..HORIZON {
        for (_, event) in script.events.iter().filter(|(at, _)| *at == now) {
            match event {
                Event::Answer(family, names) => {
                    let six = *family == Family::V6;
                    (six_answered, four_answered) = (six_answered || six, four_answered || !six);
                    for name in names.iter().filter(|name| seen.insert((*name).clone())) {
                        waiting.push(name.clone());
                        if !is_six(name) {
                            first_four.get_or_insert(now);
                        }
                    }
                }
                Event::End => (six_answered, four_answered) = (true, true),
                Event::Fails => {
                    running = (running - 1).max(0);
                    released |= !course.starts.is_empty();
                }
                Event::Tls if !released => last_progress = now,
                Event::Tls => {}
            }
        }
        loop {
            if waiting.is_empty() {
                break;
            }
            let may = if course.starts.is_empty() {
                let held = first_four.is_some_and(|at| now < at + script.resolution);
                waiting.iter().any(|name| is_six(name)) || six_answered || !held
            } else {
                released || now >= last_progress + script.attempt
            };
            if !may {
                break;
            }
            let place = |name: &String| (script.place(name), !is_six(name));
            waiting.sort_by_key(place);
            let started: Vec<_> = course.starts.iter().map(|(_, name)| is_six(name)).collect();
            let six = match (started.first(), started.last()) {
                (Some(first), _) if started.len() < script.count => *first,
                (_, Some(last)) => !last,
                _ => is_six(&waiting[0]),
            };
            let chosen = waiting.iter().position(|name| is_six(name) == six).unwrap_or(0);
            course.starts.push((now, waiting.remove(chosen)));
            (last_progress, released, running) = (now, false, running + 1);
        }
        if waiting.is_empty() && running == 0 && six_answered && four_answered {
            course.exhausted = Some(now);
            return course;
        }
    }
    course
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn it_does_what_the_model_does(script in script()) {
        prop_assert_eq!(script.play().to_string(), model(&script).to_string());
    }

    /// No model: only what no race may ever do.
    #[test]
    fn nothing_is_started_that_the_rfc_does_not_allow(script in script()) {
        let course = script.play();
        let times = |wanted: fn(&Event) -> bool| -> Vec<u64> {
            script.events.iter().filter(|(_, e)| wanted(e)).map(|(at, _)| *at).collect()
        };
        let failures = times(|event| matches!(event, Event::Fails));
        // Each once, each one that was answered, none before it was.
        let mut tried = BTreeSet::new();
        for (at, name) in &course.starts {
            prop_assert!(tried.insert(name), "{name} twice");
            let known = |(when, event): &(u64, Event)| {
                when <= at && matches!(event, Event::Answer(_, names) if names.contains(name))
            };
            prop_assert!(script.events.iter().any(known), "{name} at {at}: nobody named it");
        }
        // Two starts closer than the delay have a failure between them.
        for pair in course.starts.windows(2) {
            let (before, after) = (pair[0].0, pair[1].0);
            let failed = failures.iter().any(|at| (before..=after).contains(at));
            prop_assert!(after - before >= script.attempt || failed, "{course}");
        }
        // Held back: only IPv4, only as the first, and only for the Resolution Delay.
        let first_known = script.events.iter().find_map(|(at, event)| match event {
            Event::Answer(_, names) if !names.is_empty() => Some(*at),
            _ => None,
        });
        if let (Some(known), Some((at, _))) = (first_known, course.starts.first()) {
            prop_assert!(*at <= known + script.resolution, "{course}");
        }
        // The end: everything that was known has been tried, and as many have failed.
        if let Some(end) = course.exhausted {
            let failed = failures.iter().filter(|at| **at <= end).count();
            prop_assert!(failed >= course.starts.len(), "{course}");
        }
    }
}
