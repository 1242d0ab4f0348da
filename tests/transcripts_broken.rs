//! Responses that break the grammar, as transcripts: what is played, what the caller gets before the error, and which step
//! the error blames. Each is replayed cut in two at every byte and byte by byte: an outcome that depends on how the network
//! cut the bytes is one that a peer can choose.
#![cfg(feature = "client")]

#[path = "support/paced.rs"]
mod paced;
mod support;

use paced::{Pace, Pacer};
use support::deadline;
use support::player::Player;
use tokio::io::AsyncReadExt;
use wireline::{Client, Delivery, Error, Phase};

/// What a caller gets, the content as it was before the error.
async fn ask(client: &Client, url: &str, reader: bool) -> (Option<Vec<u8>>, Error) {
    let mut response = match client.get(url).send().await {
        Ok(response) => response,
        Err(error) => return (None, error),
    };
    let mut body = Vec::new();
    let error = if reader {
        let (mut reader, mut room) = (response.into_body(), [0; 4]);
        let error = loop {
            match reader.read(&mut room).await {
                Ok(0) => panic!("a good end after {:?}", body.escape_ascii().to_string()),
                Ok(count) => body.extend_from_slice(&room[..count]),
                Err(error) => break error,
            }
        };
        assert!(reader.read(&mut room).await.is_err(), "an error is not followed by a good end");
        error.downcast::<Error>().expect("ours")
    } else {
        let error = loop {
            match response.chunk().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => panic!("a good end after {:?}", body.escape_ascii().to_string()),
                Err(error) => break error,
            }
        };
        assert!(response.chunk().await.is_err(), "an error is not followed by a good end");
        error
    };
    (Some(body), error)
}

/// Replays `response`, which must be refused: in its head, or behind this content.
async fn refused(response: &[u8], content: Option<&str>) {
    let cuts = (0..=response.len()).map(Pace::Cut);
    let paces: Vec<Pace> = cuts.chain([Pace::Bytewise, Pace::Free]).collect();
    let mut script = Player::script();
    for _ in 0..2 * paces.len() {
        // Left open: who waits for more runs into the deadline.
        script = script.expect_head().play(response).expect_close().close();
    }
    let player = script.start();
    let url = player.url("/").replace("http://", "https://");
    let pacer = Pacer::new();
    let client = Client::builder().secure(pacer.clone()).max_connections(1).build();
    let client = client.expect("a client");
    for pace in paces {
        for reader in [false, true] {
            pacer.set(pace);
            let (body, error) = deadline(ask(&client, &url, reader)).await;
            let context = format!("{pace:?}: {}: {error:?}", response.escape_ascii());
            assert!(error.is_protocol() || error.is_limit(), "{context}");
            assert_eq!(body.as_deref(), content.map(str::as_bytes), "{context}");
            let phase = if content.is_some() { Phase::Body } else { Phase::Head };
            assert_eq!((error.phase(), error.delivery()), (phase, Delivery::ReplyStarted));
            assert_eq!(error.timings().retries, 0);
        }
    }
    player.finish();
}

async fn refused_head(fields: &str) {
    refused(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n5\r\nhello\r\n").as_bytes(), None).await;
}

async fn refused_chunks(chunks: &str, content: &str) {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    refused((head.to_owned() + chunks).as_bytes(), Some(content)).await;
}

#[tokio::test]
async fn s_21_lax_content_length() {
    for value in ["+5", "-0", "5, 6", "0x5", "5 5", "99999999999999999999", "\u{665}", "", "5;"] {
        refused_head(&format!("Content-Length: {value}")).await;
    }
    refused_head("Content-Length: 5\r\nContent-Length: 6").await;
}

#[tokio::test]
async fn s_22_odd_transfer_encoding() {
    for value in ["xchunked", "chunked, identity", "identity", "chunked, chunked", "gzip, chunked"]
    {
        refused_head(&format!("Transfer-Encoding: {value}")).await;
    }
    refused_head("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked").await;
    refused_head("Transfer-Encoding: \x0bchunked").await;
    refused(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", None).await;
}

#[tokio::test]
async fn s_23_chunk_size_overflow() {
    for size in ["FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFE", "8000000000000000", "11111111111111111"] {
        refused_chunks(&format!("5\r\nhello\r\n{size}\r\nx"), "hello").await;
    }
    refused_chunks(&format!("{}5\r\nhello", "0".repeat(100)), "").await;
}

#[tokio::test]
async fn s_24_lax_chunk_size() {
    for size in ["+5", "0x5", "5 ", " 5", "", "\u{ff15}", "5,5", "-1", "g"] {
        refused_chunks(&format!("3\r\nabc\r\n{size}\r\nhello"), "abc").await;
    }
}

#[tokio::test]
async fn s_25_bare_line_feeds_in_chunk_lines() {
    refused_chunks("5\nhello\r\n0\r\n\r\n", "").await;
    refused_chunks("5;a\nb\r\nhello\r\n0\r\n\r\n", "").await;
    refused_chunks("5\r\nhello\r\n0\n\r\n", "hello").await;
    refused_chunks("5\r\nhello\r\n0\r\nA: b\n\r\n", "hello").await;
}

/// CVE-2025-43859 (h11): two bytes were skipped whatever they were.
#[tokio::test]
async fn s_26_chunk_data_terminator() {
    refused_chunks("5\r\nhelloXX0\r\n\r\n", "hello").await;
    refused_chunks("5\r\nhello\n\r0\r\n\r\n", "hello").await;
    refused_chunks("5\r\nhello\rX0\r\n\r\n", "hello").await;
    refused_chunks("5\r\nhello0\r\n\r\n", "hello").await;
}

#[tokio::test]
async fn s_28_broken_trailers() {
    for trailers in ["A b: c", " A: b", "A : b", "A: b\r\r\nC: d", "A: \0", ": x", "Set Cookie"] {
        refused_chunks(&format!("2\r\nok\r\n0\r\n{trailers}\r\n\r\n"), "ok").await;
    }
}

#[tokio::test]
async fn s_29_lenient_heads() {
    for field in ["A : b", "A b: c", " A: b", "A: b\0c", "A: b\rc", "no colon", ": b", "\u{e9}: x"]
    {
        refused_head(field).await;
    }
    refused(b"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", None).await;
}

#[tokio::test]
async fn s_30_status_lines() {
    for line in [
        "HTTP/2.0 200 OK",
        "HTTP/1.10 200 OK",
        "HTTP/1.1 099 Low",
        "HTTP/1.1 1000 High",
        "HTTP/1.1 20 Short",
        "http/1.1 200 OK",
        "HTTP/1.1200 OK",
        "HTTP/1.1\t200 OK",
        "\r\nHTTP/1.1 200 OK",
        "<html><body>hello</body></html>",
        "ICY 200 OK",
    ] {
        refused(format!("{line}\r\n\r\n").as_bytes(), None).await;
    }
}

#[tokio::test]
async fn s_33_an_unasked_switch_of_protocols() {
    refused(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", None).await;
    refused(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switch\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        None,
    )
    .await;
}
