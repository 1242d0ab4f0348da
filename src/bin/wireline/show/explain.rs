//! `--explain`: what happens, in sentences, as it happens, and why.
//!
//! The library's own words are taken where they say it; here stands what the facts of earlier requests explain. Secrets
//! are never told: credentials are named, not shown.

use std::net::IpAddr;
use std::time::Duration;

use wireline::client::{Event, Happening, Outcome};
use wireline::net::AttemptOutcome;
use wireline::{Delivery, Error};

use super::colour::{Ink, Style};
use super::escape::escape_text;
use super::facts::{Facts, Step, Why};
use super::out::Out;
use super::watch::Show;

/// Writes it.
pub struct Explain {
    out: Out,
    style: Style,
    /// Which transfer, where there are several.
    number: Option<u64>,
}

impl Explain {
    /// Writes to `out`; lines begin with `number` where several transfers run side by side.
    pub fn new(out: Out, number: Option<u64>) -> Explain {
        let style = Style::of(out.terminal);
        Explain { out, style, number }
    }

    fn line(&self, at: Duration, ink: Option<Ink>, text: &str) {
        let number = self.number.map(|number| format!("[{number}] ")).unwrap_or_default();
        let at = self.style.paint(Ink::Remark, format!("{:>9}", milliseconds(at)));
        let text = escape_text(text);
        let line = match ink {
            Some(ink) => format!("{number}{at}  {}\n", self.style.paint(ink, text)),
            None => format!("{number}{at}  {text}\n"),
        };
        self.out.put(line.as_bytes());
    }
}

impl Show for Explain {
    fn event(&mut self, event: &Event<'_>, facts: &Facts) {
        let at = facts.last().map_or(event.at, |step| step.last);
        let ink = match event.what {
            Happening::Begun { .. } => Some(Ink::Strong),
            Happening::Failed(_) | Happening::Dropped => Some(Ink::Wrong),
            _ => None,
        };
        for sentence in sentences(event, facts) {
            self.line(at, ink, &sentence);
        }
    }

    fn remark(&mut self, text: &str, facts: &Facts) {
        self.line(facts.last().map_or(facts.total, |step| step.last), None, text);
    }
}

fn milliseconds(at: Duration) -> String {
    format!("{:.1} ms", at.as_secs_f64() * 1000.0)
}

/// What is said about an event: nothing about most that say the same as another.
fn sentences(event: &Event<'_>, facts: &Facts) -> Vec<String> {
    match event.what {
        Happening::Begun { .. } => begun(event, facts),
        Happening::Opening { host, port, .. } => vec![opening(host, port, facts)],
        Happening::Reused { connection, .. } => vec![format!(
            "{event}: connection {} leads to the same place, was made with the same settings, and was still open and \
             silent when looked at",
            connection.id
        )],
        // An address is looked up in no time, and has one family.
        Happening::Resolved(_) if is_address(facts) => Vec::new(),
        // The race is told as a whole when it is over, its failures as they happen.
        Happening::Attempting(_) => Vec::new(),
        Happening::Attempted(attempt) => match attempt.outcome {
            AttemptOutcome::Connected => Vec::new(),
            ref outcome if outcome.is_abandoned() => Vec::new(),
            _ => vec![event.to_string()],
        },
        Happening::FirstByte | Happening::Done => Vec::new(),
        Happening::Sending { head, .. } => {
            let mut sentences = vec![event.to_string()];
            sentences.extend(left(facts));
            sentences.extend(credentials(head.bytes()));
            sentences
        }
        Happening::Stale { delivery, .. } => vec![event.to_string(), safety(delivery).to_owned()],
        Happening::Retrying(attempt) => {
            let mut sentences = vec![event.to_string()];
            if let Outcome::Failed(_) = attempt.outcome {
                sentences.push(safety(attempt.delivery).to_owned());
            }
            sentences
        }
        Happening::Failed(error) => failed(error, event),
        _ => vec![event.to_string()],
    }
}

/// Why there is another request, and what it leaves behind.
fn begun(event: &Event<'_>, facts: &Facts) -> Vec<String> {
    let Some((step, earlier)) = facts.steps.split_last() else { return Vec::new() };
    let Some(before) = earlier.last() else { return vec![event.to_string()] };
    let status = before.response().map(|head| head.status.as_u16());
    let status = status.map(|status| format!("{status} ")).unwrap_or_default();
    match step.why {
        Why::Redirect => {
            let mut sentences = vec![format!("{status}leads to {} {}", step.method, step.url)];
            if before.method != step.method {
                sentences.push(format!(
                    "{} became {}: after {status}browsers do so too, and the content stays behind",
                    before.method, step.method
                ));
            }
            if before.url.origin() != step.url.origin() {
                let (from, to) = (before.url.authority_text(), step.url.authority_text());
                sentences.push(format!("the origin changed from {from} to {to}"));
            }
            sentences
        }
        Why::Retry => vec![format!("trying again: {}", event)],
        Why::Challenge => {
            vec![format!("{status}asks for credentials: {event} once more, with them")]
        }
        Why::Asked | Why::Stale => vec![event.to_string()],
    }
}

/// What a redirect to another origin has left behind.
fn left(facts: &Facts) -> Option<String> {
    let (step, earlier) = facts.steps.split_last()?;
    let before = earlier.last().filter(|before| before.url.origin() != step.url.origin())?;
    let names = |step: &Step| {
        let head = step.sending.as_ref().map(|(_, head)| head.as_slice()).unwrap_or_default();
        secrets(head).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let kept = names(step);
    let lost: Vec<_> = names(before).into_iter().filter(|name| !kept.contains(name)).collect();
    let origin = before.url.authority_text();
    (!lost.is_empty()).then(|| {
        format!("dropped {}: the origin changed, and it was meant for {origin}", lost.join(", "))
    })
}

fn opening(host: &str, port: u16, facts: &Facts) -> String {
    let Some(step) = facts.last() else { return format!("opening a connection to {host}:{port}") };
    let way = match host == step.url.host().trim_matches(['[', ']']) {
        true => String::new(),
        false => format!(", on the way to {}", step.url.authority_text()),
    };
    let why = match (step.why, facts.steps.len() > 1) {
        (Why::Stale, _) => "the kept one was closed",
        (_, true) => "no kept one leads there",
        (_, false) => "none is kept yet that leads there",
    };
    format!("opening a connection to {host} port {port}{way}: {why}")
}

fn is_address(facts: &Facts) -> bool {
    let opening = facts.last().and_then(|step| step.opening.as_ref());
    opening.is_some_and(|opening| opening.host.parse::<IpAddr>().is_ok())
}

/// Names of fields that carry credentials.
fn secrets(head: &[u8]) -> Vec<&str> {
    let head = std::str::from_utf8(head).unwrap_or_default();
    let names = head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0));
    let secret = ["authorization", "proxy-authorization", "cookie"];
    names.filter(|name| secret.iter().any(|secret| secret.eq_ignore_ascii_case(name))).collect()
}

fn credentials(head: &[u8]) -> Option<String> {
    let names = secrets(head);
    (!names.is_empty()).then(|| format!("it carries credentials: {}", names.join(", ")))
}

/// Whether a request may be sent again.
fn safety(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::NotSent => "the server cannot have processed this; safe to retry",
        Delivery::PartlySent => {
            "the server may have seen part of it: only what does no harm twice is retried"
        }
        Delivery::SentNoReply => "nobody knows whether the server acted on it",
        Delivery::ReplyStarted => "the server has seen it: a reply had begun",
    }
}

fn failed(error: &Error, event: &Event<'_>) -> Vec<String> {
    let mut sentences = vec![event.to_string()];
    if !error.is_builder() {
        sentences.push(safety(error.delivery()).to_owned());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_named_and_never_shown() {
        let head =
            b"GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic c2VjcmV0\r\nCookie: a=b\r\n\r\n";
        let told = credentials(head).unwrap();
        assert_eq!(told, "it carries credentials: Authorization, Cookie");
        assert_eq!(credentials(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), None);
    }

    #[test]
    fn what_may_be_retried_is_said() {
        assert!(safety(Delivery::NotSent).contains("safe to retry"));
        assert!(!safety(Delivery::SentNoReply).contains("safe"));
        assert_eq!(milliseconds(Duration::from_micros(1_250)), "1.2 ms");
    }
}
