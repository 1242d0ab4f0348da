//! Bytes on their way out: text written here, pieces of content written by the caller.
//!
//! In go heads, chunk lines and pieces; out they go in as few system calls as the wire allows, up to sixteen slices a
//! call. A piece that is smaller than the cost of a slice of its own is copied into the text. How far a write got is
//! kept here and nowhere else, so a dropped future can leave nothing half done (law 7).

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use crate::net::Wire;

/// Slices handed to one write.
const SLICES: usize = 16;

/// Pieces up to this size are copied behind the text before them: head and small body leave in one write.
const COPY: usize = 4 * 1024;

/// The same where the wire takes one slice at a time, as a TLS record does.
const COPY_UNVECTORED: usize = 16 * 1024;

/// What has been written and not yet accepted by the wire.
#[derive(Debug, Default)]
pub struct Outbox {
    text: Vec<u8>,
    /// How much of `text` the wire has accepted.
    sent: usize,
    /// What is to be sent, in order. Text in front of the first segment's end belongs to it.
    segments: VecDeque<Segment>,
}

#[derive(Debug)]
enum Segment {
    /// The text up to this position.
    Text(usize),
    Piece(Bytes),
}

impl Outbox {
    /// Lets `write` append to the text.
    pub fn text<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let result = write(&mut self.text);
        let end = self.text.len();
        match self.segments.back_mut() {
            Some(Segment::Text(last)) => *last = end,
            _ if end > self.sent => self.segments.push_back(Segment::Text(end)),
            _ => {}
        }
        result
    }

    /// Appends a piece of content.
    pub fn piece(&mut self, piece: Bytes, vectored: bool) {
        let copy = if vectored { COPY } else { COPY_UNVECTORED };
        match piece.len() {
            0 => {}
            length if length <= copy => self.text(|text| text.extend_from_slice(&piece)),
            _ => self.segments.push_back(Segment::Piece(piece)),
        }
    }

    /// The text that has not been accepted by the wire.
    pub fn unsent(&self) -> &[u8] {
        self.text.get(self.sent..).unwrap_or_default()
    }

    /// How many bytes have not been accepted by the wire.
    pub fn len(&self) -> u64 {
        let piece = |segment: &Segment| match segment {
            Segment::Text(_) => 0,
            Segment::Piece(piece) => piece.len() as u64,
        };
        self.unsent().len() as u64 + self.segments.iter().map(piece).sum::<u64>()
    }

    /// Whether everything has been accepted by the wire.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether one write can take no more than is already here.
    pub fn is_full(&self) -> bool {
        self.segments.len() >= SLICES || self.text.len() >= COPY_UNVECTORED
    }

    /// Writes once. Returns how many bytes the wire accepted; must not be called when empty.
    pub fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut dyn Wire,
    ) -> Poll<io::Result<usize>> {
        let mut wire = wire;
        let written = match (self.segments.front(), self.segments.len()) {
            (None, _) => return Poll::Ready(Ok(0)),
            (Some(Segment::Text(end)), 1) => {
                Pin::new(&mut wire).poll_write(cx, &self.text[self.sent..*end])
            }
            (Some(Segment::Piece(piece)), 1) => Pin::new(&mut wire).poll_write(cx, piece),
            _ => {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let count = self.slices(&mut slices);
                Pin::new(&mut wire).poll_write_vectored(cx, &slices[..count])
            }
        };
        self.written(written)
    }

    /// The same, and at most `most` bytes of what comes next.
    #[cold]
    pub fn poll_write_some(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut dyn Wire,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        let mut wire = wire;
        let next = self.next();
        let written = Pin::new(&mut wire).poll_write(cx, &next[..next.len().min(most)]);
        self.written(written)
    }

    /// How many bytes come next that lie next to each other.
    pub fn next_len(&self) -> usize {
        self.next().len()
    }

    fn next(&self) -> &[u8] {
        match self.segments.front() {
            None => &[],
            Some(Segment::Text(end)) => &self.text[self.sent..*end],
            Some(Segment::Piece(piece)) => piece,
        }
    }

    #[inline]
    fn written(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(count)) => {
                self.accepted(count);
                Poll::Ready(Ok(count))
            }
            other => other,
        }
    }

    fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES]) -> usize {
        let mut from = self.sent;
        let mut count = 0;
        for (slice, segment) in slices.iter_mut().zip(&self.segments) {
            *slice = match segment {
                Segment::Text(end) => {
                    IoSlice::new(&self.text[std::mem::replace(&mut from, *end)..*end])
                }
                Segment::Piece(piece) => IoSlice::new(piece),
            };
            count += 1;
        }
        count
    }

    /// Forgets the first `count` bytes.
    fn accepted(&mut self, mut count: usize) {
        while let Some(segment) = self.segments.front_mut() {
            let length = match segment {
                Segment::Text(end) => *end - self.sent,
                Segment::Piece(piece) => piece.len(),
            };
            let done = length.min(count);
            match segment {
                Segment::Text(_) => self.sent += done,
                Segment::Piece(piece) => piece.advance(done),
            }
            if done < length {
                return;
            }
            count -= done;
            self.segments.pop_front();
        }
        self.text.clear();
        self.sent = 0;
    }

    /// Drops everything unsent; keeps a little memory for the next user.
    pub fn reset(&mut self) {
        self.text.clear();
        self.text.shrink_to(COPY);
        self.sent = 0;
        self.segments.clear();
        self.segments.shrink_to(SLICES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::test_wire::Scripted;

    async fn drain(outbox: &mut Outbox, wire: &mut Scripted) {
        while !outbox.is_empty() {
            std::future::poll_fn(|cx| outbox.poll_write(cx, wire)).await.expect("writable");
        }
    }

    #[tokio::test]
    async fn everything_leaves_in_order_however_little_is_accepted_at_once() {
        let large = Bytes::from(vec![b'L'; COPY + 1]);
        let wires = [1, 2, 7, 4096, 1 << 20].map(|count| Scripted::new(b"").accepting(count));
        let slow = Scripted::new(b"").pending_before_every_byte();
        for mut wire in wires.into_iter().chain([slow]) {
            let mut outbox = Outbox::default();
            outbox.text(|text| text.extend_from_slice(b"head "));
            outbox.piece(large.clone(), true);
            outbox.text(|text| text.extend_from_slice(b" middle "));
            outbox.piece(Bytes::from_static(b"small"), true);
            outbox.piece(Bytes::new(), true);
            outbox.piece(large.clone(), true);
            drain(&mut outbox, &mut wire).await;
            outbox.text(|text| text.extend_from_slice(b" again"));
            drain(&mut outbox, &mut wire).await;
            let expected = [b"head ", &large[..], b" middle small", &large[..], b" again"].concat();
            assert!(wire.written() == expected, "in {} writes", wire.writes());
        }
    }

    #[tokio::test]
    async fn head_and_small_body_leave_in_one_write() {
        let mut outbox = Outbox::default();
        let mut wire = Scripted::new(b"");
        outbox.text(|text| text.extend_from_slice(b"POST / HTTP/1.1\r\n\r\n"));
        outbox.piece(Bytes::from_static(b"body"), true);
        drain(&mut outbox, &mut wire).await;
        assert_eq!(wire.writes(), 1);
    }
}
