//! Server-Sent Events without an end: when the connection does, a new one goes on behind the last event, as browsers do
//! (WHATWG HTML, "Server-sent events" §9.2.3).
//!
//! A GET goes in, events come out, over as many responses as it takes. Nothing runs while nobody asks for the next event.
//! What ends it: 204, a status or a type that is no stream of events, an event that is too large, a broken rule of HTTP,
//! and too many failures in a row. What does not: the end of a response, silence longer than the read timeout, a cut
//! connection, a server that is not ready (429, 502, 503, 504).

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::time::{Sleep, sleep};

use crate::client::error::Error;
use crate::client::request::RequestBuilder;
use crate::client::response::Response;
use crate::client::template::{Template, backoff, may_pass};
use crate::message::StatusCode;

use super::events::Events;
use super::sse::{EventParser, MAX_EVENT, ServerEvent};

/// The wait before connecting anew, unless the server asks for another: that of browsers.
pub const RECONNECT: Duration = Duration::from_secs(3);

/// The shortest wait a server can ask for: `retry: 0` is no leave to be called in a circle.
pub const SHORTEST_RECONNECT: Duration = Duration::from_millis(100);

/// The longest wait a server can ask for, and the longest after failures: nobody is put to sleep for good.
pub const LONGEST_RECONNECT: Duration = Duration::from_secs(300);

/// Failures in a row before giving up: with the default waits, about twenty minutes.
pub const FAILURES: u32 = 10;

/// Events from a server, over as many connections as it takes.
///
/// Also a [`Stream`], which ends after its first error.
pub struct EventSource {
    template: Option<Template>,
    /// What cannot be sent, to be reported by the first call.
    unsound: Option<RequestBuilder>,
    state: State,
    last_event_id: String,
    retry: Duration,
    max_event: usize,
    max_failures: u32,
    /// In a row; none of them before the first connection, whose failure is told at once.
    failures: u32,
    connected: bool,
}

enum State {
    /// Before the first call, and when a wait is over.
    Idle,
    /// The lock makes it `Sync`; it is never contended.
    Connecting(Mutex<Connecting>),
    Open(Box<Events>),
    Waiting(Pin<Box<Sleep>>),
    Closed,
}

type Connecting = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

impl RequestBuilder {
    /// Listens to Server-Sent Events, and connects anew whenever the connection ends. `Accept: text/event-stream` and
    /// `Cache-Control: no-store` are added unless they are set. For GET without a body; to read the events of a POST, send
    /// it and take [`Response::events`].
    ///
    /// Nothing is sent before the first event is asked for. The client's read timeout is the longest silence on a connection
    /// before it is given up for a new one: servers should send a comment now and then. A total `timeout` ends it all.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     for reply in [
    /// #         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 7\nretry: 100\ndata: 42\n\n",
    /// #         "HTTP/1.1 204 No Content\r\n\r\n",
    /// #     ] {
    /// #         let (mut peer, _) = server.accept().unwrap();
    /// #         peer.read(&mut [0; 4096]).unwrap();
    /// #         peer.write_all(reply.as_bytes()).unwrap();
    /// #     }
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// let mut source = client.get(&url).event_source();
    /// while let Some(event) = source.next().await? {
    ///     assert_eq!((event.id.as_str(), event.data.as_str()), ("7", "42"));
    /// }
    /// assert_eq!(source.last_event_id(), "7"); // the server said 204: no more
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event_source(self) -> EventSource {
        let builder = self.choose(|choices| choices.settings.raise = false).change(|request| {
            for (name, value) in [("Accept", "text/event-stream"), ("Cache-Control", "no-store")] {
                if !request.fields.contains(name) {
                    request.fields.append(name, value).map_err(Error::build)?;
                }
            }
            Ok(())
        });
        let template = Template::of(&builder);
        EventSource {
            unsound: template.is_none().then_some(builder),
            template,
            state: State::Idle,
            last_event_id: String::new(),
            retry: RECONNECT,
            max_event: MAX_EVENT,
            max_failures: FAILURES,
            failures: 0,
            connected: false,
        }
    }
}

impl EventSource {
    /// Goes on behind the event of that ID, heard in an earlier life. The ID stays the last until the server sets another,
    /// over new connections too.
    pub fn start_after(mut self, last_event_id: impl Into<String>) -> EventSource {
        self.last_event_id = last_event_id.into();
        self
    }

    /// Allows events of so many bytes instead of [`MAX_EVENT`].
    pub fn max_event(mut self, bytes: usize) -> EventSource {
        self.max_event = bytes;
        self
    }

    /// Gives up after so many failures in a row instead of [`FAILURES`].
    pub fn max_failures(mut self, count: u32) -> EventSource {
        self.max_failures = count;
        self
    }

    /// The wait before connecting anew, until the server asks for another; [`RECONNECT`] by default. Each failure in a row
    /// doubles it.
    pub fn reconnect_after(mut self, wait: Duration) -> EventSource {
        self.retry = wait.clamp(SHORTEST_RECONNECT, LONGEST_RECONNECT);
        self
    }

    /// The next event; `None` when the server wants no more listeners (204).
    ///
    /// Cancel safe: a dropped call has lost nothing, and connecting goes on with the next.
    ///
    /// # Errors
    /// The failure of the first connection; later, what going on does not mend, and the last of too many failures. After
    /// an error it is over; a new one can [start after](EventSource::start_after) [`EventSource::last_event_id`].
    pub async fn next(&mut self) -> Result<Option<ServerEvent>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// The last event ID; empty if the server has set none.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<ServerEvent>, Error>> {
        loop {
            match &mut self.state {
                State::Idle => self.state = self.connect(),
                State::Connecting(connecting) => {
                    let connecting = connecting.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let connected = ready!(connecting.as_mut().poll(cx));
                    match connected.and_then(|response| self.opened(response)) {
                        Ok(state) => self.state = state,
                        Err(error) => self.failed(error)?,
                    }
                }
                State::Open(events) => {
                    let polled = ready!(events.poll_event(cx));
                    events.last_event_id().clone_into(&mut self.last_event_id);
                    if let Some(retry) = events.retry() {
                        self.retry = retry.clamp(SHORTEST_RECONNECT, LONGEST_RECONNECT);
                    }
                    match polled {
                        Ok(Some(event)) => return Poll::Ready(Ok(Some(event))),
                        Ok(None) => self.state = State::Waiting(Box::pin(sleep(self.retry))),
                        Err(error) => self.failed(error)?,
                    }
                }
                State::Waiting(wait) => {
                    ready!(wait.as_mut().poll(cx));
                    self.state = State::Idle;
                }
                State::Closed => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn connect(&mut self) -> State {
        let Some(template) = &self.template else {
            // A request that can be sent once is not what this is for; one that cannot be sent says why.
            let error = match self.unsound.take().map(|builder| builder.request) {
                Some(Err(error)) => error,
                _ => Error::build("only a GET without a body can be an event source"),
            };
            return State::Connecting(Mutex::new(Box::pin(std::future::ready(Err(error)))));
        };
        let mut request = template.request();
        if !self.last_event_id.is_empty() {
            request = request.header("Last-Event-ID", &self.last_event_id);
        }
        State::Connecting(Mutex::new(Box::pin(request.send())))
    }

    /// "Any other HTTP response code or Content-Type that doesn't match must cause the user agent to fail the connection";
    /// 204 is how a server says that it wants to be left alone.
    fn opened(&mut self, response: Response) -> Result<State, Error> {
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(State::Closed);
        }
        let parser = EventParser::with_limit(self.max_event).after(&self.last_event_id);
        let events = response.events()?.with_parser(parser);
        (self.connected, self.failures) = (true, 0);
        Ok(State::Open(Box::new(events)))
    }

    /// Waits for another try, or closes and says why.
    fn failed(&mut self, error: Error) -> Result<(), Error> {
        self.failures += 1;
        if !self.connected || self.failures > self.max_failures || !may_pass(&error) {
            self.state = State::Closed;
            return Err(error);
        }
        let wait = backoff(self.retry, self.failures, LONGEST_RECONNECT);
        self.state = State::Waiting(Box::pin(sleep(wait)));
        Ok(())
    }
}

impl Stream for EventSource {
    type Item = Result<ServerEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(cx).map(Result::transpose)
    }
}

impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Idle => "idle",
            State::Connecting(_) => "connecting",
            State::Open(_) => "open",
            State::Waiting(_) => "waiting",
            State::Closed => "closed",
        };
        f.debug_struct("EventSource")
            .field("state", &state)
            .field("last_event_id", &self.last_event_id)
            .finish_non_exhaustive()
    }
}
