//! From addresses to one TCP connection: the race of RFC 8305, run.
//!
//! In: a [`Resolution`] and [`ConnectOptions`]. Out: the first socket that connects. [`Schedule`]
//! decides, this file only does what it says: it starts connecting, waits for whatever comes first,
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
use crate::net::watch::{DialStep, Watcher};

use super::attempts::{Attempt, AttemptOutcome, ConnectError, ConnectLog, LookupRecord};
use super::eyeballs::{Next, Schedule};
use super::options::ConnectOptions;
use super::socket::connect;

/// Connects to the first address that answers.
///
/// `log` is written while the race runs: an attempt is in it, as `Abandoned`, from the moment it is
/// started. Wrap this in a timeout and the log still tells how far it got.
///
/// Errors: [`ConnectError::Dns`] when no family has an address, else [`ConnectError::Failed`] with
/// every attempt. Cancel safe: dropping the future closes all its sockets and gives up the look-up.
/// It is as large as a race is; box it where that matters.
pub async fn race(
    resolution: Resolution,
    options: &ConnectOptions,
    log: &mut ConnectLog,
) -> Result<TcpStream, ConnectError> {
    race_watched(resolution, options, log, Watcher::nobody()).await
}

/// The same, with somebody who is told of every step as it happens. Steps that are cut off with the future are not told:
/// whoever cuts it off has the log.
pub async fn race_watched(
    resolution: Resolution,
    options: &ConnectOptions,
    log: &mut ConnectLog,
    watch: Watcher<'_>,
) -> Result<TcpStream, ConnectError> {
    let mut race = Race {
        options,
        start: Instant::now(),
        resolution: Some(resolution),
        schedule: Schedule::new(options.delays),
        running: Vec::new(),
        timer: Timer::new(),
        first: None,
        watch,
    };
    poll_fn(|cx| race.poll(cx, log)).await
}

struct Race<'a> {
    options: &'a ConnectOptions,
    start: Instant,
    /// `None` once it has ended.
    resolution: Option<Resolution>,
    schedule: Schedule,
    running: Vec<Running>,
    timer: Timer,
    /// The first failure of an attempt.
    first: Option<io::Error>,
    watch: Watcher<'a>,
}

struct Running {
    /// Its place in the log.
    index: usize,
    connecting: Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>,
}

impl Race<'_> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        log: &mut ConnectLog,
    ) -> Poll<Result<TcpStream, ConnectError>> {
        self.take_answers(cx, log);
        loop {
            if let Some(stream) = self.poll_attempts(cx, log) {
                return Poll::Ready(Ok(stream));
            }
            let now = Instant::now();
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
        found.truncate(self.options.max_addresses);
        self.schedule.answer(now.into_std(), family, found);
    }

    /// The first attempt that has connected, if one has; failures are noted.
    fn poll_attempts(&mut self, cx: &mut Context<'_>, log: &mut ConnectLog) -> Option<TcpStream> {
        let mut position = 0;
        while let Some(Running { index, connecting }) = self.running.get_mut(position) {
            let Poll::Ready(outcome) = connecting.as_mut().poll(cx) else {
                position += 1;
                continue;
            };
            let index = *index;
            drop(self.running.swap_remove(position));
            let outcome = self.note(index, outcome, log);
            if outcome.is_some() {
                return outcome;
            }
        }
        None
    }

    fn note(
        &mut self,
        index: usize,
        outcome: io::Result<TcpStream>,
        log: &mut ConnectLog,
    ) -> Option<TcpStream> {
        let now = Instant::now();
        let attempt = log.attempts.get_mut(index);
        let (outcome, stream) = match outcome {
            Ok(stream) => (AttemptOutcome::Connected, Some(stream)),
            Err(error) => {
                let outcome = AttemptOutcome::failed(&error);
                self.schedule.failed();
                self.first.get_or_insert(error);
                (outcome, None)
            }
        };
        if let Some(attempt) = attempt {
            attempt.took = Some((now - self.start).saturating_sub(attempt.started));
            attempt.outcome = outcome;
            self.watch.tell(DialStep::Attempted(attempt));
        }
        if stream.is_some() {
            self.tell_losers(log);
        }
        stream
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
        self.running.push(Running { index, connecting });
    }

    /// The error of a race that nobody won.
    fn error(&mut self, log: &ConnectLog) -> ConnectError {
        match self.first.take() {
            Some(first) => ConnectError::Failed { first, attempts: log.attempts.clone() },
            None => ConnectError::Dns(telling(log)),
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
