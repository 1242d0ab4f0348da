//! What a request carries: nothing, bytes in memory, or a source that is asked for pieces.
//!
//! The exchange pulls; a source is polled only when its last piece is on the way out, so a slow server slows the source
//! down and nothing piles up in between.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::h1::Framing;
use crate::message::Fields;

/// Any error of a source.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Empty pieces skipped in one go; a source that gives nothing else must not keep the task for itself.
const EMPTY_PIECES: usize = 32;

/// Content that is produced piece by piece.
///
/// Polled by the exchange, inside the future of whoever sends the request or reads the response. After `None` or an
/// error it is not polled again. Dropped early when the server needs no more of it.
pub trait Source: Send {
    /// The next piece, `None` at the end. Empty pieces are skipped. An error aborts the request and closes the
    /// connection: what was sent so far must not look complete.
    fn poll_piece(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>>;

    /// Trailer fields, asked for once, after the end. Only content of unknown length can have them.
    fn trailers(self: Pin<&mut Self>) -> Fields {
        Fields::new()
    }
}

/// The content of one request on its way to one connection.
#[derive(Debug)]
pub struct Upload {
    content: Content,
    framing: Framing,
}

enum Content {
    Nothing,
    Bytes(Bytes),
    /// The lock makes an exchange `Sync` whatever the source is; it is never contended.
    Source(Mutex<Pin<Box<dyn Source>>>),
}

impl Upload {
    /// No content.
    pub fn none() -> Upload {
        Upload { content: Content::Nothing, framing: Framing::None }
    }

    /// These bytes, an announced length even when there are none of them.
    pub fn bytes(bytes: Bytes) -> Upload {
        let framing = Framing::Length(bytes.len() as u64);
        Upload { content: Content::Bytes(bytes), framing }
    }

    /// Whatever `source` gives; chunked unless its length is known.
    pub fn source(source: Pin<Box<dyn Source>>, length: Option<u64>) -> Upload {
        let framing = length.map_or(Framing::Chunked, Framing::Length);
        Upload { content: Content::Source(Mutex::new(source)), framing }
    }

    /// How the content is framed.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// The next piece, never empty.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        match &mut self.content {
            Content::Nothing => Poll::Ready(None),
            Content::Bytes(bytes) => {
                let all = std::mem::take(bytes);
                Poll::Ready((!all.is_empty()).then_some(Ok(all)))
            }
            Content::Source(source) => {
                let source = source.get_mut().unwrap_or_else(PoisonError::into_inner);
                for _ in 0..EMPTY_PIECES {
                    match source.as_mut().poll_piece(cx) {
                        Poll::Ready(Some(Ok(piece))) if piece.is_empty() => {}
                        other => return other,
                    }
                }
                // Nothing but empty pieces: let others have a turn.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    /// The trailer fields, after the end.
    pub fn trailers(&mut self) -> Fields {
        match &mut self.content {
            Content::Source(source) => {
                source.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().trailers()
            }
            Content::Nothing | Content::Bytes(_) => Fields::new(),
        }
    }

    /// Drops the content: no more of it is wanted.
    pub fn abandon(&mut self) {
        self.content = Content::Nothing;
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Nothing => f.write_str("Nothing"),
            Content::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Content::Source(_) => f.write_str("Source"),
        }
    }
}
