//! Server-Sent Events over a socket: what one response brings. In: transcripts. Out: events as they come, and the error
//! for what is no stream of events.
#![cfg(feature = "client")]

#[path = "support/steps.rs"]
mod steps;
mod support;
#[path = "support/talk.rs"]
mod talk;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_core::Stream;
use steps::{poll_once, skip};
use support::deadline;
use support::player::{Player, gate};
use talk::{asks, client};
use wireline::Clock;
use wireline::client::reading::events::Events;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

async fn next(events: &mut Events) -> (String, String) {
    let event = deadline(events.next()).await.expect("no error").expect("an event");
    (event.event, event.data)
}

fn pair(event: &str, data: &str) -> (String, String) {
    (event.to_owned(), data.to_owned())
}

#[test]
fn events_go_anywhere() {
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    shared::<Events>();
}

#[tokio::test]
async fn events_come_as_soon_as_they_are_complete() {
    let (first, opened) = gate();
    let (second, opened_again) = gate();
    let player = Player::script()
        .expect("GET /prices HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n\r\n")
        .play(format!("{HEAD}{}", chunk("\u{feff}id: 1\nevent: up\ndata: 41\n\nid: 2\ndata: 4")))
        .wait(opened)
        .play(chunk("2\nretry: 250\r\n\r"))
        .wait(opened_again)
        .play(chunk("\n: nothing happens\n\ndata: cut off") + "0\r\n\r\n")
        .open()
        .start();
    let client = client();
    let request = client.get(player.url("/prices")).header("Accept", "text/event-stream");
    let response = deadline(request.send()).await.expect("an answer");
    let mut events = response.events().expect("a stream of events");
    assert_eq!(next(&mut events).await, pair("up", "41"));
    assert_eq!((events.last_event_id(), events.retry()), ("1", None));
    {
        let mut waiting = pin!(events.next());
        assert!(poll_once(waiting.as_mut()).await.is_pending(), "dropped, and nothing is lost");
    }
    first.send(()).expect("the player waits");
    assert_eq!(next(&mut events).await, pair("message", "42"));
    assert_eq!((events.last_event_id(), events.retry()), ("2", Some(Duration::from_millis(250))));
    second.send(()).expect("the player waits");
    assert_eq!(deadline(events.next()).await.expect("a good end"), None);
    assert_eq!(deadline(events.next()).await.expect("still"), None);
    assert_eq!(events.response().status(), 200);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn every_way_to_cut_the_wire_gives_the_same_events() {
    let stream = "data: a\r\n\r\ndata: ü\rdata: b\r\revent: x\ndata: c\n\n";
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {}\r\n\r\n{stream}",
        stream.len()
    );
    let player = Player::script().expect_head().play_bytewise(&reply).open().start();
    let client = client();
    let mut events = deadline(client.get(player.url("/")).send())
        .await
        .expect("an answer")
        .events()
        .expect("events");
    for expected in [pair("message", "a"), pair("message", "ü\nb"), pair("x", "c")] {
        assert_eq!(next(&mut events).await, expected);
    }
    assert_eq!(deadline(events.next()).await.expect("a good end"), None);
    player.finish();
}

#[tokio::test]
async fn events_are_a_stream_that_ends_after_its_error() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nContent-Length: 99\r\n\r\ndata: 1\n\ndata";
    let (response, player) = asks(&client(), reply).await;
    let mut events = response.events().expect("a stream of events");
    let mut next = async || deadline(poll_fn(|cx| Pin::new(&mut events).poll_next(cx))).await;
    assert_eq!(next().await.expect("an event").expect("good").data, "1");
    let error = next().await.expect("an error").expect_err("cut off");
    assert!(error.is_incomplete() && error.is_transient(), "{error}");
    assert!(next().await.is_none());
    player.finish();
}

#[tokio::test]
async fn what_is_no_stream_of_events_is_refused() {
    let cases = [
        ("200 OK\r\nContent-Type: text/html; charset=utf-8", "\"text/html; charset=utf-8\""),
        ("200 OK\r\nX: y", "the content is \"\""),
        ("200 OK\r\nContent-Type: text/event-streams", "not text/event-stream"),
        ("304 Not Modified\r\nContent-Type: text/event-stream", "304 Not Modified has no events"),
    ];
    for (head, why) in cases {
        let (response, player) =
            asks(&client(), format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n")).await;
        let error = response.events().expect_err("no events");
        assert!(error.is_decode() && error.to_string().contains(why), "{error}");
        assert!(error.to_string().contains(&player.url("/")), "{error}");
        player.finish();
    }
    let reply =
        "HTTP/1.1 503 Busy\r\nContent-Type: text/event-stream\r\nContent-Length: 4\r\n\r\nwait";
    let (response, player) = asks(&client(), reply).await;
    let error = response.events().expect_err("no events");
    assert!(error.is_status(), "{error}");
    let response = error.into_response().expect("with its body");
    assert_eq!(deadline(response.text()).await.expect("a body"), "wait");
    player.finish();
    // The essence of a media type ignores case.
    let (response, player) =
        asks(&client(), "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream ;a\r\n\r\n").await;
    assert_eq!(deadline(response.events().expect("events").next()).await.expect("an end"), None);
    player.finish();
}

#[tokio::test]
async fn an_event_without_end_is_a_limit() {
    let endless = "data: 0123456789\n".repeat(20);
    let reply = format!("{HEAD}{}{}", chunk("data: ok\n\n"), chunk(&endless));
    let player = Player::script().expect_head().play(reply).open().start();
    let client = client();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let mut events = response.events().expect("a stream of events").max_event(100);
    assert_eq!(next(&mut events).await, pair("message", "ok"));
    let error = deadline(events.next()).await.expect_err("too large");
    assert!(error.is_limit() && !error.is_decode(), "{error}");
    assert!(error.to_string().contains("100 bytes; raise `max_event`"), "{error}");
    assert_eq!(deadline(events.next()).await.expect("over"), None);
    drop(events);
    assert_eq!(player.finish().leftovers, [b""]);
}

/// A loop that does something every ten seconds still notices that the server has been silent for thirty.
#[tokio::test]
async fn silence_is_counted_over_dropped_calls() {
    let (key, closed) = gate();
    let player = Player::script().expect_head().play(HEAD).wait(closed).close().start();
    let client = client();
    let mut events = deadline(client.get(player.url("/")).send())
        .await
        .expect("an answer")
        .events()
        .expect("events");
    for _ in 0..3 {
        assert!(poll_once(pin!(events.next())).await.is_pending());
        skip(Duration::from_secs(10)).await;
    }
    skip(Duration::from_secs(1)).await;
    let error = deadline(events.next()).await.expect_err("silence");
    assert_eq!(error.clock(), Some(Clock::Read), "{error}");
    key.send(()).expect("the player waits");
    player.finish();
}
