//! Every kind of body as it stands on the wire.

use std::io::Cursor;

use bytes::Bytes;
use wireline::{Body, Fields};

use crate::sources::pieces;
use crate::support::player::Player;
use crate::support::{Scratch, deadline};
#[cfg(feature = "json")]
use crate::talk::refuses;
use crate::talk::{OK, client, quiet, sends, sends_by};

const HELLO: &str = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello";
const HELLO_CHUNKED: &str = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n\
                             5\r\nhello\r\n0\r\n\r\n";

#[tokio::test]
async fn bytes_in_memory_have_a_length() {
    let bodies: [Body; 4] = [
        b"hello".to_vec().into(),
        Bytes::from("hello").into(),
        (&b"hello"[..]).into(),
        Body::sized_stream(pieces(&["h", "", "ello"]), 5),
    ];
    for body in bodies {
        assert_eq!(body.length(), Some(5));
        sends(HELLO, |client, player| client.post(player.url("/")).body(body)).await;
    }
}

#[tokio::test]
async fn text_says_that_it_is_text_unless_the_caller_says_otherwise() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain; charset=utf-8\r\n\
                    Content-Length: 5\r\n\r\nhello";
    sends(expected, |client, player| client.post(player.url("/")).text("hello")).await;
    sends(expected, |client, player| client.post(player.url("/")).body("hello")).await;
    sends(expected, |client, player| client.post(player.url("/")).body(String::from("hello")))
        .await;
    let expected = expected.replace("Content-Type: text/plain; charset=utf-8", "content-type: x/y");
    sends(&expected, |client, player| {
        client.post(player.url("/")).text("hello").header("content-type", "x/y")
    })
    .await;
    sends(&expected, |client, player| {
        client.post(player.url("/")).header("content-type", "x/y").text("hello")
    })
    .await;
    // No word is a word, too.
    sends(HELLO, |client, player| {
        client.post(player.url("/")).text("hello").without("content-type")
    })
    .await;
    // The client's own word counts as the caller's.
    let client = quiet().header("content-type", "x/y").build().expect("sound settings");
    sends_by(&client, &expected, |client, player| client.post(player.url("/")).text("hello")).await;
}

#[tokio::test]
async fn no_body_and_an_empty_body() {
    let nothing = "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";
    sends(nothing, |client, player| client.get(player.url("/")).body(())).await;
    sends(nothing, |client, player| client.get(player.url("/")).body(Body::empty())).await;
    let empty = "GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n";
    sends(empty, |client, player| client.get(player.url("/")).body("")).await;
    let empty = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n";
    sends(empty, |client, player| client.post(player.url("/")).body("")).await;
    sends(empty, |client, player| client.post(player.url("/"))).await;
}

#[tokio::test]
async fn a_stream_is_chunked() {
    sends(HELLO_CHUNKED, |client, player| {
        client.post(player.url("/")).body(Body::stream(pieces(&["hello"])))
    })
    .await;
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n\
                    a\r\n0123456789\r\n1\r\n.\r\n0\r\n\r\n";
    sends(expected, |client, player| {
        client.post(player.url("/")).body(Body::stream(pieces(&["0123456789", "."])))
    })
    .await;
}

#[tokio::test]
async fn a_stream_may_have_trailers() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nTrailer: X-Sum\r\n\
                    Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-sum: 2\r\n\r\n";
    sends(expected, |client, player| {
        let body = Body::stream_with_trailers(pieces(&["hello"]), || {
            let mut trailers = Fields::new();
            trailers.append("X-Sum", "1").expect("a field");
            trailers.append("X-sum", "2").expect("a field");
            trailers
        });
        client.post(player.url("/")).header("Trailer", "X-Sum").body(body)
    })
    .await;
}

#[tokio::test]
async fn a_reader_is_chunked_unless_its_length_is_given() {
    sends(HELLO_CHUNKED, |client, player| {
        client.post(player.url("/")).body(Body::reader(Cursor::new("hello"), None))
    })
    .await;
    sends(HELLO, |client, player| {
        client.post(player.url("/")).body(Body::reader(Cursor::new("hello"), Some(5)))
    })
    .await;
}

#[tokio::test]
async fn a_file_has_the_length_it_has_when_it_is_opened() {
    let folder = Scratch::new();
    let path = folder.path().join("body.bin");
    let content: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&path, &content).expect("written");
    let head = "PUT /f HTTP/1.1\r\nHost: {host}\r\nContent-Length: 200000\r\n\r\n";
    let player =
        Player::script().expect([head.as_bytes(), &content].concat()).play(OK).open().start();
    let body = Body::file(&path).await.expect("a file");
    assert_eq!((body.length(), body.is_replayable()), (Some(200_000), true));
    deadline(client().put(player.url("/f")).body(body).send()).await.expect("an answer");
    assert_eq!(player.finish().leftovers, [b""]);
    let missing = Body::file(folder.path().join("missing")).await;
    assert_eq!(missing.expect_err("no such file").kind(), std::io::ErrorKind::NotFound);
}

#[tokio::test]
async fn large_bytes_leave_whole_and_in_order() {
    let content: Vec<u8> = (0..3_000_000u32).map(|n| (n % 253) as u8).collect();
    let head = "PUT / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3000000\r\n\r\n";
    let player =
        Player::script().expect([head.as_bytes(), &content].concat()).play(OK).open().start();
    deadline(client().put(player.url("/")).body(content).send()).await.expect("an answer");
    assert_eq!(player.finish().leftovers, [b""]);
}

#[tokio::test]
async fn the_last_body_counts() {
    sends(HELLO, |client, player| {
        client.post(player.url("/")).body(Body::stream(pieces(&["other"]))).body(&b"hello"[..])
    })
    .await;
}

#[cfg(feature = "json")]
#[tokio::test]
async fn json_has_its_content_type_and_its_length() {
    #[derive(serde::Serialize)]
    struct User<'a> {
        name: &'a str,
        id: u32,
    }
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
                    Content-Length: 21\r\n\r\n{\"name\":\"eve\",\"id\":7}";
    sends(expected, |client, player| {
        client.post(player.url("/")).json(&User { name: "eve", id: 7 })
    })
    .await;
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/vnd.api+json\r\n\
                    Content-Length: 4\r\n\r\nnull";
    sends(expected, |client, player| {
        let post = client.post(player.url("/"));
        post.header("Content-Type", "application/vnd.api+json").json(&())
    })
    .await;
    // Whichever comes first, the caller's word is sent, and it alone.
    sends(expected, |client, player| {
        let post = client.post(player.url("/"));
        post.json(&()).header("Content-Type", "application/vnd.api+json")
    })
    .await;
}

#[cfg(feature = "json")]
#[tokio::test]
async fn what_is_no_json_is_refused() {
    let odd = std::collections::HashMap::from([((1, 2), 3)]);
    let error = refuses(|client, url| client.post(url).json(&odd)).await;
    assert!(error.to_string().contains("key must be a string"), "{error}");
}

#[test]
fn what_a_body_says_of_itself() {
    assert_eq!(format!("{:?}", Body::from("secret")), "Body(6 bytes)");
    assert_eq!(format!("{:?}", Body::stream(pieces(&["secret"]))), "Body(stream)");
    assert!(Body::from("x").is_replayable() && Body::empty().is_replayable());
    assert!(!Body::stream(pieces(&[])).is_replayable());
    // Nothing is asked of the builder's source until it is sent.
    drop(client().post("http://h/").body(Body::stream(pieces(&["x"]))));
}
