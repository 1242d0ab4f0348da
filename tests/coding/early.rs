//! Content is handed out as soon as it can be made, and a body may be dropped or a call given up at any time.

use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::{Pin, pin};
use std::task::Poll;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use zstd_safe::{CCtx, InBuffer, OutBuffer};

use crate::coded::{PARTS_BR, by_chunks, client, gzip, text, zeros};
use crate::support::deadline;
use crate::support::player::{Player, gate};
use crate::talk::{OK, asks, closed};

const PARTS: [&str; 3] = ["one, ", "two, ", "three"];

/// Flushed after each of [`PARTS`], as a server does that streams.
fn flushed<W: Write>(mut encoder: W, written: impl Fn(&mut W) -> Vec<u8>) -> Vec<Vec<u8>> {
    PARTS
        .iter()
        .map(|part| {
            encoder.write_all(part.as_bytes()).and_then(|()| encoder.flush()).expect("memory");
            written(&mut encoder)
        })
        .collect()
}

fn zstd_parts() -> Vec<Vec<u8>> {
    let mut context = CCtx::create();
    let part = |part: &&str| {
        let mut out = vec![0; 1000];
        let mut sink = OutBuffer::around(&mut out[..]);
        let mut source = InBuffer::around(part.as_bytes());
        context.compress_stream(&mut sink, &mut source).expect("room");
        context.flush_stream(&mut sink).expect("room");
        let count = sink.pos();
        out.truncate(count);
        out
    };
    PARTS.iter().map(part).collect()
}

/// Polls once.
async fn once<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

#[tokio::test]
async fn what_was_flushed_is_handed_out_before_the_rest_comes() {
    let level = Compression::default();
    for (coding, parts) in [
        ("gzip", flushed(GzEncoder::new(Vec::new(), level), |e| std::mem::take(e.get_mut()))),
        ("deflate", flushed(ZlibEncoder::new(Vec::new(), level), |e| std::mem::take(e.get_mut()))),
        ("br", PARTS_BR.map(<[u8]>::to_vec).to_vec()),
        ("zstd", zstd_parts()),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
        let mut script = Player::script().expect_head().play(head);
        let mut keys = Vec::new();
        for part in &parts {
            let (key, opened) = gate();
            keys.push(key);
            script = script.wait(opened).play(part);
        }
        let (end, opened) = gate();
        let player = script.wait(opened).close().start();
        let mut response = deadline(client().get(player.url("/")).send()).await.expect("a head");
        for (key, part) in keys.into_iter().zip(PARTS) {
            // A call that is given up has lost nothing.
            let given_up = once(pin!(response.chunk())).await;
            assert!(given_up.is_pending(), "{coding}: nothing has come yet");
            key.send(()).expect("the player waits");
            let mut read = Vec::new();
            while read.len() < part.len() {
                let chunk = deadline(response.chunk()).await.expect("content");
                read.extend_from_slice(&chunk.expect("not the end"));
            }
            assert_eq!(String::from_utf8_lossy(&read), part, "{coding}");
        }
        drop(response);
        end.send(()).expect("the player waits");
        player.finish();
    }
}

/// Server-Sent Events are decoded as they come; still coded they are none.
#[tokio::test]
async fn events_are_read_through_a_coding() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"data: one\n\n").and_then(|()| encoder.flush()).expect("memory");
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n";
    let reply = [head.as_bytes(), encoder.get_ref()].concat();
    let (key, opened) = gate();
    let player = Player::script().expect_head().play(&reply).wait(opened).close().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("a head");
    let mut events = response.events().expect("a stream of events");
    let event = deadline(events.next()).await.expect("an event").expect("not the end");
    assert_eq!(event.data, "one");
    key.send(()).expect("the player waits");
    assert!(deadline(events.next()).await.expect_err("cut off").is_decode());
    player.finish();
    let (response, player) = asks(&crate::talk::client(), &reply).await;
    let error = response.events().expect_err("still coded");
    assert!(error.is_decode() && error.to_string().contains("decompress"), "{error}");
    player.finish();
}

/// A download saves what was sent, byte for byte, whatever the client decodes otherwise: only so can it go on.
#[tokio::test]
async fn a_download_is_not_decoded() {
    let body = gzip(&text());
    let player = Player::script()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n\r\n")
        .play(crate::coded::by_length("gzip", &body))
        .open()
        .start();
    let path = std::env::temp_dir().join(format!("wireline-coded-{}", std::process::id()));
    let saved = deadline(client().get(player.url("/")).download(&path).send()).await;
    assert_eq!(saved.expect("a file").length, body.len() as u64);
    assert!(std::fs::read(&path).expect("the file") == body);
    std::fs::remove_file(&path).expect("the file");
    player.finish();
}

/// Law 6: what has arrived is read away raw, and if that is all of it the connection goes home.
#[tokio::test]
async fn a_body_dropped_early_is_not_decoded_and_its_connection_is_kept() {
    let player = Player::script()
        .expect_head()
        .play(by_chunks("gzip", &gzip(&text())))
        .expect_head()
        .play(OK)
        .open()
        .start();
    let client = client();
    let mut response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(deadline(response.chunk()).await.expect("content").is_some());
    drop(response);
    let next = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(next.is_reused());
    player.finish();
}

#[tokio::test]
async fn a_body_dropped_before_its_end_has_come_costs_the_connection() {
    let whole = by_chunks("gzip", &gzip(&text()));
    let player =
        Player::script().expect_head().play(&whole[..whole.len() / 2]).expect_close().close();
    let player = player.start();
    let client = client();
    let mut response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(deadline(response.chunk()).await.expect("content").is_some());
    drop(response);
    assert_eq!(closed(player), b"");
}

/// The decoder is done with its last byte, the framing is not: whoever reads to the end gets the connection back.
#[tokio::test]
async fn s_92_the_last_chunk_is_read_too() {
    let body = gzip(b"hello");
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n"].concat();
    let (key, opened) = gate();
    let player = Player::script()
        .expect_head()
        .play([head.as_bytes(), &chunk].concat())
        .wait(opened)
        .play("0\r\n\r\n")
        .expect_head()
        .play(OK)
        .open()
        .start();
    let client = client();
    let mut response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(deadline(response.chunk()).await.expect("content").expect("some"), "hello");
    key.send(()).expect("the player waits");
    assert_eq!(deadline(response.chunk()).await.expect("the end"), None);
    let next = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(next.is_reused());
    player.finish();
}

/// A redirect's body is nobody's to unpack: a bomb in it is just bytes.
#[tokio::test]
async fn s_70_a_coded_redirect_is_drained_raw() {
    let bomb = [&gzip(b"")[..10], &zeros(40)].concat();
    let length = bomb.len();
    let head = format!(
        "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
    );
    assert!(length < 64 * 1024, "{length} bytes would not be drained at all");
    let player = Player::script()
        .expect_head()
        .play([head.as_bytes(), &bomb].concat())
        .expect_head()
        .play(OK)
        .open()
        .start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert!(response.is_reused());
    assert_eq!(response.status(), 200);
    player.finish();
}

#[tokio::test]
async fn a_connection_survives_a_decoding_error_if_all_has_come() {
    let player = Player::script()
        .expect_head()
        .play(crate::coded::by_length("gzip", b"not gzip!!"))
        .expect_head()
        .play(OK)
        .open()
        .start();
    let client = client();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(deadline(response.bytes()).await.expect_err("not gzip").is_decode());
    let next = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(next.is_reused());
    player.finish();
}
