//! Who is told, and who is not.

use std::sync::{Arc, Mutex};

use wireline::Happening;

use crate::recorder::Recorder;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

#[tokio::test]
async fn all_listeners_are_told_in_the_order_they_came() {
    let player = Player::script().expect_head().play(OK).expect_head().play(OK).open().start();
    let order = Arc::new(Mutex::new(String::new()));
    let as_name = |name: char| {
        let order = Arc::clone(&order);
        move |event: &wireline::Event<'_>| {
            if let Happening::Begun { .. } = event.what {
                order.lock().expect("not poisoned").push(name);
            }
        }
    };
    let client = quiet().on_event(as_name('a')).on_event(as_name('b')).build().expect("a client");
    let get = client.get(player.url("/")).on_event(as_name('c')).on_event(as_name('d'));
    deadline(get.send()).await.expect("an answer");
    assert_eq!(*order.lock().expect("not poisoned"), "abcd");
    // The next request has the client's only.
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(*order.lock().expect("not poisoned"), "abcdab");
    player.finish();
}

#[tokio::test]
async fn a_request_may_be_told_to_nobody() {
    let player = Player::script().expect_head().play(OK).open().start();
    let recorder = Recorder::new();
    deadline(recorder.client().get(player.url("/")).no_events().send()).await.expect("an answer");
    assert!(recorder.notes().is_empty());
    player.finish();
}

#[tokio::test]
async fn requests_are_numbered() {
    let player = Player::script().expect_head().play(OK).expect_head().play(OK).open().start();
    let recorder = Recorder::new();
    let client = recorder.client();
    for _ in 0..2 {
        deadline(client.get(player.url("/")).send()).await.expect("an answer");
    }
    let mut numbers: Vec<_> = recorder.notes().iter().map(|note| note.request).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 2);
    assert!(numbers[0] < numbers[1]);
    player.finish();
}

/// The head that is told is the head that is sent.
#[tokio::test]
async fn the_head_is_told_byte_for_byte() {
    let player = Player::script().expect_head().play(OK).open().start();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heads);
    let get = crate::talk::client().post(player.url("/a?b=c")).header("X-Odd", "1").body("hello");
    let get = get.on_event(move |event| {
        if let Happening::Sending { head, .. } = event.what {
            told.lock().expect("not poisoned").push(head.bytes().to_vec());
        }
    });
    deadline(get.send()).await.expect("an answer");
    let seen = player.finish();
    assert_eq!(*heads.lock().expect("not poisoned"), seen.heads);
}

/// A panic goes to whoever polls; nothing is told, and nothing aborts, while it unwinds.
#[tokio::test]
async fn a_listener_that_panics() {
    for moment in ["Begun", "Attempting", "Sent", "Head", "Ended"] {
        let player = Player::script().expect_head().play(OK).open().start();
        let recorder = Recorder::new();
        let client = recorder.client();
        let get = client.get(player.url("/")).on_event(move |event| {
            let kind = format!("{:?}", event.what);
            assert!(!kind.starts_with(moment), "the listener's own");
        });
        let ended = deadline(tokio::spawn(get.send())).await.expect_err("a panic");
        assert!(ended.is_panic());
        let last = recorder.notes().last().expect("an event").kind.clone();
        assert_eq!(last, moment);
        // The player wants its script played to the end.
        if recorder.count("Sent") == 0 {
            let plain = crate::talk::client();
            deadline(plain.get(player.url("/")).send()).await.expect("an answer");
        }
        player.finish();
    }
}
