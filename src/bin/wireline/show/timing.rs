//! `--timing`: what took how long, drawn as a waterfall: a block for each request, a row for each thing it did.
//!
//! ```text
//! GET http://h/r: 302 after 1.2 ms
//!   DNS IPv4                  │██                                  │ 0.3 ms
//!   connect 127.0.0.1:80      │  ███                               │ 0.4 ms
//! ```
//!
//! Every row has the time scale of the whole transfer, so redirects and retries stand below one another where they
//! happened.

use std::net::IpAddr;
use std::time::Duration;

use wireline::net::AttemptOutcome;

use super::colour::{Ink, Style};
use super::escape::escape_text;
use super::facts::{Facts, Step, Why};

/// How wide labels are.
const LABEL: usize = 30;

/// The room for bars is never less.
const LEAST: usize = 20;

/// Something that took time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    label: String,
    from: Duration,
    to: Duration,
    remark: String,
    wrong: bool,
}

/// How wide the picture may be. Reads `COLUMNS`.
pub fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.unwrap_or(80)
}

/// The picture.
pub fn draw(facts: &Facts, style: Style, width: usize) -> String {
    let bars = width.saturating_sub(LABEL + 16).clamp(LEAST, 200);
    let end = facts.steps.iter().map(|step| step.last).max().unwrap_or_default();
    let mut picture = String::new();
    for step in &facts.steps {
        picture.push_str(&format!("{}\n", style.paint(Ink::Strong, escape_text(&title(step)))));
        for row in rows(step) {
            picture.push_str(&line(&row, end, bars, style));
        }
    }
    let received = facts.steps.iter().filter_map(|step| step.ended).map(|ended| ended.received);
    let transferred = format!("{} bytes received", received.sum::<u64>());
    let count = match facts.steps.len() {
        0 => "no request was made".to_owned(),
        1 => transferred,
        count => format!("{count} requests, {transferred}"),
    };
    let total = human(facts.total);
    picture.push_str(&format!("{}\n", style.paint(Ink::Strong, format!("total {total}, {count}"))));
    picture
}

fn title(step: &Step) -> String {
    let why = match step.why {
        Why::Asked => "",
        Why::Redirect => "redirected: ",
        Why::Challenge => "challenged: ",
        Why::Retry => "again: ",
        Why::Stale => "again, the kept connection was closed: ",
    };
    let came = match (step.response(), &step.failed) {
        (Some(head), _) => head.status.as_u16().to_string(),
        (None, Some(_)) => "failed".to_owned(),
        (None, None) => "no response".to_owned(),
    };
    let took = human(step.last.saturating_sub(step.begun));
    format!("{why}{} {}: {came} after {took}", step.method, step.url)
}

/// What the request did, in order.
fn rows(step: &Step) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |label: &str, from: Duration, to: Duration, remark: &str| {
        let (label, remark) = (label.to_owned(), remark.to_owned());
        rows.push(Row { label, from, to: to.max(from), remark, wrong: false });
    };
    if let Some(queued) = step.queued {
        add("queue", step.begun, step.begun + queued, "");
    }
    let opened = step.opening.as_ref().map_or(step.begun, |opening| opening.at);
    let named =
        step.opening.as_ref().is_some_and(|opening| opening.host.parse::<IpAddr>().is_err());
    for (at, lookup) in step.lookups.iter().filter(|_| named) {
        let remark = if lookup.outcome.is_ok() { "" } else { "no address" };
        add(&format!("DNS {}", lookup.family), opened, *at, remark);
    }
    if let (Some(at), Some(_), Some(connection)) = (step.connected, step.reused, &step.connection) {
        add(&format!("connection {}", connection.id), step.begun, at, "reused");
    }
    for (at, attempt) in &step.attempts {
        let remark = match &attempt.outcome {
            AttemptOutcome::Connected => "",
            AttemptOutcome::Denied { .. } => "denied",
            outcome if outcome.is_abandoned() => "given up",
            _ => "failed",
        };
        let from = (opened + attempt.started).min(*at);
        add(&format!("connect {}", attempt.address), from, *at, remark);
    }
    if let (Some(from), Some(to)) = (step.reached, step.tunnelled) {
        add("tunnel", from, to, "");
    }
    if let Some((at, took)) = step.secured {
        add("TLS", at.saturating_sub(took), at, "");
    }
    exchange(step, &mut add);
    if step.failed.is_some() {
        let from = rows.last().map_or(step.begun, |row| row.to);
        let (label, remark) = ("until it failed".to_owned(), String::new());
        rows.push(Row { label, from, to: step.last.max(from), remark, wrong: true });
    }
    rows
}

fn exchange(step: &Step, add: &mut impl FnMut(&str, Duration, Duration, &str)) {
    let Some((begun, _)) = step.sending else { return };
    let first_byte = step.first_byte;
    // An answer may come before everything is sent.
    let sent = step.sent.or(first_byte).unwrap_or(begun);
    add("send", begun, sent, "");
    let Some(first_byte) = first_byte else { return };
    add("wait", sent.min(first_byte), first_byte, "");
    let ended = step.ended.map_or(step.last, |ended| ended.at);
    add("receive", first_byte, ended, "");
}

fn line(row: &Row, end: Duration, bars: usize, style: Style) -> String {
    let column = |at: Duration| match end.as_secs_f64() {
        0.0 => 0,
        all => ((at.as_secs_f64() / all) * bars as f64).round() as usize,
    };
    let from = column(row.from).min(bars - 1);
    let length = column(row.to).saturating_sub(from).clamp(1, bars - from);
    let short = length == 1 && column(row.to) <= from;
    let bar = if short { "▏".to_owned() } else { "█".repeat(length) };
    let (before, after) = (" ".repeat(from), " ".repeat(bars - from - length));
    let label: String = row.label.chars().take(LABEL - 2).collect();
    let ink = if row.wrong { Ink::Wrong } else { Ink::Received };
    let took = human(row.to.saturating_sub(row.from));
    let remark = if row.remark.is_empty() { String::new() } else { format!(" {}", row.remark) };
    let bar = style.paint(ink, bar);
    format!("  {label:<width$}│{before}{bar}{after}│ {took}{remark}\n", width = LABEL - 2)
}

/// A duration as people say it.
fn human(took: Duration) -> String {
    match took.as_micros() {
        micros @ 0..1_000 => format!("{micros} µs"),
        micros @ 1_000..100_000 => format!("{:.1} ms", micros as f64 / 1000.0),
        micros @ 100_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{:.2} s", took.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use wireline::{Method, Uri};

    use super::*;

    const PLAIN: Style = Style { colour: false };

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn step(why: Why, begun: u64) -> Step {
        let uri = Uri::parse("http://h/a").unwrap();
        let mut step = Step::new(why, &Method::GET, &uri, ms(begun));
        step.queued = Some(ms(10));
        step.sending = Some((ms(begun + 10), Vec::new()));
        step.sent = Some(ms(begun + 20));
        step.first_byte = Some(ms(begun + 40));
        step.last = ms(begun + 50);
        step
    }

    #[test]
    fn what_a_request_did_stands_in_order() {
        let rows = rows(&step(Why::Asked, 0));
        let told: Vec<_> = rows.iter().map(|row| (&*row.label, row.from, row.to)).collect();
        let expected = [
            ("queue", ms(0), ms(10)),
            ("send", ms(10), ms(20)),
            ("wait", ms(20), ms(40)),
            ("receive", ms(40), ms(50)),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn requests_stand_below_one_another_on_one_scale() {
        let mut facts = Facts::new(0, 0, "http://h/a");
        facts.steps = vec![step(Why::Asked, 0), step(Why::Redirect, 50)];
        facts.total = ms(100);
        let picture = draw(&facts, PLAIN, 66);
        let lines: Vec<&str> = picture.lines().collect();
        assert_eq!(lines.len(), 11, "{picture}");
        assert_eq!(lines[0], "GET http://h/a: no response after 50.0 ms");
        assert_eq!(lines[1], format!("  {:28}│██{}│ 10.0 ms", "queue", " ".repeat(18)));
        assert_eq!(
            lines[6],
            format!("  {:28}│{}██{}│ 10.0 ms", "queue", " ".repeat(10), " ".repeat(8))
        );
        assert_eq!(lines[5], "redirected: GET http://h/a: no response after 50.0 ms");
        assert_eq!(lines[10], "total 100 ms, 2 requests, 0 bytes received");
    }

    #[test]
    fn nothing_is_drawn_outside_of_its_frame() {
        let mut facts = Facts::new(0, 0, "x");
        assert_eq!(draw(&facts, PLAIN, 0), "total 0 µs, no request was made\n");
        let mut odd = step(Why::Retry, 0);
        (odd.first_byte, odd.sent) = (Some(ms(5)), Some(ms(900)));
        odd.failed = Some("no".to_owned());
        facts.steps = vec![odd];
        for row in draw(&facts, PLAIN, 80).lines().filter(|line| line.contains('│')) {
            assert_eq!(row.chars().position(|c| c == '│'), Some(30), "{row}");
            assert_eq!(row.split('│').nth(1).unwrap().chars().count(), 34, "{row}");
        }
    }
}
