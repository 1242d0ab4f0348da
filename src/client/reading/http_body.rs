//! The body of a response as an [`http_body::Body`], for the tools of hyper and tower (feature
//! `http-body`).
//!
//! Data frames are the pieces [`Incoming::chunk`] gives, never empty; the trailer fields, if there are any, are one frame
//! behind them. The size hint is exact where the framing says how much is to come, and says nothing otherwise. A body
//! whose reading failed never says that it is at its end.
//!
//! ```no_run
//! # async fn example(client: wireline::Client) -> Result<(), wireline::Error> {
//! use http_body_util::BodyExt;
//!
//! let body = client.get("https://example.com/").send().await?.into_body();
//! let collected = body.collect().await?;
//! println!("{:?}", collected.trailers());
//! # Ok(())
//! # }
//! ```

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http_body::{Body, Frame, SizeHint};
use bytes::Bytes;
use http::HeaderMap;

use crate::client::error::{Cause, Error};
use crate::client::incoming::Incoming;
use crate::conn::Phase;

impl Body for Incoming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(piece) = ready!(self.poll_chunk(cx)).transpose() {
            return Poll::Ready(Some(piece.map(Frame::data)));
        }
        let Some(trailers) = self.trailers.take() else { return Poll::Ready(None) };
        let map = HeaderMap::try_from(&*trailers)
            .map_err(|error| Error::new(Cause::Decode(error.into()), Phase::Decode));
        Poll::Ready(Some(map.map(Frame::trailers)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining() == Some(0) && self.trailers().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.remaining().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
