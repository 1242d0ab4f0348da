//! Spans and events for the crate `tracing`, under OpenTelemetry's names for HTTP clients.
//!
//! In: the [event stream](super::event). Out, for a client that was built with [`ClientBuilder::tracing`]: a span for each
//! request that is sent over a connection (a redirect, a retry and an answered challenge are requests of their own, as the
//! semantic conventions want it), and events inside it for what happens on the way. Nothing is sent anywhere, and no
//! field is added to a request.
//!
//! | field of the span | when |
//! |---|---|
//! | `otel.kind`, `otel.name` | `client`; the method |
//! | `http.request.method`, `http.request.method_original` | `_OTHER` and the real one, for methods of no RFC |
//! | `url.full` | without userinfo, signatures in the query left out |
//! | `server.address`, `server.port` | from the URL |
//! | `http.request.resend_count` | not for the first one |
//! | `network.peer.address`, `network.peer.port` | once there is a connection |
//! | `network.protocol.version`, `http.response.status_code` | once there is a response head |
//! | `error.type`, `otel.status_code` | a status of 400 and above, or a word for what failed |
//!
//! A span is named `http.client.request`, of level INFO and target `wireline`; its events are of level DEBUG and have an
//! `event.name`. It is a child of the span that is current where the request is polled, begins when a connection is asked
//! for, and ends when the response has been read or given up. It is never entered: what a resolver or a body source
//! logs is not inside it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::tracing::{Span, debug, field, info_span};

use crate::client::builder::ClientBuilder;
use crate::client::error::Error;
use crate::conn::ConnectionInfo;
use crate::message::{Method, ResponseHead, Uri, Version};

use super::event::{Event, Happening};
use super::journal::Outcome;
use super::listen::{Listen, add};

/// Parameters whose values are as good as passwords: those of signed URLs, which OpenTelemetry names.
const SIGNATURES: [&str; 4] = ["AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"];

const REDACTED: &str = "REDACTED";

/// What spans show.
#[derive(Debug, Clone, Default)]
pub struct Tracing {
    without_query: bool,
}

impl Tracing {
    /// Everything but secrets.
    pub fn new() -> Tracing {
        Tracing::default()
    }

    /// Shows that a URL has a query, and nothing of it.
    pub fn without_query(mut self) -> Tracing {
        self.without_query = true;
        self
    }

    /// The URL for `url.full`.
    fn show(&self, url: &Uri) -> String {
        let url = url.clone().without_userinfo();
        let Some(query) = url.query() else { return url.to_string() };
        let shown = match self.without_query {
            true => REDACTED.to_owned(),
            false => query.split('&').map(without_signature).collect::<Vec<_>>().join("&"),
        };
        // The first question mark is where the query begins.
        url.as_str().replacen(&format!("?{query}"), &format!("?{shown}"), 1)
    }
}

fn without_signature(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if SIGNATURES.contains(&name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    }
}

impl ClientBuilder {
    /// Makes spans and events of every request, for whatever subscriber there is. See [`tracing`](super::tracing).
    pub fn tracing(self) -> Self {
        self.tracing_with(Tracing::new())
    }

    /// The same, and says what they show.
    pub fn tracing_with(mut self, options: Tracing) -> Self {
        add(&mut self.settings.on_event, Tracer { options });
        self
    }
}

/// Listens to a client.
struct Tracer {
    options: Tracing,
}

impl Listen for Tracer {
    // Each request has a listener of its own.
    fn hear(&self, _: &Event<'_>) {}

    fn begin(&self) -> Option<Arc<dyn Listen>> {
        let (options, state) = (self.options.clone(), Mutex::default());
        Some(Arc::new(Trace { options, state }))
    }
}

/// Listens to a request.
struct Trace {
    options: Tracing,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The current one; none between two.
    span: Option<Span>,
    method: Method,
    url: String,
    host: String,
    port: u16,
    resends: u32,
}

impl Listen for Trace {
    fn hear(&self, event: &Event<'_>) {
        let state = &mut *self.lock();
        match event.what {
            Happening::Begun { method, url } => state.asks(method, url, &self.options),
            Happening::Redirected { to, method, .. } => {
                state.debug("redirect", event);
                state.ends();
                state.asks(method, to, &self.options);
            }
            Happening::Stale { .. } => {
                state.debug("retry", event);
                state.errs("connection_closed");
                state.ends();
            }
            Happening::Retrying(attempt) | Happening::Challenged(attempt) => {
                state.debug("retry", event);
                if let Outcome::Failed(_) = attempt.outcome {
                    state.errs("_OTHER");
                }
                state.ends();
            }
            Happening::Queued => state.debug("queue", event),
            Happening::Opening { .. } | Happening::Resolved(_) => state.debug("dns", event),
            Happening::Attempted(_) => state.debug("connect", event),
            Happening::TunnelAsked { .. }
            | Happening::TunnelAnswered { .. }
            | Happening::Tunnelled { .. } => state.debug("tunnel", event),
            Happening::Secured { .. } => state.debug("tls", event),
            Happening::Connected(connection) => {
                state.debug("connect", event);
                state.goes_over(connection);
            }
            Happening::Reused { connection, .. } => {
                state.debug("connect", event);
                state.goes_over(connection);
            }
            Happening::Interim { .. } => state.debug("interim", event),
            Happening::Head { head, .. } => state.is_answered(head),
            Happening::Failed(error) => {
                state.debug("error", event);
                state.errs(error_type(error));
            }
            Happening::Dropped if state.span.is_some() => state.debug("dropped", event),
            _ => {}
        }
    }
}

impl Trace {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn asks(&mut self, method: &Method, url: &Uri, options: &Tracing) {
        self.method = method.clone();
        self.url = options.show(url);
        self.host = url.host().to_owned();
        self.port = url.port();
    }

    /// The current span; a new one if there is none, which is when a request is about to be sent.
    fn span(&mut self) -> &Span {
        let Self { span, method, url, host, port, resends } = self;
        span.get_or_insert_with(|| begin(method, url, host, *port, *resends))
    }

    /// The request was sent, or tried to; the next one is another.
    fn ends(&mut self) {
        if self.span.take().is_some() {
            self.resends += 1;
        }
    }

    fn debug(&mut self, name: &str, event: &Event<'_>) {
        let span = self.span();
        debug!(target: "wireline", parent: span, { event.name = name }, "{event}");
    }

    fn goes_over(&mut self, connection: &ConnectionInfo) {
        if let Some(peer) = connection.remote {
            let span = self.span();
            span.record("network.peer.address", field::display(peer.ip()));
            span.record("network.peer.port", peer.port());
        }
    }

    fn is_answered(&mut self, head: &ResponseHead) {
        let span = self.span();
        let version = if head.version == Version::HTTP_10 { "1.0" } else { "1.1" };
        span.record("network.protocol.version", version);
        span.record("http.response.status_code", head.status.as_u16());
        if head.status.is_client_error() || head.status.is_server_error() {
            self.errs(head.status.as_str());
        }
    }

    fn errs(&mut self, what: &str) {
        let span = self.span();
        span.record("error.type", what);
        span.record("otel.status_code", "ERROR");
    }
}

fn begin(method: &Method, url: &str, host: &str, port: u16, resends: u32) -> Span {
    let known = is_known(method);
    let span = info_span!(
        target: "wireline",
        "http.client.request",
        otel.kind = "client",
        otel.name = if known { method.as_str() } else { "HTTP" },
        otel.status_code = field::Empty,
        http.request.method = if known { method.as_str() } else { "_OTHER" },
        http.request.method_original = field::Empty,
        http.request.resend_count = field::Empty,
        http.response.status_code = field::Empty,
        url.full = url,
        server.address = host,
        server.port = port,
        network.peer.address = field::Empty,
        network.peer.port = field::Empty,
        network.protocol.version = field::Empty,
        error.type = field::Empty,
    );
    if !known {
        span.record("http.request.method_original", method.as_str());
    }
    if resends > 0 {
        span.record("http.request.resend_count", resends);
    }
    span
}

/// The methods of RFC 9110 and RFC 5789.
fn is_known(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET
            | Method::HEAD
            | Method::POST
            | Method::PUT
            | Method::DELETE
            | Method::CONNECT
            | Method::OPTIONS
            | Method::TRACE
            | Method::PATCH
    )
}

/// One of few words, to count by.
fn error_type(error: &Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_dns() {
        "name_resolution_error"
    } else if error.is_tls() {
        "tls_error"
    } else if error.is_connect() {
        "connection_error"
    } else if error.is_incomplete() {
        "connection_closed"
    } else if error.is_protocol() {
        "protocol_error"
    } else if error.is_limit() {
        "limit_exceeded"
    } else if error.is_redirect() {
        "redirect_error"
    } else if error.is_builder() || error.is_body() {
        "request_error"
    } else {
        "_OTHER"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(options: &Tracing, url: &str) -> String {
        options.show(&Uri::parse(url).expect("a URL"))
    }

    #[test]
    fn s_112_urls_are_shown_without_secrets() {
        let plain = Tracing::new();
        assert_eq!(shown(&plain, "http://u:p@h:81/a?b=c#d"), "http://h:81/a?b=c#d");
        assert_eq!(
            shown(&plain, "http://h/?a=1&sig=xyz&X-Goog-Signature=&b#?sig"),
            "http://h/?a=1&sig=REDACTED&X-Goog-Signature=REDACTED&b#?sig"
        );
        let strict = Tracing::new().without_query();
        assert_eq!(shown(&strict, "http://u:p@h/a?b=c#d"), "http://h/a?REDACTED#d");
        assert_eq!(shown(&strict, "http://h/a"), "http://h/a");
    }
}
