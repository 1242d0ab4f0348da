//! Who listens, and what they have to be told.
//!
//! In: what happens, from the story of `send`. Out: numbered [`Event`]s with their times, in order, to every listener. A
//! request nobody listens to has [`Listeners::default`], which costs a comparison wherever something happens: no clock is
//! read and nothing is put together for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::client::error::Error;
use crate::conn::{ConnectionInfo, Exchange};
use crate::h1::{CloseReason, Reusable};
use crate::message::{Method, ResponseHead, Uri};
use crate::net::{DialStep, Watch, Watcher};

use super::event::{Event, Fate, Happening, SentHead};

/// Somebody who listens.
pub(crate) trait Listen: Send + Sync {
    /// Something has happened.
    fn hear(&self, event: &Event<'_>);

    /// A listener of its own for a request that begins, if it takes one to remember what was heard before.
    fn begin(&self) -> Option<Arc<dyn Listen>> {
        None
    }
}

impl<F: Fn(&Event<'_>) + Send + Sync> Listen for F {
    fn hear(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Two who listen, one after the other.
struct Both(Arc<dyn Listen>, Arc<dyn Listen>);

impl Listen for Both {
    fn hear(&self, event: &Event<'_>) {
        self.0.hear(event);
        self.1.hear(event);
    }

    fn begin(&self) -> Option<Arc<dyn Listen>> {
        match (self.0.begin(), self.1.begin()) {
            (None, None) => None,
            (first, second) => Some(Arc::new(Both(
                first.unwrap_or_else(|| Arc::clone(&self.0)),
                second.unwrap_or_else(|| Arc::clone(&self.1)),
            ))),
        }
    }
}

/// Adds `listener` to those who listen already.
pub(crate) fn add(listeners: &mut Option<Arc<dyn Listen>>, listener: impl Listen + 'static) {
    let listener: Arc<dyn Listen> = Arc::new(listener);
    *listeners = Some(match listeners.take() {
        None => listener,
        Some(earlier) => Arc::new(Both(earlier, listener)),
    });
}

/// The way from one request to those who listen to it, or to nobody. Clones tell of the same request; when the last one
/// is gone, so is the request.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Option<Arc<Teller>>);

impl Listeners {
    /// A request begins.
    pub(crate) fn begin(
        listeners: Option<&Arc<dyn Listen>>,
        begun: Instant,
        method: &Method,
        url: &Uri,
    ) -> Listeners {
        Listeners(listeners.map(|listeners| {
            let teller = Teller::new(listeners, begun);
            let url = &url.clone().without_userinfo();
            teller.tell(begun, Happening::Begun { method, url });
            Arc::new(teller)
        }))
    }

    /// Tells what happens now. `what` is not asked if nobody listens.
    pub(crate) fn tell<'e>(&self, what: impl FnOnce() -> Happening<'e>) {
        if let Some(teller) = &self.0 {
            teller.tell(Instant::now(), what());
        }
    }

    /// Who is told of the steps of a dial.
    pub(crate) fn watcher(&self) -> Watcher<'_> {
        self.0.as_ref().map_or(Watcher::nobody(), |teller| Watcher::new(&**teller))
    }

    /// The request is about to be sent over `connection`.
    pub(crate) fn sending(&self, exchange: &Exchange, connection: &ConnectionInfo) {
        if let Some(teller) = &self.0 {
            teller.sending(exchange, connection);
        }
    }

    /// The lanes have moved: tells what they reached.
    pub(crate) fn moved(&self, exchange: &Exchange) {
        if let Some(teller) = &self.0 {
            teller.moved(exchange);
        }
    }

    /// A head has come; `tell` makes the event of its length.
    pub(crate) fn head<'e>(
        &self,
        exchange: &Exchange,
        head: &'e ResponseHead,
        tell: impl FnOnce(&'e ResponseHead, u64) -> Happening<'e>,
    ) {
        if let Some(teller) = &self.0 {
            teller.tell(Instant::now(), tell(head, teller.head(exchange)));
        }
    }

    /// Content has come.
    pub(crate) fn content(&self, bytes: usize) {
        if let Some(teller) = &self.0 {
            teller.content(bytes);
        }
    }

    /// The exchange is over, and may leave a connection that can be used again.
    pub(crate) fn finished(
        &self,
        exchange: &Exchange,
        connection: &ConnectionInfo,
        outcome: &Result<Reusable, CloseReason>,
    ) {
        if let Some(teller) = &self.0 {
            let fate = outcome.as_ref().map_or_else(|reason| Fate::Closed(*reason), |_| Fate::Kept);
            teller.ended(exchange, connection, fate);
        }
    }

    /// The exchange is over.
    pub(crate) fn ended(&self, exchange: &Exchange, connection: &ConnectionInfo, fate: Fate) {
        if let Some(teller) = &self.0 {
            teller.ended(exchange, connection, fate);
        }
    }

    /// The caller gets a response.
    pub(crate) fn arrived(&self) {
        if let Some(teller) = &self.0 {
            teller.arrived();
        }
    }

    /// There is a connection, and nothing is to be sent.
    pub(crate) fn warmed(&self) {
        if let Some(teller) = &self.0 {
            let mut state = teller.lock();
            (state.arrived, state.complete) = (true, true);
        }
    }

    /// The request has failed for good. The first to say so is told.
    pub(crate) fn failed(&self, error: &Error) {
        if let Some(teller) = &self.0 {
            teller.failed(error);
        }
    }
}

/// Tells of one request.
struct Teller {
    request: u64,
    begun: Instant,
    started: SystemTime,
    listeners: Arc<dyn Listen>,
    /// Locked for moments only, never while somebody listens.
    state: Mutex<State>,
}

/// How far the current exchange has come.
#[derive(Default)]
struct State {
    /// The time of the latest event.
    last: Duration,
    sent: bool,
    first_byte: bool,
    /// The length of the heads so far.
    understood: u64,
    content: u64,
    /// The response has come to its end.
    complete: bool,
    /// The response is the caller's.
    arrived: bool,
    failed: bool,
}

impl State {
    fn next_exchange(&mut self) {
        *self = State { last: self.last, ..State::default() };
    }
}

impl Teller {
    fn new(listeners: &Arc<dyn Listen>, begun: Instant) -> Teller {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Teller {
            request: NEXT.fetch_add(1, Ordering::Relaxed),
            begun,
            started: SystemTime::now(),
            listeners: listeners.begin().unwrap_or_else(|| Arc::clone(listeners)),
            state: Mutex::default(),
        }
    }

    #[cold]
    fn tell(&self, at: Instant, what: Happening<'_>) {
        // A listener that panics once would panic again, in a destructor.
        if thread::panicking() {
            return;
        }
        let at = {
            let mut state = self.lock();
            state.last = state.last.max(at.saturating_duration_since(self.begun));
            state.last
        };
        self.listeners.hear(&Event { request: self.request, started: self.started, at, what });
    }

    #[cold]
    fn sending(&self, exchange: &Exchange, connection: &ConnectionInfo) {
        self.lock().next_exchange();
        let head = SentHead::new(exchange.head_to_send());
        let what = Happening::Sending { connection: connection.id, head };
        self.tell(exchange.milestones().begun, what);
    }

    /// The length of the head that has come.
    #[cold]
    fn head(&self, exchange: &Exchange) -> u64 {
        let understood = exchange.understood();
        understood.saturating_sub(std::mem::replace(&mut self.lock().understood, understood))
    }

    #[cold]
    fn content(&self, bytes: usize) {
        self.lock().content += bytes as u64;
    }

    #[cold]
    fn arrived(&self) {
        self.lock().arrived = true;
    }

    #[cold]
    fn failed(&self, error: &Error) {
        if !std::mem::replace(&mut self.lock().failed, true) {
            self.tell(Instant::now(), Happening::Failed(error));
        }
    }

    /// Tells, once each and in the order they were reached: the request was sent, the first byte came.
    #[cold]
    fn moved(&self, exchange: &Exchange) {
        let marks = exchange.milestones();
        let (sent, first_byte) = {
            let mut state = self.lock();
            let new = |mark: Option<Instant>, told: &mut bool| {
                mark.filter(|_| !std::mem::replace(told, mark.is_some() || *told))
            };
            (new(marks.sent, &mut state.sent), new(marks.first_byte, &mut state.first_byte))
        };
        let early = matches!((sent, first_byte), (Some(sent), Some(first)) if first < sent);
        let tell_sent = || {
            if let Some(at) = sent {
                self.tell(at, Happening::Sent { bytes: marks.accepted });
            }
        };
        if !early {
            tell_sent();
        }
        if let Some(at) = first_byte {
            self.tell(at, Happening::FirstByte);
        }
        if early {
            tell_sent();
        }
    }

    #[cold]
    fn ended(&self, exchange: &Exchange, connection: &ConnectionInfo, fate: Fate) {
        let content = {
            let mut state = self.lock();
            let cut =
                matches!(fate, Fate::Broken(_) | Fate::Closed(CloseReason::ResponseUnfinished));
            state.complete = !cut;
            state.content
        };
        let marks = exchange.milestones();
        let (sent, received) = (marks.accepted, marks.received);
        let connection = connection.id;
        self.tell(Instant::now(), Happening::Ended { connection, fate, sent, received, content });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Teller {
    fn step(&self, step: DialStep<'_>) {
        let what = match step {
            DialStep::Resolved(record) => Happening::Resolved(record),
            DialStep::Attempting(address) => Happening::Attempting(address),
            DialStep::Attempted(attempt) => Happening::Attempted(attempt),
            DialStep::TunnelAsked(head) => {
                Happening::TunnelAsked { head: SentHead::new(head.bytes()) }
            }
            DialStep::TunnelAnswered(head) => Happening::TunnelAnswered { head },
            DialStep::Tunnelled { target, took } => Happening::Tunnelled { target, took },
            DialStep::Secured { tls, took } => Happening::Secured { tls, took },
        };
        self.tell(Instant::now(), what);
    }
}

/// Whatever way a request ends, it ends here.
impl Drop for Teller {
    fn drop(&mut self) {
        let State { failed, arrived, complete, .. } = *self.lock();
        match (failed, arrived && complete) {
            (true, _) => {}
            (false, true) => self.tell(Instant::now(), Happening::Done),
            (false, false) => self.tell(Instant::now(), Happening::Dropped),
        }
    }
}
