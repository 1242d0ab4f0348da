//! The client against hyper's server: what is sent, and both directions at once.
#![cfg(feature = "client")]

#[path = "support/pieces.rs"]
mod pieces;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use pieces::{Pieces, Stuck, fed, pattern};
use server::{Content, echoed, empty, full, serve, streamed};
use support::{Scratch, deadline};
use tokio::sync::mpsc;
use wireline::{Body, Client, Clock, Delivery, Fields, Phase};

const LARGE: usize = 5_000_011;

/// Tells what it got: framing, length, and whether the bytes are those of the pattern.
async fn inspect(request: Request<Incoming>) -> Response<Content> {
    let field = |name: &str| {
        let value = request.headers().get(name);
        value.map_or("-".to_owned(), |value| value.to_str().expect("ASCII").to_owned())
    };
    let framing = format!("{} {}", field("content-length"), field("transfer-encoding"));
    let Ok(collected) = request.into_body().collect().await else {
        return status(400);
    };
    let trailer = collected.trailers().and_then(|trailers| trailers.get("x-sum").cloned());
    let content = collected.to_bytes();
    let good = content == pattern(content.len());
    Response::new(full(format!("{framing} {} {good} {trailer:?}", content.len())))
}

fn status(code: u16) -> Response<Content> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::from_u16(code).expect("a status");
    response
}

async fn put(client: &Client, url: &str, body: impl Into<Body>) -> String {
    let response = client.put(url).body(body).send().await.expect("an answer");
    response.text().await.expect("a body")
}

#[tokio::test]
async fn every_kind_of_body_arrives_with_its_framing() {
    deadline(async {
        let server = serve(inspect).await;
        let (client, url) = (Client::new(), server.url("/"));
        assert_eq!(put(&client, &url, "").await, "0 - 0 true None");
        let unsized_ = || Body::stream(pieces::stream(LARGE, 70_001));
        assert_eq!(put(&client, &url, unsized_()).await, "- chunked 5000011 true None");
        let tiny = Body::stream(pieces::stream(10_000, 3));
        assert_eq!(put(&client, &url, tiny).await, "- chunked 10000 true None");
        let sized = Body::sized_stream(pieces::stream(LARGE, 999), LARGE as u64);
        assert_eq!(put(&client, &url, sized).await, "5000011 - 5000011 true None");
        let bytes = pattern(LARGE);
        assert_eq!(put(&client, &url, bytes).await, "5000011 - 5000011 true None");
        let reader = Body::reader(io::Cursor::new(pattern(100_000)), None);
        assert_eq!(put(&client, &url, reader).await, "- chunked 100000 true None");

        let scratch = Scratch::new();
        let path = scratch.path().join("upload");
        std::fs::write(&path, pattern(300_001)).expect("a file");
        let file = Body::file(&path).await.expect("the file opens");
        assert_eq!(put(&client, &url, file).await, "300001 - 300001 true None");

        let trailers = || {
            let mut fields = Fields::new();
            fields.append("x-sum", "42").expect("a field");
            fields
        };
        let body = Body::stream_with_trailers(pieces::stream(70_000, 7_000), trailers);
        let response = client.put(&url).header("trailer", "x-sum").body(body).send().await;
        let text = response.expect("an answer").text().await.expect("a body");
        assert_eq!(text, "- chunked 70000 true Some(\"42\")");
        // Each was finished, so one connection did it all.
        assert_eq!(server.counts().accepted, 1);
    })
    .await;
}

#[tokio::test]
async fn an_echo_is_read_while_it_is_written() {
    deadline(async {
        let server = serve(|request| async { Response::new(echoed(request.into_body())) }).await;
        let client = Client::new();
        // The first is more than the sockets between the two can hold: whoever writes first and reads later never ends.
        for count in [24 << 20, 1 << 20] {
            let body = Body::stream(pieces::stream(count, 65_536));
            let request = client.post(server.url("/")).body(body);
            let mut response = request.send().await.expect("a head while the upload runs");
            let expected = pattern(count);
            let mut got = 0;
            while let Some(chunk) = response.chunk().await.expect("a chunk") {
                assert!(chunk == expected[got..got + chunk.len()], "after {got} bytes");
                got += chunk.len();
            }
            assert_eq!(got, expected.len());
        }
        assert_eq!(server.counts().accepted, 1, "both messages were finished");
    })
    .await;
}

#[tokio::test]
async fn a_conversation_goes_to_and_fro() {
    deadline(async {
        let server = serve(|request| async { Response::new(echoed(request.into_body())) }).await;
        let (feed, stream) = fed::<Result<Bytes, Infallible>>();
        let request = Client::new().post(server.url("/")).body(Body::stream(stream));
        let mut response = request.send().await.expect("a head before the first word");
        for word in ["ping", "pong", "bye"] {
            feed.send(Ok(Bytes::from_static(word.as_bytes()))).await.expect("asked for");
            let chunk = response.chunk().await.expect("the echo");
            assert_eq!(chunk.as_deref(), Some(word.as_bytes()));
        }
        drop(feed);
        assert_eq!(response.chunk().await.expect("the end"), None);
    })
    .await;
}

#[tokio::test]
async fn an_early_refusal_is_delivered_and_ends_the_upload() {
    deadline(async {
        let mut server = serve(|_| async { status(413) }).await;
        let client = Client::new();
        for sized in [true, false] {
            let endless = Pieces(std::iter::repeat_with(|| {
                Ok::<_, Infallible>(Bytes::from(vec![7; 65_536]))
            }));
            let body = match sized {
                true => Body::sized_stream(endless, 1 << 40),
                false => Body::stream(endless),
            };
            let response = client.post(server.url("/")).body(body).send().await.expect("the 413");
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(response.bytes().await.expect("no body"), "");
            server.until(|counts| counts.open == 0).await;
        }
        let response = client.get(server.url("/")).send().await.expect("a new connection");
        assert!(!response.is_reused());
    })
    .await;
}

#[tokio::test]
async fn a_body_held_back_is_sent_when_asked_for_and_only_then() {
    deadline(async {
        let server = serve(|request: Request<Incoming>| async move {
            match request.uri().path() {
                "/refused" => status(417),
                _ => inspect(request).await,
            }
        })
        .await;
        let client = Client::builder().expect_timeout(support::PATIENCE).build().expect("a client");
        let polled = Arc::new(AtomicUsize::new(0));
        let body = || {
            let polled = Arc::clone(&polled);
            let count = move |piece| {
                polled.fetch_add(1, Ordering::Relaxed);
                piece
            };
            Body::stream(Pieces(pieces::stream(100_000, 1000).0.map(count)))
        };
        let interim = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&interim);
        let request = client.post(server.url("/")).body(body()).expect_continue();
        let request =
            request.on_interim(move |head| heard.lock().expect("alone").push(head.status));
        let text = request.send().await.expect("an answer").text().await.expect("a body");
        assert_eq!(text, "- chunked 100000 true None");
        assert_eq!(*interim.lock().expect("alone"), [StatusCode::CONTINUE]);
        assert_eq!(polled.swap(0, Ordering::Relaxed), 100);

        let request = client.post(server.url("/refused")).body(body()).expect_continue();
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::EXPECTATION_FAILED);
        assert_eq!(polled.load(Ordering::Relaxed), 0, "nothing of the body was needed");
        drop(response);
        let response = client.get(server.url("/refused")).send().await.expect("an answer");
        assert!(!response.is_reused(), "a body was promised there and never came");
    })
    .await;
}

#[tokio::test]
async fn half_a_body_never_looks_whole() {
    deadline(async {
        let (report, mut reports) = mpsc::unbounded_channel();
        let server = serve(move |request: Request<Incoming>| {
            let report = report.clone();
            async move {
                let mut body = request.into_body();
                let first = body.frame().await.is_some_and(|frame| frame.is_ok());
                let _ = report.send(first);
                let _ = report.send(body.collect().await.is_ok());
                status(200)
            }
        })
        .await;
        let client = Client::new();
        // A body that promises this length begins with 50 bytes and goes on with these.
        let cases: [(Option<u64>, Result<usize, &str>, bool); 6] = [
            (None, Err("burnt"), false),
            (Some(100), Err("burnt"), false),
            (Some(100), Ok(49), false),
            (Some(100), Ok(51), false),
            (None, Ok(49), true),
            (Some(100), Ok(50), true),
        ];
        for (length, rest, whole) in cases {
            let (feed, stream) = fed();
            let body = match length {
                Some(length) => Body::sized_stream(stream, length),
                None => Body::stream(stream),
            };
            let sending = tokio::spawn(client.put(server.url("/")).body(body).send());
            feed.send(Ok(Bytes::from(vec![b'a'; 50]))).await.expect("asked for");
            assert_eq!(reports.recv().await, Some(true), "the server has the beginning");
            let rest = rest.map(|count| Bytes::from(vec![b'b'; count]));
            feed.send(rest).await.expect("asked for");
            drop(feed);
            let outcome = sending.await.expect("no panic");
            assert_eq!(reports.recv().await, Some(whole), "{length:?}: {outcome:?}");
            let Err(error) = outcome else { continue };
            assert!(!whole && error.phase() == Phase::Send, "{error:?}");
            assert_eq!(error.delivery(), Delivery::PartlySent, "{error}");
            assert!(error.is_body() || error.is_builder(), "{error}");
            assert_eq!(error.is_body(), error.to_string().contains("burnt"), "{error}");
        }
        // What fails before a byte has left is never seen.
        let body = Body::stream(Pieces([Ok(Bytes::from_static(b"a")), Err("burnt")].into_iter()));
        let error = client.put(server.url("/")).body(body).send().await.expect_err("no body");
        assert_eq!((error.is_body(), error.delivery()), (true, Delivery::NotSent), "{error}");
        assert!(reports.try_recv().is_err());
    })
    .await;
}

#[tokio::test]
async fn a_dropped_upload_closes_its_connection_and_frees_its_place() {
    deadline(async {
        let (begun, mut begins) = mpsc::unbounded_channel();
        let mut server = serve(move |request: Request<Incoming>| {
            let begun = begun.clone();
            async move {
                let mut body = request.into_body();
                if body.frame().await.is_some() {
                    let _ = begun.send(());
                }
                while body.frame().await.is_some_and(|frame| frame.is_ok()) {}
                status(200)
            }
        })
        .await;
        let client = Client::builder().max_connections(1).build().expect("a client");
        for _ in 0..5 {
            let (feed, stream) = fed::<Result<Bytes, Infallible>>();
            let request = client.post(server.url("/")).body(Body::stream(stream));
            let sending = tokio::spawn(request.send());
            feed.send(Ok(Bytes::from_static(b"the first"))).await.expect("asked for");
            begins.recv().await.expect("the server has the first piece");
            sending.abort();
            assert!(sending.await.expect_err("aborted").is_cancelled());
            server.until(|counts| counts.open == 0).await;
            assert!(feed.send(Ok(Bytes::new())).await.is_err(), "the body was dropped");
        }
        let response = client.get(server.url("/")).send().await.expect("the place is free");
        assert_eq!(response.status(), StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn silence_is_timed_in_the_head_and_in_the_body() {
    deadline(async {
        let mut server = serve(|request: Request<Incoming>| async move {
            if request.uri().path() == "/head" {
                std::future::pending::<()>().await;
            }
            let begun = [Ok::<_, Infallible>(Bytes::from_static(b"begun"))].into_iter();
            Response::new(streamed(Stuck(Pieces(begun))))
        })
        .await;
        let patience = Duration::from_millis(500);
        let client = Client::builder().read_timeout(patience).build().expect("a client");

        let error = client.get(server.url("/head")).send().await.expect_err("silence");
        assert!(error.is_timeout(), "{error}");
        let told = (error.clock(), error.phase(), error.delivery());
        assert_eq!(told, (Some(Clock::Read), Phase::Head, Delivery::SentNoReply), "{error}");

        let mut response = client.get(server.url("/body")).send().await.expect("a head");
        assert_eq!(response.chunk().await.expect("a chunk").as_deref(), Some(&b"begun"[..]));
        let error = response.chunk().await.expect_err("silence");
        let told = (error.clock(), error.phase(), error.delivery());
        assert_eq!(told, (Some(Clock::Read), Phase::Body, Delivery::ReplyStarted), "{error}");

        let request = client.get(server.url("/body")).read_timeout(None).timeout(patience);
        let error = request.send().await.expect("a head").bytes().await.expect_err("silence");
        assert_eq!((error.clock(), error.phase()), (Some(Clock::Total), Phase::Body), "{error}");
        server.until(|counts| counts.open == 0).await;
    })
    .await;
}
