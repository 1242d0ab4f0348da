//! What a request carries.
//!
//! A body is empty, bytes in memory, or a stream. Only the first two can be sent twice: a stream is used up by its
//! first attempt, so a request with one is neither retried nor redirected with its body (S-13); that is an error which
//! says so, never an empty or half a body.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::{io, mem};

use bytes::Bytes;
use futures_core::Stream;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use crate::conn::{BoxError, Source, Upload};
use crate::h1::Framing;
use crate::message::Fields;

/// A request body.
///
/// `Content-Length` is sent when the length is known, else the body is chunked.
#[derive(Default)]
pub struct Body(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Bytes(Bytes),
    /// The lock makes a request `Sync` whatever its source is; it is never contended.
    Source(Mutex<Pin<Box<dyn Source>>>, Option<u64>),
}

impl Body {
    /// No body at all.
    pub const fn empty() -> Body {
        Body(Kind::Empty)
    }

    /// A stream of unknown length, sent chunked. Pieces are sent as they come; empty ones are skipped. An error of the
    /// stream aborts the request and closes the connection, so the server cannot take the part for the whole.
    ///
    /// Polled only while the request is being sent, never ahead of the network by more than a few pieces.
    pub fn stream<S, B, E>(stream: S) -> Body
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        let source = StreamSource { stream: Box::pin(stream), trailers: None };
        Body::source(source, None)
    }

    /// A stream of exactly `length` bytes. More or fewer are an error, and the connection is closed (S-10).
    pub fn sized_stream<S, B, E>(stream: S, length: u64) -> Body
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        let source = StreamSource { stream: Box::pin(stream), trailers: None };
        Body::source(source, Some(length))
    }

    /// A stream of unknown length followed by trailer fields, which are asked for at its end.
    pub fn stream_with_trailers<S, B, E, T>(stream: S, trailers: T) -> Body
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
        T: FnOnce() -> Fields + Send + 'static,
    {
        let trailers: Trailers = Box::new(trailers);
        let source = StreamSource { stream: Box::pin(stream), trailers: Some(trailers) };
        Body::source(source, None)
    }

    /// What `reader` gives until its end, 64 KiB at a time; chunked unless `length` is given.
    pub fn reader(reader: impl AsyncRead + Send + 'static, length: Option<u64>) -> Body {
        let source = ReaderSource { reader: Box::pin(reader), buffer: Vec::new() };
        Body::source(source, length)
    }

    /// A file, with the length it has when it is opened.
    ///
    /// # Errors
    /// Whatever opening it or asking for its length gives.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Body> {
        let file = File::open(path).await?;
        let metadata = file.metadata().await?;
        let length = metadata.is_file().then_some(metadata.len());
        Ok(Body::reader(file, length))
    }

    fn source(source: impl Source + 'static, length: Option<u64>) -> Body {
        Body(Kind::Source(Mutex::new(Box::pin(source)), length))
    }

    /// The length, where it is known beforehand.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Kind::Empty => Some(0),
            Kind::Bytes(bytes) => Some(bytes.len() as u64),
            Kind::Source(_, length) => *length,
        }
    }

    /// Whether it can be sent more than once.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.0, Kind::Source(..))
    }

    /// The content, if it is in memory.
    pub(crate) fn in_memory(&self) -> Option<&Bytes> {
        static NOTHING: Bytes = Bytes::new();
        match &self.0 {
            Kind::Empty => Some(&NOTHING),
            Kind::Bytes(bytes) => Some(bytes),
            Kind::Source(..) => None,
        }
    }

    /// How it will be framed.
    pub(crate) fn framing(&self) -> Framing {
        match &self.0 {
            Kind::Empty => Framing::None,
            _ => self.length().map_or(Framing::Chunked, Framing::Length),
        }
    }

    /// The content for one attempt; what is left behind can be replayed, or is [`Body::is_replayable`] no more.
    pub(crate) fn upload(&mut self) -> Upload {
        match &mut self.0 {
            Kind::Empty => Upload::none(),
            Kind::Bytes(bytes) => Upload::bytes(bytes.clone()),
            Kind::Source(source, length) => {
                let source = source.get_mut().unwrap_or_else(PoisonError::into_inner);
                Upload::source(mem::replace(source, Box::pin(UsedUp)), *length)
            }
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length() {
            Some(length) => write!(f, "Body({length} bytes)"),
            None => f.write_str("Body(stream)"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Body {
        Body(Kind::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Body(Kind::Bytes(bytes.into()))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Body(Kind::Bytes(text.into()))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Body {
        Body(Kind::Bytes(Bytes::from_static(text.as_bytes())))
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Body {
        Body(Kind::Bytes(Bytes::from_static(bytes)))
    }
}

impl From<()> for Body {
    fn from((): ()) -> Body {
        Body::empty()
    }
}

type Trailers = Box<dyn FnOnce() -> Fields + Send>;

struct StreamSource<S> {
    stream: Pin<Box<S>>,
    trailers: Option<Trailers>,
}

impl<S, B, E> Source for StreamSource<S>
where
    S: Stream<Item = Result<B, E>> + Send,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let piece = ready!(self.stream.as_mut().poll_next(cx));
        Poll::Ready(piece.map(|piece| piece.map(Into::into).map_err(Into::into)))
    }

    fn trailers(mut self: Pin<&mut Self>) -> Fields {
        self.trailers.take().map_or_else(Fields::new, |trailers| trailers())
    }
}

struct ReaderSource {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    buffer: Vec<u8>,
}

impl Source for ReaderSource {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        const PIECE: usize = 64 * 1024;
        let this = &mut *self;
        this.buffer.resize(PIECE, 0);
        let mut read = ReadBuf::new(&mut this.buffer);
        ready!(this.reader.as_mut().poll_read(cx, &mut read))?;
        let count = read.filled().len();
        let piece = Bytes::copy_from_slice(&this.buffer[..count]);
        Poll::Ready((count > 0).then_some(Ok(piece)))
    }
}

/// What is left of a stream that has been handed to an attempt.
struct UsedUp;

impl Source for UsedUp {
    fn poll_piece(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        Poll::Ready(Some(Err("the body was a stream and has been sent already".into())))
    }
}
