//! Requests that wait for a place in the pool: the wait is told as what it is, and eats no other clock.
#![cfg(feature = "client")]

mod support;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use tokio::sync::oneshot;
use wireline::Client;

use support::deadline;
use support::player::{Script, gate};

/// The clock of an exchange once ran from the call of `send` when a request that had waited was handed a kept
/// connection: the wait was shown as time spent sending, and had been taken off the read and write timeouts.
#[tokio::test]
async fn the_wait_for_a_kept_connection_is_no_part_of_the_exchange() {
    const REPLY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let (key, shut) = gate();
    let (began, begun) = oneshot::channel();
    let script = Script::default().expect_head().signal(began).wait(shut).play(REPLY);
    let player = script.expect_head().play(REPLY).open().start();

    let client = Client::builder().max_connections(1).build().expect("a client");
    let first = tokio::spawn(client.get(player.url("/first")).into_future());
    deadline(begun).await.expect("the first request");
    let mut second = pin!(client.get(player.url("/second")).send());
    let early = poll_fn(|cx| Poll::Ready(second.as_mut().poll(cx).is_ready())).await;
    assert!(!early, "there is one place, and it is taken");

    let waiting = Instant::now();
    assert!(!first.is_finished(), "its response is held back");
    let held = waiting.elapsed();
    key.send(()).expect("the player waits");
    deadline(first).await.expect("no panic").expect("the first response");
    let second = deadline(second).await.expect("the second response");
    assert!(second.is_reused());
    let timings = second.timings();
    assert!(timings.queued >= held, "{timings:?}, held for {held:?}");
    let exchange = timings.first_byte.expect("a reply came");
    assert!(timings.queued + exchange <= timings.total, "{timings:?}");
    player.finish();
}
