//! S-10, S-11, S-12: the client owns the framing, and a body that does not keep its word is never made to look whole.

use wireline::{Body, Delivery, Method, Version};

use crate::sources::{channel, pieces};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{client, closed, refuses, sends};

#[tokio::test]
async fn s_10_a_right_length_set_by_hand_is_sent_once() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\ncontent-length: 5\r\n\r\nhello";
    sends(expected, |client, player| {
        client.post(player.url("/")).header("content-length", "5").body(&b"hello"[..])
    })
    .await;
    sends(expected, |client, player| {
        let body = Body::sized_stream(pieces(&["he", "llo"]), 5);
        client.post(player.url("/")).header("content-length", "5").body(body)
    })
    .await;
    let nothing = "POST / HTTP/1.1\r\nHost: {host}\r\ncontent-length: 0\r\n\r\n";
    sends(nothing, |client, player| client.post(player.url("/")).header("content-length", "0"))
        .await;
}

#[tokio::test]
async fn s_10_a_wrong_length_set_by_hand_is_refused() {
    for length in ["4", "6", "-5", "+5", "0x5", "5 5", "5,6", "", "five", "18446744073709551621"] {
        refuses(|client, url| {
            client.post(url).header("content-length", length).body(&b"hello"[..])
        })
        .await;
    }
    refuses(|client, url| client.get(url).header("content-length", "5")).await;
    refuses(|client, url| {
        client.post(url).header("content-length", "2").body(Body::stream(pieces(&["hi"])))
    })
    .await;
}

#[tokio::test]
async fn s_10_two_lengths_are_refused() {
    for second in ["6", "5"] {
        let error = refuses(|client, url| {
            let post = client.post(url).body(&b"hello"[..]);
            post.header("content-length", "5").header("Content-Length", second)
        })
        .await;
        assert!(error.to_string().contains("framing field"), "{error}");
    }
}

#[tokio::test]
async fn s_10_length_and_transfer_encoding_are_refused() {
    refuses(|client, url| {
        let post = client.post(url).body(&b"hello"[..]).header("content-length", "5");
        post.header("transfer-encoding", "chunked")
    })
    .await;
    refuses(|client, url| {
        let post = client.post(url).body(Body::stream(pieces(&["hello"])));
        post.header("transfer-encoding", "chunked").header("content-length", "5")
    })
    .await;
    for coding in ["gzip", "chunked, chunked", "gzip, chunked", "identity", "", "xchunked"] {
        refuses(|client, url| {
            let post = client.post(url).body(Body::stream(pieces(&["hello"])));
            post.header("transfer-encoding", coding)
        })
        .await;
    }
    // Known length, chunked by hand: there is one way to say how long a body is.
    refuses(|client, url| client.post(url).body(&b"hi"[..]).header("transfer-encoding", "chunked"))
        .await;
}

#[tokio::test]
async fn s_10_chunked_set_by_hand_is_sent_once() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\ntransfer-encoding: Chunked\r\n\r\n\
                    2\r\nhi\r\n0\r\n\r\n";
    sends(expected, |client, player| {
        let post = client.post(player.url("/")).header("transfer-encoding", "Chunked");
        post.body(Body::stream(pieces(&["hi"])))
    })
    .await;
}

/// Length 5 and a stream of 4: an error, and the connection is closed before the message looks complete.
#[tokio::test]
async fn s_10_a_stream_that_is_too_short() {
    let player = Player::script().expect_close().close().start();
    let (more, stream) = channel();
    more.send(Ok("hell".into())).expect("the stream is there");
    let post = client().post(player.url("/")).body(Body::sized_stream(stream, 5));
    drop(more);
    let error = deadline(post.send()).await.expect_err("one byte is missing");
    assert!(error.is_builder(), "{error}");
    assert!(error.to_string().contains("ended 1 bytes before its announced length"), "{error}");
    let sent = String::from_utf8(closed(player)).expect("text");
    assert!(!sent.contains("hello"), "{sent}");
}

/// The same when the four bytes have left already.
#[tokio::test]
async fn s_10_a_stream_that_is_too_short_and_partly_sent() {
    let (arrived, signal) = crate::support::player::gate();
    let player = Player::script()
        .expect("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhell")
        .signal(arrived)
        .expect_close()
        .close()
        .start();
    let (more, stream) = channel();
    more.send(Ok("hell".into())).expect("the stream is there");
    let post = client().post(player.url("/")).body(Body::sized_stream(stream, 5));
    let end = async {
        signal.await.expect("the player has seen four bytes");
        drop(more);
    };
    let (sent, ()) = deadline(async { tokio::join!(post.send(), end) }).await;
    let error = sent.expect_err("one byte is missing");
    assert_eq!(error.delivery(), Delivery::PartlySent);
    assert!(!error.is_timeout() && !error.is_protocol(), "{error}");
    assert_eq!(closed(player), b"");
}

/// Length 5 and a stream of 6: whatever was sent of it, no sixth byte, and the connection is closed.
#[tokio::test]
async fn s_10_a_stream_that_is_too_long() {
    for cut in [&["hello!"][..], &["hello", "!"], &["h", "ello!"]] {
        let player = Player::script().expect_close().close().start();
        let post = client().post(player.url("/")).body(Body::sized_stream(pieces(cut), 5));
        let error = deadline(post.send()).await.expect_err("one byte too many");
        assert!(error.is_builder(), "{error}");
        assert!(error.to_string().contains("longer than the 5 bytes announced"), "{error}");
        let sent = closed(player);
        assert!(!sent.contains(&b'!'), "{}", sent.escape_ascii());
    }
}

#[tokio::test]
async fn s_11_a_body_is_framed_whatever_the_method() {
    for method in [Method::GET, Method::DELETE, Method::OPTIONS, Method::HEAD] {
        let expected =
            format!("{method} / HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 2\r\n\r\nhi");
        let with_body = method.clone();
        sends(&expected, |client, player| {
            client.request(with_body, player.url("/")).body(&b"hi"[..])
        })
        .await;
        let expected = format!(
            "{method} / HTTP/1.1\r\nHost: {{host}}\r\nTransfer-Encoding: chunked\r\n\r\n\
             2\r\nhi\r\n0\r\n\r\n"
        );
        sends(&expected, |client, player| {
            client.request(method, player.url("/")).body(Body::stream(pieces(&["hi"])))
        })
        .await;
    }
}

#[tokio::test]
async fn s_12_an_empty_piece_does_not_end_the_body() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n\
                    1\r\na\r\n2\r\nbc\r\n0\r\n\r\n";
    sends(expected, |client, player| {
        client.post(player.url("/")).body(Body::stream(pieces(&["", "a", "", "", "bc", ""])))
    })
    .await;
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n\
                    0\r\n\r\n";
    sends(expected, |client, player| {
        client.post(player.url("/")).body(Body::stream(pieces(&["", ""])))
    })
    .await;
}

#[tokio::test]
async fn an_unknown_length_cannot_be_sent_in_http_1_0() {
    let error = refuses(|client, url| {
        let post = client.post(url).version(Version::HTTP_10);
        post.body(Body::stream(pieces(&["hi"])))
    })
    .await;
    assert!(error.to_string().contains("HTTP/1.0"), "{error}");
}
