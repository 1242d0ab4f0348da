//! Events as curl's five kinds of lines: remarks, heads that go and come, content that goes and comes.
//!
//! In: events and content. Out: calls of a [`Dump`], in the order curl makes them: a head that goes whole, one that comes
//! line by line, what becomes of the connection behind the content.

use std::net::IpAddr;
use std::time::SystemTime;

use base64::Engine as _;
use wireline::client::{Event, Fate, Happening};
use wireline::message::ResponseHead;
use wireline::net::{Attempt, AttemptOutcome, LookupRecord};
use wireline::tls::TlsInfo;
use wireline::{ConnectionInfo, Version};

use crate::run::heads;

use super::facts::{Facts, Why};
use super::stamp::Ids;
use super::watch::Show;

/// What a dump is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Remark,
    HeadOut,
    HeadIn,
    DataOut,
    DataIn,
}

/// Somebody who writes it down.
pub trait Dump: Send {
    /// `bytes` of that kind.
    fn dump(&mut self, kind: Kind, bytes: &[u8], now: SystemTime, ids: Ids);
}

/// Tells a dump what curl would tell.
pub struct Narrate<D> {
    dump: D,
    /// What becomes of the connection: told when the content was.
    closing: Option<String>,
}

impl<D: Dump> Narrate<D> {
    /// Tells it to `dump`.
    pub fn new(dump: D) -> Narrate<D> {
        Narrate { dump, closing: None }
    }

    fn say(&mut self, text: &str, now: SystemTime, ids: Ids) {
        self.dump.dump(Kind::Remark, text.as_bytes(), now, ids);
    }

    fn close(&mut self, now: SystemTime, ids: Ids) {
        if let Some(text) = self.closing.take() {
            self.say(&text, now, ids);
        }
    }

    fn content(&mut self, kind: Kind, piece: &[u8], facts: &Facts) {
        if !piece.is_empty() {
            self.dump.dump(kind, piece, SystemTime::now(), ids(facts));
        }
    }
}

impl<D: Dump> Show for Narrate<D> {
    fn event(&mut self, event: &Event<'_>, facts: &Facts) {
        let (now, ids) = (event.time(), ids(facts));
        match event.what {
            Happening::Sending { head, .. } => {
                if let Some(login) = login(head.bytes()) {
                    self.say(&login, now, ids);
                }
                self.dump.dump(Kind::HeadOut, head.bytes(), now, ids);
            }
            Happening::TunnelAsked { head, .. } => {
                self.say("Establish HTTP proxy tunnel", now, ids);
                self.dump.dump(Kind::HeadOut, head.bytes(), now, ids);
            }
            Happening::TunnelAnswered { head, .. } => {
                for line in head.bytes().split_inclusive(|byte| *byte == b'\n') {
                    self.dump.dump(Kind::HeadIn, line, now, ids);
                }
            }
            Happening::Interim { head, .. } => self.head(head, now, ids),
            Happening::Head { head, .. } => {
                if head.version == Version::HTTP_10
                    && !head.fields.has_token("connection", "keep-alive")
                {
                    self.say("HTTP 1.0, assume close after body", now, ids);
                }
                self.head(head, now, ids);
            }
            Happening::Ended { connection, fate, .. } => {
                self.closing = closing(connection, fate, facts);
            }
            // The caller has not read all of it yet.
            Happening::Done | Happening::Dropped => {}
            Happening::Failed(error) => {
                self.say(&error.to_string(), now, ids);
                self.close(now, ids);
            }
            _ => {
                self.close(now, ids);
                if let Some(text) = remark(event, facts) {
                    text.lines().for_each(|line| self.say(line, now, ids));
                }
            }
        }
    }

    fn received(&mut self, piece: &[u8], facts: &Facts) {
        self.content(Kind::DataIn, piece, facts);
    }

    fn sent(&mut self, piece: &[u8], facts: &Facts) {
        self.content(Kind::DataOut, piece, facts);
    }

    fn remark(&mut self, text: &str, facts: &Facts) {
        self.say(text, SystemTime::now(), ids(facts));
    }

    fn over(&mut self, facts: &Facts) {
        self.close(SystemTime::now(), ids(facts));
    }
}

impl<D: Dump> Narrate<D> {
    fn head(&mut self, head: &ResponseHead, now: SystemTime, ids: Ids) {
        for line in lines(head) {
            self.dump.dump(Kind::HeadIn, &line, now, ids);
        }
    }
}

/// The lines of a head as received, each with its end, and the empty one.
fn lines(head: &ResponseHead) -> Vec<Vec<u8>> {
    let bytes = heads::bytes(head);
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// Whose line it is. curl counts connections from 0.
fn ids(facts: &Facts) -> Ids {
    let connection = facts.last().and_then(|step| step.connection.as_ref());
    Ids { transfer: facts.number, connection: connection.map(|info| number(info.id)) }
}

fn number(id: u64) -> u64 {
    id.saturating_sub(1)
}

fn remark(event: &Event<'_>, facts: &Facts) -> Option<String> {
    let host = facts.last().map(|step| step.url.host()).unwrap_or_default();
    let text = match event.what {
        Happening::Begun { url, .. } => match facts.last()?.why {
            Why::Redirect => format!("Issue another request to this URL: '{url}'"),
            _ => return None,
        },
        Happening::Challenged(attempt) => {
            format!("Issue another request to this URL: '{}'", attempt.url)
        }
        Happening::Redirected { to, .. } => format!("Issue another request to this URL: '{to}'"),
        Happening::Queued => "No connection is free: waiting for one".to_owned(),
        Happening::Resolved(record) => return resolved(record, facts),
        Happening::Attempting(address) => format!("  Trying {address}..."),
        Happening::Attempted(attempt) => return attempted(attempt, facts),
        Happening::Tunnelled { target, .. } => {
            format!("CONNECT tunnel established to {target}")
        }
        Happening::Secured { tls, .. } => secured(tls),
        Happening::Connected(info) => return connected(info),
        Happening::Reused { connection, .. } => {
            let number = number(connection.id);
            format!("Re-using existing connection #{number} with host {host}")
        }
        Happening::Stale { connection, .. } => {
            let number = number(connection);
            format!(
                "Connection #{number} seems to be dead\nConnection died, retrying a fresh connect"
            )
        }
        _ => return None,
    };
    Some(text)
}

/// Nothing about an address, which needs no look-up, nor where there is none: the error says that.
fn resolved(record: &LookupRecord, facts: &Facts) -> Option<String> {
    let step = facts.last()?;
    let (host, port) = step.opening.as_ref().map(|opening| (&opening.host, opening.port))?;
    if host.parse::<IpAddr>().is_ok() {
        return None;
    }
    let found = match record.outcome.as_ref().ok()? {
        0 => "(none)".to_owned(),
        1 => "1 address".to_owned(),
        count => format!("{count} addresses"),
    };
    let landed = step.lookups.iter().filter(|(_, record)| record.outcome.is_ok()).count();
    let first = match landed {
        1 => format!("Host {host}:{port} was resolved.\n"),
        _ => String::new(),
    };
    Some(format!("{first}{}: {found}", record.family))
}

fn attempted(attempt: &Attempt, facts: &Facts) -> Option<String> {
    let (ip, port) = (attempt.address.ip(), attempt.address.port());
    let why = match &attempt.outcome {
        AttemptOutcome::Connected => {
            let host = facts.last()?.opening.as_ref().map(|opening| opening.host.as_str());
            let host = host.unwrap_or_default();
            return Some(format!("Connected to {host} ({ip}) port {port}"));
        }
        AttemptOutcome::Failed { message, .. } => system(message),
        AttemptOutcome::Denied { reason } => reason,
        AttemptOutcome::FailedInTls { message, .. } => message,
        AttemptOutcome::Abandoned | AttemptOutcome::AbandonedInTls { .. } => return None,
    };
    Some(format!("connect to {ip} port {port} failed: {why}"))
}

/// The system's words without its number.
fn system(message: &str) -> &str {
    message.split_once(" (os error").map_or(message, |(words, _)| words)
}

/// A Unix socket is told nowhere else.
fn connected(info: &ConnectionInfo) -> Option<String> {
    let socket = info.unix_socket.as_ref()?;
    Some(format!("  Trying {socket}...\nConnected to {socket}"))
}

fn secured(tls: &TlsInfo) -> String {
    let group = tls.key_exchange.as_deref().map(|group| format!(" / {group}")).unwrap_or_default();
    let alpn = match &tls.alpn {
        Some(name) => format!("ALPN: server accepted {}", name.escape_ascii()),
        None => "ALPN: server did not agree on a protocol. Uses default.".to_owned(),
    };
    let certificates = match (tls.resumed, tls.peer_certificates.len()) {
        (true, _) => "TLS session resumed".to_owned(),
        (false, 1) => "Server sent 1 certificate".to_owned(),
        (false, count) => format!("Server sent {count} certificates"),
    };
    format!("SSL connection using {} / {}{group}\n{alpn}\n{certificates}", tls.version, tls.cipher)
}

fn closing(connection: u64, fate: Fate, facts: &Facts) -> Option<String> {
    let number = number(connection);
    let host = facts.last().map(|step| step.url.host()).unwrap_or_default();
    Some(match fate {
        Fate::Kept => format!("Connection #{number} to host {host} left intact"),
        Fate::Switched => format!("Connection #{number} has left HTTP"),
        _ => format!("shutting down connection #{number}"),
    })
}

/// As whom the request goes.
fn login(head: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let mut said = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = said.find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let (scheme, rest) = value.trim().split_once(' ')?;
    let user = match scheme {
        "Basic" => {
            let login = base64::engine::general_purpose::STANDARD.decode(rest).ok()?;
            let login = String::from_utf8(login).ok()?;
            login.split_once(':')?.0.to_owned()
        }
        "Digest" => rest.split_once("username=\"")?.1.split_once('"')?.0.to_owned(),
        _ => return None,
    };
    Some(format!("Server auth using {scheme} with user '{user}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_names_the_user_and_not_the_password() {
        let told = login(b"GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n");
        assert_eq!(told.as_deref(), Some("Server auth using Basic with user 'a'"));
        let told =
            login(b"GET / HTTP/1.1\r\nauthorization: Digest username=\"u\", realm=\"\"\r\n\r\n");
        assert_eq!(told.as_deref(), Some("Server auth using Digest with user 'u'"));
        assert_eq!(login(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), None);
        assert_eq!(login(b"GET / HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n"), None);
    }

    #[test]
    fn the_system_speaks_in_words() {
        assert_eq!(system("Connection refused (os error 111)"), "Connection refused");
        assert_eq!(system("deadline"), "deadline");
    }
}
