//! Rates over sockets: so many bytes take at least so long. How fast they may come at most is a matter for the machine.
#![cfg(feature = "client")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use bytes::Bytes;
use support::deadline;
use support::player::Player;
use talk::{OK, client, quiet, read_head, serve};
use tokio::io::AsyncReadExt;
use wireline::{Body, Client, Clock};

const RATE: u64 = 200_000;
const LENGTH: u64 = 100_000;

/// Half a second's worth, less the burst and what clocks are off by.
const LEAST: Duration = Duration::from_millis(390);

fn reply(chunked: bool) -> Vec<u8> {
    let body = vec![b'x'; LENGTH as usize];
    match chunked {
        false => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n");
            [head.into_bytes(), body].concat()
        }
        true => {
            let mut reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for piece in body.chunks(1000) {
                reply.extend_from_slice(b"3e8\r\n");
                reply.extend_from_slice(piece);
                reply.extend_from_slice(b"\r\n");
            }
            reply.extend_from_slice(b"0\r\n\r\n");
            reply
        }
    }
}

/// Downloads in one of three ways; how long that took.
async fn download(client: &Client, own: Option<u64>, chunked: bool, way: usize) -> Duration {
    let player = Player::script().expect_head().play(reply(chunked)).open().start();
    let begun = Instant::now();
    let sent = client.get(player.url("/")).max_download_rate(own).send();
    let mut response = deadline(sent).await.expect("an answer");
    let length = match way {
        0 => deadline(response.bytes()).await.expect("a body").len(),
        1 => {
            let mut body = Vec::new();
            deadline(response.into_body().read_to_end(&mut body)).await.expect("a body")
        }
        _ => {
            let mut length = 0;
            while let Some(chunk) = deadline(response.chunk()).await.expect("a body") {
                length += chunk.len();
            }
            length
        }
    };
    assert_eq!(length as u64, LENGTH);
    let took = begun.elapsed();
    player.finish();
    took
}

#[tokio::test]
async fn a_download_takes_its_time_however_it_is_read() {
    let limited = quiet().max_download_rate(RATE).build().expect("sound settings");
    for way in 0..3 {
        for chunked in [false, true] {
            let took = download(&client(), Some(RATE), chunked, way).await;
            assert!(took >= LEAST, "{took:?}: the request's own, way {way}, chunked {chunked}");
        }
        let took = download(&limited, None, way == 1, way).await;
        assert!(took >= LEAST, "{took:?}: the client's, way {way}");
    }
    // The stricter wins, and 0 is none.
    let took = download(&limited, Some(100 * RATE), false, 0).await;
    assert!(took >= LEAST, "{took:?}");
    let generous = quiet().max_download_rate(100 * RATE).build().expect("sound settings");
    let took = download(&generous, Some(RATE), false, 0).await;
    assert!(took >= LEAST, "{took:?}");
    download(&client(), Some(0), false, 0).await;
}

#[tokio::test]
async fn requests_share_the_rate_of_their_client() {
    let limited = quiet().max_download_rate(2 * RATE).build().expect("sound settings");
    let begun = Instant::now();
    tokio::join!(
        download(&limited, None, false, 0),
        download(&limited, None, false, 1),
        download(&limited, None, true, 2),
        download(&limited, None, false, 2),
    );
    // A second's worth, less the burst.
    assert!(begun.elapsed() >= Duration::from_millis(890), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_upload_takes_its_time() {
    for (of_client, stream) in [(true, false), (false, false), (false, true)] {
        let served = serve(|mut stream| {
            read_head(&mut stream);
            let begun = Instant::now();
            let mut left = LENGTH as usize;
            let mut room = [0; 1000];
            while left > 0 {
                left -= stream.read(&mut room[..left.min(1000)]).expect("content");
            }
            stream.write_all(OK.as_bytes()).expect("sent");
            begun.elapsed()
        });
        let (clients, own) = if of_client { (RATE, 0) } else { (0, RATE) };
        let client = quiet().max_upload_rate(clients).build().expect("sound settings");
        let body = Bytes::from(vec![b'x'; LENGTH as usize]);
        let body = match stream {
            true => Body::reader(std::io::Cursor::new(body), Some(LENGTH)),
            false => Body::from(body),
        };
        let sent = client.post(served.url("/")).body(body).max_upload_rate(own).send();
        assert_eq!(deadline(sent).await.expect("an answer").status(), 200);
        let took = served.outcome();
        assert!(took >= LEAST, "{took:?}, by the client {of_client}, a stream {stream}");
    }
}

/// Waiting for a turn is neither silence nor slowness of the server's, but the total clock runs.
#[tokio::test]
async fn no_clock_of_the_servers_runs_while_we_hold_back() {
    let hasty = || {
        let time = Duration::from_millis(40);
        // Turns come every 25 ms, and late on a busy machine. The floor is higher than the limit.
        quiet().read_timeout(10 * time).first_byte_timeout(10 * time).min_speed(100_000, 10 * time)
    };
    let hasty_client = hasty().build().expect("sound settings");
    let took = download(&hasty_client, Some(50_000), false, 0).await;
    assert!(took >= 4 * LEAST, "{took:?}");
    let player = Player::script().expect_head().play(reply(false)).open().start();
    let get = hasty_client.get(player.url("/")).max_download_rate(1000);
    let sent = deadline(get.timeout(Duration::from_millis(500)).send()).await;
    let error = deadline(sent.expect("an answer").bytes()).await.expect_err("no time");
    assert_eq!(error.clock(), Some(Clock::Total), "{error}");
    player.finish();
}

/// The next request over the same connection knows nothing of the last one's limit.
#[tokio::test]
async fn a_limit_ends_with_its_request() {
    let player = Player::script().expect_head().play(OK).expect_head().play(reply(false)).open();
    let (player, client) = (player.start(), client());
    let slow = client.get(player.url("/")).max_download_rate(1000).send();
    deadline(slow).await.expect("an answer");
    let fast = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(fast.is_reused());
    assert_eq!(deadline(fast.bytes()).await.expect("a body").len() as u64, LENGTH);
    player.finish();
}
