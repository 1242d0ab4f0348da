//! Connections that are old, and connections that have done enough.

use std::pin::pin;

use wireline::Client;

use crate::server::{Guest, Server, polite};
use crate::sockets::held;
use crate::steps::{poll_once, skip};
use crate::support::deadline;
use crate::{SECOND, get, is_reused, stats};

#[tokio::test]
async fn a_connection_is_not_used_beyond_its_age_however_busy() {
    let server = Server::start(polite);
    let client = Client::builder().max_connection_age(45 * SECOND).build().expect("a client");
    assert!(!is_reused(&client, &server).await);
    for _ in 0..2 {
        skip(20 * SECOND).await;
        assert!(is_reused(&client, &server).await);
    }
    assert_eq!(stats(&client).expired, 0);
    skip(5 * SECOND).await;
    assert_eq!(stats(&client).expired, 1, "45 s after it was made");
    assert!(!is_reused(&client, &server).await);
    let counted = stats(&client);
    assert_eq!((counted.closed.max_age, counted.closed.total()), (1, 1));
    // The time-out of idle connections is the shorter one.
    skip(30 * SECOND).await;
    assert_eq!(client.close_expired(), 1);
    assert_eq!(stats(&client).closed.expired, 1);
}

#[tokio::test]
async fn an_exchange_under_way_outlives_the_age_and_its_connection_is_closed_then() {
    let builder = Client::builder().max_connection_age(5 * SECOND).read_timeout(None);
    let client = builder.build().expect("a client");
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
    let response = get(&client, &server, "/").await;
    skip(6 * SECOND).await;
    key.send(true).expect("the server waits");
    assert_eq!(deadline(response.text()).await.expect("a body"), "late");
    assert_eq!(held(server.address()), 0, "closed when it came home");
    assert_eq!((stats(&client).closed.max_age, stats(&client).idle), (1, 0));
}

#[tokio::test]
async fn a_connection_carries_so_many_requests_and_no_more() {
    let server = Server::start(polite);
    let client = Client::builder().max_requests_per_connection(3).build().expect("a client");
    let reused = async || is_reused(&client, &server).await;
    for round in 1..=4 {
        assert_eq!([reused().await, reused().await, reused().await], [false, true, true]);
        assert_eq!(held(server.address()), 0, "closed with the third");
        assert_eq!(stats(&client).closed.max_requests, round);
    }
    assert_eq!((server.accepted(), server.requests()), (4, 12));
    // One each; 0 is no limit.
    let client = Client::builder().max_requests_per_connection(1).build().expect("a client");
    assert!(!is_reused(&client, &server).await && !is_reused(&client, &server).await);
    let client = Client::builder().max_requests_per_connection(0).build().expect("a client");
    assert!(!is_reused(&client, &server).await && is_reused(&client, &server).await);
}

/// The place of a connection that is used up goes to whoever waits, who opens another.
#[tokio::test]
async fn who_waits_for_a_connection_that_is_used_up_gets_its_place() {
    let server = Server::start(polite);
    let builder = Client::builder().max_connections(1).max_requests_per_connection(1);
    let client = builder.build().expect("a client");
    let mut requests: Vec<_> = (0..9).map(|_| Box::pin(is_reused(&client, &server))).collect();
    for request in &mut requests {
        assert!(poll_once(request.as_mut()).await.is_pending());
    }
    assert_eq!(stats(&client).waiting, 8);
    for request in requests {
        assert!(!deadline(request).await);
    }
    let counted = stats(&client);
    assert_eq!((server.accepted(), counted.opened, counted.closed.max_requests), (9, 9, 9));
}

/// It had come home young enough, and was given to somebody who looked much later.
#[tokio::test]
async fn a_connection_that_grows_old_before_it_is_claimed_is_not_used() {
    let (key, shut) = tokio::sync::watch::channel(false);
    let server = Server::start(move |mut guest: Guest| {
        let mut shut = shut.clone();
        async move {
            while let Some(asked) = guest.request().await {
                let _ = shut.wait_for(|open| *open).await;
                guest.answer(asked.path()).await;
            }
        }
    });
    let builder = Client::builder().max_connections(1).max_connection_age(5 * SECOND);
    let client = builder.build().expect("a client");
    let mut first = pin!(is_reused(&client, &server));
    while server.requests() == 0 {
        assert!(poll_once(first.as_mut()).await.is_pending());
        tokio::task::yield_now().await;
    }
    let mut second = pin!(is_reused(&client, &server));
    assert!(poll_once(second.as_mut()).await.is_pending());
    key.send(true).expect("the server waits");
    assert!(!deadline(first).await);
    assert_eq!((stats(&client).in_use, stats(&client).waiting), (1, 0), "it is the second's");
    skip(6 * SECOND).await;
    assert!(!deadline(second).await);
    let counted = stats(&client);
    assert_eq!((counted.closed.max_age, counted.closed.total(), counted.reused), (1, 1, 0));
}
