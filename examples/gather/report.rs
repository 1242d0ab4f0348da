//! Tables and numbers for people: aligned plain text, no colour.

use std::time::Duration;

use super::outcome::Run;

/// One line a way. `latency`, where it is known, tells what no client could undercut.
pub fn compare(runs: &[Run], latency: Option<Duration>) {
    let mut head = vec!["way", "time", "speed-up", "connections", "requests each", "bytes"];
    head.push("slowest phase (mean)");
    if latency.is_some() {
        head.insert(2, "at least");
    }
    let first = runs.first().map_or(0.0, |run| run.took.as_secs_f64());
    let line = |run: &Run| {
        let each = run.replies().count() as f64 / run.connections().max(1) as f64;
        let mut line = vec![
            run.way.to_owned(),
            time(run.took),
            format!("{:.1}x", first / run.took.as_secs_f64()),
            run.connections().to_string(),
            format!("{each:.1}"),
            grouped(run.bytes()),
            slowest(run),
        ];
        if let Some(latency) = latency {
            line.insert(2, time(least(run, latency)));
        }
        line
    };
    table(&head, &runs.iter().map(line).collect::<Vec<_>>());
}

/// The phase that took longest, and the next one where it is worth a word.
fn slowest(run: &Run) -> String {
    const WORTH: u32 = 10;
    let phases = run.phases();
    let longest = phases.first().map_or(Duration::ZERO, |(_, mean)| *mean);
    let told = phases.iter().filter(|(_, mean)| !mean.is_zero() && *mean * WORTH >= longest);
    let told: Vec<_> = told.take(2).map(|(name, mean)| format!("{name} {}", time(*mean))).collect();
    if told.is_empty() { "-".to_owned() } else { told.join(", ") }
}

/// Rounds of requests that `run` needed at least, its connections being as many as they were.
pub fn rounds(run: &Run) -> usize {
    run.fetches.len().div_ceil(run.connections().max(1))
}

/// What nobody could undercut on as many connections.
pub fn least(run: &Run, latency: Duration) -> Duration {
    latency * u32::try_from(rounds(run)).unwrap_or(u32::MAX)
}

/// Prints columns as wide as their widest cell; the first and the last begin on the left.
pub fn table(head: &[&str], rows: &[Vec<String>]) {
    let head = head.iter().map(|&cell| cell.to_owned()).collect();
    let lines = || std::iter::once(&head).chain(rows);
    let last = head.len() - 1;
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max();
    for line in lines() {
        let cells = line.iter().enumerate().map(|(column, cell)| {
            let width = width(column).unwrap_or_default();
            match column {
                _ if column == 0 || column == last => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            }
        });
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Three digits, and the unit that suits them.
pub fn time(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ..1.0 => format!("{:.0} us", ms * 1000.0),
        ..10.0 => format!("{ms:.2} ms"),
        ..100.0 => format!("{ms:.1} ms"),
        ..1000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.2} s", ms / 1000.0),
    }
}

/// `1234567` as `1 234 567`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
