//! What goes along from hop to hop and from attempt to attempt: clocks, and the journal of what happened on the way.

use std::time::Duration;

use tokio::runtime;
use tokio::time::Instant;

use crate::conn::Delivery;
use crate::message::ResponseHead;
use crate::net::Deadline;

use super::error::Error;
use super::outgoing::Request;
use super::proxies::way::Way;
use super::telling::event::Happening;
use super::telling::journal::{Attempted, Journal, Outcome, Redirected};
use super::telling::listen::Listeners;
use super::telling::timings::Marks;

/// The state of one call of `send`.
pub(crate) struct Trip {
    /// The clock is read anew only where time has passed.
    pub(crate) marks: Marks,
    pub(crate) runtime: runtime::Id,
    /// The caller's total timeout.
    pub(crate) total: Deadline,
    pub(crate) events: Listeners,
    /// A policy may try again what failed; it tells of the failures it does not.
    pub(crate) retries: bool,
    /// Made by the first redirect or repeated attempt; most requests have neither.
    journal: Option<Box<Journal>>,
    /// Whether the caller's credentials still apply: not after a redirect to another origin, ever (S-61).
    pub(crate) credentials: bool,
    /// The proxy of this hop; `None` if the way is direct.
    pub(crate) way: Option<Box<Way>>,
}

impl Trip {
    #[inline]
    pub(crate) fn new(total: Option<Duration>, runtime: runtime::Id) -> Trip {
        let now = Instant::now();
        let total = total.map_or(Deadline::none(), |time| Deadline::after(now, time));
        let (marks, events) = (Marks::new(now), Listeners::default());
        Trip {
            marks,
            runtime,
            total,
            events,
            retries: false,
            journal: None,
            credentials: true,
            way: None,
        }
    }

    /// Notes an attempt that will be repeated after `waited`.
    pub(crate) fn repeated(
        &mut self,
        request: &Request,
        outcome: Outcome,
        delivery: Delivery,
        waited: Duration,
    ) {
        let ended = self.marks.now.saturating_duration_since(self.marks.begun);
        let url = request.uri.clone().without_userinfo();
        let attempts = &mut self.journal.get_or_insert_default().attempts;
        attempts.push(Attempted { url, outcome, delivery, ended, waited });
        self.marks.retries += 1;
        if let Some(attempt) = attempts.last() {
            self.events.tell(|| match attempt.outcome {
                Outcome::Challenged(_) => Happening::Challenged(attempt),
                _ => Happening::Retrying(attempt),
            });
        }
    }

    /// Notes a redirect that will be followed.
    pub(crate) fn redirected(&mut self, request: &Request, head: &ResponseHead) {
        let (method, url) = (request.method.clone(), request.uri.clone().without_userinfo());
        let history = &mut self.journal.get_or_insert_default().history;
        history.push(Redirected { method, url, head: head.clone() });
        self.marks.redirects += 1;
    }

    /// Tells of that redirect, now that `request` is the one that was asked for.
    pub(crate) fn tell_redirect(&self, request: &Request, elsewhere: bool) {
        if let Some(redirect) = self.journal.as_ref().and_then(|journal| journal.history.last()) {
            let (to, method) = (&request.uri, &request.method);
            self.events.tell(|| Happening::Redirected { redirect, to, method, elsewhere });
        }
    }

    /// What happened on the way, for the response at its end.
    pub(crate) fn take_journal(&mut self) -> Option<Box<Journal>> {
        self.journal.take()
    }

    /// The end, with an error after which nothing is tried again.
    pub(crate) fn lose(&mut self, error: Error, request: &Request) -> Error {
        let error = self.blame(error, request);
        self.events.failed(&error);
        error
    }

    /// Writes into an error what it happened to, and when. It is told as the end unless a policy has yet to decide that.
    pub(crate) fn blame(&mut self, error: Error, request: &Request) -> Error {
        self.marks.now = Instant::now();
        let error = error
            .with_request(&request.method, &request.uri)
            .with_marks(&self.marks)
            .with_journal(self.journal.clone());
        if !self.retries {
            self.events.failed(&error);
        }
        error
    }
}
