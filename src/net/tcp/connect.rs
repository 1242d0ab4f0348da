//! From addresses to one connection: the race of RFC 8305, run.
//!
//! In: a [`Resolution`] and [`ConnectOptions`]. Out: the first socket that connects, or what the caller makes of it.
//! [`Schedule`] decides, this file only does what it says: it starts connecting, waits for whatever comes first,
//! and writes down what happened. No task is spawned; the attempts are futures that live in the
//! caller's, so dropping the race closes every socket of it at once.
//!
//! Next: [`tls`](crate::net::tls::secure)

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::net::deadline::{Deadline, Timer};
use crate::net::dns::resolve::{Answer, DnsError, DnsErrorKind, Family, Resolution};
use crate::net::tls::secure::TlsError;
use crate::net::watch::{DialStep, Watcher};

use super::attempts::{Attempt, AttemptOutcome, ConnectError, ConnectLog, LookupRecord};
use super::eyeballs::{Next, Schedule};
use super::options::ConnectOptions;
use super::socket::connect;
use super::sort::rank;
use super::source::source;

/// What a socket becomes when it is connected.
pub enum Finish<T> {
    /// It is what the race is for: the race is won.
    Now(T),
    /// It will be, unless this fails. The other attempts go on until it has not.
    Soon(Finishing<T>),
}

/// The rest of an attempt, after TCP.
pub type Finishing<T> = Pin<Box<dyn Future<Output = Result<T, TlsError>> + Send>>;

/// Connects to the first address that answers.
///
/// `log` is written while the race runs: an attempt is in it, as `Abandoned`, from the moment it is
/// started. Wrap this in a timeout and the log still tells how far it got. [`ConnectOptions::race`] means nothing here:
/// there is no TLS.
///
/// Errors: [`ConnectError::Dns`] when no family has an address, else [`ConnectError::Failed`] with
/// every attempt. Cancel safe: dropping the future closes all its sockets and gives up the look-up.
/// It is as large as a race is; box it where that matters.
pub async fn race(
    resolution: Resolution,
    options: &ConnectOptions,
    log: &mut ConnectLog,
) -> Result<TcpStream, ConnectError> {
    race_to(resolution, options, log, Watcher::nobody(), Finish::Now).await
}

/// The same for something that begins with a connected socket, with somebody who is told of every step as it happens.
/// `finish` is called with each socket that connects. Steps that are cut off with the future are not told: whoever cuts
/// it off has the log.
///
/// Errors: those of [`race`], and [`ConnectError::Tls`] where what comes after TCP failed. Cancel safe in the same way.
pub async fn race_to<T>(
    resolution: Resolution,
    options: &ConnectOptions,
    log: &mut ConnectLog,
    watch: Watcher<'_>,
    finish: impl FnMut(TcpStream) -> Finish<T>,
) -> Result<T, ConnectError> {
    let mut racing = Racing {
        options,
        start: Instant::now(),
        resolution: Some(resolution),
        schedule: Schedule::new(options.delays).first_family_count(options.first_family_count),
        running: Vec::new(),
        timer: Timer::new(),
        first: None,
        first_tls: None,
        watch,
        finish,
    };
    poll_fn(|cx| racing.poll(cx, log)).await
}

struct Racing<'a, T, F> {
    options: &'a ConnectOptions,
    start: Instant,
    /// `None` once it has ended.
    resolution: Option<Resolution>,
    schedule: Schedule,
    running: Vec<Running<'a, T>>,
    timer: Timer,
    /// The first failure of an attempt before TCP was connected.
    first: Option<io::Error>,
    /// The first failure after that.
    first_tls: Option<Box<TlsError>>,
    watch: Watcher<'a>,
    finish: F,
}

struct Running<'a, T> {
    /// Its place in the log.
    index: usize,
    stage: Stage<'a, T>,
}

enum Stage<'a, T> {
    Connecting(Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + 'a>>),
    Finishing(Finishing<T>),
}

/// What an attempt failed with.
enum Failure {
    Tcp(io::Error),
    Tls(TlsError),
}

impl<T, F: FnMut(TcpStream) -> Finish<T>> Racing<'_, T, F> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        log: &mut ConnectLog,
    ) -> Poll<Result<T, ConnectError>> {
        self.take_answers(cx, log);
        loop {
            if let Some(prize) = self.poll_attempts(cx, log) {
                return Poll::Ready(Ok(prize));
            }
            let now = Instant::now();
            self.sort(now);
            match self.schedule.next(now.into_std()) {
                Next::Start(address) => self.start(address, now, log),
                Next::WaitUntil(at) => {
                    let rung = self.timer.poll(cx, Deadline::at(Instant::from_std(at)));
                    if rung.is_pending() {
                        return Poll::Pending;
                    }
                }
                Next::Wait => return Poll::Pending,
                Next::Exhausted => return Poll::Ready(Err(self.error(log))),
            }
        }
    }

    /// Puts those that wait in order, where one of several is about to be started.
    fn sort(&mut self, now: Instant) {
        if !self.options.sort {
            return;
        }
        if let Some(waiting) = self.schedule.unsorted(now.into_std()) {
            let from = |address: &SocketAddr| source(*address, self.options);
            waiting.sort_by_cached_key(|address| rank(address.ip(), from(address)));
        }
    }

    /// Hands every answer that has landed to the schedule.
    fn take_answers(&mut self, cx: &mut Context<'_>, log: &mut ConnectLog) {
        while let Some(resolution) = &mut self.resolution {
            let Poll::Ready(answer) = resolution.as_mut().poll_next(cx) else { return };
            match answer {
                Some(answer) => self.take(answer, log),
                None => {
                    self.resolution = None;
                    self.schedule.answered();
                }
            }
        }
    }

    fn take(&mut self, answer: Answer, log: &mut ConnectLog) {
        let now = Instant::now();
        let Answer { family, result } = answer;
        let (outcome, mut found) = match result {
            Ok(found) => (Ok(found.len()), found),
            Err(error) => (Err(error), Vec::new()),
        };
        let record = LookupRecord { family, took: now - self.start, outcome };
        self.watch.tell(DialStep::Resolved(&record));
        log.dns.push(record);
        found.truncate(self.options.max_addresses.max(1));
        self.schedule.answer(now.into_std(), family, found);
    }

    /// The first attempt that has got there, if one has; failures are noted.
    fn poll_attempts(&mut self, cx: &mut Context<'_>, log: &mut ConnectLog) -> Option<T> {
        let mut position = 0;
        while let Some(Running { index, stage }) = self.running.get_mut(position) {
            let index = *index;
            let outcome = match stage {
                Stage::Connecting(connecting) => match connecting.as_mut().poll(cx) {
                    Poll::Pending => None,
                    Poll::Ready(Err(error)) => Some(Err(Failure::Tcp(error))),
                    Poll::Ready(Ok(stream)) => match (self.finish)(stream) {
                        Finish::Now(prize) => Some(Ok(prize)),
                        Finish::Soon(finishing) => {
                            *stage = Stage::Finishing(finishing);
                            self.reached(index, log);
                            continue;
                        }
                    },
                },
                Stage::Finishing(finishing) => match finishing.as_mut().poll(cx) {
                    Poll::Pending => None,
                    Poll::Ready(outcome) => Some(outcome.map_err(Failure::Tls)),
                },
            };
            let Some(outcome) = outcome else {
                position += 1;
                continue;
            };
            drop(self.running.swap_remove(position));
            let outcome = self.note(index, outcome, log);
            if outcome.is_some() {
                return outcome;
            }
        }
        None
    }

    /// An attempt has a TCP connection, and more to do.
    fn reached(&mut self, index: usize, log: &mut ConnectLog) {
        let now = Instant::now();
        self.schedule.reached(now.into_std());
        if let Some(attempt) = log.attempts.get_mut(index) {
            let connected = (now - self.start).saturating_sub(attempt.started);
            attempt.outcome = AttemptOutcome::AbandonedInTls { connected };
        }
    }

    fn note(
        &mut self,
        index: usize,
        outcome: Result<T, Failure>,
        log: &mut ConnectLog,
    ) -> Option<T> {
        let now = Instant::now();
        let (outcome, prize) = match outcome {
            Ok(prize) => (AttemptOutcome::Connected, Some(prize)),
            Err(failure) => (self.failed(failure), None),
        };
        if let Some(attempt) = log.attempts.get_mut(index) {
            attempt.took = Some((now - self.start).saturating_sub(attempt.started));
            attempt.outcome = outcome;
            self.watch.tell(DialStep::Attempted(attempt));
        }
        if prize.is_some() {
            self.tell_losers(log);
        }
        prize
    }

    fn failed(&mut self, failure: Failure) -> AttemptOutcome {
        self.schedule.failed();
        match failure {
            Failure::Tcp(error) => {
                let outcome = AttemptOutcome::failed(&error);
                self.first.get_or_insert(error);
                outcome
            }
            Failure::Tls(error) => {
                let (kind, message) = (error.kind(), error.message().into());
                self.first_tls.get_or_insert_with(|| Box::new(error));
                AttemptOutcome::FailedInTls { kind, message }
            }
        }
    }

    /// The race is won: all that still run are over.
    fn tell_losers(&mut self, log: &ConnectLog) {
        self.running.sort_by_key(|running| running.index);
        for attempt in self.running.iter().filter_map(|running| log.attempts.get(running.index)) {
            self.watch.tell(DialStep::Attempted(attempt));
        }
    }

    fn start(&mut self, address: SocketAddr, now: Instant, log: &mut ConnectLog) {
        let index = log.attempts.len();
        log.attempts.push(Attempt {
            address,
            started: now - self.start,
            took: None,
            outcome: AttemptOutcome::Abandoned,
        });
        self.watch.tell(DialStep::Attempting(address));
        let connecting = Box::pin(connect(address, self.options.clone()));
        self.running.push(Running { index, stage: Stage::Connecting(connecting) });
    }

    /// The error of a race that nobody won.
    fn error(&mut self, log: &ConnectLog) -> ConnectError {
        let attempts = || log.attempts.clone();
        match (self.first_tls.take(), self.first.take()) {
            (Some(first), _) => ConnectError::Tls { first: *first, attempts: attempts() },
            (None, Some(first)) => ConnectError::Failed { first, attempts: attempts() },
            (None, None) => ConnectError::Dns(telling(log)),
        }
    }
}

/// Of two failed halves, the one that says more: "no IPv6 address" is no news beside a time-out.
fn telling(log: &ConnectLog) -> DnsError {
    let errors = || log.dns.iter().filter_map(|record| record.outcome.as_ref().err());
    errors()
        .find(|error| error.kind() != DnsErrorKind::NoData)
        .or_else(|| errors().next())
        .cloned()
        .unwrap_or_else(|| {
            let error = DnsError::new(DnsErrorKind::Other, "", Family::V6);
            error.with_source("the resolver ended without an answer")
        })
}
