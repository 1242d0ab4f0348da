//! Streams and readers of the caller's as sources of content, and what is left of one that has been used.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use crate::conn::{BoxError, Source};
use crate::message::Fields;

/// How much is read from a reader at a time.
const PIECE: usize = 64 * 1024;

type Piece = Option<Result<Bytes, BoxError>>;

/// Gives the trailer fields, once, at the end.
type Trailers = Box<dyn FnOnce() -> Fields + Send>;

pub(crate) struct StreamSource<S> {
    stream: Pin<Box<S>>,
    trailers: Option<Trailers>,
}

impl<S> StreamSource<S> {
    pub(crate) fn new(stream: S, trailers: Option<Trailers>) -> StreamSource<S> {
        StreamSource { stream: Box::pin(stream), trailers }
    }
}

impl<S, B, E> Source for StreamSource<S>
where
    S: Stream<Item = Result<B, E>> + Send,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    fn poll_piece(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        let piece = ready!(self.stream.as_mut().poll_next(cx));
        Poll::Ready(piece.map(|piece| piece.map(Into::into).map_err(Into::into)))
    }

    fn trailers(mut self: Pin<&mut Self>) -> Fields {
        self.trailers.take().map_or_else(Fields::new, |trailers| trailers())
    }
}

pub(crate) struct ReaderSource {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    buffer: Vec<u8>,
}

impl ReaderSource {
    pub(crate) fn new(reader: impl AsyncRead + Send + 'static) -> ReaderSource {
        ReaderSource { reader: Box::pin(reader), buffer: Vec::new() }
    }
}

impl Source for ReaderSource {
    fn poll_piece(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        let this = &mut *self;
        this.buffer.resize(PIECE, 0);
        let piece = ready!(poll_read_piece(this.reader.as_mut(), &mut this.buffer, cx))?;
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}

/// What one read gives, at most as much as the buffer holds; empty at the end.
pub(crate) fn poll_read_piece(
    reader: Pin<&mut (impl AsyncRead + ?Sized)>,
    buffer: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<std::io::Result<Bytes>> {
    let mut read = ReadBuf::new(buffer);
    ready!(reader.poll_read(cx, &mut read))?;
    Poll::Ready(Ok(Bytes::copy_from_slice(read.filled())))
}

/// What is left of a source that has been handed to an attempt.
pub(crate) struct UsedUp;

impl Source for UsedUp {
    fn poll_piece(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Piece> {
        Poll::Ready(Some(Err("the body was a stream and has been sent already".into())))
    }
}
