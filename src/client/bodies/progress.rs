//! How far an upload has come, told to whoever asks.
//!
//! What counts is content handed to the connection: behind content codings, before chunked coding and TLS. The kernel
//! may hold some of it for a while.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::conn::{BoxError, Source, Upload};
use crate::h1::Framing;
use crate::message::Fields;

/// Content in memory is handed on in pieces of this size, so that there is something to tell.
const STEP: usize = 64 * 1024;

/// Hears how many bytes have been handed on, and of how many.
pub(crate) type OnUpload = Arc<Mutex<dyn FnMut(u64, Option<u64>) + Send>>;

/// Hears every piece that is handed on.
pub(crate) type OnPiece = Arc<Mutex<dyn FnMut(&[u8]) + Send>>;

/// The same upload, whose pieces somebody hears. No content stays no content.
pub(crate) fn overheard(upload: Upload, listener: &OnPiece) -> Upload {
    let length = match upload.framing() {
        Framing::None => return upload,
        Framing::Length(length) => Some(length),
        Framing::Chunked | Framing::UntilClose => None,
    };
    let listener = Arc::clone(listener);
    Upload::source(Box::pin(Overheard { upload, listener }), length)
}

struct Overheard {
    upload: Upload,
    listener: OnPiece,
}

impl Source for Overheard {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let piece = ready!(self.upload.poll_piece(cx));
        if let Some(Ok(piece)) = &piece {
            let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
            listener(piece);
        }
        Poll::Ready(piece)
    }

    fn trailers(mut self: Pin<&mut Self>) -> Fields {
        self.upload.trailers()
    }
}

/// The same upload, with a listener. No content stays no content.
pub(crate) fn watched(upload: Upload, listener: &OnUpload) -> Upload {
    let total = match upload.framing() {
        Framing::None => return upload,
        Framing::Length(length) => Some(length),
        Framing::Chunked | Framing::UntilClose => None,
    };
    let listener = Arc::clone(listener);
    let watched = Watched { upload, rest: Bytes::new(), listener, sent: None, total };
    Upload::source(Box::pin(watched), total)
}

struct Watched {
    upload: Upload,
    /// Of a large piece, what is still to be handed on.
    rest: Bytes,
    listener: OnUpload,
    /// `None`: nothing has been asked for yet.
    sent: Option<u64>,
    total: Option<u64>,
}

impl Watched {
    fn tell(&mut self, count: usize) {
        let sent = self.sent.map_or(0, |sent| sent + count as u64);
        self.sent = Some(sent);
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        listener(sent, self.total);
    }
}

impl Source for Watched {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        if self.sent.is_none() {
            self.tell(0);
        }
        if self.rest.is_empty() {
            match ready!(self.upload.poll_piece(cx)) {
                Some(Ok(piece)) => self.rest = piece,
                end => return Poll::Ready(end),
            }
        }
        let step = self.rest.len().min(STEP);
        let piece = self.rest.split_to(step);
        self.tell(step);
        Poll::Ready(Some(Ok(piece)))
    }

    fn trailers(mut self: Pin<&mut Self>) -> Fields {
        self.upload.trailers()
    }
}
