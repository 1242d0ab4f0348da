//! Server-Sent Events over connection after connection. In: transcripts of a server that comes and goes. Out: one row of
//! events, and the requests that were made for them.
#![cfg(feature = "client")]

#[path = "support/steps.rs"]
mod steps;
mod support;
#[path = "support/talk.rs"]
mod talk;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_core::Stream;
use steps::poll_once;
use support::deadline;
use support::player::{Player, gate};
use talk::{client, quiet};
use wireline::Body;
use wireline::client::reading::event_source::{EventSource, SHORTEST_RECONNECT};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const ENOUGH: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// The request, with a line for the last event ID if there is one.
fn ask(last: &str) -> String {
    let last = match last {
        "" => String::new(),
        id => format!("Last-Event-ID: {id}\r\n"),
    };
    format!(
        "GET /e HTTP/1.1\r\nHost: {{host}}\r\nAccept: text/event-stream\r\nCache-Control: no-store\r\n{last}\r\n"
    )
}

fn source(player: &Player) -> EventSource {
    client().get(player.url("/e")).event_source().reconnect_after(Duration::ZERO)
}

/// Data and ID of the next event.
async fn next(source: &mut EventSource) -> (String, String) {
    let event = deadline(source.next()).await.expect("no error").expect("an event");
    (event.data, event.id)
}

fn pair(data: &str, id: &str) -> (String, String) {
    (data.to_owned(), id.to_owned())
}

#[tokio::test]
async fn it_goes_on_behind_the_last_event() {
    let player = Player::script()
        .expect(ask(""))
        .play(format!("{HEAD}id: 1\ndata: a\n\nid: 2\ndata: cut off\n"))
        .close()
        .expect(ask("1"))
        .play(format!("{HEAD}data: b\n\nid: 3\n\n"))
        .close()
        .expect(ask("3"))
        .play("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\nid\ndata: c\n\n")
        .close()
        .expect(ask(""))
        .play(ENOUGH)
        .open()
        .start();
    let mut source = source(&player);
    assert_eq!(next(&mut source).await, pair("a", "1"));
    // A new stream that says nothing of IDs is behind the old one.
    assert_eq!(next(&mut source).await, pair("b", "1"));
    assert_eq!(next(&mut source).await, pair("c", ""));
    assert_eq!(deadline(source.next()).await.expect("told to stop"), None);
    assert_eq!(deadline(source.next()).await.expect("still"), None);
    assert_eq!(player.finish().connections, 4);
}

#[tokio::test]
async fn an_earlier_life_can_be_continued() {
    let player = Player::script().expect(ask("é 7")).play(ENOUGH).open().start();
    let mut source = source(&player).start_after("é 7");
    assert_eq!(deadline(source.next()).await.expect("told to stop"), None);
    assert_eq!(source.last_event_id(), "é 7");
    player.finish();
}

#[tokio::test]
async fn fields_of_the_caller_stay() {
    let expected = "GET /e HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nAuthorization: Bearer x\r\nCache-Control: no-store\r\n\r\n";
    let player = Player::script()
        .expect(expected)
        .play(format!("{HEAD}data: a\n\n"))
        .close()
        .expect(expected)
        .play(ENOUGH)
        .open()
        .start();
    let request =
        client().get(player.url("/e")).header("Accept", "*/*").header("Authorization", "Bearer x");
    let mut source = request.event_source().reconnect_after(Duration::ZERO);
    assert_eq!(next(&mut source).await, pair("a", ""));
    assert_eq!(deadline(source.next()).await.expect("told to stop"), None);
    player.finish();
}

/// The server's wait is kept, within bounds.
#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    for (asked, least) in [("300", Duration::from_millis(300)), ("0", SHORTEST_RECONNECT)] {
        let player = Player::script()
            .expect(ask(""))
            .play(format!("{HEAD}retry: {asked}\ndata: a\n\n"))
            .close()
            .expect(ask(""))
            .play(ENOUGH)
            .open()
            .start();
        let mut source = source(&player);
        assert_eq!(next(&mut source).await, pair("a", ""));
        let begun = Instant::now();
        assert_eq!(deadline(source.next()).await.expect("told to stop"), None);
        assert!(begun.elapsed() >= least, "{:?}", begun.elapsed());
        player.finish();
    }
}

#[tokio::test]
async fn a_server_that_is_not_ready_is_waited_for() {
    let player = Player::script()
        .expect(ask(""))
        .play(format!("{HEAD}id: 1\ndata: a\n\n"))
        .close()
        .expect(ask("1"))
        .play(BUSY)
        .close()
        .expect(ask("1"))
        .reset()
        .expect(ask("1"))
        .play(format!("{HEAD}data: b\n\n"))
        .close()
        .start();
    let mut source = source(&player);
    assert_eq!(next(&mut source).await, pair("a", "1"));
    assert_eq!(next(&mut source).await, pair("b", "1"));
    drop(source);
    player.finish();
}

#[tokio::test]
async fn too_many_failures_in_a_row_are_told() {
    let mut script = Player::script().expect(ask("")).play(format!("{HEAD}data: a\n\n")).close();
    for _ in 0..3 {
        script = script.expect_head().play(BUSY).close();
    }
    let player = script.start();
    let mut source = source(&player).max_failures(2);
    assert_eq!(next(&mut source).await, pair("a", ""));
    let error = deadline(source.next()).await.expect_err("given up");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503), "{error}");
    assert_eq!(deadline(source.next()).await.expect("over"), None);
    assert_eq!(player.finish().connections, 4);
}

#[tokio::test]
async fn what_cannot_pass_is_told_at_once() {
    // The first connection is nobody's old friend: its failure is told, whatever it is.
    let player = Player::script().expect(ask("")).play(BUSY).close().start();
    let error = deadline(source(&player).next()).await.expect_err("not ready");
    assert!(error.is_status(), "{error}");
    assert_eq!(player.finish().connections, 1);
    for (reply, status, decode) in [
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", true, false),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", false, true),
    ] {
        let player = Player::script()
            .expect(ask(""))
            .play(format!("{HEAD}data: a\n\n"))
            .close()
            .expect_head()
            .play(reply)
            .close()
            .start();
        let mut source = source(&player);
        assert_eq!(next(&mut source).await, pair("a", ""));
        let error = deadline(source.next()).await.expect_err("no events");
        assert_eq!((error.is_status(), error.is_decode()), (status, decode), "{error}");
        assert_eq!(player.finish().connections, 2);
    }
    let player =
        Player::script().expect(ask("")).play(format!("{HEAD}data: 0123456789\n")).open().start();
    let mut source = source(&player).max_event(10);
    assert!(deadline(source.next()).await.expect_err("too large").is_limit());
    assert!(deadline(poll_fn(|cx| Pin::new(&mut source).poll_next(cx))).await.is_none());
    player.finish();
}

#[tokio::test]
async fn silence_is_a_broken_connection() {
    let (key, closed) = gate();
    let player = Player::script()
        .expect(ask(""))
        .play(format!("{HEAD}id: 1\ndata: a\n\n"))
        .wait(closed)
        .close()
        .expect(ask("1"))
        .play(ENOUGH)
        .open()
        .start();
    let client = quiet().read_timeout(Duration::from_millis(100)).build().expect("sound settings");
    let mut source = client.get(player.url("/e")).event_source().reconnect_after(Duration::ZERO);
    assert_eq!(next(&mut source).await, pair("a", "1"));
    let mut waiting = pin!(source.next());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(150) {
        assert!(poll_once(waiting.as_mut()).await.is_pending());
        tokio::task::yield_now().await;
    }
    key.send(()).expect("the player waits");
    assert_eq!(deadline(waiting).await.expect("told to stop"), None);
    player.finish();
}

/// A loop that is always faster than the connection still gets there.
#[tokio::test]
async fn dropped_calls_do_not_begin_anew() {
    let player =
        Player::script().expect(ask("")).play(format!("{HEAD}data: a\n\n")).close().start();
    let mut source = source(&player);
    let event = deadline(async {
        loop {
            // One poll, then the call is dropped.
            let polled = poll_once(pin!(source.next())).await;
            if let std::task::Poll::Ready(event) = polled {
                return event.expect("no error").expect("an event");
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(event.data, "a");
    drop(source);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn only_a_get_without_a_body_is_a_source() {
    fn shared<T: Send + Sync + Unpin + 'static>(_: &T) {}
    let client = client();
    for request in [
        client.post("http://127.0.0.1:1/"),
        client.get("http://127.0.0.1:1/").body(Body::from("x")),
    ] {
        let mut source = request.event_source();
        shared(&source);
        let error = deadline(source.next()).await.expect_err("not repeatable");
        assert!(error.is_builder() && error.to_string().contains("GET"), "{error}");
        assert_eq!(deadline(source.next()).await.expect("over"), None);
    }
    let error = deadline(client.get("no url").event_source().next()).await.expect_err("no url");
    assert!(error.is_builder() && !error.to_string().contains("GET without"), "{error}");
    // An ID that cannot be a field is not sent.
    let mut source = client.get("http://127.0.0.1:1/").event_source().start_after("a\r\nX: y");
    assert!(deadline(source.next()).await.expect_err("S-06").is_builder());
}
