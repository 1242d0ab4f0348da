//! Requests as transcripts: the very bytes that leave, over plain sockets. Where an answer comes in parts, a gate lies
//! between them: the second part is not sent before the caller has got something from the first.
#![cfg(feature = "client")]

mod support;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use support::deadline;
use support::player::{Player, gate};
use tokio::io::AsyncReadExt;
use wireline::{Body, Client, Fields, Method, Version};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A client that sends nothing but what it must.
fn client() -> Client {
    Client::builder().header("user-agent", "").header("accept", "").build().expect("a client")
}

/// These pieces.
struct Pieces(Vec<&'static str>);

impl Stream for Pieces {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = (!self.0.is_empty()).then(|| self.0.remove(0));
        Poll::Ready(next.map(|piece| Ok(Bytes::from_static(piece.as_bytes()))))
    }
}

#[tokio::test]
async fn a_get_by_default() {
    let agent = concat!("wireline/", env!("CARGO_PKG_VERSION"));
    let player = Player::script()
        .expect(format!(
            "GET /a?b=c HTTP/1.1\r\nHost: {{host}}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\r\n"
        ))
        .play(OK)
        .open()
        .start();
    let response = deadline(Client::new().get(player.url("/a?b=c#d")).send()).await;
    let response = response.expect("a response");
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_11));
    assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
    assert_eq!(player.finish().leftovers, [b""]);
}

#[tokio::test]
async fn all_methods_over_one_connection() {
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "MKCOL"];
    let mut script = Player::script();
    for method in methods {
        let request = format!("{method} / HTTP/1.1\r\nHost: {{host}}\r\nX: y\r\n");
        let framing = if ["POST", "PUT", "PATCH"].contains(&method) {
            // "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed
            // content" (RFC 9110 §8.6), although there is none.
            "Content-Length: 0\r\n\r\n"
        } else {
            "\r\n"
        };
        let answer = if method == "HEAD" { &OK[..OK.len() - 2] } else { OK };
        script = script.expect(request + framing).play(answer);
    }
    let player = script.open().start();
    let client = client();
    for method in methods {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = client.request(method.clone(), player.url("/")).header("X", "y");
        let response = deadline(request.send()).await.expect("a response");
        let body = deadline(response.text()).await.expect("a body");
        assert_eq!(body, if method == Method::HEAD { "" } else { "ok" }, "{method}");
    }
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn bodies_of_known_and_of_unknown_length() {
    let player = Player::script()
        .expect("POST /known HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello")
        .play(OK)
        .expect("PUT /sized HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n\r\nabc")
        .play(OK)
        .expect("POST /stream HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n")
        // An empty piece would be the last chunk (S-12).
        .expect("3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")
        .play(OK)
        .expect("POST /trailers HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect("1\r\na\r\n0\r\nSum: 97\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = client();
    let trailers = || {
        let mut fields = Fields::new();
        fields.append("Sum", "97").expect("a field");
        fields
    };
    let requests = [
        client.post(player.url("/known")).body(&b"hello"[..]),
        client.put(player.url("/sized")).body(Body::sized_stream(Pieces(vec!["a", "bc"]), 3)),
        client.post(player.url("/stream")).body(Body::stream(Pieces(vec!["", "abc", "", "d"]))),
        client
            .post(player.url("/trailers"))
            .body(Body::stream_with_trailers(Pieces(vec!["a"]), trailers)),
    ];
    for request in requests {
        let response = deadline(request.send()).await.expect("a response");
        assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
    }
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn a_chunk_is_handed_out_before_the_next_is_sent() {
    let (key, closed) = gate();
    let (second_key, second) = gate();
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        .wait(closed)
        .play("3\r\none\r\n3\r\nt")
        .wait(second)
        .play("wo\r\n0\r\n\r\n")
        .open()
        .start();
    let client = client();
    let response = deadline(client.get(player.url("/")).send()).await.expect("a head");
    let mut response = response;
    {
        let mut chunk = std::pin::pin!(response.chunk());
        let first = poll_fn(|cx| Poll::Ready(chunk.as_mut().poll(cx))).await;
        assert!(first.is_pending(), "nothing has been sent yet");
    }
    key.send(()).expect("the player waits");
    let mut got = Vec::new();
    while got.len() < 4 {
        got.extend(deadline(response.chunk()).await.expect("a piece").expect("not the end"));
    }
    assert_eq!(got, b"onet");
    second_key.send(()).expect("the player waits");
    while let Some(piece) = deadline(response.chunk()).await.expect("a piece") {
        got.extend_from_slice(&piece);
    }
    assert_eq!(got, b"onetwo");
    drop(response);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn expect_100_continue() {
    let (key, closed) = gate();
    let head =
        "POST / HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    let player = Player::script()
        .expect(head)
        .wait(closed)
        .play("HTTP/1.1 100 Continue\r\n\r\n")
        .expect("body")
        .play(OK)
        .open()
        .start();
    let request = client().post(player.url("/")).expect_continue().body(&b"body"[..]);
    let request = request.on_interim(|head| assert_eq!(head.status.as_u16(), 100));
    let mut sending = std::pin::pin!(request.send());
    let early = poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
    assert!(early.is_pending());
    key.send(()).expect("the player waits");
    let response = deadline(sending).await.expect("a response");
    assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
    assert_eq!(player.finish().leftovers, [b""]);
}

#[tokio::test]
async fn without_a_100_the_body_follows_after_a_while() {
    let player = Player::script()
        .expect(
            "POST / HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
        )
        .expect("body")
        .play(OK)
        .open()
        .start();
    let client = Client::builder()
        .header("user-agent", "")
        .header("accept", "")
        .expect_timeout(std::time::Duration::from_millis(30))
        .build()
        .expect("a client");
    let request = client.post(player.url("/")).expect_continue().body(&b"body"[..]);
    let response = deadline(request.send()).await.expect("a response");
    assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn bytes_of_an_upgraded_protocol_that_came_with_the_101_are_not_lost() {
    let player = Player::script()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        .play("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\nearly")
        .close()
        .start();
    let request = client().get(player.url("/")).header("Connection", "upgrade");
    let response = deadline(request.header("Upgrade", "echo").send()).await.expect("a switch");
    let mut text = String::new();
    let mut stream = response.upgrade().expect("switched");
    deadline(stream.read_to_string(&mut text)).await.expect("the end");
    assert_eq!(text, "early");
    assert_eq!(player.finish().connections, 1);
}
