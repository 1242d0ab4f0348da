//! Which connections are used again and for how long. The clock jumps, the sockets are real.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "support/steps.rs"]
mod steps;
mod support;

use std::time::Duration;

use server::{Guest, Server, polite};
use sockets::held;
use steps::{skip, until};
use support::deadline;
use wireline::{Client, Response};

const SECOND: Duration = Duration::from_secs(1);

async fn get(client: &Client, server: &Server, path: &str) -> Response {
    deadline(client.get(server.url(path)).send()).await.expect("a response")
}

/// Gets `/x` to the end; whether it came over a connection that had been used.
async fn is_reused(client: &Client, server: &Server) -> bool {
    let response = get(client, server, "/x").await;
    let reused = response.is_reused();
    assert_eq!(deadline(response.text()).await.expect("a body"), "/x");
    reused
}

/// Answers with these fields added.
fn with_fields(fields: &'static str) -> Server {
    Server::start(move |mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            let length = asked.path().len();
            let head = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {length}\r\n\r\n");
            guest.play(head + asked.path()).await;
        }
    })
}

#[tokio::test]
async fn one_connection_for_one_request_after_another() {
    let server = Server::start(polite);
    let client = Client::new();
    for number in 0..20 {
        let response = get(&client, &server, "/a").await;
        assert_eq!(response.is_reused(), number > 0);
        let connect = response.timings().connect;
        assert_eq!(connect.is_none(), number > 0, "a reused connection takes no time to connect");
        assert_eq!(deadline(response.text()).await.expect("a body"), "/a");
    }
    assert_eq!((server.accepted(), server.requests(), held(server.address())), (1, 20, 1));
}

#[tokio::test]
async fn clones_share_and_clients_do_not() {
    let server = Server::start(polite);
    let client = Client::new();
    assert!(!is_reused(&client, &server).await);
    assert!(is_reused(&client.clone(), &server).await);
    assert!(!is_reused(&Client::new(), &server).await);
}

#[tokio::test]
async fn an_idle_connection_expires_after_thirty_seconds() {
    let server = Server::start(polite);
    let client = Client::new();
    assert!(!is_reused(&client, &server).await);
    skip(20 * SECOND).await;
    assert!(is_reused(&client, &server).await);
    skip(20 * SECOND).await;
    assert!(is_reused(&client, &server).await, "each use begins a new stay");
    skip(30 * SECOND).await;
    assert!(!is_reused(&client, &server).await);
    assert_eq!((server.accepted(), held(server.address())), (2, 1));
}

#[tokio::test]
async fn the_idle_timeout_can_be_chosen() {
    let server = Server::start(polite);
    let client = Client::builder().idle_timeout(15 * SECOND).build().expect("a client");
    assert!(!is_reused(&client, &server).await);
    skip(5 * SECOND).await;
    assert!(is_reused(&client, &server).await);
    skip(15 * SECOND).await;
    assert!(!is_reused(&client, &server).await);

    let client = Client::builder().idle_timeout(Duration::ZERO).build().expect("a client");
    assert!(!is_reused(&client, &server).await);
    assert!(!is_reused(&client, &server).await);
}

#[tokio::test]
async fn the_servers_own_timeout_is_undercut_by_a_second() {
    let server = with_fields("Keep-Alive: timeout=16, max=100\r\n");
    let client = Client::new();
    assert!(!is_reused(&client, &server).await);
    skip(5 * SECOND).await;
    assert!(is_reused(&client, &server).await);
    skip(15 * SECOND).await;
    assert!(!is_reused(&client, &server).await);
    // Ours is the shorter one.
    let server = with_fields("keep-alive: TIMEOUT=3600\r\n");
    assert!(!is_reused(&client, &server).await);
    skip(30 * SECOND).await;
    assert!(!is_reused(&client, &server).await);
}

#[tokio::test]
async fn a_server_that_waits_for_nobody_gets_a_new_connection_each_time() {
    for fields in
        ["Keep-Alive: timeout=1\r\n", "Keep-Alive: timeout=0\r\n", "Keep-Alive: max=0\r\n"]
    {
        let server = with_fields(fields);
        let client = Client::new();
        assert!(!is_reused(&client, &server).await);
        assert_eq!(held(server.address()), 0, "closed at once: {fields}");
        assert!(!is_reused(&client, &server).await);
    }
    // A number that is none says nothing.
    let server = with_fields("Keep-Alive: timeout=soon, max=99999999999999999999\r\n");
    let client = Client::new();
    assert!(!is_reused(&client, &server).await);
    assert!(is_reused(&client, &server).await);
}

/// aiohttp's fix 12953 is the incident: a timer of one request ended another one's.
#[tokio::test]
async fn s_49_a_connection_idle_for_longer_than_the_read_timeout_is_fine() {
    let server = Server::start(polite);
    let client = Client::builder().read_timeout(8 * SECOND).timeout(9 * SECOND).build();
    let client = client.expect("a client");
    assert!(!is_reused(&client, &server).await);
    for pause in [8, 9, 20] {
        skip(pause * SECOND).await;
        assert!(is_reused(&client, &server).await);
    }
}

#[tokio::test]
async fn dropping_the_client_closes_what_is_idle_and_lets_the_rest_finish() {
    let server = Server::start(|mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            if asked.path() == "/late" {
                guest.play("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla").await;
                guest.head().await; // nothing comes: the client waits for the rest
            }
            guest.answer(asked.path()).await;
        }
    });
    let client = Client::new();
    let (one, two) = (get(&client, &server, "/a").await, get(&client, &server, "/late").await);
    drop((client.clone(), one));
    assert_eq!(held(server.address()), 1, "`/a` came home and was used for `/late`");
    drop(client);
    assert_eq!(held(server.address()), 1, "a response under way keeps its connection");
    drop(two);
    assert_eq!(held(server.address()), 0);
}

#[tokio::test]
async fn a_response_outlives_its_client() {
    let (release, held_back) = tokio::sync::watch::channel(false);
    let server = Server::start(move |mut guest: Guest| {
        let mut held_back = held_back.clone();
        async move {
            guest.request().await;
            guest.play("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf").await;
            let _ = held_back.wait_for(|open| *open).await;
            guest.play("half").await;
            guest.gone().await;
        }
    });
    let client = Client::new();
    let response = get(&client, &server, "/").await;
    drop(client);
    release.send(true).expect("the server waits");
    assert_eq!(deadline(response.text()).await.expect("a body"), "halfhalf");
    until(|| held(server.address()) == 0).await;
}
