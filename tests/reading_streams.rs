//! A body read as a stream, as frames, and with somebody watching how it grows. In: transcripts. Out: pieces, trailers,
//! numbers; what is cut off never looks whole.
#![cfg(feature = "client")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_core::Stream;
use futures_core::stream::FusedStream;
use support::deadline;
use support::player::{Player, gate};
use talk::{asks, client};
use wireline::client::reading::stream::BodyStream;
use wireline::{Body, Error};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                       5\r\nhello\r\n6\r\n world\r\n0\r\nSum: 11\r\n\r\n";

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    deadline(poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx))).await
}

/// All pieces joined, and the error that ended them.
async fn drain(stream: &mut BodyStream) -> (Vec<u8>, Option<Error>) {
    let mut content = Vec::new();
    loop {
        match next(stream).await {
            Some(Ok(piece)) => {
                assert!(!piece.is_empty());
                content.extend_from_slice(&piece);
            }
            Some(Err(error)) => return (content, Some(error)),
            None => return (content, None),
        }
    }
}

#[test]
fn streams_go_anywhere() {
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    shared::<BodyStream>();
}

#[tokio::test]
async fn a_stream_gives_the_whole_body_and_its_trailers() {
    let (key, opened) = gate();
    let (first, rest) = CHUNKED.split_at(60);
    let player = Player::script().expect_head().play(first).wait(opened).play(rest).open().start();
    let client = client();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let mut stream = response.into_stream();
    assert_eq!(next(&mut stream).await.expect("a piece").expect("good"), &b"hello"[..]);
    assert!(stream.trailers().is_empty() && !stream.is_terminated());
    key.send(()).expect("the player waits");
    let (rest, error) = drain(&mut stream).await;
    assert_eq!((&rest[..], error.is_none(), stream.is_terminated()), (&b" world"[..], true, true));
    assert_eq!(stream.trailers().get_str("sum"), Some("11"));
    assert!(next(&mut stream).await.is_none(), "the end is the end");
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn a_stream_ends_after_its_first_error() {
    let (response, player) =
        asks(&client(), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
    let mut stream = response.into_stream();
    assert_eq!(stream.remaining(), Some(9));
    let (content, error) = drain(&mut stream).await;
    let error = error.expect("five bytes are missing");
    assert_eq!((&content[..], error.is_incomplete()), (&b"half"[..], true), "{error}");
    assert!(next(&mut stream).await.is_none() && stream.is_terminated());
    player.finish();
    // Whoever saw the error elsewhere sees it again: the part never looks like the whole.
    let (mut response, player) =
        asks(&client(), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
    deadline(response.chunk()).await.expect("half of it");
    deadline(response.chunk()).await.expect_err("the other half");
    let (content, error) = drain(&mut response.into_stream()).await;
    assert!(content.is_empty() && error.is_some());
    player.finish();
}

/// A stream read in `select!` loses nothing when the other branch wins.
#[tokio::test]
async fn a_stream_is_cancel_safe() {
    let (key, opened) = gate();
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        .wait(opened)
        .play("b")
        .open()
        .start();
    let client = client();
    let mut stream =
        deadline(client.get(player.url("/")).send()).await.expect("an answer").into_stream();
    let mut content = Vec::new();
    let mut key = Some(key);
    for turn in 0.. {
        tokio::select! {
            biased;
            piece = next(&mut stream) => match piece {
                Some(piece) => content.extend_from_slice(&piece.expect("good")),
                None => break,
            },
            () = tokio::task::yield_now() => {}
        }
        if turn == 5 {
            key.take().expect("one turn is the sixth").send(()).expect("the player waits");
        }
    }
    assert_eq!(content, b"ab");
    player.finish();
}

#[tokio::test]
async fn a_stream_can_be_the_body_of_a_request() {
    let (response, source) = asks(&client(), CHUNKED).await;
    let player = Player::script()
        .expect("PUT / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n")
        .play(talk::OK)
        .open()
        .start();
    let put = client().put(player.url("/")).body(Body::stream(response.into_stream())).send();
    assert_eq!(deadline(put).await.expect("an answer").status(), 200);
    player.finish();
    source.finish();
}

#[cfg(feature = "http-body")]
mod frames {
    use super::*;
    use http_body_util::BodyExt;
    use hyper::body::Body as _;

    #[tokio::test]
    async fn data_comes_first_and_trailers_last() {
        let (response, player) = asks(&client(), CHUNKED).await;
        let collected = deadline(response.into_body().collect()).await.expect("all of it");
        let trailers = collected.trailers().cloned().expect("a trailer section");
        assert_eq!(
            (trailers.len(), trailers.get("sum").expect("a field").as_bytes()),
            (1, &b"11"[..])
        );
        assert_eq!(collected.to_bytes(), "hello world");
        player.finish();
    }

    #[tokio::test]
    async fn the_hint_is_exact_where_the_framing_says() {
        let (response, player) = asks(&client(), CHUNKED).await;
        let mut body = response.into_body();
        while deadline(body.frame()).await.transpose().expect("good").is_some() {}
        assert!(body.is_end_stream());
        player.finish();

        let (key, opened) = gate();
        let player = Player::script()
            .expect_head()
            .play("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabc")
            .wait(opened)
            .play("defg")
            .open()
            .start();
        let client = client();
        let mut body =
            deadline(client.get(player.url("/")).send()).await.expect("an answer").into_body();
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(7), false));
        let frame = deadline(body.frame()).await.expect("a frame").expect("good");
        assert_eq!(frame.into_data().expect("data"), "abc");
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(4), false));
        key.send(()).expect("the player waits");
        assert_eq!(deadline(body.collect()).await.expect("the rest").to_bytes(), "defg");
        player.finish();

        let (response, player) = asks(&client, "HTTP/1.1 200 OK\r\n\r\nuntil close").await;
        let hint = response.into_body().size_hint();
        assert_eq!((hint.lower(), hint.upper()), (0, None));
        player.finish();
        let (response, player) = asks(&client, talk::OK).await;
        assert!(response.into_body().is_end_stream());
        player.finish();
    }

    #[tokio::test]
    async fn a_body_that_failed_is_never_at_its_end() {
        let (response, player) =
            asks(&client(), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
        let mut body = response.into_body();
        assert_eq!(
            deadline(body.frame())
                .await
                .expect("a frame")
                .expect("good")
                .into_data()
                .expect("data"),
            "half"
        );
        let error = deadline(body.frame()).await.expect("a frame").expect_err("cut off");
        assert!(error.is_incomplete() && !body.is_end_stream(), "{error}");
        assert!(deadline(body.frame()).await.expect("a frame").is_err());
        player.finish();
    }
}

type Heard = Arc<Mutex<Vec<(u64, Option<u64>)>>>;

fn ear() -> (Heard, impl FnMut(u64, Option<u64>) + Send + Sync + 'static) {
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    (heard, move |received, total| ear.lock().expect("not poisoned").push((received, total)))
}

#[tokio::test]
async fn progress_is_told_whichever_way_the_body_is_read() {
    let known = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world";
    for (reply, total) in [(known, Some(11)), (CHUNKED, None)] {
        for way in ["bytes", "text", "chunk", "stream", "reader"] {
            let (key, opened) = gate();
            let (first, rest) = reply.split_at(reply.find("\r\n\r\n").expect("a head") + 4);
            let player =
                Player::script().expect_head().play(first).wait(opened).play(rest).open().start();
            let client = client();
            let response = deadline(client.get(player.url("/")).send()).await;
            key.send(()).expect("the player waits");
            let (heard, ear) = ear();
            let mut response = response.expect("an answer").on_download(ear);
            let content: Bytes = match way {
                "bytes" => deadline(response.bytes()).await.expect("a body"),
                "text" => deadline(response.text()).await.expect("a body").into(),
                "chunk" => {
                    let mut content = Vec::new();
                    while let Some(piece) = deadline(response.chunk()).await.expect("a piece") {
                        content.extend_from_slice(&piece);
                        assert_eq!(
                            heard.lock().expect("sound").last(),
                            Some(&(content.len() as u64, total))
                        );
                    }
                    content.into()
                }
                "stream" => drain(&mut response.into_stream()).await.0.into(),
                _ => {
                    let mut content = Vec::new();
                    let mut body = response.into_body();
                    let read = tokio::io::AsyncReadExt::read_to_end(&mut body, &mut content);
                    deadline(read).await.expect("a body");
                    content.into()
                }
            };
            assert_eq!(content, "hello world");
            let heard = heard.lock().expect("not poisoned");
            assert_eq!(heard.last(), Some(&(11, total)), "{way}: {heard:?}");
            assert!(heard.is_sorted_by(|a, b| a.0 < b.0), "{way}: {heard:?}");
            player.finish();
        }
    }
}

#[tokio::test]
async fn progress_is_told_for_what_is_here_already() {
    let (response, player) =
        asks(&client(), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").await;
    let (heard, ear) = ear();
    assert_eq!(deadline(response.on_download(ear).bytes()).await.expect("a body"), "abc");
    assert_eq!(*heard.lock().expect("not poisoned"), [(3, Some(3))]);
    player.finish();
    let (response, player) = asks(&client(), talk::OK).await;
    let (heard, ear) = self::ear();
    assert_eq!(deadline(response.on_download(ear).bytes()).await.expect("no body"), "");
    assert!(heard.lock().expect("not poisoned").is_empty());
    player.finish();
}
