//! Any `http_body::Body` as a request body (feature `http-body`).

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};

use crate::conn::{BoxError, Source};
use crate::message::Fields;

use super::body::Body;

impl Body {
    /// Whatever `body` gives, once. `Content-Length` is sent if it knows its exact size, and it is held to that; else it
    /// is chunked and may end in trailer fields. Behind a `Content-Length` trailer fields have no place: they are dropped.
    ///
    /// ```
    /// use http_body_util::Full;
    /// use wireline::Body;
    ///
    /// let body = Body::wrap(Full::new(bytes::Bytes::from("hello")));
    /// assert_eq!((body.length(), body.is_replayable()), (Some(5), false));
    /// ```
    pub fn wrap<B>(body: B) -> Body
    where
        B: http_body::Body + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let length = body.size_hint().exact();
        let source =
            Wrapped { body: Box::pin(body), sized: length.is_some(), trailers: Fields::new() };
        Body::once(source, length, None)
    }
}

struct Wrapped<B> {
    body: Pin<Box<B>>,
    sized: bool,
    trailers: Fields,
}

impl<B> Source for Wrapped<B>
where
    B: http_body::Body + Send,
    B::Error: Into<BoxError>,
{
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let Some(frame) = ready!(self.body.as_mut().poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        let frame = match frame.map_err(Into::into)?.into_data() {
            Ok(mut data) => return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining())))),
            Err(frame) => frame,
        };
        if let Ok(trailers) = frame.into_trailers()
            && !self.sized
        {
            self.trailers = Fields::try_from(&trailers)?;
        }
        // Nothing yet: an empty piece is asked again.
        Poll::Ready(Some(Ok(Bytes::new())))
    }

    fn trailers(mut self: Pin<&mut Self>) -> Fields {
        std::mem::take(&mut self.trailers)
    }
}
