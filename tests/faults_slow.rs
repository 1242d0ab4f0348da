//! Servers that take their time. The clock jumps where a timeout is waited for; where it is the data that never pauses,
//! it runs.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "support/steps.rs"]
mod steps;
mod support;

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use server::{Guest, Server, polite};
use sockets::{held, unread};
use steps::{poll_once, skip, until};
use support::deadline;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use wireline::{Body, Client, Clock, Delivery, Error, Phase};

const SECOND: Duration = Duration::from_secs(1);

/// Plays one of `pieces` to its first connection for each permit; then keeps silent. All others are served politely.
fn drip(pieces: Vec<Vec<u8>>) -> (Server, Arc<Semaphore>) {
    let tap = Arc::new(Semaphore::new(0));
    let turn = Arc::clone(&tap);
    let server = Server::start(move |mut guest: Guest| {
        let (pieces, turn) = (pieces.clone(), Arc::clone(&turn));
        async move {
            if guest.number > 0 {
                return polite(guest).await;
            }
            guest.request().await;
            for piece in pieces {
                turn.acquire().await.expect("open").forget();
                guest.play(piece).await;
            }
            guest.gone().await;
        }
    });
    (server, tap)
}

fn bytes_of(text: &str) -> Vec<Vec<u8>> {
    text.bytes().map(|byte| vec![byte]).collect()
}

async fn the_next_works(client: &Client, server: &Server) {
    assert_eq!(held(server.address()), 0, "what timed out is closed");
    let response = deadline(client.get(server.url("/next")).send()).await.expect("a response");
    assert_eq!(deadline(response.text()).await.expect("a body"), "/next");
}

fn assert_timed_out(error: &Error, clock: Clock, phase: Phase) {
    assert_eq!((error.clock(), error.phase()), (Some(clock), phase), "{error}");
    assert!(error.is_timeout());
}

#[tokio::test]
async fn nothing_after_the_accept() {
    let (server, _tap) = drip(Vec::new());
    let client = Client::builder().max_connections(1).build().expect("a client");
    let mut sending = Box::pin(client.get(server.url("/")).send());
    assert!(poll_once(sending.as_mut()).await.is_pending());
    // Once more for the connection that is made by now.
    until(|| server.accepted() == 1).await;
    deadline(async {
        while server.requests() == 0 {
            assert!(poll_once(sending.as_mut()).await.is_pending());
            tokio::task::yield_now().await;
        }
    })
    .await;
    skip(20 * SECOND).await;
    assert!(poll_once(sending.as_mut()).await.is_pending());
    skip(11 * SECOND).await;
    let error = deadline(sending).await.expect_err("silence");
    assert_timed_out(&error, Clock::Read, Phase::Head);
    assert_eq!(error.delivery(), Delivery::SentNoReply);
    the_next_works(&client, &server).await;
}

/// Twenty seconds between any two bytes are fine for the read timeout, however long it takes in all.
#[tokio::test]
async fn s_37_progress_winds_the_read_clock_up_again() {
    let response = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    let (server, tap) = drip([bytes_of(response), bytes_of("abc")].concat());
    let client = Client::builder().max_connections(1).build().expect("a client");
    let mut sending = Box::pin(client.get(server.url("/")).send());
    deadline(until_asked(&server, sending.as_mut())).await;
    for _ in 1..response.len() {
        skip(20 * SECOND).await;
        tap.add_permits(1);
        deadline(until(|| unread(server.address()) == 1)).await;
        deadline(async {
            while unread(server.address()) == 1 {
                assert!(poll_once(sending.as_mut()).await.is_pending());
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    tap.add_permits(1);
    let mut response = deadline(sending).await.expect("a head, after ten minutes");
    for wanted in [&b"a"[..], b"b"] {
        // The caller is away: that is not the server's silence.
        skip(40 * SECOND).await;
        let mut chunk = Box::pin(response.chunk());
        assert!(poll_once(chunk.as_mut()).await.is_pending());
        skip(20 * SECOND).await;
        assert!(poll_once(chunk.as_mut()).await.is_pending());
        tap.add_permits(1);
        assert_eq!(deadline(chunk).await.expect("a byte").as_deref(), Some(wanted));
    }
    {
        let mut chunk = Box::pin(response.chunk());
        assert!(poll_once(chunk.as_mut()).await.is_pending());
        skip(31 * SECOND).await;
        let error = deadline(chunk).await.expect_err("silence");
        assert_timed_out(&error, Clock::Read, Phase::Body);
        assert_eq!(error.delivery(), Delivery::ReplyStarted);
    }
    drop(response);
    the_next_works(&client, &server).await;
}

/// Drives `sending` until the server has read the request.
async fn until_asked<F: Future>(server: &Server, mut sending: Pin<&mut F>) {
    while server.requests() == 0 {
        assert!(poll_once(sending.as_mut()).await.is_pending());
        tokio::task::yield_now().await;
    }
    assert!(poll_once(sending).await.is_pending());
}

/// A byte now and then keeps the read clock happy; only the total one ends it.
#[tokio::test]
async fn s_37_a_drip_is_ended_by_the_total_timeout() {
    let response = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx";
    for (pieces, in_head) in [(bytes_of(response), true), (vec![response.into()], false)] {
        let (server, tap) = drip(pieces);
        let client = Client::builder().max_connections(1).timeout(60 * SECOND).build();
        let client = client.expect("a client");
        let mut sending = Box::pin(client.get(server.url("/")).send());
        deadline(until_asked(&server, sending.as_mut())).await;
        tap.add_permits(1);
        let error = if in_head {
            skip(25 * SECOND).await;
            deadline(until(|| unread(server.address()) == 1)).await;
            deadline(async {
                while unread(server.address()) == 1 {
                    assert!(poll_once(sending.as_mut()).await.is_pending());
                    tokio::task::yield_now().await;
                }
            })
            .await;
            skip(25 * SECOND).await;
            assert!(poll_once(sending.as_mut()).await.is_pending(), "fifty seconds");
            skip(11 * SECOND).await;
            deadline(sending).await.expect_err("sixty-one seconds")
        } else {
            let mut response = deadline(sending).await.expect("a head");
            deadline(response.chunk()).await.expect("the first byte");
            // The total clock alone runs while the caller is away.
            skip(61 * SECOND).await;
            deadline(response.chunk()).await.expect_err("sixty-one seconds")
        };
        let phase = if in_head { Phase::Head } else { Phase::Body };
        assert_timed_out(&error, Clock::Total, phase);
        the_next_works(&client, &server).await;
    }
}

/// Endlessly many bytes without a pause: no read is ever pending, and time is up all the same.
#[tokio::test]
async fn s_37_a_torrent_is_ended_by_the_total_timeout_too() {
    let server = Server::start(|mut guest: Guest| async move {
        let asked = guest.request().await.expect("a request");
        if asked.path() == "/next" {
            guest.answer("/next").await;
            return guest.gone().await;
        }
        let chunked = asked.path() == "/chunked";
        let framing = if chunked { "Transfer-Encoding: chunked" } else { "A: b" };
        guest.play(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n")).await;
        let piece = if chunked { "1000\r\n".to_owned() } else { String::new() };
        let piece = piece + &"x".repeat(0x1000) + if chunked { "\r\n" } else { "" };
        let torrent = piece.repeat(64);
        while guest.play(&torrent).await.is_some() {}
    });
    for path in ["/chunked", "/until-close"] {
        for reader in [false, true] {
            let client = Client::builder().max_connections(1).timeout(60 * SECOND).build();
            let client = client.expect("a client");
            let sent = deadline(client.get(server.url(path)).send()).await;
            let mut body = sent.expect("a head").into_body();
            skip(61 * SECOND).await;
            let (mut room, mut pieces) = (vec![0; 1 << 16], 0);
            let error = loop {
                // There is always something to read, and the runtime knows: no read ever waits.
                deadline(until(|| unread(server.address()) > 0)).await;
                tokio::task::yield_now().await;
                let read = match reader {
                    true => deadline(body.read(&mut room)).await.map(|_| ()),
                    false => deadline(body.chunk()).await.map(|_| ()).map_err(io::Error::other),
                };
                pieces += 1;
                match read {
                    Ok(()) => assert!(pieces < 100, "time was up long ago"),
                    Err(error) => break error.downcast::<Error>().expect("ours"),
                }
            };
            assert_timed_out(&error, Clock::Total, Phase::Body);
            drop(body);
            the_next_works(&client, &server).await;
        }
    }
}

/// Never ends, never waits.
struct Endless;

impl Stream for Endless {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(Bytes::from_static(&[b'x'; 16 * 1024]))))
    }
}

#[tokio::test]
async fn s_37_an_endless_upload_is_ended_by_the_total_timeout() {
    let server = Server::start(|mut guest: Guest| async move {
        if guest.number > 0 {
            return polite(guest).await;
        }
        guest.gone().await;
    });
    let client = Client::builder().max_connections(1).build().expect("a client");
    let request = client.post(server.url("/")).body(Body::stream(Endless));
    let error = deadline(request.timeout(Duration::from_millis(700)).send()).await;
    let error = error.expect_err("time is up");
    assert_timed_out(&error, Clock::Total, Phase::Send);
    assert_eq!(error.delivery(), Delivery::PartlySent);
    the_next_works(&client, &server).await;
}

#[tokio::test]
async fn a_server_that_never_reads_the_body() {
    let server = Server::start(|mut guest: Guest| async move {
        if guest.number > 0 {
            return polite(guest).await;
        }
        guest.head().await;
        std::future::pending::<()>().await;
    });
    let client = Client::builder()
        .max_connections(1)
        .write_timeout(Duration::from_millis(100))
        .build()
        .expect("a client");
    let request = client.post(server.url("/")).body(vec![b'x'; 32 << 20]);
    // The read clock does not run while there is something to send.
    let request = request.read_timeout(Duration::from_millis(1));
    let error = deadline(request.send()).await.expect_err("nobody reads");
    assert_timed_out(&error, Clock::Write, Phase::Send);
    assert_eq!(error.delivery(), Delivery::PartlySent);
    the_next_works(&client, &server).await;
}

/// A source that takes its time is the caller's affair: neither clock of the wire runs.
#[tokio::test]
async fn a_slow_source_is_not_the_servers_fault() {
    let (feed, source) = tokio::sync::mpsc::unbounded_channel::<Bytes>();
    struct Fed(tokio::sync::mpsc::UnboundedReceiver<Bytes>);
    impl Stream for Fed {
        type Item = Result<Bytes, std::io::Error>;
        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.poll_recv(cx).map(|piece| piece.map(Ok))
        }
    }
    let server = Server::start(polite);
    let client = Client::new();
    let request = client.post(server.url("/up")).body(Body::stream(Fed(source)));
    let mut sending = pin!(request.send());
    deadline(async {
        while server.accepted() == 0 {
            assert!(poll_once(sending.as_mut()).await.is_pending());
            tokio::task::yield_now().await;
        }
    })
    .await;
    for _ in 0..3 {
        feed.send(Bytes::from_static(b"x")).expect("a reader");
        assert!(poll_once(sending.as_mut()).await.is_pending());
        skip(100 * SECOND).await;
        assert!(poll_once(sending.as_mut()).await.is_pending());
    }
    drop(feed);
    assert_eq!(deadline(sending).await.expect("a response").status().as_u16(), 200);
}
