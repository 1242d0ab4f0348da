//! How many connections there are at once, and who gets the next one.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "support/steps.rs"]
mod steps;
mod support;

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use server::{Guest, Server, polite};
use sockets::held;
use steps::{poll_once, skip};
use support::deadline;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;
use wireline::{Body, Client, Clock, Delivery, Phase, Response};

/// Answers `/hold` with a head only, and everything else politely; leaves a list of the paths asked for.
fn noting() -> (Server, Arc<Mutex<Vec<String>>>) {
    let paths = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&paths);
    let server = Server::start(move |mut guest: Guest| {
        let noted = Arc::clone(&noted);
        async move {
            while let Some(asked) = guest.request().await {
                noted.lock().expect("not poisoned").push(asked.path().to_owned());
                if asked.path() == "/hold" {
                    guest.play("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").await;
                } else {
                    guest.answer(asked.path()).await;
                }
            }
        }
    });
    (server, paths)
}

async fn get(client: &Client, url: String) -> Response {
    deadline(client.get(url).send()).await.expect("a response")
}

async fn get_text(client: &Client, url: String) -> String {
    deadline(get(client, url).await.text()).await.expect("a body")
}

#[tokio::test]
async fn a_thousand_requests_over_ten_connections() {
    let server = Server::start(polite);
    let client = Client::builder().max_connections(10).build().expect("a client");
    let mut tasks = JoinSet::new();
    for number in 0..1000 {
        let (client, url) = (client.clone(), server.url(&format!("/{number}")));
        tasks.spawn(async move { (number, get_text(&client, url).await) });
    }
    for (number, text) in deadline(tasks.join_all()).await {
        assert_eq!(text, format!("/{number}"), "the answer to another request");
    }
    assert_eq!((server.requests(), server.accepted(), server.most()), (1000, 10, 10));
    assert_eq!(held(server.address()), 10);
}

/// The same with a scheduler that runs requests side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_on_two_threads() {
    let server = Server::start(polite);
    let client = Client::builder().max_connections(7).build().expect("a client");
    let mut tasks = JoinSet::new();
    for number in 0..1000 {
        let (client, url) = (client.clone(), server.url(&format!("/{number}")));
        tasks.spawn(async move { (number, get_text(&client, url).await) });
    }
    for (number, text) in deadline(tasks.join_all()).await {
        assert_eq!(text, format!("/{number}"), "the answer to another request");
    }
    assert_eq!(server.requests(), 1000);
    assert!(server.most() <= 7, "{} at once", server.most());
}

/// All three places are used at once, and no more.
#[tokio::test]
async fn the_total_limit_is_met_and_kept() {
    let (together, turns) = (Arc::new(Barrier::new(3)), Arc::new(Semaphore::new(0)));
    let (barrier, turn) = (Arc::clone(&together), Arc::clone(&turns));
    let server = Server::start(move |mut guest: Guest| {
        let (barrier, turn) = (Arc::clone(&barrier), Arc::clone(&turn));
        async move {
            let mut first = true;
            while guest.request().await.is_some() {
                if std::mem::take(&mut first) {
                    barrier.wait().await;
                }
                turn.acquire().await.expect("open").forget();
                guest.answer("x").await;
            }
        }
    });
    let client = Client::builder().max_connections(3).build().expect("a client");
    let mut tasks = JoinSet::new();
    for _ in 0..12 {
        let (client, url) = (client.clone(), server.url("/"));
        tasks.spawn(async move { get_text(&client, url).await });
    }
    for _ in 0..12 {
        turns.add_permits(1);
        deadline(tasks.join_next()).await.expect("a task").expect("no panic");
    }
    assert_eq!((server.accepted(), server.most()), (3, 3));
}

#[tokio::test]
async fn those_who_wait_are_served_in_their_order() {
    let (server, paths) = noting();
    let client = Client::builder().max_connections(1).build().expect("a client");
    let holding = get(&client, server.url("/hold")).await;
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let (client, url) = (client.clone(), server.url(&format!("/{number}")));
        tasks.spawn(async move { drop(get_text(&client, url).await) });
        // It asks now, and waits.
        tokio::task::yield_now().await;
    }
    drop(holding);
    deadline(tasks.join_all()).await;
    let wanted: Vec<String> = (0..20).map(|number| format!("/{number}")).collect();
    assert_eq!(paths.lock().expect("not poisoned")[1..], wanted);
}

#[tokio::test]
async fn one_origins_limit_holds_up_nobody_else() {
    let ((one, _), (two, _)) = (noting(), noting());
    let client = Client::builder().max_connections_per_origin(1).build().expect("a client");
    let holding = get(&client, one.url("/hold")).await;
    let mut waiting = pin!(get_text(&client, one.url("/a")));
    assert!(poll_once(waiting.as_mut()).await.is_pending());
    assert_eq!(get_text(&client, two.url("/b")).await, "/b");
    assert_eq!((one.accepted(), one.requests()), (1, 1));
    drop(holding);
    assert_eq!(waiting.await, "/a");
    assert_eq!(one.accepted(), 2, "the one that was held was not finished");
}

#[tokio::test]
async fn the_wait_for_a_place_has_a_timeout_of_its_own() {
    let (server, _) = noting();
    let client = Client::builder().max_connections(1).build().expect("a client");
    let holding = get(&client, server.url("/hold")).await;
    let mut waiting = pin!(client.get(server.url("/a")).send());
    assert!(poll_once(waiting.as_mut()).await.is_pending());
    skip(Duration::from_secs(20)).await;
    assert!(poll_once(waiting.as_mut()).await.is_pending());
    skip(Duration::from_secs(11)).await;
    let error = deadline(waiting).await.expect_err("nobody gave a connection back");
    assert_eq!((error.clock(), error.phase()), (Some(Clock::Queue), Phase::Queue));
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert!(error.is_timeout() && !error.is_connect());
    let text = error.to_string();
    assert!(text.contains("1 in use, 1 requests waiting"), "{text}");
    assert!(text.contains("max_connections") && text.contains("pool_timeout"), "{text}");
    drop(holding);
    assert_eq!(get_text(&client, server.url("/b")).await, "/b");
}

#[tokio::test]
async fn the_total_timeout_ends_the_wait_too_and_is_named() {
    let (server, _) = noting();
    let client = Client::builder().max_connections(1).build().expect("a client");
    let holding = get(&client, server.url("/hold")).await;
    let request = client.get(server.url("/a")).timeout(Duration::from_millis(20));
    let error = deadline(request.send()).await.expect_err("no time left");
    assert_eq!((error.clock(), error.phase()), (Some(Clock::Total), Phase::Queue));
    drop(holding);
}

#[tokio::test]
async fn an_idle_connection_of_another_origin_makes_room() {
    let servers = [Server::start(polite), Server::start(polite), Server::start(polite)];
    let client = Client::builder().max_connections(2).build().expect("a client");
    for server in &servers {
        assert_eq!(get_text(&client, server.url("/x")).await, "/x");
    }
    // The one idle longest went.
    assert_eq!(servers.each_ref().map(|server| held(server.address())), [0, 1, 1]);
    assert!(get(&client, servers[1].url("/x")).await.is_reused());
    assert!(!get(&client, servers[0].url("/x")).await.is_reused());
    assert_eq!(servers.each_ref().map(|server| held(server.address())), [1, 1, 0]);
}

#[tokio::test]
async fn who_stops_waiting_gives_its_turn_to_the_next() {
    let (server, paths) = noting();
    let client = Client::builder().max_connections(1).build().expect("a client");
    let holding = get(&client, server.url("/hold")).await;
    let mut third = pin!(get_text(&client, server.url("/3")));
    {
        let mut first = pin!(get_text(&client, server.url("/1")));
        let mut second = Box::pin(get_text(&client, server.url("/2")));
        assert!(poll_once(first.as_mut()).await.is_pending());
        assert!(poll_once(second.as_mut()).await.is_pending());
        assert!(poll_once(third.as_mut()).await.is_pending());
        // One goes while it waits, the other when it has been served and does not know it yet.
        drop(second);
        drop(holding);
    }
    assert_eq!(deadline(third).await, "/3");
    assert_eq!(*paths.lock().expect("not poisoned"), ["/hold", "/3"]);
}

#[tokio::test]
async fn a_dial_given_up_or_failed_frees_its_place() {
    let server = Server::start(polite);
    let client = Client::builder().max_connections(1).build().expect("a client");
    let hole = endpoints::hole("127.0.0.1");
    let mut dialling = Box::pin(client.get(format!("http://{}/", hole.address)).send());
    assert!(poll_once(dialling.as_mut()).await.is_pending());
    let mut waiting = pin!(get_text(&client, server.url("/a")));
    assert!(poll_once(waiting.as_mut()).await.is_pending());
    drop(dialling);
    assert_eq!(waiting.await, "/a");

    let refused = endpoints::refused("127.0.0.1");
    for _ in 0..3 {
        let error = deadline(client.get(format!("http://{}/", refused.address)).send()).await;
        let error = error.expect_err("nobody listens");
        assert!(error.is_connect() && error.delivery() == Delivery::NotSent, "{error}");
        assert_eq!(error.phase(), Phase::Connect);
        assert!(error.timings().dns.is_some(), "how far it got is told");
    }
    assert_eq!(get_text(&client, server.url("/b")).await, "/b");
}

/// A body of the caller's that panics when it is asked for its second piece.
struct Panics(bool);

impl Stream for Panics {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        assert!(!std::mem::replace(&mut self.0, true), "planted");
        Poll::Ready(Some(Ok(Bytes::from_static(b"x"))))
    }
}

#[tokio::test]
async fn a_panic_in_the_callers_body_frees_the_place() {
    let server = Server::start(polite);
    let client = Client::builder().max_connections(1).build().expect("a client");
    for _ in 0..3 {
        let request = client.post(server.url("/p")).body(Body::stream(Panics(false)));
        let task = tokio::spawn(async move { drop(request.send().await) });
        assert!(deadline(task).await.expect_err("it panics").is_panic());
        assert_eq!(held(server.address()), 0);
        assert_eq!(get_text(&client, server.url("/b")).await, "/b");
        // Its own connection, which must not take part in the next round.
        drop(deadline(client.get(server.url("/c")).header("Connection", "close").send()).await);
    }
}
