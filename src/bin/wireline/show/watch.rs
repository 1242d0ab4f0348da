//! Looks on at one transfer: events in, [`Facts`] out, and to everybody who shows something meanwhile.
//!
//! A clone watches the same transfer. The program tells what no event does: why the next request is made, the content, its
//! why it gave up. Nothing here fails: what cannot be shown is not shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wireline::RequestBuilder;
use wireline::client::{Event, Happening};

use super::facts::{Ended, Facts, Opening, Step, Why};

/// Somebody who shows what happens, as it happens.
pub trait Show: Send {
    /// Something has happened; `facts` know of it already.
    fn event(&mut self, event: &Event<'_>, facts: &Facts);

    /// A piece of content came.
    fn received(&mut self, _piece: &[u8], _facts: &Facts) {}

    /// A piece of content went.
    fn sent(&mut self, _piece: &[u8], _facts: &Facts) {}

    /// The program has something to remark that no event tells: why it gave a transfer up.
    fn remark(&mut self, _text: &str, _facts: &Facts) {}

    /// The transfer is over.
    fn over(&mut self, _facts: &Facts) {}
}

/// Watches one transfer.
#[derive(Clone)]
pub struct Watch(Arc<Mutex<State>>);

struct State {
    facts: Facts,
    begun: Instant,
    /// When the request that is under way was sent off; its events count from there.
    base: Duration,
    next: Why,
    keep_content: bool,
    shows: Vec<Box<dyn Show>>,
}

impl Watch {
    /// Begins to watch; `keep_content` keeps all content in the facts.
    pub fn new(facts: Facts, keep_content: bool, shows: Vec<Box<dyn Show>>) -> Watch {
        let (begun, base, next) = (Instant::now(), Duration::ZERO, Why::Asked);
        Watch(Arc::new(Mutex::new(State { facts, begun, base, next, keep_content, shows })))
    }

    /// For [`RequestBuilder::on_event`](wireline::RequestBuilder::on_event), for each request of the transfer.
    fn listener(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static + use<> {
        let watch = self.clone();
        move |event| watch.state().hear(event)
    }

    /// The request, watched: its events and the content that it sends.
    pub fn on(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.on_event(self.listener());
        let wanted = {
            let state = self.state();
            state.keep_content || !state.shows.is_empty()
        };
        if !wanted {
            return request;
        }
        let watch = self.clone();
        request.on_upload_piece(move |piece| watch.sent(piece))
    }

    /// Why the next request will be made.
    pub fn next(&self, why: Why) {
        self.state().next = why;
    }

    /// A piece of content came, as the caller saw it.
    pub fn received(&self, piece: &[u8]) {
        let mut state = self.state();
        let keep = state.keep_content;
        if let Some(step) = state.facts.steps.last_mut() {
            step.content_seen += piece.len() as u64;
            if keep {
                step.content.extend_from_slice(piece);
            }
        }
        let State { shows, facts, .. } = &mut *state;
        shows.iter_mut().for_each(|show| show.received(piece, facts));
    }

    /// A piece of content went.
    pub fn sent(&self, piece: &[u8]) {
        let mut state = self.state();
        if state.keep_content
            && let Some(step) = state.facts.steps.last_mut()
        {
            step.upload.extend_from_slice(piece);
        }
        let State { shows, facts, .. } = &mut *state;
        shows.iter_mut().for_each(|show| show.sent(piece, facts));
    }

    /// Changes facts that no event tells: the file's name, where a redirect leads.
    pub fn note(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.state().facts);
    }

    /// The facts so far.
    pub fn facts(&self) -> Facts {
        let mut state = self.state();
        state.facts.total = state.begun.elapsed();
        state.facts.clone()
    }

    /// The transfer is over: with curl's number, and why it failed.
    pub fn finish(&self, exit_code: u8, error: Option<&str>) -> Facts {
        self.note(|facts| {
            facts.exit_code = exit_code;
            facts.error = error.map(str::to_owned);
        });
        let facts = self.facts();
        let told = facts.last().is_some_and(|step| step.failed.is_some());
        for show in &mut self.state().shows {
            if let Some(error) = error.filter(|_| !told) {
                show.remark(error, &facts);
            }
            show.over(&facts);
        }
        facts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hear(&mut self, event: &Event<'_>) {
        if let Happening::Begun { method, url, .. } = event.what {
            self.base = self.begun.elapsed().saturating_sub(event.at);
            let why = std::mem::take(&mut self.next);
            let begun = self.base + event.at;
            // It was followed.
            self.facts.redirect_url = None;
            self.facts.steps.push(Step::new(why, method, url, begun));
        }
        let at = self.base + event.at;
        if let Some(step) = self.facts.steps.last_mut() {
            step.last = at;
            take(step, at, &event.what);
        }
        let State { shows, facts, .. } = self;
        shows.iter_mut().for_each(|show| show.event(event, facts));
        self.go_on(at, &event.what);
    }

    /// Another step of the same request begins.
    fn go_on(&mut self, at: Duration, what: &Happening<'_>) {
        let Some(step) = self.facts.steps.last() else { return };
        let next = match what {
            Happening::Challenged(_) => Step::new(Why::Challenge, &step.method, &step.url, at),
            Happening::Retrying(_) => Step::new(Why::Retry, &step.method, &step.url, at),
            Happening::Stale { .. } => Step::new(Why::Stale, &step.method, &step.url, at),
            Happening::Redirected { to, method, .. } => Step::new(Why::Redirect, method, to, at),
            _ => return,
        };
        self.facts.steps.push(next);
    }
}

fn take(step: &mut Step, at: Duration, what: &Happening<'_>) {
    match *what {
        Happening::Turn { waited, .. } => step.queued = Some(waited),
        Happening::Opening { host, port, .. } => {
            step.opening = Some(Opening { at, host: host.to_owned(), port });
        }
        Happening::Resolved(record) => {
            if matches!(record.outcome, Ok(count) if count > 0) {
                step.resolved.get_or_insert(at);
            }
            step.lookups.push((at, record.clone()));
        }
        Happening::Attempted(attempt) => {
            if attempt.outcome == wireline::net::AttemptOutcome::Connected {
                step.reached = Some(at);
            }
            step.attempts.push((at, attempt.clone()));
        }
        Happening::TunnelAnswered { head, .. } => step.tunnel_heads.push(head.bytes().to_vec()),
        Happening::Tunnelled { .. } => step.tunnelled = Some(at),
        Happening::Secured { took, .. } => step.secured = Some((at, took)),
        Happening::Connected(connection) => {
            (step.connected, step.connection) = (Some(at), Some(connection.clone()));
        }
        Happening::Reused { connection, idle, .. } => {
            (step.connected, step.reused) = (Some(at), Some(idle));
            step.connection = Some(connection.clone());
        }
        Happening::Sending { head, .. } => step.sending = Some((at, head.bytes().to_vec())),
        Happening::Sent { .. } => step.sent = Some(at),
        Happening::FirstByte => step.first_byte = Some(at),
        Happening::Interim { head, bytes, .. } => step.interim.push((head.clone(), bytes)),
        Happening::Head { head, bytes, .. } => step.head = Some((at, head.clone(), bytes)),
        Happening::Ended { sent, received, content, .. } => {
            step.ended = Some(Ended { at, sent, received, content });
        }
        Happening::Failed(error) => step.failed = Some(error.to_string()),
        _ => {}
    }
}
