//! Where content goes: the caller's memory, of either kind.
//!
//! A sink takes decoded slices, or is read into directly where the content is on the wire as it is. It never takes more
//! than its room, and a direct read never more than the content has left, so no byte of the next message is lost in it.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use crate::net::Wire;

use super::buffer::LARGE_READ;

/// The caller's memory.
pub trait Sink {
    /// How many bytes it takes.
    fn room(&self) -> usize;

    /// Takes `data`, which fits.
    fn put(&mut self, data: &[u8]);

    /// Reads once from `wire`, at most `limit` bytes. `Ok(0)` is the end of the stream.
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut dyn Wire,
        limit: u64,
    ) -> Poll<io::Result<usize>>;
}

/// Grows with the content.
impl Sink for Vec<u8> {
    fn room(&self) -> usize {
        usize::MAX
    }

    fn put(&mut self, data: &[u8]) {
        self.extend_from_slice(data);
    }

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut dyn Wire,
        limit: u64,
    ) -> Poll<io::Result<usize>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.capacity() - self.len() < limit.min(LARGE_READ) {
            self.reserve(limit.min(LARGE_READ));
        }
        pin!(wire.read_buf(&mut self.limit(limit))).poll(cx)
    }
}

/// A reader's buffer.
impl Sink for ReadBuf<'_> {
    fn room(&self) -> usize {
        self.remaining()
    }

    fn put(&mut self, data: &[u8]) {
        self.put_slice(data);
    }

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        wire: &mut dyn Wire,
        limit: u64,
    ) -> Poll<io::Result<usize>> {
        let mut wire = wire;
        let before = self.filled().len();
        match usize::try_from(limit) {
            // The message ends inside this buffer: read up to its end and no further.
            Ok(limit) if limit < self.remaining() => {
                let mut part = ReadBuf::new(self.initialize_unfilled_to(limit));
                ready!(Pin::new(&mut wire).poll_read(cx, &mut part))?;
                let count = part.filled().len();
                self.advance(count);
            }
            _ => ready!(Pin::new(&mut wire).poll_read(cx, self))?,
        }
        Poll::Ready(Ok(self.filled().len() - before))
    }
}
