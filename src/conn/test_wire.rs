//! A wire for tests: plays bytes, records bytes, and can be as slow as a wire can be.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::{Liveness, Wire};

/// Plays `input`, then ends or stays silent; records what is written.
#[derive(Debug, Default)]
pub struct Scripted {
    input: VecDeque<u8>,
    written: Vec<u8>,
    writes: usize,
    /// Bytes accepted by one write; 0 means all.
    accept: usize,
    pace: Pace,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Pace {
    #[default]
    Ready,
    /// Pending before every byte, in and out.
    Pending,
    Due,
}

impl Scripted {
    pub fn new(input: &[u8]) -> Scripted {
        Scripted { input: input.iter().copied().collect(), ..Scripted::default() }
    }

    pub fn accepting(self, accept: usize) -> Scripted {
        Scripted { accept, ..self }
    }

    pub fn pending_before_every_byte(self) -> Scripted {
        Scripted { accept: 1, pace: Pace::Pending, ..self }
    }

    pub fn written(&self) -> &[u8] {
        &self.written
    }

    pub fn writes(&self) -> usize {
        self.writes
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (answer, next) = match self.pace {
            Pace::Ready => (Poll::Ready(()), Pace::Ready),
            Pace::Pending => (Poll::Pending, Pace::Due),
            Pace::Due => (Poll::Ready(()), Pace::Pending),
        };
        self.pace = next;
        if answer.is_pending() {
            cx.waker().wake_by_ref();
        }
        answer
    }
}

impl AsyncRead for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.wait(cx).is_pending() {
            return Poll::Pending;
        }
        let most = if self.pace == Pace::Ready { usize::MAX } else { 1 };
        let count = self.input.len().min(buffer.remaining()).min(most);
        let bytes: Vec<u8> = self.input.drain(..count).collect();
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.wait(cx).is_pending() {
            return Poll::Pending;
        }
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let count = if self.accept == 0 { all.len() } else { all.len().min(self.accept) };
        self.written.extend_from_slice(&all[..count]);
        self.writes += 1;
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Wire for Scripted {
    fn probe(&mut self) -> Liveness {
        if self.input.is_empty() { Liveness::Healthy } else { Liveness::Surplus }
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.len().min(buffer.len());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        for slot in &mut buffer[..count] {
            *slot = self.input.pop_front().unwrap_or_default();
        }
        Ok(count)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }
}
