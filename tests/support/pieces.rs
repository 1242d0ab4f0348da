//! Bodies made of pieces, for both sides: an iterator or a channel as a stream.
#![allow(dead_code)] // every test file uses another part of it

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Gives what the iterator gives and never makes anybody wait.
pub struct Pieces<I>(pub I);

impl<I: Iterator + Unpin> Stream for Pieces<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.0.next())
    }
}

/// Gives what is sent to it, and ends when the sender is dropped.
pub struct Fed<T>(Receiver<T>);

/// A stream and the hand that feeds it. The stream takes nothing ahead of its reader but one item.
pub fn fed<T>() -> (Sender<T>, Fed<T>) {
    let (sender, receiver) = channel(1);
    (sender, Fed(receiver))
}

impl<T> Stream for Fed<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(cx)
    }
}

/// The stream inside, and then neither more nor an end.
pub struct Stuck<S>(pub S);

impl<S: Stream + Unpin> Stream for Stuck<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        match Pin::new(&mut self.0).poll_next(cx) {
            Poll::Ready(None) => Poll::Pending,
            other => other,
        }
    }
}

/// `count` bytes in pieces of at most `size`, no two neighbours alike; see [`pattern`].
pub fn stream(
    count: usize,
    size: usize,
) -> Pieces<impl Iterator<Item = Result<Bytes, Infallible>>> {
    let all = Bytes::from(pattern(count));
    Pieces((0..count).step_by(size).map(move |at| Ok(all.slice(at..count.min(at + size)))))
}

/// Bytes in which nothing can be lost, doubled or moved without being noticed: numbers, counted up.
pub fn pattern(count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count + 4);
    for number in 0_u32.. {
        if bytes.len() >= count {
            break;
        }
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.truncate(count);
    bytes
}
