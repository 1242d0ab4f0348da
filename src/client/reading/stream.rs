//! The body of a response as a [`Stream`], for those whose tools are made for streams.
//!
//! Pieces come out as [`Incoming::chunk`] gives them, never empty, without a limit on their sum. A stream that ends
//! without an error had the whole body; after its first error it ends. Dropping it is dropping the body.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_core::stream::FusedStream;

use crate::client::error::Error;
use crate::client::incoming::Incoming;
use crate::client::response::Response;
use crate::message::Fields;

/// A response body as a stream of its pieces.
///
/// ```
/// # use std::io::{Read, Write};
/// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let url = format!("http://{}/", server.local_addr()?);
/// # std::thread::spawn(move || {
/// #     for reply in [
/// #         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge",
/// #         "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
/// #     ] {
/// #         let (mut peer, _) = server.accept().unwrap();
/// #         let mut seen = Vec::new();
/// #         let end = if reply.contains("201") { "0\r\n\r\n" } else { "\r\n\r\n" };
/// #         while !seen.ends_with(end.as_bytes()) {
/// #             let mut byte = [0];
/// #             peer.read_exact(&mut byte).unwrap();
/// #             seen.push(byte[0]);
/// #         }
/// #         peer.write_all(reply.as_bytes()).unwrap();
/// #     }
/// # });
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let client = wireline::Client::new();
/// // From one server to another, piece by piece, as fast as the slower of them.
/// let source = client.get(&url).send().await?.error_for_status()?;
/// let body = wireline::Body::stream(source.into_stream());
/// let copied = client.put(format!("{url}copy")).body(body).send().await?;
/// assert_eq!(copied.status(), 201);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Cancel safe. The read timeout counts from the first poll that had to wait, or from the last byte, and goes on over
/// polls that are given up.
pub struct BodyStream {
    body: Incoming,
    ended: bool,
}

impl Response {
    /// The body as a [`Stream`] of `Result<Bytes, Error>`. No limit on its length.
    pub fn into_stream(self) -> BodyStream {
        self.into_body().into_stream()
    }
}

impl Incoming {
    /// As a [`Stream`] of `Result<Bytes, Error>`.
    pub fn into_stream(self) -> BodyStream {
        BodyStream { body: self, ended: false }
    }
}

impl BodyStream {
    /// The trailer fields; empty until the stream has ended.
    pub fn trailers(&self) -> &Fields {
        self.body.trailers()
    }

    /// Bytes still to come, where that is known.
    pub fn remaining(&self) -> Option<u64> {
        self.body.remaining()
    }

    /// The rest of the body, to be read otherwise.
    pub fn into_inner(self) -> Incoming {
        self.body
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let piece = ready!(self.body.poll_chunk(cx)).transpose();
        self.ended = !matches!(piece, Some(Ok(_)));
        Poll::Ready(piece)
    }
}

impl FusedStream for BodyStream {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyStream").field(&self.body).finish()
    }
}
