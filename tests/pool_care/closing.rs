//! The end of a client: nothing begins any more, and what is under way is waited for.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;
use wireline::{Client, Delivery, Phase};

use crate::server::{Guest, Server, polite};
use crate::sockets::held;
use crate::steps::poll_once;
use crate::support::deadline;
use crate::{endpoints, get, is_reused, moody, stats};

/// The error of a request to a client that is closed.
async fn refused(client: &Client, server: &Server) -> String {
    let error = deadline(client.get(server.url("/x")).send()).await.expect_err("it is closed");
    assert!(error.is_closed() && !error.is_timeout() && !error.is_connect());
    assert_eq!((error.phase(), error.delivery()), (Phase::Queue, Delivery::NotSent));
    assert_eq!((error.clock(), error.is_transient()), (None, false));
    error.to_string()
}

#[tokio::test]
async fn an_idle_client_is_closed_at_once_and_stays_closed() {
    let server = Server::start(polite);
    let client = Client::new();
    is_reused(&client, &server).await;
    let clone = client.clone();
    deadline(client.close()).await;
    assert_eq!(held(server.address()), 0);
    assert_eq!(stats(&client).closed.dismissed, 1);
    for client in [&client, &clone] {
        let told = refused(client, &server).await;
        assert!(told.contains("Client::close") && told.contains("waiting for a"), "{told}");
    }
    assert!(client.warm_up(&server.url("/"), 1).await.expect_err("it is closed").is_closed());
    assert_eq!((server.accepted(), client.close_idle(), client.close_expired()), (1, 0, 0));
    deadline(clone.close()).await;
    assert!(!is_reused(&Client::new(), &server).await, "another client is another client");
}

#[tokio::test]
async fn a_body_under_way_is_waited_for() {
    let (key, shut) = tokio::sync::watch::channel(false);
    let server = Server::start(move |mut guest: Guest| {
        let mut shut = shut.clone();
        async move {
            guest.request().await;
            guest.play("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla").await;
            let _ = shut.wait_for(|open| *open).await;
            guest.play("te").await;
            guest.gone().await;
        }
    });
    let client = Client::new();
    let response = get(&client, &server, "/").await;
    let (mut one, mut two) = (pin!(client.close()), pin!(client.clone().close()));
    assert!(poll_once(one.as_mut()).await.is_pending());
    assert!(poll_once(two.as_mut()).await.is_pending());
    assert_eq!((stats(&client).in_use, held(server.address())), (1, 1));
    refused(&client, &server).await;
    key.send(true).expect("the server waits");
    let (text, ()) = tokio::join!(deadline(response.text()), deadline(one));
    assert_eq!(text.expect("a body"), "late");
    deadline(two).await;
    assert_eq!((stats(&client).open, held(server.address())), (0, 0));
}

#[tokio::test]
async fn a_caller_may_stop_waiting_and_come_back() {
    let server = Server::start(moody);
    let client = Client::new();
    let holding = get(&client, &server, "/hold").await;
    assert!(timeout(Duration::from_millis(20), client.close()).await.is_err());
    refused(&client, &server).await;
    drop(holding);
    deadline(client.close()).await;
    assert_eq!(held(server.address()), 0);
}

#[tokio::test]
async fn the_call_closes_and_the_future_only_waits() {
    let server = Server::start(moody);
    let client = Client::new();
    is_reused(&client, &server).await;
    drop(client.close());
    assert_eq!(held(server.address()), 0);
    refused(&client, &server).await;
}

#[tokio::test]
async fn who_waits_for_a_connection_is_told() {
    let server = Server::start(moody);
    let client = Client::builder().max_connections(1).build().expect("a client");
    let holding = get(&client, &server, "/hold").await;
    let mut waiting: Vec<_> =
        (0..20).map(|_| Box::pin(client.get(server.url("/x")).send())).collect();
    for request in &mut waiting {
        assert!(poll_once(request.as_mut()).await.is_pending());
    }
    let tasks: Vec<_> = waiting.drain(10..).map(tokio::spawn).collect();
    tokio::task::yield_now().await;
    let mut closing = pin!(client.close());
    assert!(poll_once(closing.as_mut()).await.is_pending());
    assert_eq!(stats(&client).waiting, 0);
    for request in waiting {
        assert!(deadline(request).await.expect_err("told").is_closed());
    }
    for task in tasks {
        assert!(deadline(task).await.expect("no panic").expect_err("woken").is_closed());
    }
    drop(holding);
    deadline(closing).await;
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_dial_under_way_is_waited_for_until_it_is_given_up() {
    let hole = endpoints::hole("127.0.0.1");
    let client = Client::new();
    let mut dialling = Box::pin(client.get(format!("http://{}/", hole.address)).send());
    assert!(poll_once(dialling.as_mut()).await.is_pending());
    let mut closing = pin!(client.close());
    assert!(poll_once(closing.as_mut()).await.is_pending());
    drop(dialling);
    deadline(closing).await;
    assert_eq!(stats(&client).failed, 1);
}

/// A request is as many requests as it has hops.
#[tokio::test]
async fn a_redirect_asks_anew() {
    let (key, shut) = tokio::sync::watch::channel(false);
    let server = Server::start(move |mut guest: Guest| {
        let mut shut = shut.clone();
        async move {
            guest.request().await;
            let _ = shut.wait_for(|open| *open).await;
            guest.play("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n").await;
            guest.gone().await;
        }
    });
    let client = Client::new();
    let mut request = pin!(client.get(server.url("/")).send());
    while server.requests() == 0 {
        assert!(poll_once(request.as_mut()).await.is_pending());
        tokio::task::yield_now().await;
    }
    drop(client.close());
    key.send(true).expect("the server waits");
    let error = deadline(request).await.expect_err("the second hop");
    assert!(error.is_closed());
    assert_eq!(error.history().len(), 1);
    deadline(client.close()).await;
}

#[tokio::test]
async fn an_upgraded_stream_is_the_callers_and_not_waited_for() {
    let server = Server::start(moody);
    let client = Client::new();
    let request = client.get(server.url("/switch")).header("connection", "upgrade");
    let response = deadline(request.header("upgrade", "x").send()).await.expect("an answer");
    let upgraded = response.upgrade().expect("it switched");
    deadline(client.close()).await;
    assert_eq!(held(server.address()), 1);
    drop(upgraded);
    assert_eq!(held(server.address()), 0);
}

#[tokio::test]
async fn what_is_idle_can_be_closed_without_the_client() {
    let server = Server::start(moody);
    let client = Client::new();
    let holding = get(&client, &server, "/hold").await;
    is_reused(&client, &server).await;
    assert_eq!((client.close_idle(), held(server.address())), (1, 1));
    assert!(!is_reused(&client, &server).await);
    assert_eq!(stats(&client).in_use, 1);
    drop(holding);
}
