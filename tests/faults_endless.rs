//! Servers that send too much of something: each meets a limit that is named, after a bounded number of bytes.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/paced.rs"]
mod paced;
#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use paced::{Pace, Pacer};
use server::{Guest, Server, polite};
use sockets::held;
use support::deadline;
use wireline::h1::Limits;
use wireline::{Client, Error, Phase};

/// Plays `start` and then `more` until the client has had enough. Counts the rounds.
fn torrent(start: &'static str, more: String) -> (Server, Arc<AtomicUsize>) {
    let rounds = Arc::new(AtomicUsize::new(0));
    let tally = Arc::clone(&rounds);
    let server = Server::start(move |mut guest: Guest| {
        let (more, tally) = (more.clone(), Arc::clone(&tally));
        async move {
            if guest.number > 0 {
                return polite(guest).await;
            }
            guest.request().await;
            guest.play(start).await;
            while guest.play(&more).await.is_some() {
                tally.fetch_add(1, SeqCst);
            }
        }
    });
    (server, rounds)
}

async fn ask(client: &Client, url: String) -> Result<Vec<u8>, Error> {
    let mut response = deadline(client.get(url).send()).await?;
    let mut body = Vec::new();
    while let Some(piece) = deadline(response.chunk()).await? {
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn client() -> Client {
    Client::builder().max_connections(1).build().expect("a client")
}

/// The request fails by a limit of this name; afterwards all is well.
async fn meets_limit(server: &Server, name: &str, phase: Phase) {
    let client = client();
    let error = ask(&client, server.url("/")).await.expect_err("too much");
    assert!(error.is_limit() && !error.is_protocol(), "{error:?}");
    assert!(error.to_string().contains(name), "names the limit: {error}");
    assert_eq!(error.phase(), phase);
    assert_eq!(held(server.address()), 0);
    assert_eq!(ask(&client, server.url("/next")).await.expect("a body"), b"/next");
}

#[tokio::test]
async fn s_33_endless_interim_responses() {
    let (server, _) = torrent("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(100));
    meets_limit(&server, "`interim`", Phase::Head).await;
    // Exactly as many as are allowed.
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(Limits::INTERIM as usize);
    let answer = interim + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let player = support::player::Player::script().expect_head().play(answer).open().start();
    assert_eq!(ask(&client(), player.url("/")).await.expect("a body"), b"ok");
    player.finish();
}

/// CVE-2026-54277 (aiohttp): a cap per read was no cap.
#[tokio::test]
async fn s_34_a_field_of_five_megabytes() {
    for pace in [Pace::Free, Pace::Bytewise] {
        let (server, rounds) = torrent("HTTP/1.1 200 OK\r\nX: ", "x".repeat(1000));
        let pacer = Pacer::new();
        pacer.set(pace);
        let client = Client::builder().secure(pacer).max_connections(1).build().expect("a client");
        let url = server.url("/").replace("http://", "https://");
        let error = ask(&client, url).await.expect_err("too much");
        assert!(error.is_limit() && error.to_string().contains("`head_bytes`"), "{error}");
        assert_eq!((error.phase(), held(server.address())), (Phase::Head, 0));
        drop(rounds);
    }
}

#[tokio::test]
async fn s_34_endless_fields() {
    let (server, _) = torrent("HTTP/1.1 200 OK\r\n", "A: b\r\n".repeat(1000));
    meets_limit(&server, "`head_bytes`", Phase::Head).await;
    let (server, _) = torrent("HTTP/1.1 200 OK\r\n", "A: b\r\n".repeat(257) + "\r\n");
    meets_limit(&server, "`fields`", Phase::Head).await;
    let (server, _) = torrent("HTTP/1.1 200 ", "O".repeat(1000));
    meets_limit(&server, "`head_bytes`", Phase::Head).await;
}

#[tokio::test]
async fn s_34_limits_can_be_chosen() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
    let answer = move |length: usize| head.to_owned() + "A: " + &"x".repeat(length) + "\r\n\r\nok";
    let fits = 1000 - (head.len() + 3 + 4);
    let player = support::player::Player::script()
        .expect_head()
        .play(answer(fits))
        .expect_head()
        .play(answer(fits + 1))
        .expect_close()
        .close()
        .start();
    let limits = Limits { head_bytes: 1000, ..Limits::default() };
    let client = Client::builder().limits(limits).build().expect("a client");
    assert_eq!(ask(&client, player.url("/")).await.expect("it fits"), b"ok");
    let error = ask(&client, player.url("/")).await.expect_err("one byte too much");
    assert!(error.to_string().contains("larger than 1000 bytes"), "{error}");
    player.finish();
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn s_28_twenty_thousand_trailers() {
    let start = format!("{CHUNKED}2\r\nok\r\n0\r\n").leak();
    let (server, _) = torrent(start, "A: b\r\n".repeat(1000));
    meets_limit(&server, "`trailer_bytes`", Phase::Body).await;
    let (server, _) = torrent(start, "A: b\r\n".repeat(65) + "\r\n");
    meets_limit(&server, "`trailer_fields`", Phase::Body).await;
}

/// CVE-2023-39326 (Go): four hundred chunks of one byte with eight thousand bytes of extension each.
#[tokio::test]
async fn s_27_a_flood_of_chunk_extensions() {
    let (server, _) = torrent(CHUNKED, format!("1;{}\r\nx\r\n", "a".repeat(8000)));
    meets_limit(&server, "`extension_bytes`", Phase::Body).await;
    let (server, _) = torrent(CHUNKED, "1;a\r\nx\r\n".repeat(1000));
    meets_limit(&server, "`extension_bytes`", Phase::Body).await;
    let (server, _) = torrent(CHUNKED, format!("1{};\r\nx\r\n", " ".repeat(8000)));
    meets_limit(&server, "`extension_bytes`", Phase::Body).await;
}

/// Promises cost nothing: room is made for what comes, not for what is announced.
#[tokio::test]
async fn s_23_huge_announcements_allocate_nothing() {
    for (framing, start) in [
        ("Content-Length: 9223372036854775807", "abc"),
        ("Transfer-Encoding: chunked", "7fffffffffffffff\r\nabc"),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{start}");
        let player = support::player::Player::script().expect_head().play(answer).close().start();
        let mut response = deadline(client().get(player.url("/")).send()).await.expect("a head");
        let piece = deadline(response.chunk()).await.expect("what came");
        assert_eq!(piece.as_deref(), Some(&b"abc"[..]));
        let error = deadline(response.chunk()).await.expect_err("the rest did not come");
        assert!(error.is_protocol(), "{error}");
        player.finish();
    }
    for answer in ["Content-Length: 9223372036854775808", "Content-Length: 18446744073709551616"] {
        let answer = format!("HTTP/1.1 200 OK\r\n{answer}\r\n\r\n");
        let player = support::player::Player::script().expect_head().play(answer).close().start();
        let error = ask(&client(), player.url("/")).await.expect_err("no such length");
        assert_eq!((error.is_protocol(), error.phase()), (true, Phase::Head));
        player.finish();
    }
}

/// CVE-2025-69229 (aiohttp): as many pieces as chunks. Here as many as reads.
#[tokio::test]
async fn s_36_a_megabyte_in_chunks_of_one_byte() {
    const CHUNKS: usize = 1 << 20;
    let server = Server::start(|mut guest: Guest| async move {
        guest.request().await;
        guest.play(CHUNKED).await;
        guest.play("1\r\nx\r\n".repeat(CHUNKS)).await;
        guest.play("0\r\n\r\n").await;
        polite(guest).await;
    });
    let client = client();
    let mut response = deadline(client.get(server.url("/")).send()).await.expect("a head");
    let (mut pieces, mut length) = (0, 0);
    while let Some(piece) = deadline(response.chunk()).await.expect("a piece") {
        (pieces, length) = (pieces + 1, length + piece.len());
    }
    assert_eq!(length, CHUNKS);
    assert!(pieces < CHUNKS / 100, "{pieces} pieces");
    assert_eq!(ask(&client, server.url("/next")).await.expect("a body"), b"/next");
    assert_eq!(server.accepted(), 1, "and the connection is as good as before");
}

/// What is buffered is bounded; what is streamed is not.
#[tokio::test]
async fn a_body_too_large_to_be_buffered() {
    let (server, _) = torrent("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(100_000));
    let client = Client::builder().max_body(1 << 20).max_connections(1).build().expect("a client");
    let response = deadline(client.get(server.url("/")).send()).await.expect("a head");
    let error = deadline(response.bytes()).await.expect_err("too large");
    assert!(error.is_limit() && !error.is_protocol(), "{error:?}");
    assert!(error.to_string().contains("`max_body`"), "{error}");
    assert_eq!(held(server.address()), 0);
    assert_eq!(ask(&client, server.url("/next")).await.expect("a body"), b"/next");
}
