//! The content of a response, in three ways: a piece at a time, into the caller's memory, or as far as it has come.
//!
//! The same loop serves all three: send what can be sent, decode what is there, read when nothing is. Content that needs
//! no decoding is read past the inbox, straight into the caller's memory. The end is reported only when the response is
//! complete *and* the request is finished or given up, so that reading to the end also finishes an upload.
//!
//! Next: [`dial`](mod@super::dial)

use std::io;
use std::mem;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::h1::{Piece, Received};
use crate::message::Fields;
use crate::net::Wire;

use super::buffer::LARGE_READ;
use super::connection::Connection;
use super::exchange::Exchange;
use super::failure::Failure;
use super::governor;
use super::lanes::{Receiving, Sending};
use super::sink::Sink;

impl Exchange {
    /// The next piece of content; `None` at the end.
    ///
    /// Cancel safe. # Errors: a [`Failure`]; the connection must be closed.
    pub fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
    ) -> Poll<Result<Option<Bytes>, Failure>> {
        loop {
            self.poll_send(cx, connection)?;
            self.in_time()?;
            let chunk = self.take_chunk()?;
            if !chunk.is_empty() {
                self.got();
                return Poll::Ready(Ok(Some(chunk)));
            }
            if self.is_received() {
                match ready!(self.poll_end(cx))? {
                    Completion::Complete => return Poll::Ready(Ok(None)),
                    Completion::Open => continue,
                }
            }
            ready!(self.poll_more(cx, connection, None))?;
        }
    }

    /// Content into `sink`: at least one byte, or 0 at the end (or if the sink has no room).
    ///
    /// Cancel safe. # Errors: a [`Failure`]; the connection must be closed.
    pub fn poll_into(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
        sink: &mut dyn Sink,
    ) -> Poll<Result<usize, Failure>> {
        if sink.room() == 0 {
            return Poll::Ready(Ok(0));
        }
        loop {
            self.poll_send(cx, connection)?;
            self.in_time()?;
            let mut count = self.decode_into(sink)?;
            if count == 0 && !self.is_received() {
                count = ready!(self.poll_more(cx, connection, Some(sink)))?;
            }
            if count > 0 {
                self.got();
                return Poll::Ready(Ok(count));
            }
            if self.is_received() && ready!(self.poll_end(cx))? == Completion::Complete {
                return Poll::Ready(Ok(0));
            }
        }
    }

    /// The content, if all of it has come already; what has come of it otherwise. What is wrong with it is told to whoever
    /// reads it, so that the outcome does not depend on what came in one segment with the head.
    pub fn take_arrived(&mut self) -> (Bytes, Completion) {
        let chunk = self.take_chunk().unwrap_or_default();
        // A response whose last byte of content is here may be one decoding step from its end.
        if !self.is_received() && self.inbox.unread().is_empty() {
            let mut nothing = Vec::new();
            let _ = self.decode_into(&mut nothing);
        }
        let done =
            self.is_received() && matches!(self.sending, Sending::Sent(_) | Sending::Stopped);
        if done {
            return (chunk, Completion::Complete);
        }
        // Whoever reads on may do it in another runtime; the clock stays with the socket, in this one.
        let (since, patience) = (self.milestones.last, &self.patience);
        let clocks = patience.read_until(since).sooner(patience.write_until(since));
        self.timer.prepare(clocks.sooner(patience.total));
        self.head_is_here();
        (chunk, Completion::Open)
    }

    /// Reads away, without waiting, what has arrived of the rest, at most `budget` bytes (law 6).
    pub fn drain(&mut self, connection: &mut Connection, mut budget: usize) {
        let mut discard = Discard;
        while self.decode_into(&mut discard).is_ok() && !self.is_received() && budget > 0 {
            let mut scratch = [0; 8 * 1024];
            let room = scratch.len().min(budget);
            match connection.wire().try_read(&mut scratch[..room]) {
                Ok(count @ 1..) => {
                    budget -= count;
                    self.inbox.put(&scratch[..count]);
                }
                _ => return,
            }
        }
    }

    /// The trailer fields, once the response is complete.
    pub fn take_trailers(&mut self) -> Fields {
        match &mut self.receiving {
            Receiving::Received(received) => mem::take(&mut received.trailers),
            _ => Fields::new(),
        }
    }

    /// Whether the response has been received to its last byte.
    pub fn is_received(&self) -> bool {
        matches!(self.receiving, Receiving::Received(_))
    }

    /// All content in the inbox, as one piece; empty if there is none yet.
    fn take_chunk(&mut self) -> Result<Bytes, Failure> {
        if let Receiving::Content(content) = &mut self.receiving
            && let raw @ 1.. = usize::try_from(content.pass_through()).unwrap_or(usize::MAX)
        {
            let count = raw.min(self.inbox.unread().len());
            content.passed(count as u64);
            return Ok(self.inbox.take(count));
        }
        let mut decoded = Vec::new();
        self.decode_into(&mut decoded)?;
        Ok(decoded.into())
    }

    /// Decodes the inbox into `sink` until one of them is used up. A fault behind good content is an error of the next call.
    fn decode_into(&mut self, sink: &mut dyn Sink) -> Result<usize, Failure> {
        let (mut count, mut done) = (0, 0);
        while let Receiving::Content(content) = &mut self.receiving {
            let unread = &self.inbox.unread()[done..];
            // A decoder that is offered no more than fits cannot give more than fits.
            let offered = unread.len().min(sink.room());
            let consumed = match content.decode(&unread[..offered]) {
                Ok(Piece::Data { consumed, data }) => {
                    count += data.len();
                    sink.put(data);
                    consumed
                }
                Ok(Piece::End { consumed, received }) => {
                    self.receiving = Receiving::Received(received);
                    consumed
                }
                // Inside the trailers, which are content no more, only the whole of them makes sense.
                Ok(Piece::More { consumed: 0 }) if 0 < offered && offered < unread.len() => {
                    match content.decode(unread) {
                        Ok(Piece::End { consumed, received }) => {
                            self.receiving = Receiving::Received(received);
                            consumed
                        }
                        Ok(_) => break,
                        Err(why) => {
                            self.receiving = Receiving::Broken(why);
                            break;
                        }
                    }
                }
                Ok(Piece::More { consumed: 0 }) => break,
                Ok(Piece::More { consumed }) => consumed,
                Err(why) => {
                    self.receiving = Receiving::Broken(why);
                    break;
                }
            };
            done += consumed;
        }
        self.inbox.consume(done);
        match &self.receiving {
            Receiving::Broken(why) if count == 0 => Err(Failure::Violation(why.clone())),
            _ => Ok(count),
        }
    }

    /// Reads once: into `sink` where the content needs no decoding, else into the inbox (0 then).
    fn poll_more(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
        sink: Option<&mut dyn Sink>,
    ) -> Poll<Result<usize, Failure>> {
        let Receiving::Content(content) = &mut self.receiving else {
            return Poll::Ready(Err(Failure::Io(io::ErrorKind::UnexpectedEof.into())));
        };
        let raw = content.pass_through();
        let filled = match sink {
            Some(sink) if raw > 0 && self.inbox.unread().is_empty() => {
                let wire = connection.wire();
                let filled = match self.governor.as_mut().and_then(|governor| governor.download()) {
                    None => sink.poll_fill(cx, wire, raw),
                    Some(valve) => governor::poll_sink(valve, cx, sink, wire, raw),
                };
                if let Poll::Ready(Ok(count @ 1..)) = filled {
                    content.passed(count as u64);
                    self.milestones.read(count);
                }
                filled
            }
            // A short rest needs no large buffer.
            _ => {
                let room = usize::try_from(raw).unwrap_or(LARGE_READ).clamp(1, LARGE_READ);
                let room = if raw == 0 { LARGE_READ } else { room };
                let filled = self.poll_fill(cx, connection, room);
                if let Poll::Ready(Ok(1..)) = filled {
                    return Poll::Ready(Ok(0));
                }
                filled
            }
        };
        match filled {
            Poll::Ready(Ok(0)) => {
                self.end_of_stream().map_or_else(|e| Poll::Ready(Err(e)), |()| Poll::Ready(Ok(0)))
            }
            Poll::Ready(Ok(count)) => Poll::Ready(Ok(count)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.content_error(error))),
            Poll::Pending => {
                self.milestones.wait();
                self.poll_clock(cx).map_ok(|()| 0)
            }
        }
    }

    fn end_of_stream(&mut self) -> Result<(), Failure> {
        if let Receiving::Content(content) = &self.receiving {
            let received = content.end_of_stream().map_err(Failure::Violation)?;
            self.receiving = Receiving::Received(received);
        }
        Ok(())
    }

    /// Reading failed. A stream cut off (by TLS's rules: without close_notify) is an incomplete message where the
    /// framing says so, and may be one where only the close would say so: never its end.
    fn content_error(&self, error: io::Error) -> Failure {
        match (&self.receiving, error.kind()) {
            (Receiving::Content(content), io::ErrorKind::UnexpectedEof) => {
                match content.end_of_stream() {
                    Err(violation) => Failure::Violation(violation),
                    Ok(Received { .. }) => Failure::Io(error),
                }
            }
            _ => Failure::Io(error),
        }
    }

    /// The response is complete. So is the exchange, unless an upload that the server wants is still running.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<Completion, Failure>> {
        match self.sending {
            Sending::Sent(_) | Sending::Stopped | Sending::Broken(_) => {
                Poll::Ready(Ok(Completion::Complete))
            }
            Sending::Await(..) | Sending::Content(_) | Sending::Flush(_) => {
                self.milestones.wait();
                self.poll_clock(cx).map_ok(|()| Completion::Open)
            }
        }
    }
}

/// Whether a response has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Everything was received, and sent or given up.
    Complete,
    /// Something is still to come or to go.
    Open,
}

/// A sink without a bottom.
struct Discard;

impl Sink for Discard {
    fn room(&self) -> usize {
        usize::MAX
    }

    fn put(&mut self, _: &[u8]) {}

    fn poll_fill(
        &mut self,
        _: &mut Context<'_>,
        _: &mut dyn Wire,
        _: u64,
    ) -> Poll<io::Result<usize>> {
        Poll::Pending
    }
}
