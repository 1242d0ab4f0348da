//! A wire that reads and writes as little at a time as a test asks for. It stands on the TCP wire where TLS would stand:
//! a client with a [`Pacer`] as its [`Secure`] takes it for every `https` URL and encrypts nothing, so any player can be
//! the server. Where a read ends is decided here and not by the kernel, which may join what was sent apart.
#![allow(dead_code)] // every test file uses another part of it

use std::future::ready;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wireline::net::{BoxedWire, Liveness, Secure, Securing, Wire, next_identity};

/// How a wire moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As the network comes.
    Free,
    /// One read ends after this many bytes, and the next is pending once.
    Cut(usize),
    /// Pending before every byte, in and out.
    Bytewise,
}

/// Sets the pace of all wires of a client, which uses one at a time.
#[derive(Clone)]
pub struct Pacer {
    reins: Arc<Mutex<Reins>>,
    identity: u64,
}

struct Reins {
    pace: Pace,
    /// Bytes read since the pace was set.
    read: usize,
    /// The pending answer before the next read, and before the next write, has been given.
    may_read: bool,
    may_write: bool,
}

struct Paced {
    wire: BoxedWire,
    reins: Arc<Mutex<Reins>>,
}

impl Pacer {
    pub fn new() -> Pacer {
        let reins = Reins { pace: Pace::Free, read: 0, may_read: false, may_write: false };
        Pacer { reins: Arc::new(Mutex::new(reins)), identity: next_identity() }
    }

    /// From the next byte on.
    pub fn set(&self, pace: Pace) {
        let reins = Reins { pace, read: 0, may_read: false, may_write: false };
        *self.reins.lock().unwrap_or_else(PoisonError::into_inner) = reins;
    }
}

impl Secure for Pacer {
    fn secure(&self, _: &str, wire: BoxedWire) -> Securing {
        let wire: BoxedWire = Box::new(Paced { wire, reins: Arc::clone(&self.reins) });
        Box::pin(ready(Ok(wire)))
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}

impl Reins {
    /// How many bytes the next read may bring; `None`: it is pending once.
    fn room_to_read(&mut self) -> Option<usize> {
        let room = match self.pace {
            Pace::Free => return Some(usize::MAX),
            Pace::Cut(at) if self.read < at => return Some(at - self.read),
            Pace::Cut(_) => usize::MAX,
            Pace::Bytewise => 1,
        };
        std::mem::replace(&mut self.may_read, true).then_some(room)
    }

    fn has_read(&mut self, count: usize) {
        self.read += count;
        if self.pace == Pace::Bytewise {
            self.may_read = false;
        }
    }

    fn room_to_write(&mut self) -> Option<usize> {
        match self.pace {
            Pace::Bytewise => std::mem::replace(&mut self.may_write, true).then_some(1),
            Pace::Free | Pace::Cut(_) => Some(usize::MAX),
        }
    }
}

impl Paced {
    fn reins(&self) -> MutexGuard<'_, Reins> {
        self.reins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(room) = self.reins().room_to_read() else {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let mut bytes = vec![0; buffer.remaining().min(room)];
        let mut part = ReadBuf::new(&mut bytes);
        let polled = Pin::new(&mut self.wire).poll_read(cx, &mut part);
        if polled.is_ready() {
            self.reins().has_read(part.filled().len());
            buffer.put_slice(part.filled());
        }
        polled
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(room) = self.reins().room_to_write() else {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let polled = Pin::new(&mut self.wire).poll_write(cx, &bytes[..bytes.len().min(room)]);
        if polled.is_ready() {
            self.reins().may_write = false;
        }
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        self.poll_write(cx, first.map_or(&[], |slice| slice))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

impl Wire for Paced {
    fn probe(&mut self) -> Liveness {
        self.wire.probe()
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wire.try_read(buffer)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wire.try_write(bytes)
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        self.wire.local_addr()
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        self.wire.peer_addr()
    }
}
