//! The feature `tracing`: which spans a subscriber sees, with which fields, and that it sees none unless asked for.
#![cfg(feature = "tracing")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_default;
use tracing::{Event, Level, Metadata, Subscriber};
use wireline::client::Tracing;
use wireline::{Client, Method};

use support::deadline;
use support::player::Player;
use talk::{OK, quiet};

/// What a span has become.
#[derive(Debug, Default, Clone)]
struct Seen {
    name: &'static str,
    target: String,
    fields: BTreeMap<&'static str, String>,
    /// Its events: name, then text.
    events: Vec<(String, String)>,
    handles: usize,
}

/// Keeps every span of the thread it is set for.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<Seen>>>);

impl Book {
    fn spans(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.0.lock().expect("not poisoned")
    }

    #[track_caller]
    fn only(&self) -> Seen {
        let spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans[0].clone()
    }

    fn with<T>(&self, id: &Id, change: impl FnOnce(&mut Seen) -> T) -> T {
        let index = usize::try_from(id.into_u64()).expect("an index") - 1;
        change(&mut self.spans()[index])
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Book {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "wireline"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let metadata = attributes.metadata();
        assert_eq!(*metadata.level(), Level::INFO);
        let target = metadata.target().to_owned();
        let mut seen = Seen { name: metadata.name(), target, handles: 1, ..Seen::default() };
        attributes.record(&mut Fields(&mut seen.fields));
        let mut spans = self.spans();
        spans.push(seen);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        self.with(id, |seen| values.record(&mut Fields(&mut seen.fields)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        let mut field = |name| fields.remove(name).unwrap_or_default();
        let told = (field("event.name"), field("message"));
        let id = event.parent().expect("every event is inside a span");
        self.with(id, |seen| seen.events.push(told));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, id: &Id) -> Id {
        self.with(id, |seen| seen.handles += 1);
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        self.with(&id, |seen| {
            seen.handles -= 1;
            seen.handles == 0
        })
    }
}

fn client() -> Client {
    quiet().tracing().build().expect("sound settings")
}

fn fields(pairs: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn events(seen: &Seen) -> String {
    seen.events.iter().map(|(name, _)| &**name).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_span_has_the_names_of_the_conventions() {
    let book = Book::default();
    let _guard = set_default(book.clone());
    let player = Player::script().expect("GET /a?sig=xyz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let player = player.play("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").open().start();
    let url = player.url("/a?sig=xyz");
    deadline(client().get(&url).send()).await.expect("an answer");
    let seen = book.only();
    let port = player.address().port().to_string();
    assert_eq!((seen.name, &*seen.target), ("http.client.request", "wireline"));
    assert_eq!(
        seen.fields,
        fields(&[
            ("error.type", "404"),
            ("http.request.method", "GET"),
            ("http.response.status_code", "404"),
            ("network.peer.address", "127.0.0.1"),
            ("network.peer.port", &port),
            ("network.protocol.version", "1.1"),
            ("otel.kind", "client"),
            ("otel.name", "GET"),
            ("otel.status_code", "ERROR"),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("url.full", &player.url("/a?sig=REDACTED")),
        ])
    );
    assert_eq!(events(&seen), "dns dns dns connect connect");
    assert_eq!(seen.handles, 0, "the span is closed when the response is complete");
    player.finish();
}

#[tokio::test]
async fn nothing_is_seen_of_a_client_that_did_not_ask() {
    let book = Book::default();
    let _guard = set_default(book.clone());
    let script = Player::script().expect_head().play(OK).open();
    let player = script.expect_head().play(OK).open().start();
    deadline(talk::client().get(player.url("/")).send()).await.expect("an answer");
    assert!(book.spans().is_empty());
    deadline(client().get(player.url("/")).send()).await.expect("an answer");
    book.only();
    player.finish();
}

#[tokio::test]
async fn nor_of_a_request_that_wants_no_events() {
    let book = Book::default();
    let _guard = set_default(book.clone());
    let player = Player::script().expect_head().play(OK).open().start();
    deadline(client().get(player.url("/")).no_events().send()).await.expect("an answer");
    assert!(book.spans().is_empty());
    player.finish();
}

/// "A CLIENT span for each one of these physical requests."
#[tokio::test]
async fn each_hop_has_a_span_of_its_own() {
    let book = Book::default();
    let _guard = set_default(book.clone());
    let moved = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(moved).expect_head().play(OK).open().start();
    let post = client().post(player.url("/")).body("hello");
    deadline(post.send()).await.expect("an answer");
    let spans = book.spans().clone();
    let field = |name| -> Vec<_> { spans.iter().map(|s| s.fields.get(name).cloned()).collect() };
    assert_eq!(spans.len(), 2);
    assert_eq!(field("http.request.method"), [Some("POST".to_owned()), Some("GET".to_owned())]);
    assert_eq!(field("url.full"), [Some(player.url("/")), Some(player.url("/x"))]);
    assert_eq!(field("http.request.resend_count"), [None, Some("1".to_owned())]);
    assert_eq!(
        field("http.response.status_code"),
        [Some("302".to_owned()), Some("200".to_owned())]
    );
    assert_eq!(field("error.type"), [None, None]);
    assert_eq!(events(&spans[0]), "dns dns dns connect connect redirect");
    assert_eq!(events(&spans[1]), "connect");
    assert!(spans[1].events[0].1.starts_with("reused connection "));
    assert!(spans.iter().all(|span| span.handles == 0));
    player.finish();
}

#[tokio::test]
async fn a_failure_is_a_word_to_count_by() {
    let book = Book::default();
    let _guard = set_default(book.clone());
    let player = Player::script().expect_head().play("HTTP/1.1 200\x01OK\r\n\r\n").close().start();
    deadline(client().get(player.url("/")).send()).await.expect_err("no HTTP");
    let seen = book.only();
    assert_eq!(seen.fields.get("error.type").map(|word| &**word), Some("protocol_error"));
    assert_eq!(seen.fields.get("otel.status_code").map(|word| &**word), Some("ERROR"));
    assert_eq!(events(&seen), "dns dns dns connect connect error");
    assert_eq!(seen.handles, 0);
    player.finish();
}

/// A method of no RFC would make as many names as a caller can think of.
#[tokio::test]
async fn a_method_nobody_knows() {
    let book = Book::default();
    let _guard = set_default(book.clone());
    let player = Player::script().expect_head().play(OK).open().start();
    let method = Method::from_bytes(b"BREW").expect("a token");
    let options = Tracing::new().without_query();
    let client = quiet().tracing_with(options).build().expect("sound settings");
    deadline(client.request(method, player.url("/?pot=1")).send()).await.expect("an answer");
    let seen = book.only().fields;
    assert_eq!(seen["http.request.method"], "_OTHER");
    assert_eq!(seen["http.request.method_original"], "BREW");
    assert_eq!(seen["otel.name"], "HTTP");
    assert_eq!(seen["url.full"], player.url("/?REDACTED"));
    player.finish();
}

#[tokio::test]
async fn s_112_no_secret_is_recorded() {
    let book = Book::default();
    let _guard = set_default(book.clone());
    let ok = "HTTP/1.1 200 OK\r\nSet-Cookie: id=s3cret\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(ok).open().start();
    let get = client().get(player.url("/")).header("authorization", "Bearer s3cret");
    deadline(get.header("cookie", "id=s3cret").send()).await.expect("an answer");
    let seen = format!("{:?}", book.only());
    assert!(!seen.contains("s3cret"), "{seen}");
    player.finish();
}
