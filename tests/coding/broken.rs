//! Coded content that is not what it says: an error, never half of it as if it were whole.

use std::io::ErrorKind;

use tokio::io::AsyncReadExt;
use wireline::{Delivery, Phase};

use crate::coded::{PARTS_BR, bare, by_chunks, by_close, by_length, client, gzip, zlib, zstd};
use crate::support::conformance::cases;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::asks;

/// The same few bytes in every coding.
fn small() -> Vec<(&'static str, Vec<u8>, &'static [u8])> {
    vec![
        ("gzip", gzip(b"hello, hello"), b"hello, hello"),
        ("deflate", zlib(b"hello, hello"), b"hello, hello"),
        ("deflate", bare(b"hello, hello"), b"hello, hello"),
        ("br", PARTS_BR.concat(), b"one, two, three"),
        ("zstd", zstd(b"hello, hello"), b"hello, hello"),
        ("zstd, gzip", gzip(&zstd(b"hello, hello")), b"hello, hello"),
    ]
}

/// The cases of the collection that are about codings, put to a client that undoes them.
#[tokio::test]
async fn the_conformance_cases() {
    let verdicts: [(&str, Option<&[u8]>); 5] = [
        ("wpt-gzip-1", None),
        ("gzip-caps", Some(b"hello gzip")),
        ("gzip-cut", None),
        ("deflate-zlib", Some(b"hello zlib")),
        // Good clients differ; what servers send for "deflate" is read either way.
        ("deflate-raw", Some(b"hello raw")),
    ];
    let cases = cases();
    for (id, verdict) in verdicts {
        let case = cases.iter().find(|case| case.id == id).expect("it is in the collection");
        for bytewise in [false, true] {
            let script = Player::script().expect_head();
            let script = match bytewise {
                true => script.play_bytewise(&case.response),
                false => script.play(&case.response),
            };
            let player = script.close().start();
            let response = deadline(client().get(player.url("/")).send()).await.expect("a head");
            match (deadline(response.bytes()).await, verdict) {
                (Ok(content), Some(wanted)) => assert_eq!(content, wanted, "{id}"),
                (Err(error), None) => assert!(error.is_decode(), "{id}: {error}"),
                (read, _) => panic!("{id}: {read:?}"),
            }
            player.finish();
        }
    }
}

/// More of the same kind: what a coding's format forbids.
#[tokio::test]
async fn what_is_not_in_the_format_is_refused() {
    let good = gzip(b"hello");
    let with = |at: usize, byte: u8| {
        let mut body = good.clone();
        body[at] = byte;
        body
    };
    let end = good.len();
    for (coding, body, told) in [
        ("gzip", b"not gzip".to_vec(), "this is not gzip"),
        ("gzip", b"\x1f".to_vec(), "cut off"),
        ("gzip", b"\x1fx".to_vec(), "this is not gzip"),
        ("gzip", zlib(b"hello"), "this is not gzip"),
        ("gzip", zstd(b"hello"), "this is not gzip"),
        ("gzip", with(2, 7), "compression method"),
        ("gzip", with(3, 0x20), "reserved flags"),
        ("gzip", with(10, 0x07), "malformed"),
        ("gzip", with(end - 8, !good[end - 8]), "checksum"),
        ("gzip", with(end - 4, 6), "length"),
        (
            "gzip",
            [&good[..3], b"\x02\0\0\0\0\0\x03\0\0", &good[10..]].concat(),
            "header's checksum",
        ),
        ("gzip", [&good[..], b"\0\0\0\0"].concat(), "behind the end"),
        ("gzip", [&good[..], &good[..9]].concat(), "cut off"),
        ("gzip", [&good[..], &with(2, 7)].concat(), "compression method"),
        // A preset dictionary, which HTTP has no way to agree on.
        ("deflate", b"\x78\xbb\x00\x00\x00\x00\x03\x00".to_vec(), "malformed"),
        ("deflate", b"\xff\xff".to_vec(), "malformed"),
        ("deflate", b"x".to_vec(), "cut off"),
        ("deflate", [&zlib(b"hello")[..7], b"\0\0\0\0\0\0"].concat(), "malformed"),
        ("br", b"\xff\xff\xff".to_vec(), "malformed"),
        ("zstd", b"hello, hello".to_vec(), "this is not zstd"),
        ("zstd", good.clone(), "this is not zstd"),
        ("gzip, gzip", gzip(b"not gzip"), "this is not gzip"),
        ("gzip, zstd", good.clone(), "this is not zstd"),
    ] {
        for reply in [by_length(coding, &body), by_chunks(coding, &body), by_close(coding, &body)] {
            let (response, player) = asks(&client(), reply).await;
            let error = deadline(response.bytes()).await.expect_err(told);
            assert!(error.is_decode() && !error.is_limit(), "{coding}: {error}");
            assert_eq!((error.phase(), error.delivery()), (Phase::Decode, Delivery::ReplyStarted));
            let shown = error.to_string();
            let name = coding.split(", ").next().expect("a name");
            let named = shown.contains(&format!("content coding {name}")) || coding.contains(',');
            assert!(named && shown.contains(told), "{shown}");
            assert!(shown.starts_with("GET http://127.0.0.1:"), "{shown}");
            player.finish();
        }
    }
}

/// Cut anywhere, although its framing ended as it should.
#[tokio::test]
async fn s_92_truncated_content_is_an_error() {
    for (coding, body, content) in small() {
        for length in 1..body.len() {
            for reply in [by_length(coding, &body[..length]), by_close(coding, &body[..length])] {
                let (mut response, player) = asks(&client(), reply).await;
                let mut read = Vec::new();
                let error = loop {
                    match deadline(response.chunk()).await {
                        Ok(Some(chunk)) => read.extend_from_slice(&chunk),
                        Ok(None) => panic!("{coding}: {length} of {} bytes pass", body.len()),
                        Err(error) => break error,
                    }
                };
                assert!(error.is_decode(), "{coding} at {length}: {error}");
                assert!(content.starts_with(&read), "{coding} at {length}");
                player.finish();
            }
        }
    }
}

#[tokio::test]
async fn s_92_bytes_behind_the_end_are_an_error() {
    for (coding, body, content) in small() {
        for junk in [&b"\0"[..], b"junk, and more of it", b"\x1e\x8b\x08\0\0\0\0\0\0\0"] {
            let (mut response, player) =
                asks(&client(), by_length(coding, &[&body, junk].concat())).await;
            let mut read = Vec::new();
            let error = loop {
                match deadline(response.chunk()).await {
                    Ok(Some(chunk)) => read.extend_from_slice(&chunk),
                    Ok(None) => panic!("{coding}: {junk:?} pass"),
                    Err(error) => break error,
                }
            };
            assert!(error.is_decode(), "{coding}: {error}");
            assert!(content.starts_with(&read));
            player.finish();
        }
    }
}

/// Whatever bit is wrong: what passes is what was sent, wherever the coding has a checksum; nowhere a panic or a wait.
#[tokio::test]
async fn any_bit_may_be_wrong() {
    for (coding, body, content) in small() {
        let checked = coding.ends_with("gzip") || body.starts_with(b"\x78\x9c");
        for bit in 0..body.len() * 8 {
            let mut wrong = body.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let (response, player) = asks(&client(), by_length(coding, &wrong)).await;
            if let Ok(read) = deadline(response.bytes()).await {
                assert!(!checked || read == content, "{coding}, bit {bit}: {read:?}");
            }
            player.finish();
        }
    }
}

/// S-31: asked again, an error does not turn into an end.
#[tokio::test]
async fn s_31_after_an_error_there_is_no_end() {
    let cut = &gzip(b"hello")[..18];
    for reply in [by_length("gzip", cut), by_close("gzip", cut)] {
        let (mut response, player) = asks(&client(), &reply).await;
        while let Ok(Some(_)) = deadline(response.chunk()).await {}
        assert!(deadline(response.chunk()).await.is_err());
        assert!(deadline(response.chunk()).await.is_err());
        assert!(deadline(response.bytes()).await.is_err());
        player.finish();

        let (response, player) = asks(&client(), &reply).await;
        let (mut body, mut read) = (response.into_body(), Vec::new());
        let error = deadline(body.read_to_end(&mut read)).await.expect_err("cut off");
        assert_eq!((&read[..], error.kind()), (&b"hello"[..], ErrorKind::UnexpectedEof));
        let inner = error.get_ref().and_then(|e| e.downcast_ref::<wireline::Error>());
        assert!(inner.expect("our own error inside").is_decode());
        assert!(deadline(body.read(&mut [0; 8])).await.is_err());
        player.finish();
    }
    let (response, player) = asks(&client(), by_length("gzip", b"not gzip")).await;
    let error = deadline(response.into_body().read(&mut [0; 8])).await.expect_err("not gzip");
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    player.finish();
}

/// What the framing has to say is said as ever: the content before the break is handed out first.
#[tokio::test]
async fn a_broken_framing_is_told_as_such() {
    let body = crate::coded::PARTS_BR.concat();
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 90\r\n\r\n";
    let (mut response, player) = asks(&client(), [head.as_bytes(), &body[..16]].concat()).await;
    let mut read = Vec::new();
    let error = loop {
        match deadline(response.chunk()).await {
            Ok(chunk) => read.extend_from_slice(&chunk.expect("no end")),
            Err(error) => break error,
        }
    };
    assert_eq!(read, b"one, two, ");
    assert!(error.is_incomplete() && !error.is_decode(), "{error}");
    assert!(deadline(response.chunk()).await.is_err());
    player.finish();
}
