//! What a request carries.
//!
//! A body is either [`Replayable`], which can be sent any number of times, or it is used up by its first attempt. A
//! request with one of the second kind is neither retried nor redirected with its body (S-13); that is an error which
//! says so, never an empty or half a body.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::{fmt, mem};

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::AsyncRead;

use crate::conn::{BoxError, Source, Upload};
use crate::h1::Framing;
use crate::message::Fields;

use super::replayable::Replayable;
use super::sources::{ReaderSource, StreamSource, UsedUp};

/// A request body.
///
/// `Content-Length` is sent when the length is known, else the body is chunked. Text brings its own
/// `Content-Type: text/plain; charset=utf-8`, which is sent if nobody sets another; bytes bring none.
///
/// Bytes, text, files and whatever is made as a [`Replayable`] can be sent again after a stale connection or a redirect.
/// Streams and readers are used up by their first attempt.
///
/// ```
/// use wireline::Body;
///
/// assert!(Body::from("hello").is_replayable());
/// assert_eq!(Body::from(vec![0; 10]).length(), Some(10));
///
/// let once = Body::reader(&b"from anywhere"[..], None);
/// assert_eq!((once.is_replayable(), once.length()), (false, None));
/// ```
#[derive(Default)]
pub struct Body(pub(crate) Kind);

pub(crate) enum Kind {
    Again(Replayable),
    Once(Box<Once>),
}

/// A source that can be asked once.
pub(crate) struct Once {
    /// The lock makes a request `Sync` whatever its source is; it is never contended.
    pub(crate) source: Mutex<Pin<Box<dyn Source>>>,
    pub(crate) length: Option<u64>,
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<&'static str>,
}

impl Body {
    /// No body at all.
    pub const fn empty() -> Body {
        Body(Kind::Again(Replayable::empty()))
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
        Body::once(StreamSource::new(stream, None), None, None)
    }

    /// A stream of exactly `length` bytes. More or fewer are an error, and the connection is closed (S-10).
    pub fn sized_stream<S, B, E>(stream: S, length: u64) -> Body
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Body::once(StreamSource::new(stream, None), Some(length), None)
    }

    /// A stream of unknown length followed by trailer fields, which are asked for at its end.
    pub fn stream_with_trailers<S, B, E, T>(stream: S, trailers: T) -> Body
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
        T: FnOnce() -> Fields + Send + 'static,
    {
        Body::once(StreamSource::new(stream, Some(Box::new(trailers))), None, None)
    }

    /// What `reader` gives until its end, 64 KiB at a time; chunked unless `length` is given.
    pub fn reader(reader: impl AsyncRead + Send + 'static, length: Option<u64>) -> Body {
        Body::once(ReaderSource::new(reader), length, None)
    }

    pub(crate) fn once(
        source: impl Source + 'static,
        length: Option<u64>,
        content_type: Option<String>,
    ) -> Body {
        Body(Kind::Once(Box::new(Once {
            source: Mutex::new(Box::pin(source)),
            length,
            content_type,
            content_encoding: None,
        })))
    }

    /// The length in bytes, where it is known beforehand.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Kind::Again(replayable) => replayable.length(),
            Kind::Once(once) => once.length,
        }
    }

    /// Whether it can be sent more than once.
    pub fn is_replayable(&self) -> bool {
        matches!(self.0, Kind::Again(_))
    }

    /// The same content as a body that can be sent again, if it is one. Copies nothing.
    pub fn replayable(&self) -> Option<Replayable> {
        match &self.0 {
            Kind::Again(replayable) => Some(replayable.clone()),
            Kind::Once(_) => None,
        }
    }

    /// What it is, unless the caller says otherwise.
    pub(crate) fn content_type(&self) -> Option<&str> {
        match &self.0 {
            Kind::Again(replayable) => replayable.content_type(),
            Kind::Once(once) => once.content_type.as_deref(),
        }
    }

    /// How it has been compressed.
    pub(crate) fn content_encoding(&self) -> Option<&'static str> {
        match &self.0 {
            Kind::Again(replayable) => replayable.content_encoding(),
            Kind::Once(once) => once.content_encoding,
        }
    }

    /// The content, if it is in memory.
    pub(crate) fn in_memory(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Again(replayable) => replayable.in_memory(),
            Kind::Once(_) => None,
        }
    }

    /// How it will be framed.
    pub(crate) fn framing(&self) -> Framing {
        match &self.0 {
            Kind::Again(replayable) => replayable.framing(),
            Kind::Once(once) => once.length.map_or(Framing::Chunked, Framing::Length),
        }
    }

    /// The content for one attempt, from its first byte. If it could be had only once, what is left is a body that fails.
    pub(crate) fn upload(&mut self) -> Upload {
        match &mut self.0 {
            Kind::Again(replayable) => replayable.upload(),
            Kind::Once(once) => {
                let source = once.source.get_mut().unwrap_or_else(PoisonError::into_inner);
                Upload::source(mem::replace(source, Box::pin(UsedUp)), once.length)
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

impl Default for Kind {
    fn default() -> Kind {
        Kind::Again(Replayable::empty())
    }
}

impl From<Replayable> for Body {
    fn from(replayable: Replayable) -> Body {
        Body(Kind::Again(replayable))
    }
}

macro_rules! bodies_in_memory {
    ($($content:ty),*) => {$(
        impl From<$content> for Body {
            fn from(content: $content) -> Body {
                Replayable::from(content).into()
            }
        }
    )*};
}

bodies_in_memory!(Bytes, Vec<u8>, String, &'static str, &'static [u8], ());
