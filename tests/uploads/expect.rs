//! `Expect: 100-continue` (RFC 9110 §10.1.1).

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wireline::{Body, Client};

use crate::sources::pieces;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, closed, quiet};

const HEAD: &str = "PUT / HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\n\
                    Content-Length: 5\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// A client that waits for a 100 longer than any test runs, or this long.
fn waiting(time: Duration) -> Client {
    quiet().expect_timeout(time).build().expect("sound settings")
}

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_body_follows_a_100() {
    let player = Player::script()
        .expect(HEAD)
        .play(CONTINUE)
        .expect("hello")
        .play(OK)
        .expect("GET /next HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = waiting(LONG);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = heard.clone();
    let put =
        client.put(player.url("/")).expect_continue().body(&b"hello"[..]).on_interim(move |head| {
            listener.lock().expect("one thread").push(head.status.as_u16())
        });
    assert_eq!(deadline(put.send()).await.expect("an answer").status(), 200);
    assert_eq!(*heard.lock().expect("one thread"), [100]);
    let next = deadline(client.get(player.url("/next")).send()).await.expect("an answer");
    assert!(next.is_reused());
    player.finish();
}

#[tokio::test]
async fn other_interim_responses_are_not_leave_to_send() {
    let (arrived, signal) = crate::support::player::gate();
    let (key, closed) = crate::support::player::gate();
    let player = Player::script()
        .expect(HEAD)
        .play("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        .signal(arrived)
        .wait(closed)
        .play(CONTINUE)
        .expect("hello")
        .play(OK)
        .open()
        .start();
    let hints = Arc::new(tokio::sync::Notify::new());
    let told = hints.clone();
    let put = waiting(LONG).put(player.url("/")).expect_continue().body(&b"hello"[..]);
    let put = put.on_interim(move |head| {
        if head.status == 103 {
            told.notify_one();
        }
    });
    let server = async {
        signal.await.expect("played");
        // The client has read both by now, and had every chance to send its body too early.
        hints.notified().await;
        key.send(()).expect("the player waits");
    };
    let (sent, ()) = deadline(async { tokio::join!(put.send(), server) }).await;
    sent.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn a_final_response_instead_saves_the_body() {
    for status in [200, 204, 401, 413, 500] {
        let player = Player::script()
            .expect(HEAD)
            .play(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n"))
            .expect_close()
            .close()
            .start();
        let put = waiting(LONG).put(player.url("/")).expect_continue().body(&b"hello"[..]);
        let response = deadline(put.send()).await.expect("an answer");
        assert_eq!(response.status(), status);
        assert_eq!(deadline(response.bytes()).await.expect("no body"), "");
        // S-43: the body was promised and never sent, so the connection is of no more use.
        assert_eq!(closed(player), b"", "{status}");
    }
}

#[tokio::test]
async fn the_body_follows_silence() {
    let player = Player::script().expect(HEAD).expect("hello").play(OK).open().start();
    let time = Duration::from_millis(100);
    let begun = Instant::now();
    let put = waiting(time).put(player.url("/")).expect_continue().body(&b"hello"[..]);
    assert_eq!(deadline(put.send()).await.expect("an answer").status(), 200);
    assert!(begun.elapsed() >= time, "{:?}", begun.elapsed());
    player.finish();
}

#[tokio::test]
async fn a_100_that_comes_late_or_twice_is_read_over() {
    let player = Player::script()
        .expect(HEAD)
        .expect("hello")
        .play([CONTINUE, CONTINUE, OK].concat())
        .open()
        .start();
    let put = waiting(Duration::from_millis(10)).put(player.url("/")).expect_continue();
    assert_eq!(deadline(put.body(&b"hello"[..]).send()).await.expect("an answer").status(), 200);
    player.finish();
}

#[tokio::test]
async fn a_100_nobody_asked_for_is_read_over() {
    let player = Player::script()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play([CONTINUE, OK].concat())
        .open()
        .start();
    deadline(client().get(player.url("/")).send()).await.expect("an answer");
    player.finish();
}

/// "A client that receives a 417 … SHOULD repeat that request without a 100-continue expectation".
#[tokio::test]
async fn after_417_the_request_is_repeated_without_the_expectation() {
    let player = Player::script()
        .expect(HEAD)
        .play("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno")
        .expect_close()
        .close()
        .expect("PUT / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello")
        .play(OK)
        .open()
        .start();
    let put = waiting(LONG).put(player.url("/")).expect_continue().body(&b"hello"[..]);
    let response = deadline(put.send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.timings().retries), (200, 1));
    player.finish();
}

#[tokio::test]
async fn a_417_is_handed_out_when_there_is_nothing_to_repeat() {
    let refusal = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    // A stream is used up by its first attempt.
    let player = Player::script().expect_head().play(refusal).expect_close().close().start();
    let body = Body::sized_stream(pieces(&["hello"]), 5);
    let put = waiting(LONG).put(player.url("/")).expect_continue().body(body);
    assert_eq!(deadline(put.send()).await.expect("an answer").status(), 417);
    assert_eq!(closed(player), b"");
    // Nothing was expected.
    let player = Player::script().expect_head().play(refusal).open().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), 417);
    player.finish();
}

/// "A client MUST NOT generate a 100-continue expectation in a request that does not include content."
#[tokio::test]
async fn nothing_is_expected_without_content() {
    for (method, length) in [("GET", ""), ("PUT", "Content-Length: 0\r\n")] {
        let player = Player::script()
            .expect(format!("{method} / HTTP/1.1\r\nHost: {{host}}\r\nx: 1\r\n{length}\r\n"))
            .play(OK)
            .open()
            .start();
        let method = wireline::Method::from_bytes(method.as_bytes()).expect("a token");
        let request = waiting(LONG).request(method, player.url("/")).expect_continue();
        deadline(request.header("x", "1").send()).await.expect("an answer");
        player.finish();
    }
    let player = Player::script()
        .expect("PUT / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let put = waiting(LONG).put(player.url("/")).expect_continue().body("");
    deadline(put.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn the_server_closes_after_its_100() {
    let player = Player::script().expect(HEAD).play(CONTINUE).expect("hello").close().start();
    let put = waiting(LONG).put(player.url("/")).expect_continue().body(&b"hello"[..]);
    let error = deadline(put.send()).await.expect_err("100 is no final response");
    assert!(error.is_incomplete(), "{error}");
    player.finish();
}

#[tokio::test]
async fn a_redirect_instead_of_a_100_takes_the_expectation_along() {
    let player = Player::script()
        .expect(HEAD)
        .play("HTTP/1.1 307 X\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")
        .expect_close()
        .close()
        .expect(HEAD.replace("PUT / ", "PUT /new "))
        .play(CONTINUE)
        .expect("hello")
        .play(OK)
        .open()
        .start();
    let put = waiting(LONG).put(player.url("/")).expect_continue().body(&b"hello"[..]);
    assert_eq!(deadline(put.send()).await.expect("an answer").status(), 200);
    player.finish();
}
