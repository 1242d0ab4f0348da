//! One test for each group of cases.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::Cases;
use super::play::play;
use super::program::OURS;

/// How many cases run side by side.
const SIDE_BY_SIDE: usize = 4;

/// Plays the cases of a file and fails with all differences at once.
fn group(name: &str, at_least: usize) {
    let mut cases = Cases::load(name);
    assert!(cases.cases.len() >= at_least, "{name} has {} cases", cases.cases.len());
    let wanted = std::env::var("WIRELINE_CASE").unwrap_or_default();
    let bless = std::env::var_os("WIRELINE_BLESS").is_some();
    let chosen = |index: &usize| {
        let case = &cases.cases[*index];
        case.name.contains(&wanted) && !(case.ours && OURS.is_old_curl())
    };
    let chosen: Vec<usize> = (0..cases.cases.len()).filter(chosen).collect();
    let next = AtomicUsize::new(0);
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(&index) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let played = play(&cases.cases[index], &OURS);
                    told.lock().expect("no panic").push((index, played));
                }
            });
        }
    });
    let mut told = told.into_inner().expect("no panic");
    told.sort_by_key(|(index, _)| *index);
    assert_eq!(told.len(), chosen.len(), "a case of {name} was not played to its end");
    let mut failures = Vec::new();
    for (index, played) in told {
        let case = &mut cases.cases[index];
        let same = played.lines == case.expected || bless;
        if bless {
            case.expected = played.lines.clone();
        }
        if same && played.wrong.is_empty() {
            continue;
        }
        let mut failure = format!("= {}\n{}", case.name, case.given);
        if !same {
            failure += &difference(&case.expected, &played.lines);
        }
        for wrong in played.wrong {
            failure += &format!("--- {wrong}\n");
        }
        failures.push(format!("{failure}--- standard error:\n{}", played.stderr));
    }
    if bless {
        cases.save();
    }
    let count = failures.len();
    assert!(count == 0, "{count} cases of {name} differ:\n\n{}", failures.join("\n"));
}

/// The lines that differ, with one around them: `-` was expected, `+` happened.
pub fn difference(expected: &str, happened: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), happened.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let same = old_rest.iter().rev().zip(new_rest.iter().rev());
    let end = same.take_while(|(old, new)| old == new).count();
    let mut told = String::from("---\n");
    told.extend(old[..start].last().map(|line| format!("  {line}\n")));
    told.extend(old_rest[..old_rest.len() - end].iter().map(|line| format!("- {line}\n")));
    told.extend(new_rest[..new_rest.len() - end].iter().map(|line| format!("+ {line}\n")));
    told.extend(old_rest[old_rest.len() - end..].first().map(|line| format!("  {line}\n")));
    told
}

macro_rules! groups {
    ($($name:ident $at_least:literal;)*) => {
        $(#[test] fn $name() { group(stringify!($name), $at_least); })*
    };
}

groups! {
    auth 5;
    cookies 5;
    core 5;
    exits 5;
    forms 5;
    globs 5;
    names 5;
    next 5;
    proxies 5;
    redirects 5;
    resumed 5;
    retries 5;
    shown 5;
    tls 5;
    wide 5;
    write_out 5;
}
