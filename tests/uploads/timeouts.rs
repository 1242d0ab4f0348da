//! The clocks of an upload: a slow source is the caller's business, a server that reads nothing is not.

use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::sleep;
use wireline::{Body, Clock, Delivery, Phase};

use crate::sources::{channel, endless};
use crate::support::deadline;
use crate::support::player::{Player, gate};
use crate::talk::{OK, client, quiet};

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n";
const SHORT: Duration = Duration::from_millis(50);

/// The read timeout starts when the request is fully sent.
#[tokio::test]
async fn a_source_may_take_its_time() {
    let player =
        Player::script().expect(CHUNKED).expect("4\r\nlate\r\n0\r\n\r\n").play(OK).open().start();
    let client = quiet().read_timeout(SHORT).write_timeout(SHORT).build().expect("settings");
    let (more, stream) = channel();
    let slow = async {
        sleep(4 * SHORT).await;
        more.send(Ok("late".into())).expect("the upload is alive");
        sleep(4 * SHORT).await;
        drop(more);
    };
    let post = client.post(player.url("/")).body(Body::stream(stream));
    let (sent, ()) = deadline(async { tokio::join!(post.send(), slow) }).await;
    assert_eq!(sent.expect("an answer").status(), 200);
    player.finish();
}

/// Silence after the request is complete does count.
#[tokio::test]
async fn silence_after_the_upload_is_a_read_timeout() {
    let (key, closed) = gate();
    let player = Player::script().expect_head().wait(closed).close().start();
    let client = quiet().read_timeout(SHORT).build().expect("sound settings");
    let error = deadline(client.post(player.url("/")).body("x").send()).await;
    let error = error.expect_err("silence");
    assert_eq!(error.clock(), Some(Clock::Read), "{error}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Head, Delivery::SentNoReply));
    key.send(()).expect("the player waits");
    player.finish();
}

#[tokio::test]
async fn a_server_that_reads_nothing_is_a_write_timeout() {
    let (key, closed) = gate();
    let player = Player::script().expect(CHUNKED).wait(closed).close().start();
    let client = quiet().write_timeout(4 * SHORT).build().expect("sound settings");
    let post = client.post(player.url("/")).body(Body::stream(endless(100_000)));
    let error = deadline(post.send()).await.expect_err("nobody reads");
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.clock(), Some(Clock::Write), "{error}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Send, Delivery::PartlySent));
    assert!(error.to_string().contains("sending the request: write timeout"), "{error}");
    key.send(()).expect("the player waits");
    player.finish();
}

/// The same for a head that no socket holds, while the body waits for a 100.
#[tokio::test]
async fn a_head_that_is_not_read_is_a_write_timeout() {
    let (key, closed) = gate();
    let player = Player::script().wait(closed).close().start();
    let client = quiet().write_timeout(4 * SHORT).build().expect("sound settings");
    let post = client.post(player.url("/")).header("x", vec![b'x'; 16 << 20]).body("hi");
    let error = deadline(post.expect_continue().send()).await.expect_err("nobody reads");
    assert_eq!(error.clock(), Some(Clock::Write), "{error}");
    key.send(()).expect("the player waits");
    player.finish();
}

/// No clock but the total one runs while the caller is not polling: here it pauses in the middle of an early answer,
/// longer than the write timeout, while the server reads nothing.
#[tokio::test]
async fn the_write_clock_stands_still_while_the_caller_is_away() {
    let (key, closed) = gate();
    let player = Player::script()
        .expect(CHUNKED)
        .play("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
        .wait(closed)
        .expect_close()
        .close()
        .start();
    let client = quiet().write_timeout(4 * SHORT).build().expect("sound settings");
    let post = client.post(player.url("/")).body(Body::stream(endless(100_000)));
    let mut response = deadline(post.send()).await.expect("an early answer");
    assert_eq!(deadline(response.chunk()).await.expect("content").as_deref(), Some(&b"early"[..]));
    sleep(6 * SHORT).await;
    {
        let mut chunk = std::pin::pin!(response.chunk());
        let first = chunk.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(first.is_pending(), "{first:?}");
    }
    drop(response);
    key.send(()).expect("the player waits");
    player.finish();
}

#[tokio::test]
async fn the_total_clock_covers_the_upload() {
    let player = Player::script().expect(CHUNKED).expect_close().close().start();
    let (more, stream) = channel();
    let post = client().post(player.url("/")).body(Body::stream(stream)).timeout(SHORT);
    let error = deadline(post.send()).await.expect_err("no time left");
    assert_eq!(error.clock(), Some(Clock::Total), "{error}");
    assert_eq!(error.delivery(), Delivery::PartlySent);
    drop(more);
    player.finish();
}
