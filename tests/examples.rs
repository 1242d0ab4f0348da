//! The tutorials under `examples/`, run as they are built and held to what they print: answers, connections, order. In: the
//! programs beside this one. They need no network and bring their own servers.
#![cfg(all(feature = "tls", feature = "json"))]

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

/// Several times what the slowest of them takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one step of a tutorial printed.
#[derive(Debug)]
struct Step {
    title: String,
    requests: usize,
    answers: usize,
    connections: usize,
    seconds: f64,
}

impl Step {
    /// From `TITLE: N requests, N good answers, N new connections, N.NN s`.
    fn parse(line: &str) -> Option<Step> {
        let (title, counts) = line.split_once(": ")?;
        let counts: Vec<&str> = counts.split(", ").collect();
        let [requests, answers, connections, seconds] = counts[..] else { return None };
        let number = |text: &str| text.split(' ').next()?.parse().ok();
        Some(Step {
            title: title.to_owned(),
            requests: number(requests)?,
            answers: number(answers)?,
            connections: number(connections)?,
            seconds: seconds.strip_suffix(" s")?.parse().ok()?,
        })
    }
}

/// What the example prints; a failure shows what it complained of.
#[track_caller]
fn run(name: &str) -> String {
    let test = std::env::current_exe().expect("this program has a name");
    let folder: PathBuf = test.ancestors().nth(2).expect("target/PROFILE").join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let built = program.metadata().and_then(|program| program.modified()).ok();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let stage = std::fs::read_dir(sources.join("stage")).expect("the stage").flatten();
    let files = stage.map(|file| file.path()).chain([sources.join(format!("{name}.rs"))]);
    let changed = files.map(|file| file.metadata().and_then(|file| file.modified()).ok()).max();
    // Only a run of all tests builds the examples; what lies there may be of yesterday, or missing.
    assert!(
        built >= changed.flatten(),
        "{} is missing or out of date: run `cargo test` without `--test`, or build the examples",
        program.display()
    );
    let output = output(Command::new(program));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} ended with {}\n{complaint}", output.status);
    assert!(complaint.is_empty(), "{complaint}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[tokio::main(flavor = "current_thread")]
async fn output(mut program: Command) -> Output {
    program.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, program.output()).await;
    output.expect("it ends in time").expect("it starts")
}

/// Runs the example and checks its steps: title, requests, good answers, and the fewest and the most new connections.
#[track_caller]
fn steps(name: &str, expected: &[(&str, usize, usize, [usize; 2])]) -> Vec<Step> {
    let printed = run(name);
    let steps: Vec<Step> = printed.lines().filter_map(Step::parse).collect();
    assert_eq!(steps.len(), expected.len(), "{printed}");
    for (step, (title, requests, answers, [fewest, most])) in steps.iter().zip(expected) {
        assert_eq!(step.title, *title, "{printed}");
        assert_eq!((step.requests, step.answers), (*requests, *answers), "{printed}");
        assert!((fewest..=most).contains(&&step.connections), "{step:?}\n{printed}");
    }
    steps
}

#[test]
fn the_tutorial_for_aiohttp() {
    let steps = steps(
        "tutorial_aiohttp",
        &[
            ("1. one request", 1, 1, [1, 1]),
            ("2. in a loop", 150, 150, [0, 0]),
            ("3. blocking, in a loop", 150, 150, [150, 150]),
            ("4. all at once", 150, 150, [2, 100]),
            ("5. a client each", 20, 20, [20, 20]),
        ],
    );
    // The loops wait 150 times 20 ms, whatever the machine does besides.
    assert!(steps[1].seconds >= 3.0 && steps[2].seconds >= 3.0, "{steps:?}");
    assert!(steps[3].seconds < steps[1].seconds, "{steps:?}");
}

#[test]
fn the_tutorial_for_httpx() {
    let steps = steps(
        "tutorial_httpx",
        &[
            ("1. one request", 1, 1, [1, 1]),
            ("2. awaited in a loop", 150, 150, [0, 0]),
            ("3. the blocking client", 150, 150, [1, 1]),
            ("4. gathered", 150, 150, [1, 99]),
            ("5. gathered, 10 connections", 150, 150, [2, 10]),
            ("6. what fails", 5, 3, [0, 0]),
            ("7. sending", 5, 3, [0, 0]),
        ],
    );
    assert!(steps[3].seconds < steps[1].seconds, "{steps:?}");
}

#[test]
fn the_tutorial_for_threads() {
    let steps = steps(
        "tutorial_threads",
        &[
            ("1. one thread", 150, 150, [1, 1]),
            ("2. twenty threads", 150, 150, [150, 150]),
            ("3. who blocks whom", 1, 1, [1, 1]),
            ("4. a session per thread", 150, 150, [1, 20]),
            ("5. no threads", 150, 150, [2, 100]),
        ],
    );
    assert!(steps[1].seconds < steps[0].seconds, "{steps:?}");
    // 150 answers by 20 threads take 8 rounds of 20 ms.
    assert!(steps[1].seconds >= 0.15 && steps[3].seconds >= 0.15, "{steps:?}");
}

/// The statuses printed below the heading that starts with `number`, in order: site and status.
fn sites(printed: &str, number: u8) -> Vec<(usize, u16)> {
    let heading = format!("{number}. ");
    let below = printed.lines().skip_while(|line| !line.starts_with(&heading)).skip(1);
    let sites = below.map_while(|line| line.strip_prefix("   site "));
    let parsed = sites.map(|line| {
        let (site, status) = line.split_once(": ").expect("site: status");
        (site.parse().expect("a number"), status[..3].parse().expect("a status"))
    });
    parsed.collect()
}

#[test]
fn the_tutorial_for_streams() {
    let printed = run("tutorial_streams");
    let in_order = [(0, 200), (1, 301), (2, 404), (3, 204), (4, 503), (5, 403)];
    assert_eq!(sites(&printed, 3), in_order, "{printed}");
    assert_eq!(sites(&printed, 4), in_order, "{printed}");
    let mut as_completed = sites(&printed, 5);
    // Site 0 takes 300 ms and the next one 160.
    assert_eq!(as_completed.last(), Some(&(0, 200)), "{printed}");
    as_completed.sort_unstable();
    assert_eq!(as_completed, in_order, "{printed}");
    for line in [
        "   status line: HTTP/1.1 200 OK",
        "   field line:  Content-Length: 62",
        "   body:        62 bytes",
        "   by hand:    200 OK with 62 bytes",
        "   the client: 200 OK with 62 bytes",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "no {line:?} in\n{printed}");
    }
    assert!(printed.contains("could not connect to 127.0.0.1:"), "{printed}");
    let steps: Vec<Step> = printed.lines().filter_map(Step::parse).collect();
    let connections: Vec<usize> = steps.iter().map(|step| step.connections).collect();
    assert_eq!(connections, [1, 1], "two requests went over one connection:\n{printed}");
}
