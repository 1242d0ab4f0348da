//! Retries that the caller asked for: what is tried again, after how long, how often, and what is known of it later.
//! Waits are a millisecond or what the server said; nothing here measures time.
#![cfg(feature = "client")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use wireline::client::{Authenticate, Draft, Outcome};
use wireline::message::ResponseHead;
use wireline::net::{DnsErrorKind, Resolution, Resolve, addresses, failed};
use wireline::{Body, BoxError, Client, Delivery, Method, Retry, StatusCode};

use support::deadline;
use support::player::{Player, Script};
use talk::{OK, quiet};

const MS: Duration = Duration::from_millis(1);

/// At most `attempts` attempts, a millisecond apart.
fn quick(attempts: u32) -> Retry {
    Retry::attempts(attempts).backoff(MS, MS)
}

fn client(retry: Retry) -> Client {
    quiet().retry(retry).build().expect("sound settings")
}

fn busy(fields: &str) -> String {
    format!("HTTP/1.1 503 Service Unavailable\r\n{fields}Content-Length: 4\r\n\r\nbusy")
}

fn get() -> Script {
    Player::script().expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

#[tokio::test]
async fn a_busy_server_is_asked_again_over_the_same_connection() {
    let player = get()
        .play(busy(""))
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(busy(""))
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let response = deadline(client(quick(3)).get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.timings().retries, 2);
    let attempts = response.attempts();
    assert_eq!(attempts.len(), 2);
    for attempt in attempts {
        assert_eq!(attempt.outcome, Outcome::Status(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(attempt.delivery, Delivery::ReplyStarted);
        assert!(attempt.waited <= MS && attempt.waited >= MS / 2, "{attempt:?}");
        assert_eq!(attempt.url.to_string(), player.url("/"));
    }
    assert!(attempts[0].ended <= attempts[1].ended);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn the_last_answer_is_handed_out_as_it_is() {
    let player = get()
        .play(busy(""))
        .expect_head()
        .play("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad")
        .open()
        .start();
    let response = deadline(client(quick(2)).get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(response.attempts().len(), 1);
    assert_eq!(deadline(response.text()).await.expect("a body"), "bad");
    player.finish();
}

#[tokio::test]
async fn without_a_policy_a_status_is_an_answer() {
    let player = get().play(busy("Retry-After: 0\r\n")).open().start();
    let plain = quiet().build().expect("sound settings");
    let response = deadline(plain.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.attempts().len()), (503, 0));
    player.finish();
}

#[tokio::test]
async fn retry_after_in_seconds_and_as_a_date_that_has_passed() {
    for when in ["0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let player = get()
            .play(busy(&format!("Retry-After: {when}\r\n")))
            .expect_head()
            .play(OK)
            .open()
            .start();
        // Were it not looked at, the wait would be longer than the test's patience.
        let hour = Duration::from_secs(3600);
        let retry = Retry::attempts(2).backoff(hour, hour);
        let response =
            deadline(client(retry).get(player.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.attempts()[0].waited, Duration::ZERO, "{when}");
        player.finish();
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_not_begun() {
    let player = get().play(busy("Retry-After: 3600\r\n")).open().start();
    let response = deadline(client(quick(2)).get(player.url("/")).send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.attempts().len()), (503, 0));
    player.finish();

    let player = get().play(busy("Retry-After: 60\r\n")).open().start();
    let request = client(quick(2)).get(player.url("/")).timeout(Duration::from_secs(20));
    let response = deadline(request.send()).await.expect("the answer there is, not a timeout");
    assert_eq!(response.status().as_u16(), 503);
    player.finish();
}

#[tokio::test]
async fn s_13_what_may_have_been_done_is_not_done_twice() {
    for name in ["POST", "a stream"] {
        let player = Player::script().expect_head().swallow(1).play(busy("")).open().start();
        let client = client(quick(3));
        let request = match name {
            "POST" => client.post(player.url("/")).body("x"),
            _ => client.put(player.url("/")).body(Body::reader(&b"x"[..], Some(1))),
        };
        let response = deadline(request.send()).await.expect("an answer");
        assert_eq!((response.status().as_u16(), response.attempts().len()), (503, 0), "{name}");
        assert_eq!(player.finish().connections, 1);
    }
}

#[tokio::test]
async fn any_method_if_the_caller_says_so() {
    let post = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain; charset=utf-8\r\n\
                Content-Length: 1\r\n\r\nx";
    let player = Player::script().expect(post).play(busy("")).expect(post).play(OK).open().start();
    let client = client(quick(3).any_method());
    let request = client.post(player.url("/")).header("Content-Type", "text/plain; charset=utf-8");
    let response = deadline(request.body("x").send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.attempts().len()), (200, 1));
    player.finish();
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_attempt_that_failed() {
    let player =
        get().close().expect_head().play("HTTP/1.1 2").close().expect_head().play(OK).open();
    let player = player.start();
    let response = deadline(client(quick(3)).get(player.url("/")).send()).await.expect("an answer");
    let attempts = response.attempts();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0].delivery, Delivery::SentNoReply);
    assert_eq!(attempts[1].delivery, Delivery::ReplyStarted);
    assert!(matches!(&attempts[0].outcome, Outcome::Failed(why) if why.contains("closed")));
    assert_eq!(player.finish().connections, 3);
}

#[tokio::test]
async fn when_all_attempts_fail_the_error_is_the_last_one_and_knows_the_others() {
    let player = get().close().expect_head().close().start();
    let error = deadline(client(quick(2)).get(player.url("/")).send()).await.expect_err("broken");
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(error.timings().retries, 1);
    assert_eq!(player.finish().connections, 2);
}

/// Fails the first `failures` look-ups with `kind`.
struct Flaky {
    kind: DnsErrorKind,
    failures: u32,
    asked: Arc<AtomicU32>,
}

impl Resolve for Flaky {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        match self.asked.fetch_add(1, Ordering::Relaxed) < self.failures {
            true => failed(self.kind, host, None),
            false => addresses(host, vec![([127, 0, 0, 1], port).into()]),
        }
    }
}

#[tokio::test]
async fn what_never_left_is_tried_again_whatever_the_method_unless_it_cannot_change() {
    for (kind, answered) in [(DnsErrorKind::ServFail, true), (DnsErrorKind::NxDomain, false)] {
        let player = Player::script();
        let player = if answered { player.expect_head().play(OK).open() } else { player }.start();
        let asked = Arc::new(AtomicU32::new(0));
        let resolver = Flaky { kind, failures: 1, asked: Arc::clone(&asked) };
        let client = quiet().retry(quick(3)).resolver(resolver).build().expect("sound settings");
        let url = format!("http://flaky.test:{}/", player.address().port());
        let sent = deadline(client.post(url).send()).await;
        match answered {
            true => {
                let response = sent.expect("an answer");
                assert_eq!(response.attempts()[0].delivery, Delivery::NotSent);
            }
            false => {
                let error = sent.expect_err("no such host");
                assert!(error.is_dns() && error.attempts().is_empty(), "{error}");
            }
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1 + u32::from(answered));
        player.finish();
    }
}

#[tokio::test]
async fn a_request_may_have_a_policy_of_its_own() {
    let player = get().play(busy("")).open().start();
    let request = client(quick(3)).get(player.url("/")).retry(Retry::attempts(1));
    assert_eq!(deadline(request.send()).await.expect("an answer").status().as_u16(), 503);
    player.finish();
}

/// Answers `attempts` challenges, with a number each.
struct Numbered(u32, AtomicU32);

impl Authenticate for Numbered {
    fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError> {
        assert!(draft.head.starts_with(b"GET / HTTP/1.1\r\nHost: "), "{draft:?}");
        assert!(draft.head.ends_with(b"\r\n") && !draft.head.ends_with(b"\r\n\r\n"));
        assert_eq!((draft.method, draft.target), (&Method::GET, &b"/"[..]));
        match self.1.load(Ordering::Relaxed) {
            0 => Ok(None),
            number => Ok(Some(format!("Number {number}"))),
        }
    }

    fn challenged(&self, _: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
        assert_eq!(head.fields.get_str("www-authenticate"), Some("Number"));
        self.1.fetch_add(1, Ordering::Relaxed);
        answered < self.0
    }
}

#[tokio::test]
async fn challenges_are_answered_and_are_no_retries_of_the_policy() {
    let challenge =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Number\r\nContent-Length: 2\r\n\r\nno";
    let number =
        |n| format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nAuthorization: Number {n}\r\n\r\n");
    let player = get()
        .play(challenge)
        .expect(number(1))
        .play(challenge)
        .expect(number(2))
        .play(challenge)
        .open()
        .start();
    let client = client(Retry::attempts(1));
    let request = client.get(player.url("/")).auth(Numbered(2, AtomicU32::new(0)));
    let response = deadline(request.send()).await.expect("the last challenge");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenged = Outcome::Challenged(StatusCode::UNAUTHORIZED);
    assert!(response.attempts().iter().all(|attempt| attempt.outcome == challenged));
    assert_eq!(response.attempts().len(), 2);
    assert_eq!(deadline(response.text()).await.expect("its body"), "no");
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn a_status_can_be_an_error_for_a_client_or_a_request() {
    let reply = "HTTP/1.1 404 Not Found\r\nX-Why: gone\r\nContent-Length: 4\r\n\r\nnope";
    for per_client in [true, false] {
        let player = get().play(reply).open().start();
        let client = quiet().raise_for_status(per_client).build().expect("sound settings");
        let request = client.get(player.url("/")).raise_for_status(true);
        let error = deadline(request.send()).await.expect_err("raised");
        assert!(error.is_status(), "{error}");
        assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
        let response = error.into_response().expect("kept");
        assert_eq!(response.fields().get_str("x-why"), Some("gone"));
        assert_eq!(deadline(response.text()).await.expect("a body"), "nope");
        player.finish();
    }
    let player = get().play(reply).open().start();
    let client = quiet().raise_for_status(true).build().expect("sound settings");
    let request = client.get(player.url("/")).raise_for_status(false);
    assert_eq!(deadline(request.send()).await.expect("no error").status().as_u16(), 404);
    player.finish();
}
