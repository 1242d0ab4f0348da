//! Responses that come while the request is still going out (RFC 9112 §9.5).

use std::io::{Read, Write};

use wireline::Body;

use crate::sources::{channel, endless};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, closed, read_head, serve};

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";
const TOO_LARGE: &str = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much";

/// Far more than any socket holds.
const MUCH: usize = 100_000;

#[tokio::test]
async fn an_early_error_stops_the_upload_while_the_server_reads_on() {
    let player = Player::script().expect(CHUNKED).play(TOO_LARGE).expect_close().close().start();
    let post = client().post(player.url("/")).body(Body::stream(endless(MUCH)));
    let response = deadline(post.send()).await.expect("the answer, whatever became of the upload");
    assert_eq!(response.status(), 413);
    assert_eq!(deadline(response.text()).await.expect("its body"), "too much");
    let sent = closed(player);
    assert!(!sent.ends_with(b"0\r\n\r\n"), "half a body must not look whole");
}

#[tokio::test]
async fn an_early_error_is_delivered_although_the_server_reads_nothing() {
    let player = Player::script().expect(CHUNKED).play(TOO_LARGE).open().start();
    let client = client();
    let post = client.post(player.url("/")).body(Body::stream(endless(MUCH)));
    let response = deadline(post.send()).await.expect("the answer");
    assert_eq!(deadline(response.text()).await.expect("its body"), "too much");
    player.finish();
}

#[tokio::test]
async fn an_early_error_is_delivered_although_the_server_resets() {
    for _ in 0..20 {
        let player = Player::script().expect(CHUNKED).play(TOO_LARGE).reset().start();
        let post = client().post(player.url("/")).body(Body::stream(endless(MUCH)));
        let response = deadline(post.send()).await.expect("the answer came before the reset");
        assert_eq!(response.status(), 413);
        assert_eq!(deadline(response.text()).await.expect("its body"), "too much");
        player.finish();
    }
}

#[tokio::test]
async fn an_early_error_to_a_sized_upload() {
    let player = Player::script().expect_head().play(TOO_LARGE).expect_close().close().start();
    let body = Body::sized_stream(endless(MUCH), 1 << 40);
    let response = deadline(client().put(player.url("/")).body(body).send()).await;
    assert_eq!(response.expect("the answer").status(), 413);
    player.finish();
}

#[tokio::test]
async fn a_connection_with_half_a_request_on_it_is_not_used_again() {
    let player = Player::script()
        .expect(CHUNKED)
        .play(TOO_LARGE)
        .expect_close()
        .close()
        .expect("GET /next HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = client();
    let post = client.post(player.url("/")).body(Body::stream(endless(MUCH)));
    let response = deadline(post.send()).await.expect("the answer");
    deadline(response.bytes()).await.expect("its body");
    deadline(client.get(player.url("/next")).send()).await.expect("an answer");
    player.finish();
}

/// The upload goes on while the body of an early success is read; at its end both are done, and so the connection is
/// good for another request.
#[tokio::test]
async fn an_early_success_lets_the_upload_go_on() {
    let player = Player::script()
        .expect(CHUNKED)
        .play("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
        .expect("3\r\none\r\n")
        .play("4\r\nmore\r\n")
        .expect("3\r\ntwo\r\n0\r\n\r\n")
        .play("3\r\nend\r\n0\r\n\r\n")
        .expect("GET /next HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = client();
    let (more, stream) = channel();
    let post = client.post(player.url("/")).body(Body::stream(stream));
    let mut response = deadline(post.send()).await.expect("an early answer");
    assert_eq!(deadline(response.chunk()).await.expect("content").as_deref(), Some(&b"early"[..]));
    more.send(Ok("one".into())).expect("the upload is alive");
    assert_eq!(deadline(response.chunk()).await.expect("content").as_deref(), Some(&b"more"[..]));
    more.send(Ok("two".into())).expect("the upload is alive");
    drop(more);
    assert_eq!(deadline(response.chunk()).await.expect("content").as_deref(), Some(&b"end"[..]));
    assert_eq!(deadline(response.chunk()).await.expect("the end"), None);
    let next = deadline(client.get(player.url("/next")).send()).await.expect("an answer");
    assert!(next.is_reused());
    player.finish();
}

/// A success that is complete before the request is: reading it to its end finishes the upload.
#[tokio::test]
async fn reading_a_complete_success_finishes_the_upload() {
    let player = Player::script()
        .expect(CHUNKED)
        .play("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
        .expect("4\r\nlate\r\n0\r\n\r\n")
        .expect("GET /next HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = client();
    let (more, stream) = channel();
    let post = client.post(player.url("/")).body(Body::stream(stream));
    let response = deadline(post.send()).await.expect("an early answer");
    more.send(Ok("late".into())).expect("the upload is alive");
    drop(more);
    assert_eq!(deadline(response.text()).await.expect("a body"), "done");
    let next = deadline(client.get(player.url("/next")).send()).await.expect("an answer");
    assert!(next.is_reused());
    player.finish();
}

#[tokio::test]
async fn dropping_an_early_success_breaks_the_upload_off() {
    for reply in [OK, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
        let player = Player::script().expect(CHUNKED).play(reply).expect_close().close().start();
        let (more, stream) = channel();
        let post = client().post(player.url("/")).body(Body::stream(stream));
        drop(deadline(post.send()).await.expect("an early answer"));
        assert_eq!(closed(player), b"");
        assert!(more.is_closed(), "the source is dropped as well");
    }
}

/// A success that announces the end of the connection: whatever is still sent is in vain.
#[tokio::test]
async fn an_early_success_that_closes_stops_the_upload() {
    let player = Player::script()
        .expect(CHUNKED)
        .play("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        .expect_close()
        .close()
        .start();
    let post = client().post(player.url("/")).body(Body::stream(endless(MUCH)));
    let response = deadline(post.send()).await.expect("an early answer");
    assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
    assert!(!closed(player).ends_with(b"0\r\n\r\n"));
}

/// Several megabytes to a server that writes back what it reads and reads no further than it can write.
#[tokio::test]
async fn an_echo_while_uploading_does_not_deadlock() {
    const LENGTH: usize = 8 << 20;
    let content: Vec<u8> = (0..LENGTH as u32).map(|n| (n % 251) as u8).collect();
    let served = serve(|mut stream| {
        read_head(&mut stream);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut echo = stream.try_clone().expect("a second handle").take(LENGTH as u64);
        std::io::copy(&mut echo, &mut stream).expect("echoed")
    });
    let post = client().post(served.url("/")).body(content.clone());
    let response = deadline(post.send()).await.expect("an early answer");
    let echo = deadline(response.bytes()).await.expect("all of it");
    assert!(echo == content, "{} bytes came back", echo.len());
    assert_eq!(served.outcome(), LENGTH as u64);
}

/// The same chunked both ways: the chunks come back as they were sent.
#[tokio::test]
async fn a_chunked_echo_while_uploading_does_not_deadlock() {
    const PIECES: usize = 500;
    let served = serve(|mut stream| {
        read_head(&mut stream);
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("sent");
        let (mut tail, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        while tail != b"0\r\n\r\n" {
            let count = stream.read(&mut buffer).expect("more of the upload");
            assert!(count > 0, "the upload was cut off");
            stream.write_all(&buffer[..count]).expect("echoed");
            tail.extend_from_slice(&buffer[..count]);
            tail.drain(..tail.len().saturating_sub(5));
        }
    });
    let (more, stream) = channel();
    for _ in 0..PIECES {
        more.send(Ok(vec![b'e'; 10_000].into())).expect("the stream is there");
    }
    drop(more);
    let post = client().post(served.url("/")).body(Body::stream(stream));
    let mut response = deadline(post.send()).await.expect("an early answer");
    let mut length = 0;
    while let Some(chunk) = deadline(response.chunk()).await.expect("content") {
        assert!(chunk.iter().all(|&byte| byte == b'e'));
        length += chunk.len();
    }
    assert_eq!(length, PIECES * 10_000);
    served.outcome();
}

#[tokio::test]
async fn a_long_upload_with_trailers() {
    let (head, mut expected) = (CHUNKED, String::new());
    let (more, stream) = channel();
    for n in 0..1000 {
        let piece = format!("piece {n:04} {}", "p".repeat(n));
        expected += &format!("{:x}\r\n{piece}\r\n", piece.len());
        more.send(Ok(piece.into())).expect("the stream is there");
    }
    drop(more);
    let player = Player::script()
        .expect(format!("{head}{expected}0\r\nX-Pieces: 1000\r\n\r\n"))
        .play(OK)
        .open()
        .start();
    let body = Body::stream_with_trailers(stream, || {
        let mut trailers = wireline::Fields::new();
        trailers.append("X-Pieces", "1000").expect("a field");
        trailers
    });
    deadline(client().post(player.url("/")).body(body).send()).await.expect("an answer");
    assert_eq!(player.finish().leftovers, [b""]);
}
