//! Requests that do not end well, or not by themselves.

use std::io::Write;
use std::time::Duration;

use wireline::Delivery;
#[cfg(feature = "gzip")]
use wireline::client::Coding;
use wireline::net::{DnsErrorKind, Resolution, Resolve, failed};

use crate::endpoints::{hole, refused};
use crate::recorder::{DIAL, Recorder};
use crate::support::deadline;
use crate::support::player::{Player, gate};
use crate::talk::{OK, quiet, read_head, serve};

const SHORT: Duration = Duration::from_millis(50);

struct Unknown;

impl Resolve for Unknown {
    fn resolve(&self, host: &str, _: u16) -> Resolution {
        failed(DnsErrorKind::NxDomain, host, None)
    }
}

#[tokio::test]
async fn a_host_that_does_not_exist() {
    let recorder = Recorder::new();
    let client = quiet().resolver(Unknown).on_event(recorder.listener()).build().expect("a client");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("no such host");
    assert_eq!(
        recorder.text("Opening"),
        "opening a connection to a.test port 80: no kept one will do"
    );
    let told = recorder.text("Resolved");
    assert!(told.contains("looking up \"a.test\": no such host"), "{told}");
    assert_eq!(recorder.text("Failed"), format!("failed: {error}"));
    assert_eq!(recorder.kinds(), "Begun Opening Resolved Resolved Failed");
}

#[tokio::test]
async fn the_first_of_two_addresses_refuses() {
    let player = Player::script().expect_head().play(OK).open().start();
    let nobody = refused("127.0.0.1");
    let recorder = Recorder::new();
    let client = quiet()
        .resolve("a.test", [nobody.address, player.address()])
        .on_event(recorder.listener())
        .build()
        .expect("a client");
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let connected = recorder.text("Connected");
    let raced = format!("; raced 2 addresses: {}: Connection refused", nobody.address);
    assert!(connected.contains(&raced), "{connected}");
    assert_eq!(
        recorder.kinds(),
        "Begun Opening Resolved Resolved Attempting Attempted Attempting Attempted Connected \
         Sending Sent FirstByte Head Ended Done"
    );
    player.finish();
}

/// The second attempt begins while the first is still open, and wins.
#[tokio::test]
async fn the_loser_of_a_race_is_told_when_it_is_won() {
    let player = Player::script().expect_head().play(OK).open().start();
    let hole = hole("127.0.0.1");
    let recorder = Recorder::new();
    let client = quiet()
        .resolve("a.test", [hole.address, player.address()])
        .on_event(recorder.listener())
        .build()
        .expect("a client");
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let attempted: Vec<_> = recorder
        .notes()
        .iter()
        .filter(|note| note.kind == "Attempted")
        .map(|note| note.text.clone())
        .collect();
    assert!(attempted[0].starts_with(&format!("{}: connected", player.address())), "{attempted:?}");
    assert_eq!(attempted[1], format!("{}: no answer", hole.address));
    assert_eq!(
        recorder.kinds(),
        "Begun Opening Resolved Resolved Attempting Attempting Attempted Attempted Connected \
         Sending Sent FirstByte Head Ended Done"
    );
    player.finish();
}

#[tokio::test]
async fn time_is_up_while_connecting() {
    let hole = hole("127.0.0.1");
    let recorder = Recorder::new();
    let get = recorder.client().get(format!("http://{}/", hole.address)).connect_timeout(SHORT);
    deadline(get.send()).await.expect_err("nobody answers");
    assert_eq!(recorder.text("Attempted"), format!("{}: no answer", hole.address));
    assert_eq!(recorder.kinds(), "Begun Opening Resolved Resolved Attempting Attempted Failed");
}

#[tokio::test]
async fn time_is_up_while_waiting_for_the_head() {
    let (key, closed) = gate();
    let player = Player::script().expect_head().wait(closed).close().start();
    let recorder = Recorder::new();
    let get = recorder.client().get(player.url("/")).read_timeout(SHORT);
    deadline(get.send()).await.expect_err("silence");
    let ended = recorder.text("Ended");
    assert!(ended.ends_with(" broke: the request was sent, no reply came"), "{ended}");
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent Ended Failed"));
    key.send(()).expect("the player waits");
    player.finish();
}

#[tokio::test]
async fn a_body_that_is_cut_off() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        .close()
        .start();
    let recorder = Recorder::new();
    let response = deadline(recorder.client().get(player.url("/")).send()).await.expect("a head");
    deadline(response.bytes()).await.expect_err("three bytes are missing");
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent FirstByte Head Ended Failed"));
    player.finish();
}

/// The exchange ends before the request does.
#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_body_that_cannot_be_decoded() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\nno gzip")
        .open()
        .start();
    let recorder = Recorder::new();
    let get = recorder.client().get(player.url("/")).decompress(Coding::Gzip);
    let response = deadline(get.send()).await.expect("a head");
    let error = deadline(response.bytes()).await.expect_err("no gzip");
    assert_eq!(recorder.text("Failed"), format!("failed: {error}"));
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent FirstByte Head Ended Failed"));
    player.finish();
}

/// What the first of two attempts delivered is not forgotten when the second fails.
#[tokio::test]
async fn the_error_that_is_told_is_the_error_that_is_returned() {
    let served = serve(|mut stream| {
        read_head(&mut stream);
        stream.write_all(OK.as_bytes()).expect("an answer");
        read_head(&mut stream);
    });
    let recorder = Recorder::new();
    let client = recorder.client();
    deadline(client.get(served.url("/")).send()).await.expect("an answer");
    recorder.kinds();
    let error = deadline(client.get(served.url("/")).send()).await.expect_err("nobody is left");
    assert_eq!(error.delivery(), Delivery::SentNoReply);
    assert_eq!(recorder.text("Failed"), format!("failed: {error}"));
    let kinds = recorder.kinds();
    assert!(kinds.starts_with("Begun Reused Sending Sent Ended Stale Opening "), "{kinds}");
    served.outcome();
}

#[tokio::test]
async fn a_request_that_is_dropped() {
    let player = Player::script().expect_head().expect_close().close().start();
    let recorder = Recorder::new();
    let client = recorder.client();
    let sending = tokio::spawn(client.get(player.url("/")).send());
    deadline(async {
        while recorder.count("Sent") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    sending.abort();
    assert!(deadline(sending).await.expect_err("aborted").is_cancelled());
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent Dropped"));
    player.finish();
}

#[tokio::test]
async fn a_body_that_is_dropped() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        .expect_close()
        .close()
        .start();
    let recorder = Recorder::new();
    let response = deadline(recorder.client().get(player.url("/")).send()).await.expect("a head");
    drop(response);
    let ended = recorder.text("Ended");
    assert!(ended.ends_with("closed: the response was not read to its end"), "{ended}");
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent FirstByte Head Ended Dropped"));
    player.finish();
}

#[tokio::test]
async fn a_redirect_that_is_refused() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: ftp://h/\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(moved).open().start();
    let recorder = Recorder::new();
    deadline(recorder.client().get(player.url("/")).send()).await.expect_err("no such scheme");
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent FirstByte Head Ended Failed"));
    player.finish();
}

/// What cannot be sent fails before a connection is made, and is told all the same.
#[tokio::test]
async fn a_request_that_cannot_be_sent() {
    let recorder = Recorder::new();
    let get = recorder.client().get("http://127.0.0.1:9/").header("host", "b").header("host", "c");
    deadline(get.send()).await.expect_err("two hosts");
    assert_eq!(recorder.kinds(), "Begun Failed");
}
