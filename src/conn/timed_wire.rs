//! A wire for tests with a clock: plays bytes at set times, accepts everything or nothing, and keeps a log of what moved
//! when. For paused time.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::net::{Liveness, Wire};

/// What moved when, from the wire's beginning.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Moved>>);

#[derive(Debug, Default)]
pub struct Moved {
    pub read: Vec<(Duration, usize)>,
    pub written: Vec<(Duration, usize)>,
}

impl Log {
    pub fn lock(&self) -> MutexGuard<'_, Moved> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Silent after its last play.
#[derive(Debug)]
pub struct Timed {
    begun: Instant,
    plays: VecDeque<(Duration, Vec<u8>)>,
    due: VecDeque<u8>,
    /// Bytes it still accepts.
    accepts: usize,
    alarm: Option<Pin<Box<Sleep>>>,
    pub log: Log,
}

impl Timed {
    /// Each play comes at its time.
    pub fn new(plays: impl IntoIterator<Item = (Duration, impl Into<Vec<u8>>)>) -> Timed {
        Timed {
            begun: Instant::now(),
            plays: plays.into_iter().map(|(at, bytes)| (at, bytes.into())).collect(),
            due: VecDeque::new(),
            accepts: usize::MAX,
            alarm: None,
            log: Log::default(),
        }
    }

    pub fn accepting(self, accepts: usize) -> Timed {
        Timed { accepts, ..self }
    }

    fn come(&mut self) {
        while let Some((at, bytes)) = self.plays.front()
            && *at <= self.begun.elapsed()
        {
            self.due.extend(bytes);
            self.plays.pop_front();
        }
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.come();
        if self.due.is_empty() {
            let Some((at, _)) = self.plays.front() else { return Poll::Pending };
            let mut alarm = Box::pin(sleep_until(self.begun + *at));
            assert!(alarm.as_mut().poll(cx).is_pending(), "it would have come");
            self.alarm = Some(alarm);
            return Poll::Pending;
        }
        let count = self.due.len().min(buffer.remaining());
        let bytes: Vec<u8> = self.due.drain(..count).collect();
        buffer.put_slice(&bytes);
        let at = self.begun.elapsed();
        self.log.lock().read.push((at, count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = bytes.len().min(self.accepts);
        if count == 0 {
            return Poll::Pending;
        }
        self.accepts -= count;
        let at = self.begun.elapsed();
        self.log.lock().written.push((at, count));
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Wire for Timed {
    fn probe(&mut self) -> Liveness {
        Liveness::Healthy
    }

    fn try_read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
}
