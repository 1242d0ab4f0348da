//! Coded content that is not undone: raw bytes for those who ask for bytes, an error for those who want what is in it.

use wireline::{Client, Coding, Codings, Method};

use crate::coded::{by_close, by_length, client as decoding, gzip, text};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, asks, client, quiet};

async fn says(client: &Client, reply: &[u8], raw: &[u8], words: &[&str]) {
    let (response, player) = asks(client, reply).await;
    assert_eq!(deadline(response.bytes()).await.expect("raw bytes"), raw);
    player.finish();
    let (mut response, player) = asks(client, reply).await;
    let mut read = Vec::new();
    while let Some(chunk) = deadline(response.chunk()).await.expect("raw bytes") {
        read.extend_from_slice(&chunk);
    }
    assert!(read == raw);
    player.finish();
    let (response, player) = asks(client, reply).await;
    let error = deadline(response.text()).await.expect_err("coded");
    assert!(error.is_decode() && !error.is_limit(), "{error}");
    for word in words.iter().chain(&["bytes()"]) {
        assert!(error.to_string().contains(word), "{error}: no {word}");
    }
    player.finish();
    #[cfg(feature = "json")]
    {
        let (response, player) = asks(client, reply).await;
        let error = deadline(response.json::<String>()).await.expect_err("coded");
        assert!(error.is_decode() && error.to_string().contains(words[0]), "{error}");
        player.finish();
    }
}

#[tokio::test]
async fn nothing_is_undone_by_default() {
    let body = gzip(&text());
    let words = ["(gzip)", "decompress(Codings::all())"];
    says(&client(), &by_length("gzip", &body), &body, &words).await;
}

#[tokio::test]
async fn a_coding_that_was_not_chosen() {
    let client = quiet().decompress([Coding::Brotli, Coding::Zstd]).build().expect("sound");
    let body = gzip(b"hello");
    says(&client, &by_length("gzip", &body), &body, &["(gzip)", "decompress"]).await;
    // All of them or none.
    says(&client, &by_length("br, gzip", &body), &body, &["(br, gzip)", "decompress"]).await;
}

#[tokio::test]
async fn a_coding_that_nobody_knows() {
    for list in ["compress", "gzip, x-\u{1b}[31m", "dcb", "utf-8", "gzip;q=1"] {
        let reply = by_close(list, b"hello");
        if list.contains('\u{1b}') {
            continue;
        }
        says(&decoding(), &reply, b"hello", &["not known here"]).await;
    }
}

/// S-110: the peer's bytes escaped and cut.
#[tokio::test]
async fn s_110_a_long_strange_name() {
    let list = format!("{}\u{e9}", "n".repeat(5000));
    let (response, player) = asks(&decoding(), by_close(&list, b"hello")).await;
    let error = deadline(response.text()).await.expect_err("unknown").to_string();
    assert!(error.len() < 400 && error.is_ascii(), "{error}");
    player.finish();
}

/// A part of coded content is a part of the coded bytes (RFC 9110 §14.2).
#[tokio::test]
async fn a_part_is_left_alone() {
    let part = &gzip(&text())[..100];
    let head = "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\n\
                Content-Range: bytes 0-99/5000\r\nContent-Length: 100\r\n\r\n";
    let reply = [head.as_bytes(), part].concat();
    says(&decoding(), &reply, part, &["(gzip)", "a part of it"]).await;
}

#[tokio::test]
async fn no_content_is_no_coded_content() {
    for (method, reply) in [
        (Method::GET, by_length("gzip", b"")),
        (Method::GET, crate::coded::by_chunks("br", b"")),
        (Method::GET, crate::coded::by_chunks("zstd, gzip", b"")),
        (
            Method::HEAD,
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\n".to_vec(),
        ),
        (Method::GET, b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n".to_vec()),
        (
            Method::GET,
            b"HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\n"
                .to_vec(),
        ),
    ] {
        for client in [client(), decoding()] {
            let player =
                Player::script().expect_head().play(&reply).expect_head().play(OK).open().start();
            let request = client.request(method.clone(), player.url("/"));
            let response = deadline(request.send()).await.expect("an answer");
            assert_eq!(deadline(response.text()).await.expect("nothing"), "");
            let next = deadline(client.get(player.url("/")).send()).await.expect("an answer");
            assert!(next.is_reused());
            player.finish();
        }
    }
}

/// A coded stream that says that it is empty is empty as well.
#[tokio::test]
async fn an_empty_stream_is_no_content() {
    for (coding, body) in [
        ("gzip", gzip(b"")),
        ("deflate", crate::coded::zlib(b"")),
        ("deflate", crate::coded::bare(b"")),
        ("br", b"\x3b".to_vec()),
        ("zstd", crate::coded::zstd(b"")),
        ("gzip, gzip", gzip(b"")),
    ] {
        let (response, player) = asks(&decoding(), by_length(coding, &body)).await;
        assert_eq!(deadline(response.bytes()).await.expect(coding), "");
        player.finish();
    }
}

#[test]
fn a_choice_can_be_looked_at() {
    assert!(Coding::Gzip.name() == "gzip" && Coding::Brotli.name() == "br");
    let all = Codings::all();
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
        assert!(all.contains(coding) && !Codings::none().contains(coding));
        assert_eq!(Codings::from(coding), Codings::none().with(coding));
    }
}
