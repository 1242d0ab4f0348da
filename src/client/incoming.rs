//! The body of a response on its way in.
//!
//! A body that came whole with its head is a piece of memory; its connection went home before the caller saw the
//! response. Any other body is [`Live`]: it owns the exchange and the lease, reading it drives both lanes, and its last
//! byte brings the connection home. Dropping it early reads what has already arrived (law 6); if that does not complete
//! the message, the connection is closed.
//!
//! Coded content is undone on the way out, if that was asked for: [`Decoding`] stands between what is received and what
//! is handed out. What nobody reads, nobody decodes.
//!
//! Next: [`redirect`](super::redirect)

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::coop::poll_proceed;

use crate::conn::{Delivery, Exchange, Failure, Phase, Sink};
use crate::message::Fields;

use super::codings::choice::Codings;
use super::codings::decode::CodingError;
use super::codings::decoding::{Decoding, PIECE};
use super::error::{Cause, Error};
use super::live::Live;
use super::reading::tally::Tally;
use super::upgrade::Upgraded;

/// A response body. Also an [`AsyncRead`], whose errors have an [`Error`] inside.
pub struct Incoming {
    state: State,
    /// Boxed, because hardly any response has some.
    pub(super) trailers: Option<Box<Fields>>,
    /// What counts, if anybody wants to know.
    pub(super) tally: Option<Box<Tally>>,
    /// What undoes the content's codings; most content has none.
    decoding: Option<Box<Decoding>>,
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

impl Incoming {
    pub(crate) fn arrived(content: Bytes, trailers: Fields) -> Incoming {
        let mut incoming = Incoming::of(State::Arrived(content));
        incoming.trailers = boxed(trailers);
        incoming
    }

    pub(crate) fn live(first: Bytes, live: Live) -> Incoming {
        Incoming::of(State::Live(first, Some(Box::new(live))))
    }

    pub(crate) fn switched(upgraded: Upgraded) -> Incoming {
        Incoming::of(State::Switched(Box::new(upgraded)))
    }

    fn of(state: State) -> Incoming {
        Incoming { state, trailers: None, tally: None, decoding: None }
    }

    /// From here on, undoes the codings that `fields` speak of, if they are among `codings`.
    pub(crate) fn decode(&mut self, fields: &Fields, codings: &Codings) {
        let coded = match &self.state {
            State::Arrived(content) => !content.is_empty(),
            State::Live(..) => true,
            State::Failed | State::Switched(_) => false,
        };
        if coded {
            self.decoding = Decoding::of(fields, codings);
        }
    }

    /// Whether what is handed out is not what was received.
    pub(crate) fn is_decoded(&self) -> bool {
        self.decoding.is_some()
    }

    /// What it comes out of, while it does.
    #[inline]
    pub(super) fn exchange(&mut self) -> Option<&mut Exchange> {
        match &mut self.state {
            State::Live(_, Some(live)) => Some(&mut live.exchange),
            _ => None,
        }
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
        if self.decoding.is_none() {
            return self.poll_received(cx);
        }
        let mut piece = None;
        let decoded = self.poll_decoded(cx, PIECE, &mut |content| {
            piece = Some(Bytes::copy_from_slice(content));
        });
        ready!(decoded)?;
        Poll::Ready(Ok(piece))
    }

    /// The next piece as it was received.
    fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
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
        let polled = live.exchange.poll_chunk(cx, live.lease.connection());
        live.events.moved(&live.exchange);
        match ready!(polled) {
            Ok(Some(chunk)) => {
                live.events.content(chunk.len());
                Poll::Ready(Ok(Some(chunk)))
            }
            Ok(None) => {
                self.complete();
                Poll::Ready(Ok(None))
            }
            Err(failure) => Poll::Ready(Err(self.fail(failure))),
        }
    }

    /// The next piece of decoded content, at most `room` bytes, goes to `take`; 0 at the end, which is not before all has
    /// been received: the connection can be used again even if the coded content ended before its framing did.
    fn poll_decoded(
        &mut self,
        cx: &mut Context<'_>,
        room: usize,
        take: &mut dyn FnMut(&[u8]),
    ) -> Poll<Result<usize, Error>> {
        // Content that is made and not received never waits by itself; other tasks want their turn.
        let turn = ready!(poll_proceed(cx));
        while let Some(decoding) = &mut self.decoding {
            match decoding.decode(room) {
                Ok([]) => {}
                Ok(content) => {
                    take(content);
                    turn.made_progress();
                    return Poll::Ready(Ok(content.len()));
                }
                Err(error) => return Poll::Ready(Err(self.spoil(error))),
            }
            let received = ready!(self.poll_received(cx))?;
            let Some(decoding) = &mut self.decoding else { break };
            match received {
                Some(coded) => decoding.feed(coded),
                None => {
                    let end = decoding.finish();
                    return Poll::Ready(end.map(|()| 0).map_err(|error| self.spoil(error)));
                }
            }
        }
        Poll::Ready(Ok(0))
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
        if self.decoding.is_some() {
            return match sink.room() {
                0 => Poll::Ready(Ok(0)),
                room => self.poll_decoded(cx, room, &mut |content| sink.put(content)),
            };
        }
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
        let polled = live.exchange.poll_into(cx, live.lease.connection(), sink);
        live.events.moved(&live.exchange);
        match ready!(polled) {
            Ok(0) if sink.room() > 0 => {
                self.complete();
                Poll::Ready(Ok(0))
            }
            Ok(count) => {
                live.events.content(count);
                Poll::Ready(Ok(count))
            }
            Err(failure) => Poll::Ready(Err(self.fail(failure))),
        }
    }

    /// All of it, at most `limit` bytes, if all of it is here.
    pub(crate) fn take_arrived(&mut self, limit: u64) -> Option<Result<Bytes, Error>> {
        match &mut self.state {
            State::Arrived(_) if self.decoding.is_some() => None,
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
        if let Some(exchange) = self.exchange() {
            exchange.call();
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
        // Raw bytes, never decoded (S-70).
        self.decoding = None;
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

    /// Bytes still to come, where the framing says; `None` for chunked content, for content that lasts until close, and
    /// for content that is decoded.
    pub fn remaining(&self) -> Option<u64> {
        match &self.state {
            _ if self.decoding.is_some() => None,
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
            self.trailers = boxed(live.finish());
        }
    }

    /// The connection is closed; what can be said about it is in the error.
    fn fail(&mut self, failure: Failure) -> Error {
        let error = Error::new(Cause::Exchange(failure), Phase::Body);
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Live(_, Some(live)) => live.fail(error),
            _ => error,
        }
    }

    /// The content cannot be decoded. What has arrived of it is read away as if it were dropped.
    fn spoil(&mut self, error: CodingError) -> Error {
        self.decoding = None;
        let error = Error::new(Cause::Coding(error), Phase::Decode);
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Live(_, Some(live)) => live.spoil(error),
            _ => error.with_delivery(Delivery::ReplyStarted),
        }
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

impl Drop for Incoming {
    fn drop(&mut self) {
        if let State::Live(_, live) = &mut self.state
            && let Some(live) = live.take()
        {
            live.let_go();
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
