//! What happens to a request, told while it happens.
//!
//! In: a listener, given to [`ClientBuilder::on_event`](crate::client::ClientBuilder::on_event) or
//! [`RequestBuilder::on_event`](crate::client::RequestBuilder::on_event). Out: [`Event`]s, in order, each when it happens, on the
//! task that polls the request or reads its response. The first is [`Begun`](Happening::Begun); the last is exactly one of
//! [`Done`](Happening::Done), [`Failed`](Happening::Failed) and [`Dropped`](Happening::Dropped).
//!
//! A listener looks on and changes nothing. It must not block: the request waits for it. Its panics are the caller's, and
//! nothing is told while one unwinds. A request that cannot be put together never begins, so nothing is told of it.
//!
//! # The order of things
//!
//! ```text
//! Begun ─▶ (Queued ─▶ Turn) ─▶ Reused ──────────────────────────────────────────────────▶ Sending
//!                         └──▶ Opening ─▶ Resolved* ─▶ Attempting/Attempted*
//!                              ─▶ ((Secured) ─▶ (TunnelAsked ─▶ TunnelAnswered*) ─▶ Tunnelled) ─▶ (Secured)
//!                              ─▶ Connected ────────────────────────────────────────────────────▶ Sending
//! Sending ─▶ Sent, FirstByte ─▶ (Interim)* ─▶ Head ─▶ Ended ─▶ Done
//!                                               └─▶ Redirected, Challenged, Retrying ─▶ the next one
//! ```
//!
//! `Sent` comes after `FirstByte`, and even after `Head`, where a server answers before it has everything; it does not
//! come if the rest is never sent. `Ended` comes once for each `Sending` whose caller did not go away: before
//! `Redirected`, `Challenged` or `Retrying` if the response was there whole, after it if its rest is read away first. What
//! arrived already when a response was dropped counts, so dropping it may be as good as reading it.
//!
//! # For curl's `-w` and for HAR 1.2
//!
//! `at` is meant wherever an event stands alone; where several of a kind come, the last.
//!
//! | wanted | taken from |
//! |---|---|
//! | `time_queue` | `Turn::waited` |
//! | `time_namelookup` | the first `Resolved` with addresses |
//! | `time_connect` | the `Attempted` that connected |
//! | `time_appconnect` | `Secured` |
//! | `time_pretransfer` | `Sending` |
//! | `time_posttransfer` | `Sent` |
//! | `time_starttransfer` | `FirstByte` |
//! | `time_redirect` | `Redirected` |
//! | `time_total` | the last event |
//! | `num_connects`, `num_redirects`, `num_retries` | how many `Connected`, `Redirected`, `Retrying` |
//! | `local_ip`, `local_port`, `remote_ip`, `remote_port` | `Connected`, `Reused` |
//! | `size_request`, `size_upload` | `Ended::sent`; less the length of `Sending::head` |
//! | `size_header`, `size_download` | `Head::bytes` (and `Interim::bytes`); `Ended::content` |
//! | `http_code`, `http_version`, `url_effective` | `Head`; `Begun::url` or `Redirected::to` |
//! | HAR `startedDateTime`, `time` | [`Event::started`]; from `Begun` to `Ended` |
//! | HAR `blocked` | from `Begun` to `Opening` or `Reused` |
//! | HAR `dns` | from `Opening` to the first `Resolved` with addresses |
//! | HAR `connect`, `ssl` | from there to `Connected`; `Secured::took` |
//! | HAR `send`, `wait` | from `Sending` to `Sent`; from `Sent` to `FirstByte` |
//! | HAR `receive` | from `FirstByte` to `Ended` |
//! | HAR `request`, `response` | `Sending::head`, `Ended::sent`; `Head`, `Ended::content`, `Ended::received` |
//! | HAR `serverIPAddress`, `connection` | `Connected`, `Reused`: `remote`, `id` |

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use crate::client::error::Error;
use crate::conn::{ConnectionInfo, Delivery};
use crate::h1::CloseReason;
use crate::message::{Method, ResponseHead, Uri};
use crate::net::{Attempt, HeadBytes, LookupRecord, TlsInfo};

use super::journal::{Attempted, Redirected};

/// Something that has happened to a request. Its `Display` says it in a sentence, the peer's bytes escaped.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Event<'a> {
    /// Which request: counts those of this process that are listened to, from 1.
    pub request: u64,
    /// When the request began, by the clock on the wall.
    pub started: SystemTime,
    /// When it happened, from the call of `send`. Never less than in the event before.
    pub at: Duration,
    /// What has happened.
    pub what: Happening<'a>,
}

/// What has happened. Neither `Debug` nor `Display` shows a secret: no userinfo, no value of a sensitive field, no head
/// that was sent.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Happening<'a> {
    /// The caller has called `send`.
    #[non_exhaustive]
    Begun {
        /// The method.
        method: &'a Method,
        /// What is asked for, without userinfo.
        url: &'a Uri,
    },
    /// No connection may be used or opened now: the request waits for its turn.
    Queued,
    /// Its turn has come.
    #[non_exhaustive]
    Turn {
        /// For how long it waited.
        waited: Duration,
    },
    /// A connection is opened, because none that was kept would do.
    #[non_exhaustive]
    Opening {
        /// The host connected to, without brackets: the origin's, or a proxy's.
        host: &'a str,
        /// The port.
        port: u16,
    },
    /// One half of a look-up has landed. An IP address is looked up too, in no time.
    Resolved(&'a LookupRecord),
    /// A connection attempt begins.
    Attempting(SocketAddr),
    /// A connection attempt is over. Those that lost the race, or were cut off by a timeout, are `Abandoned`.
    Attempted(&'a Attempt),
    /// A proxy is asked to open the way by CONNECT.
    #[non_exhaustive]
    TunnelAsked {
        /// The head of that request, byte for byte.
        head: SentHead<'a>,
    },
    /// A head of the proxy's answer to CONNECT has come, whatever it says.
    #[non_exhaustive]
    TunnelAnswered {
        /// As received, not escaped.
        head: HeadBytes<'a>,
    },
    /// A proxy has opened the way (CONNECT, SOCKS).
    #[non_exhaustive]
    Tunnelled {
        /// The host and port at the far end.
        target: &'a str,
        /// How long it took, TLS with the proxy included.
        took: Duration,
    },
    /// A TLS handshake has succeeded: with the proxy before `Tunnelled`, else with the server.
    #[non_exhaustive]
    Secured {
        /// Version, cipher suite, application protocol, certificates.
        tls: &'a TlsInfo,
        /// The handshake alone.
        took: Duration,
    },
    /// The new connection can be used.
    Connected(&'a ConnectionInfo),
    /// A kept connection is used again: it leads to the right place, was made with the same settings, and was open and
    /// silent when looked at just now.
    #[non_exhaustive]
    Reused {
        /// The facts.
        connection: &'a ConnectionInfo,
        /// For how long it had been idle.
        idle: Duration,
    },
    /// The request begins to be sent.
    #[non_exhaustive]
    Sending {
        /// Over this one: [`ConnectionInfo::id`].
        connection: u64,
        /// The head, byte for byte.
        head: SentHead<'a>,
    },
    /// The whole request has been accepted by the kernel.
    #[non_exhaustive]
    Sent {
        /// Head, content and framing.
        bytes: u64,
    },
    /// The first byte of a reply has come.
    FirstByte,
    /// An interim response (100, 103) has come.
    #[non_exhaustive]
    Interim {
        /// It.
        head: &'a ResponseHead,
        /// Its length as received.
        bytes: u64,
    },
    /// The head of the final response has come.
    #[non_exhaustive]
    Head {
        /// It.
        head: &'a ResponseHead,
        /// Its length as received.
        bytes: u64,
    },
    /// The server had closed a kept connection before it could have processed the request, or the request does no harm
    /// when it is done twice (RFC 9110 §9.2.2): it is sent again over a new connection.
    #[non_exhaustive]
    Stale {
        /// The one that was closed.
        connection: u64,
        /// How much of the request it may have taken.
        delivery: Delivery,
    },
    /// The exchange over a connection is over.
    #[non_exhaustive]
    Ended {
        /// That one.
        connection: u64,
        /// What becomes of it.
        fate: Fate,
        /// Bytes of the request that the kernel has accepted.
        sent: u64,
        /// Bytes received: heads, content and framing.
        received: u64,
        /// Bytes of content, without framing and before content codings are undone. What was read away unseen when a
        /// response was dropped is not in it.
        content: u64,
    },
    /// A challenge (401, 407) will be answered.
    Challenged(&'a Attempted),
    /// The request will be sent again, after a wait.
    Retrying(&'a Attempted),
    /// A redirect will be followed.
    #[non_exhaustive]
    Redirected {
        /// From where, and with which response.
        redirect: &'a Redirected,
        /// To where.
        to: &'a Uri,
        /// With which method.
        method: &'a Method,
        /// It leads to another origin: credentials, cookies and fields marked sensitive stay behind (S-60).
        elsewhere: bool,
    },
    /// The response has been received to its end. The last event.
    Done,
    /// There is no response, or not all of it. The last event.
    Failed(&'a Error),
    /// The caller has dropped the request, or its response before the end. The last event.
    Dropped,
}

/// What becomes of a connection after an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It goes back to the pool.
    Kept,
    /// It is closed.
    Closed(CloseReason),
    /// The exchange failed, and it is closed.
    Broken(Delivery),
    /// It has left HTTP (101, or 2xx to CONNECT).
    Switched,
}

/// The head of a request as it is sent: request line, fields, empty line.
///
/// It holds whatever secrets the request has, so `Debug` shows its length only.
#[derive(Clone, Copy)]
pub struct SentHead<'a>(&'a [u8]);

impl<'a> SentHead<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes, secrets included: not for a log.
    pub fn bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for SentHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SentHead({} bytes)", self.0.len())
    }
}

impl Event<'_> {
    /// Nothing follows it.
    pub fn is_last(&self) -> bool {
        matches!(self.what, Happening::Done | Happening::Failed(_) | Happening::Dropped)
    }

    /// When it happened, by the clock on the wall as it stood when the request began.
    pub fn time(&self) -> SystemTime {
        self.started + self.at
    }
}
