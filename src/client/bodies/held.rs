//! Content held to the length it announced, for a body inside another: there nobody else would notice (features
//! `multipart`, `gzip`).

use std::task::{Context, Poll};

use bytes::Bytes;

use crate::conn::{BoxError, Upload};
use crate::h1::Framing;

pub(crate) struct Held {
    pub(crate) upload: Upload,
    /// What is left of the announced length.
    left: Option<u64>,
}

impl Held {
    pub(crate) fn new(upload: Upload) -> Held {
        let left = match upload.framing() {
            Framing::None => Some(0),
            Framing::Length(length) => Some(length),
            Framing::Chunked | Framing::UntilClose => None,
        };
        Held { upload, left }
    }

    /// The next piece; the end only where it was announced.
    pub(crate) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        match (self.upload.poll_piece(cx), &mut self.left) {
            (Poll::Ready(Some(Ok(piece))), Some(left)) => {
                let rest = left.checked_sub(piece.len() as u64);
                Poll::Ready(Some(match rest {
                    None => Err("a body is longer than it announced".into()),
                    Some(rest) => {
                        *left = rest;
                        Ok(piece)
                    }
                }))
            }
            (Poll::Ready(None), Some(missing @ 1..)) => {
                let why = format!("a body ended {missing} bytes short of the length it announced");
                Poll::Ready(Some(Err(why.into())))
            }
            // All that was announced is here: a source that is slow to say so keeps nobody waiting.
            (Poll::Pending, Some(0)) => Poll::Ready(None),
            (other, _) => other,
        }
    }
}
