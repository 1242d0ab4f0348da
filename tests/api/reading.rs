//! Bodies piece by piece: `chunk()`, `AsyncRead`, trailers; and what follows when they break.

use tokio::io::{AsyncReadExt, copy};
use wireline::{Delivery, Phase};

use crate::support::deadline;
use crate::support::player::{Player, gate};
use crate::talk::{OK, client};

const HEAD: &str = "HTTP/1.1 200 OK\r\n";

/// The same 40 000 bytes in every framing.
fn framings() -> [(String, Vec<u8>); 3] {
    let content: Vec<u8> = (0..40_000u32).map(|n| (n % 251) as u8).collect();
    let mut chunked = Vec::new();
    for piece in content.chunks(777) {
        chunked.extend_from_slice(format!("{:x};ext\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\nX-Sum: 1\r\n\r\n");
    [
        (format!("{HEAD}Content-Length: 40000\r\n\r\n"), content.clone()),
        (format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n"), chunked),
        (format!("{HEAD}\r\n"), content),
    ]
}

#[tokio::test]
async fn async_read_into_buffers_of_any_size() {
    let content = framings()[0].1.clone();
    for (head, body) in framings() {
        for size in [1, 2, 3, 1000, 39_999, 40_000, 100_000] {
            // Some of it comes with the head, some later.
            let reply = [head.as_bytes(), &body].concat();
            let cuts = [head.len() + 10, head.len() + 30_000];
            let player = Player::script().expect_head().play_cut(reply, &cuts).close().start();
            let response = deadline(client().get(player.url("/")).send()).await.expect("a head");
            let mut body = response.into_body();
            let (mut read, mut buffer) = (Vec::new(), vec![0; size]);
            loop {
                let count = deadline(body.read(&mut buffer)).await.expect("content");
                read.extend_from_slice(&buffer[..count]);
                if count == 0 {
                    break;
                }
            }
            assert!(read == content, "{head:?}, {size} at a time: {} bytes", read.len());
            assert_eq!(body.trailers().len(), usize::from(head.contains("chunked")));
            assert_eq!(deadline(body.read(&mut buffer)).await.expect("still the end"), 0);
            player.finish();
        }
    }
}

#[tokio::test]
async fn tokio_s_own_copy() {
    for (head, body) in framings() {
        let reply = [head.as_bytes(), &body].concat();
        let player = Player::script().expect_head().play(reply).close().start();
        let response = deadline(client().get(player.url("/")).send()).await.expect("a head");
        let mut sink = Vec::new();
        let count = deadline(copy(&mut response.into_body(), &mut sink)).await.expect("all of it");
        assert_eq!((count, sink.len()), (40_000, 40_000));
        player.finish();
    }
}

#[tokio::test]
async fn chunks_are_never_empty_and_the_end_stays_the_end() {
    let content = framings()[0].1.clone();
    for (head, body) in framings() {
        let reply = [head.as_bytes(), &body].concat();
        let cuts: Vec<usize> = (1..reply.len() / 501).map(|n| n * 501).collect();
        let player = Player::script().expect_head().play_cut(reply, &cuts).close().start();
        let mut response = deadline(client().get(player.url("/")).send()).await.expect("a head");
        let mut read = Vec::new();
        while let Some(chunk) = deadline(response.chunk()).await.expect("content") {
            assert!(!chunk.is_empty());
            read.extend_from_slice(&chunk);
        }
        assert!(read == content, "{head:?}: {} bytes", read.len());
        assert_eq!(deadline(response.chunk()).await.expect("still the end"), None);
        player.finish();
    }
}

#[tokio::test]
async fn trailers_come_with_the_end() {
    let reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n\
                 0\r\nX-Sum: 1\r\nx-time: 2 ms\r\nContent-Length: 9\r\nSet-Cookie: a=b\r\n\r\n";
    let player =
        Player::script().expect_head().play_bytewise(reply).expect_head().play(OK).open().start();
    let client = client();
    let mut response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    while deadline(response.chunk()).await.expect("content").is_some() {}
    let trailers: Vec<_> = response.trailers().iter().map(|f| (f.name, f.value)).collect();
    // S-28: what would frame or authenticate is no business of a trailer.
    assert_eq!(trailers, [("X-Sum", &b"1"[..]), ("x-time", b"2 ms")]);
    assert!(!response.fields().contains("x-sum"), "kept apart");
    let next = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(next.is_reused());
    player.finish();
}

/// What came before the break is handed out, wherever the segments were cut, and the break is told once that is read.
#[tokio::test]
async fn content_before_a_break_is_handed_out_first() {
    for (rest, told) in [
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nX\r\n", "malformed chunk size"),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX", "expected CRLF after a chunk"),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nbad name: x\r\n\r\n", "trailer"),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "before the last chunk"),
        ("Content-Length: 9\r\n\r\nhello", "4 bytes before the announced Content-Length"),
    ] {
        let reply = [HEAD, rest].concat();
        for cut in 0..=reply.len() {
            let player = Player::script().expect_head().play_cut(&reply, &[cut]).close().start();
            let response = deadline(client().get(player.url("/")).send()).await;
            let mut response = response.unwrap_or_else(|e| panic!("{rest:?} at {cut}: {e}"));
            let mut read = Vec::new();
            let error = loop {
                match deadline(response.chunk()).await {
                    Ok(Some(chunk)) => read.extend_from_slice(&chunk),
                    Ok(None) => panic!("{rest:?} at {cut}: half a body must not look whole"),
                    Err(error) => break error,
                }
            };
            assert_eq!(read, b"hello", "{rest:?} at {cut}");
            assert!(error.is_protocol() && error.to_string().contains(told), "{error}");
            assert_eq!((error.phase(), error.delivery()), (Phase::Body, Delivery::ReplyStarted));
            // S-31: asked again, it does not turn into an end.
            assert!(deadline(response.chunk()).await.is_err(), "{rest:?} at {cut}");
            assert!(deadline(response.bytes()).await.is_err(), "{rest:?} at {cut}");
            player.finish();
        }
    }
}

#[tokio::test]
async fn s_31_a_reader_sees_the_break_as_well() {
    let reply = [HEAD, "Content-Length: 9\r\n\r\nhello"].concat();
    let player = Player::script().expect_head().play(reply).close().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    let mut body = response.into_body();
    let mut read = Vec::new();
    let error = deadline(body.read_to_end(&mut read)).await.expect_err("half a body");
    assert_eq!((&read[..], error.kind()), (&b"hello"[..], std::io::ErrorKind::UnexpectedEof));
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<wireline::Error>());
    assert!(inner.expect("our own error inside").is_incomplete());
    assert!(deadline(body.read(&mut [0; 8])).await.is_err(), "no end after an error");
    player.finish();
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_body() {
    for rest in ["Content-Length: 9\r\n\r\nhi", "\r\nhi", "Transfer-Encoding: chunked\r\n\r\n5"] {
        let (key, closed) = gate();
        let reply = [HEAD, rest].concat();
        let player = Player::script().expect_head().play(reply).wait(closed).reset().start();
        let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
        key.send(()).expect("the player waits");
        let error = deadline(response.bytes()).await.expect_err("reset");
        assert_eq!(error.phase(), Phase::Body);
        assert!(!error.is_timeout() && !error.is_limit(), "{error}");
        player.finish();
    }
}
