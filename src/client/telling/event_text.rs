//! Events in words: what `--explain` prints, a line each. The peer's bytes are escaped and cut (S-110), secrets left out.

use std::fmt;
use std::time::Duration;

use crate::conn::ConnectionInfo;
use crate::h1::CloseReason;
use crate::message::ResponseHead;
use crate::net::{AttemptOutcome, LookupRecord, TlsInfo};

use super::event::{Event, Fate, Happening};
use super::journal::{Attempted, Outcome};

/// How many bytes of the peer's are shown in one piece.
const SHOWN: usize = 100;

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

impl fmt::Display for Happening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Happening::Begun { method, url } => write!(f, "{method} {url}"),
            Happening::Queued => f.write_str("no connection is free: waiting for one"),
            Happening::Turn { waited } => write!(f, "waited {} for a connection", Human(waited)),
            Happening::Opening { host, port } => {
                write!(f, "opening a connection to {host} port {port}: no kept one will do")
            }
            Happening::Resolved(record) => resolved(f, record),
            Happening::Attempting(address) => write!(f, "connecting to {address}"),
            Happening::Attempted(attempt) => write!(f, "{attempt}"),
            Happening::TunnelAsked { head } => {
                write!(f, "asking the proxy for a tunnel: a head of {} bytes", head.bytes().len())
            }
            Happening::TunnelAnswered { head } => {
                let line = head.bytes().split(|byte| matches!(byte, b'\r' | b'\n')).next();
                write!(f, "the proxy answered {}", Shown(line.unwrap_or_default()))
            }
            Happening::Tunnelled { target, took } => {
                write!(
                    f,
                    "the proxy opened a tunnel to {} in {}",
                    Shown(target.as_bytes()),
                    Human(took)
                )
            }
            Happening::Secured { tls, took } => secured(f, tls, took),
            Happening::Connected(connection) => connected(f, connection),
            Happening::Reused { connection, idle } => {
                write!(f, "reused connection {}, idle for {}", connection.id, Human(idle))
            }
            Happening::Sending { connection, head } => {
                let length = head.bytes().len();
                write!(
                    f,
                    "sending the request over connection {connection}: a head of {length} bytes"
                )
            }
            Happening::Sent { bytes } => write!(f, "sent all of it, {bytes} bytes"),
            Happening::FirstByte => f.write_str("the first byte of a reply came"),
            Happening::Interim { head, .. } => {
                f.write_str("interim response: ")?;
                status(f, head)
            }
            Happening::Head { head, bytes } => {
                status(f, head)?;
                write!(f, ", a head of {bytes} bytes")
            }
            Happening::Stale { connection, delivery } => write!(
                f,
                "the server had closed connection {connection} ({delivery}); the request may be repeated: \
                 sending it again over a new one"
            ),
            Happening::Ended { connection, fate, received, content, .. } => {
                ended(f, connection, fate, received, content)
            }
            Happening::Challenged(attempt) => again(f, "answering the challenge", attempt),
            Happening::Retrying(attempt) => again(f, "trying again", attempt),
            Happening::Redirected { redirect, to, method, elsewhere } => {
                write!(f, "{} to {method} {to}", redirect.head.status.as_u16())?;
                f.write_str(if elsewhere {
                    ", another origin: credentials stay behind"
                } else {
                    ""
                })
            }
            Happening::Done => f.write_str("done"),
            Happening::Failed(error) => write!(f, "failed: {error}"),
            Happening::Dropped => f.write_str("dropped by the caller"),
        }
    }
}

fn resolved(f: &mut fmt::Formatter<'_>, record: &LookupRecord) -> fmt::Result {
    let (family, took) = (record.family, Human(record.took));
    match &record.outcome {
        Ok(1) => write!(f, "found 1 {family} address after {took}"),
        Ok(count) => write!(f, "found {count} {family} addresses after {took}"),
        Err(error) => write!(f, "{family}: {error}, after {took}"),
    }
}

fn secured(f: &mut fmt::Formatter<'_>, tls: &TlsInfo, took: Duration) -> fmt::Result {
    let resumed = if tls.resumed { "resumed" } else { "agreed on" };
    write!(f, "{resumed} {} with {}", tls.version, tls.cipher)?;
    if let Some(alpn) = &tls.alpn {
        write!(f, " for {}", Shown(alpn))?;
    }
    write!(f, " in {}", Human(took))
}

/// With the race, if there was one.
fn connected(f: &mut fmt::Formatter<'_>, connection: &ConnectionInfo) -> fmt::Result {
    write!(f, "connection {} is open", connection.id)?;
    if let Some(remote) = connection.remote {
        write!(f, ": to {remote}")?;
    }
    if let Some(socket) = &connection.unix_socket {
        write!(f, ": to the Unix socket {socket}")?;
    }
    if let Some(local) = connection.local {
        write!(f, " from {local}")?;
    }
    let attempts = &connection.log.attempts;
    if attempts.len() > 1 {
        write!(f, "; raced {} addresses: ", attempts.len())?;
        for (index, attempt) in attempts.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            match attempt.outcome {
                // Nobody waited for its answer.
                AttemptOutcome::Abandoned => write!(f, "{separator}{}: given up", attempt.address)?,
                AttemptOutcome::AbandonedInTls { .. } => {
                    write!(f, "{separator}{}: given up in TLS", attempt.address)?;
                }
                _ => write!(f, "{separator}{attempt}")?,
            }
        }
    }
    Ok(())
}

fn status(f: &mut fmt::Formatter<'_>, head: &ResponseHead) -> fmt::Result {
    write!(f, "{:?} {} {}", head.version, head.status.as_u16(), head.reason)
}

fn ended(
    f: &mut fmt::Formatter<'_>,
    connection: u64,
    fate: Fate,
    received: u64,
    content: u64,
) -> fmt::Result {
    match fate {
        Fate::Broken(delivery) => return write!(f, "connection {connection} broke: {delivery}"),
        Fate::Switched => return write!(f, "connection {connection} has left HTTP"),
        Fate::Kept | Fate::Closed(_) => {}
    }
    write!(f, "received {received} bytes, {content} of them content; connection {connection} is ")?;
    match fate {
        Fate::Closed(reason) => write!(f, "closed: {}", why(reason)),
        _ => f.write_str("kept"),
    }
}

fn why(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::RequestAsked => "the request asked for it",
        CloseReason::ResponseAsked => "the server asked for it",
        CloseReason::Http10 => "the server speaks HTTP/1.0 and did not ask to keep it",
        CloseReason::ConnectionAuthentication => "it was to be authenticated itself",
        CloseReason::UntilClose => "the end of the content was the end of the stream",
        CloseReason::BothFramings => "the response had two framings",
        CloseReason::KeepAliveUsedUp => "the server takes no more requests on it",
        CloseReason::Surplus => "bytes came behind the response",
        CloseReason::RequestUnfinished => {
            "the response came before the request was sent to its end"
        }
        CloseReason::ResponseUnfinished => "the response was not read to its end",
    }
}

fn again(f: &mut fmt::Formatter<'_>, what: &str, attempt: &Attempted) -> fmt::Result {
    match &attempt.outcome {
        Outcome::Failed(why) => write!(f, "{why}")?,
        Outcome::Status(status) | Outcome::Challenged(status) => write!(f, "{}", status.as_u16())?,
        Outcome::ExpectationFailed => f.write_str("417, the expectation is left out")?,
    }
    match attempt.waited {
        Duration::ZERO => write!(f, ": {what}"),
        wait => write!(f, ": {what} in {}", Human(wait)),
    }
}

/// A duration as people say it.
struct Human(Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_micros() {
            micros @ 0..1_000 => write!(f, "{micros} µs"),
            micros @ 1_000..1_000_000 => write!(f, "{} ms", micros / 1_000),
            _ => write!(f, "{:.1} s", self.0.as_secs_f64()),
        }
    }
}

/// Bytes that somebody else chose.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0[..self.0.len().min(SHOWN)].escape_ascii())
    }
}
