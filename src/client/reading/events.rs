//! Server-Sent Events of one response: its body through the [grammar](super::sse), an event at a time.
//!
//! One response in, its events out, until it ends; [`EventSource`](super::event_source::EventSource) also connects anew.
//! Memory is bounded by the largest event allowed. An event that the end of the body cuts off is dropped, as the
//! standard says; a body that is cut off itself is an error.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_core::Stream;

use crate::client::error::{Cause, Error};
use crate::client::response::Response;
use crate::conn::Phase;
use crate::message::{field::trim_ows, header};

use super::sse::{EventParser, ServerEvent};

/// The events of a response.
///
/// Also a [`Stream`], which ends after its first error.
pub struct Events {
    response: Response,
    parser: EventParser,
    /// What has been received and not been parsed.
    piece: Bytes,
    ended: bool,
}

impl Response {
    /// Its body as Server-Sent Events.
    ///
    /// A stream of events is silent when nothing happens. Unless the server sends comments in between, which count as
    /// signs of life, give the request a longer `read_timeout`, or none; and no total `timeout`, which would end the stream.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     for reply in [
    /// #         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: price\ndata: 42\n\n",
    /// #     ] {
    /// #         let (mut peer, _) = server.accept().unwrap();
    /// #         peer.read(&mut [0; 4096]).unwrap();
    /// #         peer.write_all(reply.as_bytes()).unwrap();
    /// #     }
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// let request = client.get(&url).header("accept", "text/event-stream");
    /// let mut events = request.read_timeout(None).send().await?.events()?;
    /// while let Some(event) = events.next().await? {
    ///     assert_eq!((event.event.as_str(), event.data.as_str()), ("price", "42"));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::is_status`] from 400 on; [`Error::is_decode`] if the response is no 2xx, not `text/event-stream`, or
    /// still in a content coding ([`ClientBuilder::decompress`](crate::client::ClientBuilder::decompress) undoes it).
    pub fn events(self) -> Result<Events, Error> {
        let response = self.error_for_status()?;
        let status = response.status();
        let kind = response.fields().get(header::CONTENT_TYPE).unwrap_or_default();
        let essence = trim_ows(kind.split(|&byte| byte == b';').next().unwrap_or_default());
        let why = if !status.is_success() {
            format!("{status} has no events")
        } else if !essence.eq_ignore_ascii_case(b"text/event-stream") {
            let shown = kind.get(..kind.len().min(100)).unwrap_or_default().escape_ascii();
            format!("the content is \"{shown}\", not text/event-stream")
        } else if let Some(coded) = response.coded() {
            coded
        } else {
            let (parser, piece) = (EventParser::new(), Bytes::new());
            return Ok(Events { response, parser, piece, ended: false });
        };
        Err(response.context(Error::new(Cause::Decode(why.into()), Phase::Decode)))
    }
}

impl Events {
    /// Allows events of so many bytes instead of [`MAX_EVENT`](super::sse::MAX_EVENT). For the first call, not for later.
    pub fn max_event(self, bytes: usize) -> Events {
        self.with_parser(EventParser::with_limit(bytes))
    }

    pub(crate) fn with_parser(mut self, parser: EventParser) -> Events {
        self.parser = parser;
        self
    }

    /// The next event; `None` when the server has ended the response.
    ///
    /// Cancel safe: a dropped call has lost nothing, and the read timeout goes on counting over it.
    ///
    /// # Errors
    /// Those of [`Response::chunk`], and [`Error::is_limit`] for an event that is too large. After one, the stream is over.
    pub async fn next(&mut self) -> Result<Option<ServerEvent>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// The last event ID: what a new request sends as `Last-Event-ID` to get what comes behind the last event. Empty
    /// if the server has set none.
    pub fn last_event_id(&self) -> &str {
        self.parser.last_event_id()
    }

    /// How long the server asks to wait before connecting anew, if it has said so.
    pub fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }

    /// The response the events come from.
    pub fn response(&self) -> &Response {
        &self.response
    }

    pub(crate) fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<ServerEvent>, Error>> {
        while !self.ended {
            match self.parser.parse(&self.piece) {
                Ok((used, event)) => {
                    self.piece.advance(used);
                    if event.is_some() {
                        return Poll::Ready(Ok(event));
                    }
                }
                Err(error) => {
                    self.ended = true;
                    let why = format!("{error}; raise `max_event`");
                    let error = Error::new(Cause::Limit(why), Phase::Decode);
                    return Poll::Ready(Err(self.response.context(error)));
                }
            }
            match ready!(self.response.body_mut().poll_chunk(cx)) {
                Ok(Some(piece)) => self.piece = piece,
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(None))
    }
}

impl Stream for Events {
    type Item = Result<ServerEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(cx).map(Result::transpose)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("url", self.response.url())
            .field("parser", &self.parser)
            .field("ended", &self.ended)
            .finish()
    }
}
