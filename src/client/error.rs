//! What went wrong, during which step, and whether the server can have seen the request.
//!
//! One [`Error`] type for everything: what it means is asked by method (`is_timeout()`, `phase()`, `delivery()`), what
//! happened is in its message and its source chain. The message names the request, the step and the cause, with the
//! peer's bytes escaped; URLs are shown without userinfo and no field value is ever shown.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::conn::{
    BoxError, Clock, ConnectionInfo, Delivery, DialCause, DialError, Failure, NoTunnel, Phase,
};
use crate::h1::{Misuse, Violation};
use crate::message::{StatusCode, Uri};
use crate::net::ConnectError;
use crate::pool::NoPlace;

use super::codings::decode::{CodingError, Fault};
use super::telling::journal::{Attempted, Journal, Redirected};
use super::telling::timings::{Marks, Timings};

/// The error of every fallible operation of the client. One pointer in size.
pub struct Error(Box<Inner>);

struct Inner {
    cause: Cause,
    phase: Phase,
    delivery: Delivery,
    request: Option<(Method, Uri)>,
    marks: Option<Marks>,
    connection: Option<Arc<ConnectionInfo>>,
    reused: bool,
    /// It happened with the proxy; the origin has no part in it.
    proxy: bool,
    journal: Option<Box<Journal>>,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The request cannot be built.
    Build(BoxError),
    /// No place in the pool, or none in that time.
    Pool(NoPlace, Option<Duration>),
    /// No connection.
    Dial(DialCause),
    /// The exchange failed.
    Exchange(Failure),
    /// A redirect that cannot be followed.
    Redirect(String),
    /// The content is larger than may be buffered.
    BodyLimit(u64),
    /// Something else is larger than it may be, in words.
    Limit(String),
    /// A file of the caller's cannot be written.
    File(io::Error),
    /// The content is not what it was asked to be.
    Decode(BoxError),
    /// The content's coding cannot be undone.
    Coding(CodingError),
    /// A status that was declared an error, with its response: of a type of a file above this one, which takes it out.
    Status(StatusCode, Box<dyn Any + Send + Sync>),
    /// The response is no switch of protocols.
    NotUpgraded(StatusCode),
}

impl Error {
    pub(crate) fn new(cause: Cause, phase: Phase) -> Error {
        let (request, connection) = (None, None);
        let (delivery, marks, reused) = (Delivery::NotSent, None, false);
        let (proxy, journal) = (false, None);
        Error(Box::new(Inner {
            cause,
            phase,
            delivery,
            request,
            marks,
            connection,
            reused,
            proxy,
            journal,
        }))
    }

    pub(crate) fn build(error: impl Into<BoxError>) -> Error {
        Error::new(Cause::Build(error.into()), Phase::Build)
    }

    pub(crate) fn misuse(misuse: Misuse) -> Error {
        Error::new(Cause::Exchange(Failure::Misuse(misuse)), Phase::Build)
    }

    /// No connection, for which there was that `limit`.
    pub(crate) fn dial(mut error: DialError, limit: Option<Duration>) -> Error {
        if let DialCause::TimedOut(expired) = &mut error.cause
            && expired.clock == Clock::Connect
        {
            expired.limit = limit;
        }
        let mut this = Error::new(Cause::Dial(error.cause), error.phase);
        this.0.connection = Some(Arc::new(error.info));
        this.0.proxy = error.proxy;
        this
    }

    pub(crate) fn with_request(mut self, method: &Method, uri: &Uri) -> Error {
        self.0.request = Some((method.clone(), uri.clone().without_userinfo()));
        self
    }

    pub(crate) fn with_delivery(mut self, delivery: Delivery) -> Error {
        self.0.delivery = delivery;
        self
    }

    /// What an earlier attempt delivered is not undone by one that failed sooner.
    pub(crate) fn after_delivery(mut self, earlier: Delivery) -> Error {
        self.0.delivery = self.0.delivery.max(earlier);
        self
    }

    pub(crate) fn with_marks(mut self, marks: &Marks) -> Error {
        self.0.marks = Some(*marks);
        match &mut self.0.cause {
            Cause::Dial(DialCause::TimedOut(expired)) => expired.begun(marks.begun),
            Cause::Exchange(Failure::TimedOut(expired)) => expired.begun(marks.begun),
            _ => {}
        }
        self
    }

    pub(crate) fn with_journal(mut self, journal: Option<Box<Journal>>) -> Error {
        self.0.journal = journal;
        self
    }

    pub(crate) fn with_connection(mut self, info: &Arc<ConnectionInfo>, reused: bool) -> Error {
        self.0.connection = Some(Arc::clone(info));
        self.0.reused = reused;
        self
    }

    pub(crate) fn is_reused(&self) -> bool {
        self.0.reused
    }

    pub(crate) fn request(&self) -> Option<&(Method, Uri)> {
        self.0.request.as_ref()
    }

    pub(crate) fn cause(&self) -> &Cause {
        &self.0.cause
    }

    pub(crate) fn into_cause(self) -> Cause {
        self.0.cause
    }

    /// The step the error happened in.
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// How much of the request the server can have seen. What was [`Delivery::NotSent`] may always be tried again.
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// What had been reached when, up to the error.
    pub fn timings(&self) -> Timings {
        let marks = self.0.marks.as_ref();
        let timings = marks.map(|marks| marks.timings(self.connection(), self.0.reused));
        timings.unwrap_or_default()
    }

    /// Whether it may be gone at the next attempt: a look-up, a connection or an exchange that broke off or took too long.
    /// Wrong certificates, unknown hosts, broken rules, limits and the total timeout stay as they are.
    pub fn is_transient(&self) -> bool {
        match &self.0.cause {
            Cause::Dial(cause) => cause.is_transient(),
            Cause::Exchange(Failure::Io(error)) => error.kind() != io::ErrorKind::InvalidData,
            Cause::Exchange(Failure::TimedOut(expired)) => expired.clock != Clock::Total,
            Cause::Exchange(Failure::Violation(violation)) => violation.is_incomplete(),
            _ => false,
        }
    }

    /// The connection, or how far one got: look-ups and attempts with their times.
    pub fn connection(&self) -> Option<&ConnectionInfo> {
        self.0.connection.as_deref()
    }

    /// The redirects that were followed before it, the first one first.
    pub fn history(&self) -> &[Redirected] {
        self.0.journal.as_ref().map_or(&[], |journal| &journal.history)
    }

    /// The attempts that were made before it, the first one first.
    pub fn attempts(&self) -> &[Attempted] {
        self.0.journal.as_ref().map_or(&[], |journal| &journal.attempts)
    }

    /// The URL that was being asked for, without userinfo; after redirects, the last one.
    pub fn url(&self) -> Option<&Uri> {
        self.0.request.as_ref().map(|(_, uri)| uri)
    }

    /// A clock ran out: see [`Clock`] for which there are.
    pub fn is_timeout(&self) -> bool {
        self.clock().is_some()
    }

    /// Which clock ran out.
    pub fn clock(&self) -> Option<Clock> {
        match &self.0.cause {
            Cause::Pool(NoPlace::TimedOut { .. }, _) => Some(Clock::Queue),
            Cause::Dial(DialCause::TimedOut(expired)) => Some(expired.clock),
            Cause::Exchange(Failure::TimedOut(expired)) => Some(expired.clock),
            _ => None,
        }
    }

    /// No connection could be made, for whatever reason: DNS, TCP, TLS or time.
    pub fn is_connect(&self) -> bool {
        matches!(self.0.cause, Cause::Dial(_))
    }

    /// The host has no address, or none could be found.
    pub fn is_dns(&self) -> bool {
        matches!(self.0.cause, Cause::Dial(DialCause::Connect(ConnectError::Dns(_))))
    }

    /// TLS failed, in the handshake or after it: see [`tls`](Error::tls). After it, it is not `is_connect` too.
    pub fn is_tls(&self) -> bool {
        self.tls().is_some() || matches!(self.0.cause, Cause::Dial(DialCause::NoTls))
    }

    /// It went wrong at the proxy or on the way to it, before the origin could hear of the request: its name, its port,
    /// its certificate, its credentials, or a tunnel it does not open. That it was a proxy is no other kind of error: one
    /// whose name is unknown is [`is_dns`](Error::is_dns) too.
    pub fn is_proxy(&self) -> bool {
        self.0.proxy
    }

    /// The server broke HTTP's rules, or ended the stream inside a message.
    pub fn is_protocol(&self) -> bool {
        self.violation().is_some_and(|violation| !violation.is_limit())
    }

    /// The response was cut off, or never begun.
    pub fn is_incomplete(&self) -> bool {
        self.violation().is_some_and(Violation::is_incomplete)
    }

    /// A limit of ours was exceeded; the message names it and how to raise it.
    pub fn is_limit(&self) -> bool {
        matches!(self.0.cause, Cause::BodyLimit(_) | Cause::Limit(_))
            || matches!(&self.0.cause, Cause::Coding(error) if error.fault.is_limit())
            || self.violation().is_some_and(Violation::is_limit)
    }

    /// The status was declared an error by [`Response::error_for_status`](super::Response::error_for_status).
    pub fn is_status(&self) -> bool {
        matches!(self.0.cause, Cause::Status(..))
    }

    /// That status.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.cause {
            Cause::Status(status, _) | Cause::NotUpgraded(status) => Some(*status),
            _ => None,
        }
    }

    /// The request cannot be built or sent as asked: nothing has left.
    pub fn is_builder(&self) -> bool {
        matches!(self.0.cause, Cause::Build(_) | Cause::Exchange(Failure::Misuse(_)))
    }

    /// A redirect could not be followed: too many, a downgrade, a scheme or a body that cannot be sent again.
    pub fn is_redirect(&self) -> bool {
        matches!(self.0.cause, Cause::Redirect(_))
    }

    /// The request body's own source failed.
    pub fn is_body(&self) -> bool {
        matches!(self.0.cause, Cause::Exchange(Failure::Upload(_)))
    }

    /// The content is not what it was asked to be: not JSON, not text in a known charset, still in a content coding, or
    /// in one that cannot be undone because it is broken or cut off.
    pub fn is_decode(&self) -> bool {
        match &self.0.cause {
            Cause::Decode(_) => true,
            Cause::Coding(error) => !error.fault.is_limit(),
            _ => false,
        }
    }

    /// A file could not be written: see [`RequestBuilder::download`](super::RequestBuilder::download).
    pub fn is_file(&self) -> bool {
        matches!(self.0.cause, Cause::File(_))
    }

    /// The nearest word of the standard library, for those who read the body as a stream.
    pub(crate) fn io_kind(&self) -> io::ErrorKind {
        match &self.0.cause {
            Cause::Exchange(Failure::Io(error)) => error.kind(),
            _ if self.is_timeout() => io::ErrorKind::TimedOut,
            _ if self.is_incomplete() => io::ErrorKind::UnexpectedEof,
            Cause::Coding(CodingError { fault: Fault::Truncated, .. }) => {
                io::ErrorKind::UnexpectedEof
            }
            _ if self.is_protocol() || self.is_decode() => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        }
    }

    fn violation(&self) -> Option<&Violation> {
        match &self.0.cause {
            Cause::Exchange(Failure::Violation(violation)) => Some(violation),
            Cause::Dial(DialCause::Tunnel(NoTunnel::Violation(violation))) => Some(violation),
            _ => None,
        }
    }

    /// The proxy, where it happened there.
    pub(crate) fn at_proxy(&self) -> Option<&str> {
        let info = self.connection().filter(|_| self.0.proxy)?;
        info.proxy.as_ref().map(|proxy| &*proxy.url)
    }
}
