//! More than one exchange for one request: redirects, stale connections, retries, challenges.

use std::time::Duration;

use wireline::client::{Authenticate, Draft};
use wireline::message::ResponseHead;
use wireline::{BoxError, Retry};

use crate::recorder::{DIAL, Recorder};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn a_redirect_to_another_origin() {
    let there = Player::script().expect_head().play(OK).open().start();
    let moved = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 4\r\n\r\ngone",
        there.url("/x")
    );
    let here = Player::script().expect_head().play(moved).open().start();
    let recorder = Recorder::new();
    deadline(recorder.client().get(here.url("/")).send()).await.expect("an answer");
    assert_eq!(
        recorder.text("Redirected"),
        format!("302 to GET {}, another origin: credentials stay behind", there.url("/x"))
    );
    assert_eq!(
        recorder.kinds(),
        format!(
            "Begun {DIAL} Sending Sent FirstByte Head Ended Redirected \
             {DIAL} Sending Sent FirstByte Head Ended Done"
        )
    );
    here.finish();
    there.finish();
}

/// The rest of a redirect's body is read away after it was decided to follow it.
#[tokio::test]
async fn a_redirect_whose_body_comes_later() {
    let (key, more) = crate::support::player::gate();
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 303 See Other\r\nLocation: /x\r\nContent-Length: 4\r\n\r\n")
        .wait(more)
        .play("gone")
        .expect_head()
        .play(OK)
        .open()
        .start();
    let recorder = Recorder::new();
    let sending = tokio::spawn(recorder.client().get(player.url("/")).send());
    deadline(async {
        while recorder.count("Redirected") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    key.send(()).expect("the player waits");
    deadline(sending).await.expect("no panic").expect("an answer");
    let text = recorder.text("Redirected");
    assert_eq!(text, format!("303 to GET {}", player.url("/x")));
    assert_eq!(
        recorder.kinds(),
        format!(
            "Begun {DIAL} Sending Sent FirstByte Head Redirected Ended \
             Reused Sending Sent FirstByte Head Ended Done"
        )
    );
    player.finish();
}

#[tokio::test]
async fn a_stale_connection_is_replaced() {
    let player = Player::script()
        .expect_head()
        .play(OK)
        .expect_head()
        .close()
        .expect_head()
        .play(OK)
        .open()
        .start();
    let recorder = Recorder::new();
    let client = recorder.client();
    let first = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    recorder.kinds();
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(
        recorder.text("Stale"),
        format!(
            "the server had closed connection {} (the request was sent, no reply came); the request may be \
             repeated: sending it again over a new one",
            first.connection().id
        )
    );
    assert_eq!(
        recorder.kinds(),
        format!(
            "Begun Reused Sending Sent Ended Stale {DIAL} Sending Sent FirstByte Head Ended Done"
        )
    );
    player.finish();
}

#[tokio::test]
async fn a_server_that_asks_for_patience() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(busy).expect_head().play(OK).open().start();
    let recorder = Recorder::new();
    let retry = Retry::attempts(2).backoff(MS, MS);
    let client = quiet().retry(retry).on_event(recorder.listener()).build().expect("a client");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(recorder.text("Retrying"), "503: trying again in 1.0 s");
    let at = |kind| recorder.notes().iter().find(|note| note.kind == kind).expect(kind).at;
    assert!(at("Reused") - at("Retrying") >= Duration::from_secs(1));
    assert_eq!(
        recorder.kinds(),
        format!(
            "Begun {DIAL} Sending Sent FirstByte Head Ended Retrying \
             Reused Sending Sent FirstByte Head Ended Done"
        )
    );
    player.finish();
}

#[tokio::test]
async fn a_failure_that_is_tried_again() {
    let player = Player::script().expect_head().close().expect_head().play(OK).open().start();
    let recorder = Recorder::new();
    let retry = Retry::attempts(2).backoff(MS, MS);
    let client = quiet().retry(retry).on_event(recorder.listener()).build().expect("a client");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(
        recorder.kinds(),
        format!(
            "Begun {DIAL} Sending Sent Ended Retrying {DIAL} Sending Sent FirstByte Head Ended Done"
        )
    );
    player.finish();
}

/// Answers any challenge once.
struct Password;

impl Authenticate for Password {
    fn authorize(&self, _: &Draft<'_>) -> Result<Option<String>, BoxError> {
        Ok(Some("Test secret".to_owned()))
    }

    fn challenged(&self, _: &Draft<'_>, _: &ResponseHead, answered: u32) -> bool {
        answered == 0
    }
}

#[tokio::test]
async fn a_challenge_is_answered() {
    let who = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Test\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(who).expect_head().play(OK).open().start();
    let recorder = Recorder::new();
    deadline(recorder.client().get(player.url("/")).auth(Password).send())
        .await
        .expect("an answer");
    assert_eq!(recorder.text("Challenged"), "401: answering the challenge");
    assert_eq!(
        recorder.kinds(),
        format!(
            "Begun {DIAL} Sending Sent FirstByte Head Ended Challenged \
             Reused Sending Sent FirstByte Head Ended Done"
        )
    );
    player.finish();
}
