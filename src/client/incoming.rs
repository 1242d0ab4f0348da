//! The body of a response on its way in.
//!
//! A body that came whole with its head is a piece of memory; its connection went home before the caller saw the
//! response. Any other body is [`Live`]: it owns the exchange and the lease, reading it drives both lanes, and its last
//! byte brings the connection home. Dropping it early reads what has already arrived (law 6); if that does not complete
//! the message, the connection is closed.
//!
//! Next: [`redirect`](super::redirect)

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Instant;

use crate::conn::{Delivery, Exchange, Failure, Kits, Phase, Sink};
use crate::message::{Fields, Method, Uri};
use crate::pool::Lease;

use super::error::{Cause, Error};
use super::tally::Tally;
use super::timings::Marks;
use super::upgrade::Upgraded;

/// A response body. Also an [`AsyncRead`], whose errors have an [`Error`] inside.
pub struct Incoming {
    state: State,
    /// Boxed, because hardly any response has some.
    pub(super) trailers: Option<Box<Fields>>,
    /// What counts, if anybody wants to know.
    pub(super) tally: Option<Box<Tally>>,
}

enum State {
    /// All of it is here.
    Arrived(Bytes),
    /// The first part is here, the rest is on its way.
    Live(Bytes, Option<Box<Live>>),
    /// Reading failed. What was read is not the whole, and must never look like it.
    Failed,
    /// No body: the connection now speaks another protocol.
    Switched(Box<Upgraded>),
}

/// A body that is being received.
pub(crate) struct Live {
    pub(crate) exchange: Box<Exchange>,
    pub(crate) lease: Lease,
    pub(crate) kits: Arc<Kits>,
    /// For errors.
    pub(crate) marks: Marks,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
}

impl Incoming {
    pub(crate) fn arrived(content: Bytes, trailers: Fields) -> Incoming {
        Incoming { state: State::Arrived(content), trailers: boxed(trailers), tally: None }
    }

    pub(crate) fn live(first: Bytes, live: Live) -> Incoming {
        Incoming { state: State::Live(first, Some(Box::new(live))), trailers: None, tally: None }
    }

    pub(crate) fn switched(upgraded: Upgraded) -> Incoming {
        Incoming { state: State::Switched(Box::new(upgraded)), trailers: None, tally: None }
    }

    /// The next piece, never empty; `None` at the end.
    ///
    /// Cancel safe: a dropped call has lost nothing.
    ///
    /// # Errors
    /// Timeouts, a broken or cut-off connection, broken chunks. After one, every call is an error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if let State::Live(_, Some(live)) = &mut self.state {
            live.exchange.call();
        }
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, Error>> {
        let polled = self.poll_piece(cx);
        if let (Some(tally), Poll::Ready(Ok(Some(piece)))) = (&mut self.tally, &polled) {
            tally.add(piece.len());
        }
        polled
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        let (first, live) = match &mut self.state {
            State::Arrived(all) => (all, None),
            State::Live(first, live) => (first, live.as_mut()),
            State::Failed => return Poll::Ready(Err(failed_before())),
            State::Switched(_) => return Poll::Ready(Ok(None)),
        };
        if !first.is_empty() {
            return Poll::Ready(Ok(Some(std::mem::take(first))));
        }
        let Some(live) = live else { return Poll::Ready(Ok(None)) };
        match ready!(live.exchange.poll_chunk(cx, live.lease.connection())) {
            Ok(Some(chunk)) => Poll::Ready(Ok(Some(chunk))),
            Ok(None) => {
                self.complete();
                Poll::Ready(Ok(None))
            }
            Err(failure) => Poll::Ready(Err(self.fail(failure))),
        }
    }

    /// Content into `sink`; 0 at the end.
    fn poll_into(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut dyn Sink,
    ) -> Poll<Result<usize, Error>> {
        let polled = self.poll_fill(cx, sink);
        if let (Some(tally), Poll::Ready(Ok(count))) = (&mut self.tally, &polled) {
            tally.add(*count);
        }
        polled
    }

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut dyn Sink,
    ) -> Poll<Result<usize, Error>> {
        let (first, live) = match &mut self.state {
            State::Arrived(all) => (all, None),
            State::Live(first, live) => (first, live.as_mut()),
            State::Failed => return Poll::Ready(Err(failed_before())),
            State::Switched(_) => return Poll::Ready(Ok(0)),
        };
        if !first.is_empty() {
            let count = first.len().min(sink.room());
            sink.put(&first[..count]);
            first.advance(count);
            return Poll::Ready(Ok(count));
        }
        let Some(live) = live else { return Poll::Ready(Ok(0)) };
        match ready!(live.exchange.poll_into(cx, live.lease.connection(), sink)) {
            Ok(0) if sink.room() > 0 => {
                self.complete();
                Poll::Ready(Ok(0))
            }
            Ok(count) => Poll::Ready(Ok(count)),
            Err(failure) => Poll::Ready(Err(self.fail(failure))),
        }
    }

    /// All of it, at most `limit` bytes, if all of it is here.
    pub(crate) fn take_arrived(&mut self, limit: u64) -> Option<Result<Bytes, Error>> {
        match &mut self.state {
            State::Arrived(all) if all.len() as u64 <= limit => {
                if let Some(tally) = &mut self.tally {
                    tally.add(all.len());
                }
                Some(Ok(std::mem::take(all)))
            }
            State::Arrived(_) => Some(Err(Error::new(Cause::BodyLimit(limit), Phase::Body))),
            State::Live(..) | State::Failed | State::Switched(_) => None,
        }
    }

    /// All of it, at most `limit` bytes.
    pub(crate) async fn collect(&mut self, limit: u64) -> Result<Bytes, Error> {
        let too_large = || Error::new(Cause::BodyLimit(limit), Phase::Body);
        if self.remaining().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut content = Vec::new();
        if let State::Live(_, Some(live)) = &mut self.state {
            live.exchange.call();
        }
        while poll_fn(|cx| self.poll_into(cx, &mut content)).await? > 0 {
            if content.len() as u64 > limit {
                return Err(too_large());
            }
        }
        Ok(content.into())
    }

    /// Reads the rest away, at most `most` bytes, so that the connection can be used again. Whatever goes wrong closes it.
    pub(crate) async fn discard(mut self, most: usize) {
        // A long rest is not waited for: closing is cheaper.
        if self.remaining().is_some_and(|rest| rest > most as u64) {
            return;
        }
        let mut read = 0;
        while let Ok(Some(chunk)) = self.chunk().await {
            read += chunk.len();
            if read > most {
                return;
            }
        }
    }

    /// Bytes still to come, where the framing says; `None` for chunked content and for content that lasts until close.
    pub fn remaining(&self) -> Option<u64> {
        match &self.state {
            State::Arrived(all) => Some(all.len() as u64),
            State::Live(first, None) => Some(first.len() as u64),
            State::Live(first, Some(live)) => {
                live.exchange.remaining().map(|rest| rest + first.len() as u64)
            }
            State::Failed => None,
            State::Switched(_) => Some(0),
        }
    }

    /// The trailer fields; empty until the body has been read to its end.
    pub fn trailers(&self) -> &Fields {
        static NONE: Fields = Fields::new();
        self.trailers.as_deref().unwrap_or(&NONE)
    }

    pub(crate) fn into_upgraded(mut self) -> Option<Upgraded> {
        match std::mem::replace(&mut self.state, State::Arrived(Bytes::new())) {
            State::Switched(upgraded) => Some(*upgraded),
            State::Arrived(_) | State::Live(..) | State::Failed => None,
        }
    }

    /// The last byte has come.
    fn complete(&mut self) {
        if let State::Live(_, live) = &mut self.state
            && let Some(live) = live.take()
        {
            let Live { exchange, lease, kits, .. } = *live;
            self.trailers = boxed(finish(exchange, lease, &kits));
        }
    }

    /// The connection is closed; what can be said about it is in the error.
    fn fail(&mut self, failure: Failure) -> Error {
        let error = Error::new(Cause::Exchange(failure), Phase::Body);
        let State::Live(_, Some(mut live)) = std::mem::replace(&mut self.state, State::Failed)
        else {
            return error;
        };
        let mut marks = live.marks;
        marks.exchange(live.exchange.milestones());
        marks.now = Instant::now();
        let reused = live.lease.connection().is_reused();
        error
            .with_request(&live.method, &live.uri)
            .with_delivery(Delivery::ReplyStarted)
            .with_marks(&marks)
            .with_connection(live.lease.connection().info(), reused)
    }
}

fn boxed(trailers: Fields) -> Option<Box<Fields>> {
    (!trailers.is_empty()).then(|| Box::new(trailers))
}

/// What a reader is told who goes on after an error.
fn failed_before() -> Error {
    let failure = Failure::Io(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "an earlier error ended the body before its end",
    ));
    Error::new(Cause::Exchange(failure), Phase::Body).with_delivery(Delivery::ReplyStarted)
}

/// Ends an exchange and brings its connection home, or closes it. Returns the trailers.
pub(crate) fn finish(mut exchange: Box<Exchange>, lease: Lease, kits: &Kits) -> Fields {
    let trailers = exchange.take_trailers();
    let now = exchange.milestones().last;
    // A reason not to reuse drops the lease, which closes the connection.
    if let Ok(proof) = exchange.finish() {
        lease.give_back(proof, now);
    }
    kits.keep(exchange);
    trailers
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let State::Live(_, live) = &mut self.state
            && let Some(mut live) = live.take()
        {
            live.exchange.drain(live.lease.connection());
            let Live { exchange, lease, kits, .. } = *live;
            finish(exchange, lease, &kits);
        }
    }
}

impl AsyncRead for Incoming {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(self.poll_into(cx, buffer));
        Poll::Ready(read.map(drop).map_err(|error| io::Error::new(error.io_kind(), error)))
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Arrived(_) | State::Live(_, None) => "arrived",
            State::Live(..) => "on its way",
            State::Failed => "failed",
            State::Switched(_) => "switched",
        };
        f.debug_struct("Incoming")
            .field("state", &state)
            .field("remaining", &self.remaining())
            .finish()
    }
}
