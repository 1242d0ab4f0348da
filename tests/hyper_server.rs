//! The client against hyper's server: how messages begin and end, and what becomes of the connection after them.
#![cfg(feature = "client")]

#[path = "support/pieces.rs"]
mod pieces;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::collections::HashSet;
use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response};
use pieces::{Pieces, fed, pattern};
use server::{Content, Server, empty, full, serve, streamed};
use support::deadline;
use tokio::io::AsyncReadExt;
use wireline::{Client, Method, StatusCode, Version};

const LARGE: usize = 300_003;

/// Pages for every way in which a message can end.
async fn pages(request: Request<Incoming>) -> Response<Content> {
    let answer = Response::builder();
    let answer = match request.uri().path() {
        "/hello" => answer.body(full("hello")),
        "/large" => answer.body(full(pattern(LARGE))),
        "/nothing" => answer.status(204).body(empty()),
        "/unchanged" => answer.status(304).header("etag", "\"1\"").body(empty()),
        "/empty" => answer.body(full("")),
        "/last" => answer.header("connection", "close").body(full("goodbye")),
        "/pieces" => answer.body(streamed(pieces::stream(LARGE, 1009))),
        "/small-pieces" => answer.body(streamed(pieces::stream(20_000, 1))),
        "/trailers" => answer.header("trailer", "x-sum, x-note").body(with_trailers()),
        "/fields" => {
            let fields = request.headers().iter();
            let lines = fields.map(|(name, value)| format!("{name}: {value:?}\n"));
            answer.body(full(lines.collect::<String>()))
        }
        other => answer.status(404).body(full(format!("no {other}"))),
    };
    answer.expect("a response")
}

fn with_trailers() -> Content {
    let mut trailers = hyper::HeaderMap::new();
    trailers.insert("x-sum", "42".parse().expect("a value"));
    trailers.insert("x-note", "the end".parse().expect("a value"));
    let frames = [
        Frame::data(Bytes::from_static(b"one, ")),
        Frame::data(Bytes::from_static(b"two")),
        Frame::trailers(trailers),
    ];
    StreamBody::new(Pieces(frames.into_iter().map(Ok))).boxed_unsync()
}

async fn text(client: &Client, server: &Server, path: &str) -> String {
    let response = client.get(server.url(path)).send().await.expect("an answer");
    response.text().await.expect("a body")
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    deadline(async {
        let server = serve(pages).await;
        let client = Client::new();
        let mut ids = HashSet::new();
        for number in 0..50 {
            let response = client.get(server.url("/hello")).send().await.expect("an answer");
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.version(), Version::HTTP_11);
            assert_eq!(response.is_reused(), number > 0, "number {number}");
            assert_eq!(response.timings().connect.is_some(), number == 0, "number {number}");
            assert_eq!(response.connection().remote, Some(server.address));
            ids.insert(response.connection().id);
            assert_eq!(response.text().await.expect("a body"), "hello");
        }
        assert_eq!((server.counts().accepted, ids.len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn messages_without_content_leave_the_connection_good() {
    deadline(async {
        let server = serve(pages).await;
        let client = Client::new();
        let head = client.head(server.url("/large")).send().await.expect("an answer");
        assert_eq!(head.fields().get_str("content-length"), Some("300003"));
        assert_eq!(head.bytes().await.expect("no body"), "");
        // hyper sends the head of chunked content alone, too.
        let head = client.head(server.url("/pieces")).send().await.expect("an answer");
        assert_eq!(head.bytes().await.expect("no body"), "");
        for (path, status) in [("/nothing", 204), ("/unchanged", 304), ("/empty", 200)] {
            let response = client.get(server.url(path)).send().await.expect("an answer");
            assert_eq!(response.status().as_u16(), status, "{path}");
            assert!(response.is_reused(), "{path}");
            assert_eq!(response.bytes().await.expect("no body"), "", "{path}");
        }
        assert_eq!(text(&client, &server, "/hello").await, "hello");
        assert_eq!(server.counts().accepted, 1);
    })
    .await;
}

#[tokio::test]
async fn content_in_pieces_arrives_whole_by_every_door() {
    deadline(async {
        let server = serve(pages).await;
        let client = Client::new();
        let whole = pattern(LARGE);
        for path in ["/large", "/pieces"] {
            let response = client.get(server.url(path)).send().await.expect("an answer");
            let length = (path == "/large").then_some(LARGE as u64);
            assert_eq!(response.content_length(), length, "{path}");
            assert!(response.bytes().await.expect("a body") == whole, "{path} at once");

            let mut response = client.get(server.url(path)).send().await.expect("an answer");
            let mut got = Vec::new();
            while let Some(chunk) = response.chunk().await.expect("a chunk") {
                assert!(!chunk.is_empty());
                got.extend_from_slice(&chunk);
            }
            assert!(got == whole, "{path} by chunks");
            assert!(response.chunk().await.expect("still the end").is_none());

            let response = client.get(server.url(path)).send().await.expect("an answer");
            let mut body = response.into_body();
            let (mut got, mut buffer) = (Vec::new(), [0; 777]);
            while let count @ 1.. = body.read(&mut buffer).await.expect("readable") {
                got.extend_from_slice(&buffer[..count]);
            }
            assert!(got == whole, "{path} as a reader");
        }
        let response = client.get(server.url("/small-pieces")).send().await.expect("an answer");
        assert!(response.bytes().await.expect("a body") == pattern(20_000));
        assert_eq!(server.counts().accepted, 1);
    })
    .await;
}

#[tokio::test]
async fn content_that_lasts_until_close_is_whole_and_the_connection_spent() {
    deadline(async {
        let server = serve(pages).await;
        let client = Client::new();
        for number in 1..=2 {
            let request = client.get(server.url("/pieces")).version(Version::HTTP_10);
            let response = request.send().await.expect("an answer");
            assert_eq!(response.version(), Version::HTTP_10);
            assert_eq!(response.fields().get_str("transfer-encoding"), None);
            assert_eq!(response.content_length(), None);
            assert!(response.bytes().await.expect("a body") == pattern(LARGE));
            assert_eq!(server.counts().accepted, number);
        }
        for number in 3..=4 {
            assert_eq!(text(&client, &server, "/last").await, "goodbye");
            assert_eq!(server.counts().accepted, number);
        }
    })
    .await;
}

#[tokio::test]
async fn http_1_0_keeps_the_connection_when_both_sides_say_so() {
    deadline(async {
        let server = serve(pages).await;
        let client = Client::new();
        let old = || client.get(server.url("/hello")).version(Version::HTTP_10);
        for number in 0..3 {
            let response = old().header("connection", "keep-alive").send().await.expect("kept");
            assert_eq!(response.version(), Version::HTTP_10);
            assert_eq!(response.is_reused(), number > 0);
            assert_eq!(response.text().await.expect("a body"), "hello");
        }
        assert_eq!(old().send().await.expect("an answer").text().await.expect("a body"), "hello");
        assert!(!old().send().await.expect("an answer").is_reused());
        assert_eq!(server.counts().accepted, 2);
    })
    .await;
}

#[tokio::test]
async fn trailers_come_after_the_content() {
    deadline(async {
        let server = serve(pages).await;
        let client = Client::new();
        for _ in 0..2 {
            // hyper sends trailers to those who say that they read them (RFC 9110 §6.5.1).
            let request = client.get(server.url("/trailers")).header("te", "trailers");
            let mut response = request.header("connection", "te").send().await.expect("an answer");
            let mut content = Vec::new();
            while let Some(chunk) = response.chunk().await.expect("a chunk") {
                content.extend_from_slice(&chunk);
            }
            assert_eq!(content, b"one, two");
            assert_eq!(response.trailers().get_str("X-Sum"), Some("42"));
            assert_eq!(response.trailers().get_str("x-note"), Some("the end"));
            assert_eq!(response.fields().get("x-sum"), None, "no trailer becomes a header");
        }
        assert_eq!(server.counts().accepted, 1);
    })
    .await;
}

#[tokio::test]
async fn the_first_chunk_does_not_wait_for_the_second() {
    deadline(async {
        let (feed, stream) = fed::<Result<Bytes, Infallible>>();
        let stream = std::sync::Arc::new(std::sync::Mutex::new(Some(stream)));
        let server = serve(move |_| {
            let stream = stream.lock().expect("one at a time").take().expect("one request");
            async { Response::new(streamed(stream)) }
        })
        .await;
        let mut response = Client::new().get(server.url("/")).send().await.expect("a head at once");
        for piece in ["first", "second", "third"] {
            feed.send(Ok(Bytes::from_static(piece.as_bytes()))).await.expect("asked for");
            assert_eq!(response.chunk().await.expect("a chunk").as_deref(), Some(piece.as_bytes()));
        }
        drop(feed);
        assert_eq!(response.chunk().await.expect("the end"), None);
    })
    .await;
}

#[tokio::test]
async fn a_body_left_unread_costs_its_connection_and_nothing_else() {
    deadline(async {
        let mut server = serve(pages).await;
        let client = Client::new();
        drop(client.get(server.url("/large")).send().await.expect("an answer"));
        server.until(|counts| counts.open == 0).await;
        // What has come whole with its head needs no reading.
        drop(client.get(server.url("/hello")).send().await.expect("an answer"));
        let response = client.get(server.url("/hello")).send().await.expect("an answer");
        assert!(response.is_reused());
        assert_eq!(response.text().await.expect("a body"), "hello");
        drop(client);
        let counts = server.until(|counts| counts.open == 0).await;
        assert_eq!(counts.accepted, 2);
    })
    .await;
}

#[tokio::test]
async fn many_requests_at_once_share_few_connections() {
    deadline(async {
        for (total, per_origin) in [(8, None), (100, Some(5)), (64, None)] {
            let server = serve(pages).await;
            let builder = Client::builder().max_connections(total);
            let client = builder.max_connections_per_origin(per_origin).build().expect("a client");
            let paths = ["/hello", "/nothing", "/pieces", "/large", "/last", "/empty"];
            let mut tasks = tokio::task::JoinSet::new();
            for path in paths.into_iter().cycle().take(120) {
                let (client, url) = (client.clone(), server.url(path));
                tasks.spawn(async move {
                    let response = client.get(url).send().await.expect("an answer");
                    (path, response.bytes().await.expect("a body").len())
                });
            }
            while let Some(done) = tasks.join_next().await {
                let (path, length) = done.expect("no panic");
                let expected = match path {
                    "/hello" => 5,
                    "/last" => 7,
                    "/pieces" | "/large" => LARGE,
                    _ => 0,
                };
                assert_eq!(length, expected, "{path}");
            }
            let most = server.counts().most;
            assert!(most <= per_origin.unwrap_or(total), "{most} open with {total} {per_origin:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_request_is_what_was_asked_for() {
    deadline(async {
        let server = serve(pages).await;
        let client = Client::builder().header("x-default", "d").build().expect("a client");
        let request = client.request(Method::GET, server.url("/fields")).header("X-Own", "ü");
        let seen = request.send().await.expect("an answer").text().await.expect("a body");
        for line in [
            format!("host: \"{}\"", server.address),
            "x-default: \"d\"".into(),
            "accept: \"*/*\"".into(),
            format!("user-agent: \"wireline/{}\"", env!("CARGO_PKG_VERSION")),
            "x-own: \"\\xc3\\xbc\"".into(),
        ] {
            assert!(seen.lines().any(|seen| seen == line), "{line} in\n{seen}");
        }
        assert!(!seen.contains("content-length") && !seen.contains("transfer-encoding"), "{seen}");
    })
    .await;
}
