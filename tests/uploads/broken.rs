//! Uploads that break: by their own source, by the server, by the caller.

use std::error::Error as _;

use wireline::{Body, Delivery, Phase};

use crate::sources::{channel, endless, failing};
use crate::support::deadline;
use crate::support::player::{Player, gate};
use crate::talk::{client, closed};

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn an_error_of_the_source_is_the_error_of_the_request() {
    let player = Player::script().expect_close().close().start();
    let body = Body::stream(failing(&["some"], "disk on fire"));
    let error = deadline(client().post(player.url("/")).body(body).send()).await;
    let error = error.expect_err("half a body");
    assert!(error.is_body() && !error.is_builder() && !error.is_timeout(), "{error}");
    assert_eq!(error.phase(), Phase::Send);
    assert!(error.to_string().contains("the request body failed: disk on fire"), "{error}");
    let source = error.source().expect("the stream's own error");
    assert!(source.is::<std::io::Error>() && source.to_string() == "disk on fire", "{source}");
    let sent = closed(player);
    assert!(!sent.ends_with(b"0\r\n\r\n"), "{}", sent.escape_ascii());
}

/// The same after some of it has reached the server, for both framings: nothing that looks like an end follows.
#[tokio::test]
async fn half_a_body_never_looks_whole() {
    for (length, head, first) in [
        (None, CHUNKED.to_owned(), "5\r\nhello\r\n"),
        (Some(9), CHUNKED.replace("Transfer-Encoding: chunked", "Content-Length: 9"), "hello"),
    ] {
        let (arrived, signal) = gate();
        let player = Player::script()
            .expect(head)
            .expect(first)
            .signal(arrived)
            .expect_close()
            .close()
            .start();
        let (more, stream) = channel();
        more.send(Ok("hello".into())).expect("the stream is there");
        let body = match length {
            None => Body::stream(stream),
            Some(length) => Body::sized_stream(stream, length),
        };
        let post = client().post(player.url("/")).body(body);
        let trouble = async {
            signal.await.expect("the first piece has arrived");
            more.send(Err(std::io::Error::other("unplugged"))).expect("the upload is alive");
        };
        let (sent, ()) = deadline(async { tokio::join!(post.send(), trouble) }).await;
        let error = sent.expect_err("half a body");
        assert!(error.is_body(), "{error}");
        assert_eq!(error.delivery(), Delivery::PartlySent);
        assert!(error.to_string().ends_with("(the request was partly sent)"), "{error}");
        assert_eq!(closed(player), b"");
    }
}

#[tokio::test]
async fn a_cancelled_upload_closes_its_connection() {
    let (arrived, signal) = gate();
    let player = Player::script()
        .expect(CHUNKED)
        .expect("5\r\nhello\r\n")
        .signal(arrived)
        .expect_close()
        .close()
        .start();
    let client = client();
    let (more, stream) = channel();
    more.send(Ok("hello".into())).expect("the stream is there");
    let post = client.post(player.url("/")).body(Body::stream(stream));
    deadline(async {
        tokio::select! {
            _ = post.send() => panic!("nobody answers"),
            arrived = signal => arrived.expect("the first piece has arrived"),
        }
    })
    .await;
    assert_eq!(closed(player), b"");
    assert!(more.is_closed(), "the source is dropped with the request");
}

#[tokio::test]
async fn the_server_closes_without_an_answer() {
    for close_with_reset in [false, true] {
        let script = Player::script().expect(CHUNKED).swallow(100_000);
        let script = if close_with_reset { script.reset() } else { script.close() };
        let player = script.start();
        let post = client().post(player.url("/")).body(Body::stream(endless(100_000)));
        let error = deadline(post.send()).await.expect_err("no answer");
        assert!(!error.is_timeout() && !error.is_body() && !error.is_builder(), "{error}");
        assert_eq!((error.phase(), error.delivery()), (Phase::Send, Delivery::PartlySent));
        assert_eq!(error.timings().retries, 0, "a used up stream is not sent again");
        player.finish();
    }
}

/// FIN before an answer: there will be none, so the rest of the upload is in vain.
#[tokio::test]
async fn the_server_half_closes_without_an_answer() {
    let player = Player::script().expect(CHUNKED).half_close().expect_close().close().start();
    let (more, stream) = channel();
    let post = client().post(player.url("/")).body(Body::stream(stream));
    let error = deadline(post.send()).await.expect_err("no answer");
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(error.delivery(), Delivery::PartlySent);
    assert!(more.is_closed());
    player.finish();
}

/// FIN after an early answer: the answer counts, and the upload ends.
#[tokio::test]
async fn the_server_half_closes_after_an_answer() {
    let player = Player::script()
        .expect(CHUNKED)
        .play("HTTP/1.1 200 OK\r\n\r\nuntil the end")
        .half_close()
        .expect_close()
        .close()
        .start();
    let (_more, stream) = channel();
    let post = client().post(player.url("/")).body(Body::stream(stream));
    let response = deadline(post.send()).await.expect("an answer");
    assert_eq!(deadline(response.text()).await.expect("a body"), "until the end");
    player.finish();
}
