//! Request bodies compressed by gzip (feature `gzip`).
//!
//! What is in memory is compressed at once and keeps an exact length; everything else is compressed on
//! its way out and chunked. Every attempt begins at the first byte.

use std::io::Write;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::client::error::Error;
use crate::client::request::RequestBuilder;
use crate::conn::{BoxError, Source, Upload};
use crate::message::Fields;

use super::body::{Body, Kind, Once};
use super::held::Held;
use super::replayable::{Content, Made, Replayable};

/// How much of a large piece is compressed before others have a turn.
const STEP: usize = 64 * 1024;

const GZIP: Option<&str> = Some("gzip");

impl RequestBuilder {
    /// Compresses the body set so far, and says so with `Content-Encoding: gzip`: comes behind `body`, `json` and their
    /// like. Not every server takes that: one that does says so in `Accept-Encoding` (RFC 9110 §12.5.3) or in its manual.
    ///
    /// Bytes in memory are compressed at once, some 10 to 20 ms a MiB, and keep a `Content-Length`. Files and streams are
    /// compressed as they are sent, chunked; when a stream pauses, what it has given so far goes out.
    ///
    /// ```
    /// # let client = wireline::Client::new();
    /// let request = client.post("http://h/log").text("the same line again\n".repeat(1000)).gzip_body();
    /// ```
    ///
    /// # Errors
    /// Told by `send`: there is no body yet, it is compressed already, or the request or its client sets a
    /// `Content-Encoding` of its own.
    pub fn gzip_body(self) -> Self {
        self.change(|request| {
            request.body = gzip(mem::take(&mut request.body)).map_err(Error::build)?;
            Ok(())
        })
    }
}

/// The same content, compressed.
fn gzip(body: Body) -> Result<Body, BoxError> {
    if body.content_encoding().is_some() {
        return Err("the body is compressed already".into());
    }
    Ok(match body.0 {
        Kind::Again(Replayable(Content::Empty)) => {
            return Err(
                "there is no body to compress: `gzip_body` comes behind what sets it".into()
            );
        }
        Kind::Again(Replayable(Content::Bytes(bytes, content_type, _))) => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&bytes)?;
            let packed = encoder.finish()?.into();
            Replayable(Content::Bytes(packed, content_type, GZIP)).into()
        }
        Kind::Again(plain @ Replayable(Content::Made(_))) => {
            let content_type = plain.content_type().map(str::to_owned);
            let make = Box::new(move || GzipSource::boxed(plain.upload()));
            let made = Made { make, length: None, content_type, content_encoding: GZIP };
            Replayable(Content::Made(Arc::new(made))).into()
        }
        Kind::Once(once) => {
            let plain = once.source.into_inner().unwrap_or_else(PoisonError::into_inner);
            let source = Mutex::new(GzipSource::boxed(Upload::source(plain, once.length)));
            let (length, content_type, content_encoding) = (None, once.content_type, GZIP);
            Body(Kind::Once(Box::new(Once { source, length, content_type, content_encoding })))
        }
    })
}

struct GzipSource {
    content: Held,
    /// Of a large piece, what is not compressed yet.
    rest: Bytes,
    /// `None` behind the end.
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// Whether the encoder holds content that it has not given back.
    holds: bool,
}

impl GzipSource {
    fn boxed(upload: Upload) -> Pin<Box<dyn Source>> {
        Box::pin(GzipSource {
            content: Held::new(upload),
            rest: Bytes::new(),
            encoder: Some(GzEncoder::new(Vec::new(), Compression::default())),
            holds: false,
        })
    }
}

impl Source for GzipSource {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let this = &mut *self;
        let Some(encoder) = &mut this.encoder else { return Poll::Ready(None) };
        if this.rest.is_empty() {
            match this.content.poll_piece(cx) {
                Poll::Ready(Some(Ok(piece))) => this.rest = piece,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    let end = this.encoder.take().map(GzEncoder::finish).transpose()?;
                    return Poll::Ready(end.map(|end| Ok(end.into())));
                }
                // A pause: whoever reads shall have all that was given before it.
                Poll::Pending if this.holds => {
                    encoder.flush()?;
                    this.holds = false;
                    return Poll::Ready(Some(Ok(mem::take(encoder.get_mut()).into())));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        let step = this.rest.split_to(this.rest.len().min(STEP));
        encoder.write_all(&step)?;
        this.holds = true;
        // Often nothing: empty pieces are skipped.
        Poll::Ready(Some(Ok(mem::take(encoder.get_mut()).into())))
    }

    fn trailers(mut self: Pin<&mut Self>) -> Fields {
        self.content.upload.trailers()
    }
}
