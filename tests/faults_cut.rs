//! A stream that ends too early, at every byte, politely and by reset: never a success. After each the next request on
//! the same client works, because it is the next cut.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/sockets.rs"]
mod sockets;
mod support;

use sockets::held;
use support::deadline;
use support::player::Player;
use tokio::io::AsyncReadExt;
use wireline::{Client, Delivery, Error, Phase};

const LENGTH: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                       5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nSum: 1\r\n\r\n";
const INTERIM: &str = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
                       HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CLOSE: &str = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nuntil the end";
const NONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// All of the body, by pieces or through a reader.
async fn ask(client: &Client, url: &str, reader: bool) -> Result<Vec<u8>, Error> {
    let mut response = client.get(url).send().await?;
    let mut body = Vec::new();
    if reader {
        let read = response.into_body().read_to_end(&mut body).await;
        read.map_err(|error| error.downcast::<Error>().expect("ours"))?;
        return Ok(body);
    }
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Plays every proper beginning of `response` and then ends the stream; hands each outcome to `judge`.
async fn cut(response: &str, reset: bool, judge: impl Fn(usize, Result<Vec<u8>, Error>)) {
    let mut script = Player::script();
    for end in 0..response.len() {
        for _ in 0..2 {
            let played = script.expect_head().play(&response.as_bytes()[..end]);
            script = if reset { played.reset() } else { played.close() };
        }
    }
    let player = script.start();
    let (url, address) = (player.url("/"), player.address());
    let client = Client::builder().max_connections(1).build().expect("a client");
    for end in 0..response.len() {
        for reader in [false, true] {
            judge(end, deadline(ask(&client, &url, reader)).await);
        }
    }
    assert_eq!(held(address), 0, "a connection was left open");
    // No retry: each of these connections was fresh.
    assert_eq!(player.finish().connections, 2 * response.len());
}

fn assert_incomplete(response: &str, end: usize, outcome: Result<Vec<u8>, Error>) {
    let shown = response[..end].escape_debug();
    let error = outcome.expect_err(&format!("a success, cut at {end}: {shown}"));
    assert!(error.is_protocol() && !error.is_timeout(), "cut at {end}: {error:?}");
    // The head of the final response ends at the only empty line, or at the last of several.
    let empty =
        if response == INTERIM { response.rfind("\r\n\r\n") } else { response.find("\r\n\r\n") };
    let in_head = end < empty.expect("a head") + 4;
    assert_eq!(error.phase(), if in_head { Phase::Head } else { Phase::Body }, "cut at {end}");
    let reply = if end == 0 { Delivery::SentNoReply } else { Delivery::ReplyStarted };
    assert_eq!(error.delivery(), reply, "cut at {end}");
}

#[tokio::test]
async fn s_31_a_cut_off_response_is_never_a_success() {
    for response in [LENGTH, CHUNKED, INTERIM, NONE] {
        cut(response, false, |end, outcome| assert_incomplete(response, end, outcome)).await;
    }
}

/// Only here does the end of the stream end the message, and only once the head is complete.
#[tokio::test]
async fn s_31_content_until_the_close_may_end_anywhere_but_not_its_head() {
    let head = CLOSE.find("\r\n\r\n").expect("a head") + 4;
    cut(CLOSE, false, |end, outcome| match outcome {
        Ok(body) => assert_eq!(body, &CLOSE.as_bytes()[head..end]),
        Err(error) => assert!(end < head && error.is_protocol(), "cut at {end}: {error}"),
    })
    .await;
}

#[tokio::test]
async fn s_31_a_reset_ends_no_message() {
    for response in [LENGTH, CHUNKED, INTERIM, NONE, CLOSE] {
        cut(response, true, |end, outcome| {
            let error = outcome.expect_err(&format!("a success, reset at {end}"));
            let reset = std::error::Error::source(&error)
                .and_then(|source| source.downcast_ref::<std::io::Error>());
            let kind = reset.map(std::io::Error::kind);
            assert_eq!(kind, Some(std::io::ErrorKind::ConnectionReset), "at {end}: {error:?}");
        })
        .await;
    }
}

/// An empty reply on a fresh connection: no retry, and the message says so.
#[tokio::test]
async fn an_empty_reply_is_called_one() {
    let player = Player::script().expect_head().close().start();
    let error = deadline(Client::new().get(player.url("/a?b")).send()).await.expect_err("empty");
    assert_eq!(
        error.to_string(),
        format!(
            "GET {}: waiting for the response: the server closed without sending a byte \
             (the request was sent, no reply came)",
            player.url("/a?b")
        )
    );
    assert_eq!((error.timings().retries, player.finish().connections), (0, 1));
}

#[tokio::test]
async fn the_end_after_a_100_is_no_response() {
    let player =
        Player::script().expect_head().play("HTTP/1.1 100 Continue\r\n\r\n").close().start();
    let error = deadline(Client::new().get(player.url("/")).send()).await.expect_err("no answer");
    assert!(error.is_protocol(), "{error}");
    assert_eq!(error.delivery(), Delivery::ReplyStarted);
    player.finish();
}

/// The pieces that came are handed out first, then the error, and nothing after it looks like a good end.
#[tokio::test]
async fn what_came_before_the_cut_is_handed_out() {
    let player = Player::script().expect_head().play(&LENGTH[..LENGTH.len() - 2]).close().start();
    let mut response = deadline(Client::new().get(player.url("/")).send()).await.expect("a head");
    assert_eq!(deadline(response.chunk()).await.expect("a piece").as_deref(), Some(&b"hel"[..]));
    let error = deadline(response.chunk()).await.expect_err("cut off");
    assert!(error.to_string().contains("2 bytes before the announced Content-Length"), "{error}");
    player.finish();
}
