//! Coded content read in every way, over every framing, cut anywhere.

use tokio::io::AsyncReadExt;
use wireline::{Client, Response};

use crate::coded::{
    by_chunks, by_close, by_length, client, decoding, every_coding, gzip, text, zstd,
};
use crate::paced::{Pace, Pacer};
use crate::support::deadline;
use crate::support::player::{Player, Script};
use crate::talk::OK;

#[derive(Clone, Copy, Debug)]
enum Way {
    Bytes,
    Text,
    Chunks,
    Reader(usize),
}

const WAYS: [Way; 6] =
    [Way::Bytes, Way::Text, Way::Chunks, Way::Reader(1), Way::Reader(777), Way::Reader(200_000)];

async fn read(mut response: Response, way: Way) -> Vec<u8> {
    let mut content = Vec::new();
    match way {
        Way::Bytes => content = response.bytes().await.expect("content").to_vec(),
        Way::Text => content = response.text().await.expect("text").into_bytes(),
        Way::Chunks => {
            while let Some(chunk) = response.chunk().await.expect("content") {
                assert!(!chunk.is_empty(), "a chunk is never empty");
                assert!(chunk.len() <= 64 * 1024, "{} bytes in one go", chunk.len());
                content.extend_from_slice(&chunk);
            }
            assert_eq!(response.chunk().await.expect("still the end"), None);
        }
        Way::Reader(size) => {
            let (mut body, mut buffer) = (response.into_body(), vec![0; size]);
            loop {
                let count = body.read(&mut buffer).await.expect("content");
                content.extend_from_slice(&buffer[..count]);
                if count == 0 {
                    break;
                }
            }
            assert_eq!(body.read(&mut buffer).await.expect("still the end"), 0);
        }
    }
    content
}

/// Reads what the script plays, then makes sure that the connection is used again where the framing allows it.
async fn check(client: &Client, script: Script, kept: bool, way: Way, content: &[u8], what: &str) {
    let script = if kept { script.expect_head().play(OK).open() } else { script.close() };
    let player = script.start();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(response.fields().contains("content-encoding"), "as received");
    let read = deadline(read(response, way)).await;
    assert!(read == content, "{what} {way:?}: {} bytes, not {}", read.len(), content.len());
    if kept {
        let next = deadline(client.get(player.url("/")).send()).await.expect("an answer");
        assert!(next.is_reused(), "{what} {way:?}");
    }
    player.finish();
}

#[tokio::test]
async fn every_coding_in_every_framing_and_every_way() {
    let (client, text) = (client(), text());
    for (coding, body) in every_coding() {
        for way in WAYS {
            for (reply, kept) in [
                (by_length(coding, &body), true),
                (by_chunks(coding, &body), true),
                (by_close(coding, &body), false),
            ] {
                let cuts = [reply.len() / 3, reply.len() - 9];
                let script = Player::script().expect_head().play_cut(reply, &cuts);
                check(&client, script, kept, way, &text, coding).await;
            }
        }
    }
}

/// No read brings more than a byte; each decoder sees its content in the smallest pieces there are.
#[tokio::test]
async fn every_coding_byte_by_byte() {
    let pacer = Pacer::new();
    pacer.set(Pace::Bytewise);
    let client = decoding().secure(pacer).build().expect("sound settings");
    let text = text();
    for (coding, body) in every_coding() {
        let player = Player::script().expect_head().play(by_chunks(coding, &body)).open().start();
        let url = player.url("/").replace("http:", "https:");
        let response = deadline(client.get(url).send()).await.expect("an answer");
        let read = deadline(read(response, Way::Chunks)).await;
        assert!(read == text, "{coding}: {} bytes", read.len());
        player.finish();
    }
}

#[tokio::test]
async fn a_small_body_in_the_segment_of_its_head() {
    for (coding, body) in [("gzip", gzip(b"hello")), ("zstd", zstd(b"hello"))] {
        for way in WAYS {
            let script = Player::script().expect_head().play(by_length(coding, &body));
            check(&client(), script, true, way, b"hello", coding).await;
        }
    }
}

#[tokio::test]
async fn fields_stay_and_the_length_is_not_known() {
    let body = gzip(&text());
    let player = Player::script().expect_head().play(by_length("gzip", &body)).open().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    let fields = response.fields();
    assert_eq!(fields.get_str("content-encoding"), Some("gzip"));
    assert_eq!(fields.get_str("content-length"), Some(&*body.len().to_string()));
    assert_eq!(response.content_length(), None);
    assert_eq!(deadline(response.bytes()).await.expect("content"), text());
    player.finish();
}

#[tokio::test]
async fn trailers_come_with_the_end() {
    let body = gzip(&text());
    let player = Player::script().expect_head().play(by_chunks("gzip", &body)).open().start();
    let mut response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    while deadline(response.chunk()).await.expect("content").is_some() {}
    assert_eq!(response.trailers().get_str("x-sum"), Some("1"));
    player.finish();
}

/// Values of several lines are one list.
#[tokio::test]
async fn a_list_over_two_lines() {
    let body = gzip(&zstd(&text()));
    let reply = by_close("zstd\r\ncontent-encoding: gzip", &body);
    let script = Player::script().expect_head().play(reply);
    check(&client(), script, false, Way::Bytes, &text(), "zstd, gzip").await;
}

/// What is made of memory alone does not hold up the thread: other tasks get their turn before it is all there.
#[tokio::test(flavor = "current_thread")]
async fn decoding_gives_way_to_other_tasks() {
    let body = zstd(&vec![b'x'; 60 << 20]);
    let client = decoding().decompress(wireline::Codings::all().max_ratio(None));
    let client = client.build().expect("sound settings");
    let player = Player::script().expect_head().play(by_length("zstd", &body)).open().start();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let turns = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let other = tokio::spawn({
        let turns = turns.clone();
        async move {
            loop {
                turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        }
    });
    assert_eq!(deadline(response.bytes()).await.expect("content").len(), 60 << 20);
    other.abort();
    let turns = turns.load(std::sync::atomic::Ordering::Relaxed);
    assert!(turns >= 5, "{turns} turns while 60 MiB were decoded");
    player.finish();
}
