//! Bodies that can be sent again.
//!
//! "Can be sent again" is a type and not a guess: a [`Replayable`] is bytes in memory, or a way to make the content anew.
//! Every attempt begins at its first byte, however far the one before it got (S-13).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use tokio::io::AsyncRead;

use crate::conn::{BoxError, Source, Upload};
use crate::h1::Framing;

use super::sources::{ReaderSource, StreamSource};

/// What text is, unless the caller says otherwise: a Rust string is UTF-8.
const TEXT: &str = "text/plain; charset=utf-8";

/// A body that can be sent any number of times, each time from its first byte.
///
/// A clone is cheap and stands for the same content. It becomes a [`Body`](crate::client::Body) by `into()`;
/// [`Body::replayable`](crate::client::Body::replayable) asks a body whether it is one.
///
/// ```
/// use wireline::{Body, Replayable};
///
/// /// Takes no stream that would be gone after the first attempt.
/// fn queue(body: impl Into<Replayable>) -> [Body; 2] {
///     let body = body.into();
///     [body.clone().into(), body.into()]
/// }
///
/// queue("hello");
/// queue(Replayable::reader(|| &b"made anew for every attempt"[..], None));
/// assert!(Body::reader(&b"once"[..], None).replayable().is_none());
/// ```
#[derive(Clone)]
pub struct Replayable(pub(crate) Content);

#[derive(Clone)]
pub(crate) enum Content {
    Empty,
    /// With their media type and their content coding.
    Bytes(Bytes, Option<&'static str>, Option<&'static str>),
    Made(Arc<Made>),
}

/// Content that is made anew for every attempt.
pub(crate) struct Made {
    pub(crate) make: Box<dyn Fn() -> Pin<Box<dyn Source>> + Send + Sync>,
    pub(crate) length: Option<u64>,
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<&'static str>,
}

impl Replayable {
    /// No body at all.
    pub const fn empty() -> Replayable {
        Replayable(Content::Empty)
    }

    /// A stream of unknown length, sent chunked: `make` is called for every attempt and must give the same content every
    /// time. See [`Body::stream`](crate::client::Body::stream).
    pub fn stream<F, S, B, E>(make: F) -> Replayable
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Replayable::made(move || Box::pin(StreamSource::new(make(), None)), None, None)
    }

    /// The same with exactly `length` bytes. More or fewer are an error, and the connection is closed (S-10).
    pub fn sized_stream<F, S, B, E>(make: F, length: u64) -> Replayable
    where
        F: Fn() -> S + Send + Sync + 'static,
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        Replayable::made(move || Box::pin(StreamSource::new(make(), None)), Some(length), None)
    }

    /// What a reader gives until its end, 64 KiB at a time; chunked unless `length` is given. `make` is called for every
    /// attempt and must give the same content every time.
    pub fn reader<F, R>(make: F, length: Option<u64>) -> Replayable
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: AsyncRead + Send + 'static,
    {
        Replayable::made(move || Box::pin(ReaderSource::new(make())), length, None)
    }

    /// Bytes, and what they are unless the caller says otherwise.
    pub(crate) fn bytes(bytes: impl Into<Bytes>, content_type: Option<&'static str>) -> Replayable {
        Replayable(Content::Bytes(bytes.into(), content_type, None))
    }

    pub(crate) fn made(
        make: impl Fn() -> Pin<Box<dyn Source>> + Send + Sync + 'static,
        length: Option<u64>,
        content_type: Option<String>,
    ) -> Replayable {
        let (make, content_encoding) = (Box::new(make), None);
        Replayable(Content::Made(Arc::new(Made { make, length, content_type, content_encoding })))
    }

    fn text(text: impl Into<Bytes>) -> Replayable {
        let bytes = text.into();
        // Of no text there is nothing to say.
        let content_type = (!bytes.is_empty()).then_some(TEXT);
        Replayable::bytes(bytes, content_type)
    }

    /// The length in bytes, where it is known beforehand.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Content::Empty => Some(0),
            Content::Bytes(bytes, ..) => Some(bytes.len() as u64),
            Content::Made(made) => made.length,
        }
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        match &self.0 {
            Content::Empty => None,
            Content::Bytes(_, content_type, _) => *content_type,
            Content::Made(made) => made.content_type.as_deref(),
        }
    }

    pub(crate) fn content_encoding(&self) -> Option<&'static str> {
        match &self.0 {
            Content::Empty => None,
            Content::Bytes(_, _, content_encoding) => *content_encoding,
            Content::Made(made) => made.content_encoding,
        }
    }

    /// The content, if it is in memory.
    pub(crate) fn in_memory(&self) -> Option<&Bytes> {
        static NOTHING: Bytes = Bytes::new();
        match &self.0 {
            Content::Empty => Some(&NOTHING),
            Content::Bytes(bytes, ..) => Some(bytes),
            Content::Made(_) => None,
        }
    }

    pub(crate) fn framing(&self) -> Framing {
        match &self.0 {
            Content::Empty => Framing::None,
            _ => self.length().map_or(Framing::Chunked, Framing::Length),
        }
    }

    /// The content for one attempt.
    pub(crate) fn upload(&self) -> Upload {
        match &self.0 {
            Content::Empty => Upload::none(),
            Content::Bytes(bytes, ..) => Upload::bytes(bytes.clone()),
            Content::Made(made) => Upload::source((made.make)(), made.length),
        }
    }
}

impl fmt::Debug for Replayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length() {
            Some(length) => write!(f, "Replayable({length} bytes)"),
            None => f.write_str("Replayable(stream)"),
        }
    }
}

impl From<Bytes> for Replayable {
    fn from(bytes: Bytes) -> Replayable {
        Replayable::bytes(bytes, None)
    }
}

impl From<Vec<u8>> for Replayable {
    fn from(bytes: Vec<u8>) -> Replayable {
        Replayable::bytes(bytes, None)
    }
}

impl From<&'static [u8]> for Replayable {
    fn from(bytes: &'static [u8]) -> Replayable {
        Replayable::bytes(bytes, None)
    }
}

impl From<String> for Replayable {
    fn from(text: String) -> Replayable {
        Replayable::text(text)
    }
}

impl From<&'static str> for Replayable {
    fn from(text: &'static str) -> Replayable {
        Replayable::text(text)
    }
}

impl From<()> for Replayable {
    fn from((): ()) -> Replayable {
        Replayable::empty()
    }
}
