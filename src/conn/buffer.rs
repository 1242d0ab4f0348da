//! Bytes read and not yet understood.
//!
//! In go bytes from a wire, at the back; out come slices, at the front. The buffer never looks at them. Consumed bytes
//! are forgotten, not moved: the memory is used from the start again once everything in it is consumed, and bytes move
//! only when a message does not fit behind them.
//!
//! Next: [`super::connection`]

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes};
use tokio::io::AsyncReadExt;

use crate::net::Wire;

/// Room asked for before a read: a small response fits in one.
pub const SMALL_READ: usize = 8 * 1024;

/// Room asked for while a large body comes: the minimum of instructions per byte over read sizes; larger reads gain
/// nothing, smaller ones pay in system calls.
pub const LARGE_READ: usize = 64 * 1024;

/// Pieces from here on are handed out as they are; smaller ones are copied, so that a few bytes kept by the caller do
/// not keep a whole read's memory alive.
const HAND_OUT: usize = 16 * 1024;

/// A growing read buffer.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// Everything before this has been consumed.
    start: usize,
}

impl Buffer {
    /// The bytes that have been read and not consumed.
    pub fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Forgets the first `count` unread bytes.
    pub fn consume(&mut self, count: usize) {
        self.start = self.bytes.len().min(self.start + count);
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Reads once, with room for at least `room` bytes. `Ok(0)` is the end of the stream.
    ///
    /// Cancel safe: `Pending` has read nothing.
    #[inline]
    pub fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut dyn Wire,
        room: usize,
    ) -> Poll<io::Result<usize>> {
        self.make_room(room);
        pin!(wire.read_buf(&mut self.bytes)).poll(cx)
    }

    /// The same, and at most `most` bytes.
    pub fn poll_fill_some(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut dyn Wire,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        self.make_room(most);
        pin!(wire.read_buf(&mut (&mut self.bytes).limit(most))).poll(cx)
    }

    #[inline]
    fn make_room(&mut self, room: usize) {
        if self.bytes.capacity() - self.bytes.len() < room {
            self.bytes.drain(..self.start);
            self.start = 0;
            self.bytes.reserve(room);
        }
    }

    /// Appends bytes that were read elsewhere.
    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the first `count` unread bytes out.
    pub fn take(&mut self, count: usize) -> Bytes {
        let end = self.bytes.len().min(self.start + count);
        if count < HAND_OUT || end < self.bytes.len() {
            let copy = Bytes::copy_from_slice(&self.bytes[self.start..end]);
            self.consume(count);
            return copy;
        }
        let start = std::mem::take(&mut self.start);
        Bytes::from(std::mem::take(&mut self.bytes)).slice(start..end)
    }

    /// Empties the buffer; keeps at most `SMALL_READ` bytes of memory for the next user.
    pub fn reset(&mut self) {
        self.bytes.clear();
        self.start = 0;
        self.bytes.shrink_to(SMALL_READ);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(bytes: &[u8]) -> Buffer {
        Buffer { bytes: bytes.to_vec(), start: 0 }
    }

    #[test]
    fn consumed_bytes_are_forgotten() {
        let mut buffer = filled(b"hello");
        buffer.consume(2);
        assert_eq!(buffer.unread(), b"llo");
        assert_eq!(buffer.take(1), "l");
        buffer.consume(9);
        assert!(buffer.unread().is_empty());
    }

    #[test]
    fn a_large_read_is_handed_out_without_a_copy() {
        let mut buffer = filled(&[7; HAND_OUT + 3]);
        let at = buffer.bytes.as_ptr() as usize;
        buffer.consume(3);
        let taken = buffer.take(HAND_OUT);
        assert_eq!((taken.as_ptr() as usize, taken.len()), (at + 3, HAND_OUT));
        assert!(buffer.unread().is_empty());
    }

    #[tokio::test]
    async fn reading_makes_room_by_moving_what_is_unread_to_the_front() {
        let mut buffer = filled(b"head rest");
        buffer.consume(5);
        let mut wire = crate::conn::test_wire::Scripted::new(b" and more");
        let read = std::future::poll_fn(|cx| buffer.poll_fill(cx, &mut wire, SMALL_READ)).await;
        assert_eq!(read.expect("readable"), 9);
        assert_eq!(buffer.unread(), b"rest and more");
    }
}
