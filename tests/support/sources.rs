//! Bodies by script: pieces that are here, pieces that come when the test says so, pieces without end.
#![allow(dead_code)] // every test file uses another part of it

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc;

pub type Piece = Result<Bytes, io::Error>;

/// These pieces, then the end.
pub fn pieces(pieces: &[&'static str]) -> Pieces {
    Pieces(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect())
}

/// These pieces, then an error.
pub fn failing(good: &[&'static str], why: &'static str) -> Pieces {
    let mut pieces = pieces(good);
    pieces.0.push_back(Err(io::Error::other(why)));
    pieces
}

pub struct Pieces(VecDeque<Piece>);

impl Stream for Pieces {
    type Item = Piece;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Piece>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// What the test puts in at the other end; dropping that is the end.
pub fn channel() -> (mpsc::UnboundedSender<Piece>, Channel) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Channel(receiver))
}

pub struct Channel(mpsc::UnboundedReceiver<Piece>);

impl Stream for Channel {
    type Item = Piece;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.0.poll_recv(cx)
    }
}

/// The same 16 KiB again and again, always at once; gives up after `most` pieces.
pub fn endless(most: usize) -> Endless {
    Endless { asked: Arc::default(), most }
}

pub struct Endless {
    pub asked: Arc<AtomicUsize>,
    most: usize,
}

pub const ENDLESS_PIECE: usize = 16 * 1024;

impl Stream for Endless {
    type Item = Piece;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Piece>> {
        static PIECE: [u8; ENDLESS_PIECE] = [b'x'; ENDLESS_PIECE];
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(match asked < self.most {
            true => Ok(Bytes::from_static(&PIECE)),
            false => Err(io::Error::other("nobody stopped the upload")),
        }))
    }
}
