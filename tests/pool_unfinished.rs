//! Messages that were not finished, by the caller or by the server: a connection is kept only when both sides are done.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "support/steps.rs"]
mod steps;
mod support;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use server::{Guest, Server, polite};
use sockets::{held, unread};
use steps::until;
use support::deadline;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wireline::{Body, Client, Response};

/// Plays `first`, then, when told, `rest`, to the first request of the first connection; all other requests are served
/// politely.
fn server(first: String, rest: String, go: &Arc<Notify>) -> Server {
    let go = Arc::clone(go);
    Server::start(move |mut guest: Guest| {
        let (first, rest, go) = (first.clone(), rest.clone(), Arc::clone(&go));
        async move {
            if guest.number == 0 {
                guest.request().await;
                guest.play(first).await;
                go.notified().await;
                guest.play(rest).await;
            }
            polite(guest).await;
        }
    })
}

async fn get(client: &Client, url: String) -> Response {
    deadline(client.get(url).send()).await.expect("a response")
}

/// Reads exactly `count` bytes of the body and drops the rest.
async fn read_and_drop(mut response: Response, count: usize) {
    let mut read = 0;
    while read < count {
        read += deadline(response.chunk()).await.expect("a piece").expect("not the end").len();
    }
    assert_eq!(read, count);
}

/// RUSTSEC-2020-0093, RUSTSEC-2025-0037: what was left of one body was taken for the next response.
#[tokio::test]
async fn s_42_a_body_that_has_not_arrived_closes_the_connection() {
    for (framing, body) in [
        ("Content-Length: 5", ["", "h", "hell"]),
        ("Transfer-Encoding: chunked", ["5\r\n", "5\r\nh", "5\r\nhello"]),
    ] {
        for (start, read) in body.into_iter().zip([0, 1, 4]) {
            // All of the chunk, but not the last chunk.
            let read = if start.ends_with('o') { 5 } else { read };
            let first = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{start}");
            let server = server(first, "never".into(), &Arc::new(Notify::new()));
            let client = Client::builder().max_connections(1).build().expect("a client");
            let response = get(&client, server.url("/")).await;
            read_and_drop(response, read).await;
            assert_eq!(held(server.address()), 0, "closed at once");
            let next = get(&client, server.url("/next")).await;
            assert_eq!(deadline(next.text()).await.expect("a body"), "/next");
            assert_eq!(server.accepted(), 2);
        }
    }
}

/// Law 6: what has arrived is read away, so the connection is as good as read to its end.
#[tokio::test]
async fn s_42_a_body_that_has_arrived_is_drained() {
    let long = "x".repeat(60_000);
    for (head, first, rest, read) in [
        ("Content-Length: 5", "", "hello", 0),
        ("Content-Length: 5", "h", "ello", 1),
        ("Content-Length: 5", "hell", "o", 4),
        ("Content-Length: 60000", "", &long[..], 0),
        ("Transfer-Encoding: chunked", "5\r\nhello", "\r\n0\r\n\r\n", 5),
        ("Transfer-Encoding: chunked", "5\r\nhell", "o\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n", 4),
    ] {
        let go = Arc::new(Notify::new());
        let first = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{first}");
        let length = rest.len() as u64;
        let server = server(first, rest.to_owned(), &go);
        let client = Client::builder().max_connections(1).build().expect("a client");
        let mut response = get(&client, server.url("/")).await;
        let mut got = 0;
        while got < read {
            got += deadline(response.chunk()).await.expect("a piece").expect("not the end").len();
        }
        go.notify_one();
        deadline(until(|| unread(server.address()) == length)).await;
        drop(response);
        assert_eq!(held(server.address()), 1, "{head}");
        let next = get(&client, server.url("/next")).await;
        assert!(next.is_reused());
        assert_eq!(deadline(next.text()).await.expect("a body"), "/next");
    }
}

#[tokio::test]
async fn s_42_what_is_not_worth_draining_is_closed() {
    let long = "x".repeat(1 << 20);
    let server = server(
        "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n".to_owned() + &long,
        String::new(),
        &Arc::new(Notify::new()),
    );
    let client = Client::builder().max_connections(1).build().expect("a client");
    drop(get(&client, server.url("/")).await);
    assert_eq!(held(server.address()), 0);
    let next = get(&client, server.url("/next")).await;
    assert_eq!(deadline(next.text()).await.expect("a body"), "/next");
}

/// A body that the test feeds.
struct Fed(UnboundedReceiver<Bytes>);

impl Stream for Fed {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|piece| piece.map(Ok))
    }
}

fn fed() -> (UnboundedSender<Bytes>, Body) {
    let (feed, fed) = unbounded_channel();
    (feed, Body::stream(Fed(fed)))
}

/// Reads a head, plays `answer`, and then counts what else comes until the client closes.
fn hasty(answer: &'static str) -> (Server, tokio::sync::oneshot::Receiver<usize>) {
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let server = Server::start(move |mut guest: Guest| {
        let tell = tell.lock().expect("not poisoned").take();
        async move {
            let Some(tell) = tell else { return polite(guest).await };
            guest.head().await;
            guest.play(answer).await;
            let mut count = 0;
            while guest.swallow(1).await {
                count += 1;
            }
            let _ = tell.send(count);
        }
    });
    (server, told)
}

/// CVE-2024-24791 (Go), hyper da19be08: the unsent content of one request would have been read as the next one.
#[tokio::test]
async fn s_43_an_early_error_stops_the_upload_and_ends_the_connection() {
    for answer in [
        "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    ] {
        let (server, told) = hasty(answer);
        let client = Client::new();
        let (feed, body) = fed();
        let response = deadline(client.post(server.url("/")).body(body).send()).await;
        let response = response.expect("the early response");
        assert_eq!(deadline(response.text()).await.expect("a body"), "no");
        assert!(feed.is_closed(), "the source is dropped: no more of it is wanted");
        assert_eq!(deadline(told).await, Ok(0), "not even the last chunk");
        let next = get(&client, server.url("/next")).await;
        assert!(!next.is_reused());
    }
}

#[tokio::test]
async fn s_43_a_refused_expectation_keeps_the_body_and_ends_the_connection() {
    for answer in [
        "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        let (server, told) = hasty(answer);
        let client = Client::new();
        let request = client.post(server.url("/")).expect_continue().body("promised");
        let response = deadline(request.send()).await.expect("a final response");
        assert_eq!(response.status().as_str(), &answer[9..12]);
        drop(response);
        assert_eq!(deadline(told).await, Ok(0), "no byte of the body");
        assert!(!get(&client, server.url("/next")).await.is_reused());
    }
}

/// RFC 9110 §15.5.18: after 417 the request is made again without the expectation, on a new connection.
#[tokio::test]
async fn s_43_a_refused_expectation_is_dropped_and_the_request_made_again() {
    let (server, told) = hasty("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
    let client = Client::new();
    let request = client.post(server.url("/")).expect_continue().body("promised");
    let response = deadline(request.send()).await.expect("a final response");
    assert_eq!((response.status().as_u16(), response.is_reused()), (200, false));
    assert_eq!(deadline(told).await, Ok(0), "no byte of the body went to the first connection");
}

/// DESIGN 4.4: an early success does not stop the upload; reading the response to its end finishes it.
#[tokio::test]
async fn s_43_an_early_success_is_reused_only_after_the_whole_upload() {
    for finish in [true, false] {
        let server = Server::start(|mut guest: Guest| async move {
            if guest.number > 0 {
                return polite(guest).await;
            }
            guest.head().await;
            guest.answer("ok").await;
            // "5\r\nhello\r\n0\r\n\r\n"
            if guest.swallow(15).await {
                polite(guest).await;
            }
        });
        let client = Client::builder().max_connections(1).build().expect("a client");
        let (feed, body) = fed();
        let response = deadline(client.post(server.url("/")).body(body).send()).await;
        let response = response.expect("the early response");
        assert!(!feed.is_closed());
        if finish {
            feed.send(Bytes::from_static(b"hello")).expect("a reader");
            drop(feed);
            assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
        } else {
            drop(response);
            assert_eq!(held(server.address()), 0, "the upload was cut off");
        }
        let next = get(&client, server.url("/next")).await;
        assert_eq!(next.is_reused(), finish);
        assert_eq!(deadline(next.text()).await.expect("a body"), "/next");
    }
}

#[tokio::test]
async fn s_43_a_request_that_says_close_is_the_last() {
    let server = Server::start(polite);
    let client = Client::new();
    for _ in 0..2 {
        let request = client.get(server.url("/a")).header("Connection", "close");
        let response = deadline(request.send()).await.expect("a response");
        assert!(!response.is_reused());
        assert_eq!(deadline(response.text()).await.expect("a body"), "/a");
        assert_eq!(held(server.address()), 0);
    }
    let version = wireline::Version::HTTP_10;
    let response = deadline(client.get(server.url("/a")).version(version).send()).await;
    assert_eq!(deadline(response.expect("a response").text()).await.expect("a body"), "/a");
    assert_eq!(held(server.address()), 0, "HTTP/1.0 without keep-alive");
}
