//! Every clock has a name, and none but the total one runs while the caller is away.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::time::sleep;
use wireline::{Clock, Delivery, Error, Phase};

use crate::endpoints::hole;
use crate::support::deadline;
use crate::support::player::{Player, gate};
use crate::talk::{OK, client, quiet};

const SHORT: Duration = Duration::from_millis(50);

#[track_caller]
fn timed_out(error: &Error, clock: Clock, phase: Phase, delivery: Delivery) {
    assert!(error.is_timeout() && !error.is_protocol() && !error.is_builder(), "{error}");
    assert_eq!(error.clock(), Some(clock), "{error}");
    assert_eq!((error.phase(), error.delivery()), (phase, delivery), "{error}");
    assert!(error.to_string().contains(&format!("{clock} timeout")), "{error}");
    assert!(error.timings().total >= SHORT, "{:?}", error.timings());
}

#[tokio::test]
async fn connect() {
    let hole = hole("127.0.0.1");
    let client = quiet().connect_timeout(SHORT).build().expect("sound settings");
    let get = client.get(format!("http://{}/", hole.address)).send();
    let error = deadline(get).await.expect_err("nobody answers");
    timed_out(&error, Clock::Connect, Phase::Connect, Delivery::NotSent);
    assert!(error.is_connect() && !error.is_dns() && !error.is_tls());
    let attempts = &error.connection().expect("how far one got").log.attempts;
    assert_eq!(attempts.iter().map(|a| a.address).collect::<Vec<_>>(), [hole.address]);
}

#[tokio::test]
async fn total_while_connecting() {
    let hole = hole("127.0.0.1");
    let get = client().get(format!("http://{}/", hole.address)).timeout(SHORT).send();
    let error = deadline(get).await.expect_err("nobody answers");
    timed_out(&error, Clock::Total, Phase::Connect, Delivery::NotSent);
}

#[tokio::test]
async fn read_before_and_inside_the_head() {
    for beginning in ["", "HTTP/1.1 200 OK\r\nX: "] {
        let (key, closed) = gate();
        let player = Player::script().expect_head().play(beginning).wait(closed).close().start();
        let get = client().get(player.url("/")).read_timeout(2 * SHORT).send();
        let error = deadline(get).await.expect_err("silence");
        let delivery = match beginning {
            "" => Delivery::SentNoReply,
            _ => Delivery::ReplyStarted,
        };
        timed_out(&error, Clock::Read, Phase::Head, delivery);
        key.send(()).expect("the player waits");
        player.finish();
    }
}

#[tokio::test]
async fn read_inside_the_body() {
    let (key, closed) = gate();
    let player = Player::script().expect_head().play(HALF).wait(closed).close().start();
    let get = client().get(player.url("/")).read_timeout(2 * SHORT).send();
    let response = deadline(get).await.expect("an answer");
    let error = deadline(response.bytes()).await.expect_err("silence");
    timed_out(&error, Clock::Read, Phase::Body, Delivery::ReplyStarted);
    key.send(()).expect("the player waits");
    player.finish();
}

/// S-37: one byte now and then resets the read clock for ever; the total one is not impressed.
#[tokio::test]
async fn s_37_total_ends_a_drip() {
    let served = crate::talk::serve(|mut stream| {
        use std::io::Write;
        crate::talk::read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").expect("sent");
        let begun = Instant::now();
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(SHORT / 10);
        }
        begun.elapsed()
    });
    let get = client().get(served.url("/")).read_timeout(20 * SHORT).timeout(6 * SHORT).send();
    let response = deadline(get).await.expect("an answer");
    let error = deadline(response.bytes()).await.expect_err("no time left");
    timed_out(&error, Clock::Total, Phase::Body, Delivery::ReplyStarted);
    assert!(served.outcome() >= 3 * SHORT);
}

#[tokio::test]
async fn pool_says_who_is_in_the_way() {
    let player = Player::script().expect_head().play(HALF).open().start();
    let client = quiet().max_connections(1).pool_timeout(SHORT).build().expect("sound settings");
    let held = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let error = deadline(client.get(player.url("/")).send()).await.expect_err("no place");
    assert_eq!(error.clock(), Some(Clock::Queue), "{error}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Queue, Delivery::NotSent));
    assert!(error.is_timeout() && !error.is_connect(), "{error}");
    let told = error.to_string();
    assert!(told.contains("1 in use, 1 requests waiting"), "{told}");
    assert!(told.contains("`max_connections`") && told.contains("`pool_timeout`"), "{told}");
    drop(held);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn total_while_waiting_for_a_place() {
    let player = Player::script().expect_head().play(HALF).open().start();
    let client = quiet().max_connections(1).build().expect("sound settings");
    let held = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let waiting = client.get(player.url("/")).timeout(SHORT).send();
    let error = deadline(waiting).await.expect_err("no time left");
    timed_out(&error, Clock::Total, Phase::Queue, Delivery::NotSent);
    drop(held);
    player.finish();
}

const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf ";

/// Reads half a body, goes away for longer than the read timeout, and asks for the rest before it is there: the clock
/// begins with the question.
#[tokio::test]
async fn the_read_clock_stands_still_while_the_caller_is_away() {
    for as_reader in [false, true] {
        let (key, closed) = gate();
        let player =
            Player::script().expect_head().play(HALF).wait(closed).play("rest").open().start();
        let client = quiet().read_timeout(8 * SHORT).build().expect("sound settings");
        let mut response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
        let half = deadline(response.chunk()).await.expect("content");
        assert_eq!(half.as_deref(), Some(&b"half "[..]));
        sleep(10 * SHORT).await;
        let mut context = Context::from_waker(Waker::noop());
        let mut rest = String::new();
        if as_reader {
            let mut body = response.into_body();
            let mut reading = pin!(body.read_to_string(&mut rest));
            assert!(reading.as_mut().poll(&mut context).is_pending());
            key.send(()).expect("the player waits");
            deadline(reading).await.expect("the rest");
        } else {
            let mut reading = pin!(response.text());
            assert!(reading.as_mut().poll(&mut context).is_pending());
            key.send(()).expect("the player waits");
            rest = deadline(reading).await.expect("the rest");
        }
        assert_eq!(rest, "rest");
        player.finish();
    }
}

#[tokio::test]
async fn the_total_clock_does_not() {
    let (key, closed) = gate();
    let player = Player::script().expect_head().play(HALF).wait(closed).close().start();
    let get = client().get(player.url("/")).timeout(4 * SHORT).send();
    let mut response = deadline(get).await.expect("an answer");
    deadline(response.chunk()).await.expect("content");
    sleep(5 * SHORT).await;
    let error = deadline(response.chunk()).await.expect_err("no time left");
    timed_out(&error, Clock::Total, Phase::Body, Delivery::ReplyStarted);
    key.send(()).expect("the player waits");
    player.finish();
}

/// S-49: the clock of one request is not that of the next on the same connection.
#[tokio::test]
async fn s_49_an_idle_connection_has_no_clock() {
    let player = Player::script().expect_head().play(OK).expect_head().play(OK).open().start();
    let client = quiet().read_timeout(4 * SHORT).build().expect("sound settings");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    sleep(6 * SHORT).await;
    let second = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(second.is_reused());
    player.finish();
}

#[tokio::test]
async fn no_clock_at_all() {
    let player = Player::script().expect_head().play(OK).open().start();
    let client = quiet()
        .connect_timeout(None)
        .read_timeout(None)
        .write_timeout(None)
        .pool_timeout(None)
        .timeout(None)
        .build()
        .expect("sound settings");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    player.finish();
}
