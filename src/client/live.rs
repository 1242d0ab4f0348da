//! A response body that is still being received: what it owns, and how it ends.

use std::sync::Arc;

use tokio::time::Instant;

use crate::conn::{Delivery, Exchange, Kits};
use crate::message::{Fields, Method, Uri};
use crate::pool::Lease;

use super::error::Error;
use super::telling::event::Fate;
use super::telling::listen::Listeners;
use super::telling::timings::Marks;

/// A body that is being received.
pub(crate) struct Live {
    pub(crate) exchange: Box<Exchange>,
    pub(crate) lease: Lease,
    pub(crate) kits: Arc<Kits>,
    /// How much is read away when nobody wants the rest.
    pub(crate) drain: usize,
    pub(crate) events: Listeners,
    /// For errors.
    pub(crate) marks: Marks,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
}

impl Live {
    /// Adds to an error what it happened to, and when.
    fn blame(&mut self, error: Error) -> Error {
        let mut marks = self.marks;
        marks.exchange(self.exchange.milestones());
        marks.now = Instant::now();
        let reused = self.lease.connection().is_reused();
        error
            .with_request(&self.method, &self.uri)
            .with_delivery(Delivery::ReplyStarted)
            .with_marks(&marks)
            .with_connection(self.lease.connection().info(), reused)
    }

    /// Receiving has failed. The connection is closed.
    pub(crate) fn fail(mut self: Box<Self>, error: Error) -> Error {
        let error = self.blame(error);
        let fate = Fate::Broken(Delivery::ReplyStarted);
        self.events.ended(&self.exchange, self.lease.connection().info(), fate);
        self.events.failed(&error);
        error
    }

    /// What came cannot be used. The rest of it is let go, which is told first: nothing follows a failure.
    pub(crate) fn spoil(mut self: Box<Self>, error: Error) -> Error {
        let error = self.blame(error);
        let events = self.events.clone();
        self.let_go();
        events.failed(&error);
        error
    }

    /// Reads what has arrived of the rest, raw; the connection goes home if that is all of it, else it is closed (law 6).
    pub(crate) fn let_go(mut self: Box<Self>) {
        self.exchange.drain(self.lease.connection(), self.drain);
        self.finish();
    }

    /// Nothing more is read: brings the connection home, or closes it. Returns the trailers.
    pub(crate) fn finish(self: Box<Self>) -> Fields {
        let Live { exchange, lease, kits, events, .. } = *self;
        finish(exchange, lease, &kits, &events)
    }
}

/// Ends an exchange and brings its connection home, or closes it. Returns the trailers.
pub(crate) fn finish(
    mut exchange: Box<Exchange>,
    mut lease: Lease,
    kits: &Kits,
    events: &Listeners,
) -> Fields {
    let trailers = exchange.take_trailers();
    let now = exchange.milestones().last;
    let finished = exchange.finish();
    events.finished(&exchange, lease.connection().info(), &finished);
    match finished {
        Ok(proof) => lease.give_back(proof, now),
        Err(reason) => lease.close(reason),
    }
    kits.keep(exchange);
    trailers
}
