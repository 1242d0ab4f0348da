//! How much a little may become.

use std::io::{Read, Write};

use wireline::{Client, Codings, Error, Response};

use crate::coded::{ZEROS_BR, by_chunks, by_length, client, decoding, gzip, zeros, zstd};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{Served, read_head, serve};

/// Content read piece by piece: how much came, and how it ended.
async fn stream(mut response: Response) -> (usize, Result<(), Error>) {
    let mut count = 0;
    loop {
        match deadline(response.chunk()).await {
            Ok(Some(chunk)) => count += chunk.len(),
            Ok(None) => return (count, Ok(())),
            Err(error) => return (count, Err(error)),
        }
    }
}

/// A server that does not mind if it cannot get rid of its `reply`.
async fn ask(client: &Client, reply: Vec<u8>) -> (Response, Served<()>) {
    let served = serve(move |mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(&reply).and_then(|()| stream.read_to_end(&mut Vec::new()));
    });
    let response = deadline(client.get(served.url("/")).send()).await.expect("an answer");
    (response, served)
}

/// 200 MiB of zeros, in a few hundred bytes to 204 KB.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = zeros(200);
    let gzipped = [&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &zeros].concat();
    vec![
        ("gzip", gzipped.clone()),
        ("deflate", [&b"\x78\x9c"[..], &zeros].concat()),
        ("deflate", zeros),
        ("br", ZEROS_BR.to_vec()),
        // A window may be as large as its frame, so these are frames of 8 MiB.
        ("zstd", zstd(&vec![0; 8 << 20]).repeat(25)),
        ("gzip, gzip", gzip(&gzipped)),
    ]
}

#[tokio::test]
async fn s_90_a_bomb_is_stopped_by_its_ratio() {
    for (coding, bomb) in bombs() {
        println!("{coding}: {} bytes", bomb.len());
        for reply in [by_length(coding, &bomb), by_chunks(coding, &bomb)] {
            let (response, _served) = ask(&client(), reply.clone()).await;
            let error = deadline(response.bytes()).await.expect_err("a bomb");
            assert!(error.is_limit() && !error.is_decode(), "{coding}: {error}");
            let told = error.to_string();
            assert!(told.contains("100 times") && told.contains("max_ratio"), "{told}");
            // Streaming has no limit of its own, but this one.
            let (response, _served) = ask(&client(), reply).await;
            let (count, end) = stream(response).await;
            assert!(end.expect_err("a bomb").is_limit(), "{coding}");
            // The ratio is looked at from 1 MiB on; by then at most one buffer of 16 KiB has been taken.
            assert!((1 << 20..3 << 20).contains(&count), "{coding}: {count} bytes");
        }
    }
}

#[tokio::test]
async fn s_90_max_body_counts_decoded_bytes() {
    let client = decoding().decompress(Codings::all().max_ratio(None)).max_body(5 << 20);
    let client = client.build().expect("sound settings");
    for (coding, bomb) in bombs() {
        let (response, _served) = ask(&client, by_length(coding, &bomb)).await;
        let error = deadline(response.bytes()).await.expect_err("a bomb");
        assert!(error.is_limit() && error.to_string().contains("max_body"), "{coding}: {error}");
    }
}

#[tokio::test]
async fn s_90_the_ratio_is_chosen_by_client_and_request() {
    let zeros = gzip(&vec![0; 3 << 20]);
    let generous = decoding().decompress(Codings::all().max_ratio(2000)).build();
    let (response, _served) =
        ask(&generous.expect("sound settings"), by_length("gzip", &zeros)).await;
    assert_eq!(stream(response).await.0, 3 << 20);
    let player = Player::script().expect_head().play(by_length("gzip", &zeros)).open().start();
    let request = client().get(player.url("/")).decompress(Codings::all().max_ratio(None));
    let response = deadline(request.send()).await.expect("an answer");
    player.finish();
    assert_eq!(deadline(response.bytes()).await.expect("content").len(), 3 << 20);
}

/// A small response of blanks is no attack, whatever its ratio.
#[tokio::test]
async fn s_90_the_first_mebibyte_is_free() {
    for (coding, body) in [("gzip", gzip(&vec![0; 1 << 20])), ("zstd", zstd(&vec![0; 1 << 20]))] {
        let (response, _served) = ask(&client(), by_length(coding, &body)).await;
        assert_eq!(deadline(response.bytes()).await.expect("content").len(), 1 << 20);
    }
}

/// A window is refused from the header of its frame: at most 8 MiB (RFC 9659).
#[tokio::test]
async fn s_90_a_large_window_is_refused() {
    let frame = |window: u8| {
        // A frame without a content size, its window, and one raw block that is the last.
        [b"\x28\xb5\x2f\xfd\x00", &[window][..], b"\x29\0\0hello"].concat()
    };
    let (response, _served) = ask(&client(), by_length("zstd", &frame(13 << 3))).await;
    assert_eq!(deadline(response.bytes()).await.expect("8 MiB are allowed"), "hello");
    // 9 MiB, 2 GiB, and the most there is; then a single segment of 16 MiB, which is its own window.
    let single = b"\x28\xb5\x2f\xfd\xa0\0\0\0\x01\x29\0\0hello".to_vec();
    for large in [frame(13 << 3 | 1), frame(21 << 3), frame(0xff), single] {
        let (response, _served) = ask(&client(), by_length("zstd", &large)).await;
        let error = deadline(response.bytes()).await.expect_err("too large");
        assert!(error.is_limit() && error.to_string().contains("8 MiB"), "{error}");
    }
    // Brotli's "large window" is an extension of the RFC that nobody offered.
    let (response, _served) = ask(&client(), by_length("br", b"\x11\x1e\x00\x00\x00\x00")).await;
    assert!(deadline(response.bytes()).await.expect_err("no such window").is_decode());
}

/// One block may not become more than 128 KiB, whatever its sequences say (RFC 8878 §3.1.1.2.3): here 524 MB in 8 KB.
#[tokio::test]
async fn s_90_a_block_cannot_be_larger_than_a_block() {
    const SEQUENCES: usize = 4000;
    // Eight literals; 4 000 sequences, all codes fixed: repeat the last offset, match length 131 074.
    let mut block = vec![8 << 3 | 1, b'x', (SEQUENCES >> 8) as u8 + 0x80, (SEQUENCES & 0xff) as u8];
    block.extend([0b0101_0100, 0, 0, 52]);
    block.extend([0xff; 2 * SEQUENCES]);
    block.push(1);
    let raw = (16u32 << 3).to_le_bytes();
    let header = ((block.len() as u32) << 3 | 2 << 1 | 1).to_le_bytes();
    let frame =
        [b"\x28\xb5\x2f\xfd\x00\x58", &raw[..3], &[b'y'; 16], &header[..3], &block].concat();
    let client = decoding().decompress(Codings::all().max_ratio(None)).build();
    let (response, _served) =
        ask(&client.expect("sound settings"), by_length("zstd", &frame)).await;
    let (count, end) = stream(response).await;
    assert!(end.expect_err("broken").is_decode());
    assert!(count <= 16, "{count} bytes");
}

#[tokio::test]
async fn s_91_a_chain_of_ten() {
    let mut body = b"hello".to_vec();
    for _ in 0..10 {
        body = gzip(&body);
    }
    let one = ["gzip"; 10].join(", ");
    let ten = ["gzip"; 10].join("\r\nContent-Encoding: ");
    for list in [&one, &ten] {
        let (response, _served) = ask(&client(), by_length(list, &body)).await;
        let error = deadline(response.bytes()).await.expect_err("ten codings");
        let told = error.to_string();
        assert!(error.is_limit() && told.contains("10 content codings"), "{told}");
        assert!(told.contains("at most 2") && told.contains("max_chain"), "{told}");
        let deep = decoding().decompress(Codings::all().max_chain(10)).build();
        let (response, _served) = ask(&deep.expect("sound settings"), by_length(list, &body)).await;
        assert_eq!(deadline(response.bytes()).await.expect("content"), "hello");
    }
}

#[tokio::test]
async fn s_92_many_members_are_one_content() {
    let body = gzip(b"x").repeat(100_000);
    let (response, _served) = ask(&client(), by_length("gzip", &body)).await;
    assert!(deadline(response.bytes()).await.expect("content") == "x".repeat(100_000));
    let body = [gzip(b"").repeat(40_000), gzip(b"hello")].concat();
    let (response, _served) = ask(&client(), by_length("gzip", &body)).await;
    assert_eq!(deadline(response.bytes()).await.expect("content"), "hello");
}

/// A megabyte that holds nothing is an error: without one, an endless row of empty members would keep a reader for good.
#[tokio::test]
async fn s_92_what_never_gives_content_is_stopped() {
    let named = [&gzip(b"")[..3], b"\x08\0\0\0\0\0\x03", &[b'n'; 2_000_000]].concat();
    for (coding, body) in [
        ("gzip", gzip(b"").repeat(100_000)),
        ("gzip", named),
        ("zstd", b"\x50\x2a\x4d\x18\0\0\0\0".repeat(200_000)),
        ("zstd", zstd(b"").repeat(200_000)),
        ("deflate", [b"\x78\x9c".to_vec(), b"\0\0\0\xff\xff".repeat(300_000)].concat()),
        ("br, gzip", gzip(&[&b"\x06"[..], &[0x06; 2_000_000]].concat())),
    ] {
        let client = decoding().decompress(Codings::all().max_ratio(None)).build();
        let (response, _served) =
            ask(&client.expect("sound settings"), by_length(coding, &body)).await;
        let error = deadline(response.bytes()).await.expect_err("nothing in it");
        println!("{coding}: {error}");
        assert!(error.is_limit() || coding.starts_with("br"), "{coding}: {error}");
    }
}
