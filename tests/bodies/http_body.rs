//! Bodies of the `http-body` crate as request bodies.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::HeaderMap;
use hyper::body::{Frame, SizeHint};
use wireline::Body;

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{client, closed, sends};

/// These frames; `exact`: the size it claims to have.
struct Frames {
    frames: std::vec::IntoIter<Result<Frame<Bytes>, std::io::Error>>,
    exact: Option<u64>,
}

fn frames(frames: Vec<Result<Frame<Bytes>, std::io::Error>>, exact: Option<u64>) -> Body {
    Body::wrap(Frames { frames: frames.into_iter(), exact })
}

impl hyper::body::Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(self.frames.next())
    }

    fn size_hint(&self) -> SizeHint {
        self.exact.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn data(text: &'static str) -> Result<Frame<Bytes>, std::io::Error> {
    Ok(Frame::data(Bytes::from(text)))
}

fn trailers() -> Result<Frame<Bytes>, std::io::Error> {
    let mut map = HeaderMap::new();
    map.append("sum", "1".parse().expect("a value"));
    map.append("sum", "2".parse().expect("a value"));
    Ok(Frame::trailers(map))
}

#[tokio::test]
async fn a_known_size_is_a_content_length() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello";
    sends(expected, |client, player| {
        client.post(player.url("/")).body(Body::wrap(Full::new(Bytes::from("hello"))))
    })
    .await;
    // Trailer fields have no place behind it.
    sends(expected, |client, player| {
        client.post(player.url("/")).body(frames(vec![data("hello"), trailers()], Some(5)))
    })
    .await;
    let empty = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n";
    sends(empty, |client, player| {
        let body =
            http_body_util::Empty::<Bytes>::new().map_err(|never: Infallible| match never {});
        client.post(player.url("/")).body(Body::wrap(body))
    })
    .await;
}

#[tokio::test]
async fn s_12_an_unknown_size_is_chunked_and_may_have_trailers() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n\
                    3\r\none\r\n3\r\ntwo\r\n0\r\nsum: 1\r\nsum: 2\r\n\r\n";
    sends(expected, |client, player| {
        let all = vec![data("one"), data(""), data("two"), trailers()];
        client.post(player.url("/")).body(frames(all, None))
    })
    .await;
}

#[tokio::test]
async fn s_10_errors_and_broken_promises_close_the_connection() {
    let broken = [
        frames(vec![data("he"), Err(std::io::Error::other("unplugged"))], Some(5)),
        frames(vec![data("hell")], Some(5)),
        frames(vec![data("hello!")], Some(5)),
        frames(vec![data("he"), Err(std::io::Error::other("unplugged"))], None),
    ];
    for body in broken {
        let player = Player::script().expect_close().close().start();
        let sent = deadline(client().post(player.url("/")).body(body).send()).await;
        sent.expect_err("half a body");
        let sent = closed(player);
        assert!(
            !sent.ends_with(b"hello") && !sent.ends_with(b"0\r\n\r\n"),
            "{}",
            sent.escape_ascii()
        );
    }
}
