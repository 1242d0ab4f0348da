//! How much of a body nobody wants is read for the sake of its connection.

use std::time::Duration;

use wireline::{Client, ClientBuilder};

use crate::server::{Guest, Server};
use crate::sockets::unread;
use crate::steps::until;
use crate::support::deadline;
use crate::{is_reused, stats};

const KIB: usize = 1024;

/// `/moved` redirects to `/x` with a body of so many bytes.
fn server(length: usize) -> Server {
    Server::start(move |mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            if asked.path() == "/moved" {
                let head = "HTTP/1.1 302 Found\r\nLocation: /x\r\n";
                guest.play(format!("{head}Content-Length: {length}\r\n\r\n")).await;
                guest.play(vec![b'x'; length]).await;
            } else {
                guest.answer(asked.path()).await;
            }
        }
    })
}

fn client(change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
    change(Client::builder()).build().expect("a client")
}

/// Whether the second hop of a redirect with such a body came over the same connection.
async fn keeps(client: &Client, length: usize) -> bool {
    let server = server(length);
    let response = deadline(client.get(server.url("/moved")).send()).await.expect("an answer");
    assert_eq!(deadline(response.text()).await.expect("a body"), "/x");
    server.accepted() == 1
}

#[tokio::test]
async fn a_redirects_body_is_read_up_to_the_limit() {
    let default = client(|builder| builder);
    assert!(keeps(&default, 60 * KIB).await);
    assert!(!keeps(&default, 200 * KIB).await, "but for what had arrived");
    let more = client(|builder| builder.drain_limit(256 * KIB));
    assert!(keeps(&more, 250 * KIB).await);
    let none = client(|builder| builder.drain_limit(0));
    assert!(!keeps(&none, 65 * KIB).await);
    assert_eq!(stats(&none).closed.unfinished, 1);
}

#[tokio::test]
async fn a_request_may_set_its_own_limit() {
    let (server, client) = (server(200 * KIB), client(|builder| builder));
    for (limit, accepted) in [(256 * KIB, 1), (KIB, 2)] {
        let request = client.get(server.url("/moved")).drain_limit(limit);
        deadline(request.send()).await.expect("an answer").text().await.expect("a body");
        assert_eq!(server.accepted(), accepted, "{limit}");
    }
}

#[tokio::test]
async fn a_dropped_response_is_read_up_to_the_same_limit() {
    for (limit, kept) in [(64 * KIB, true), (8 * KIB, false)] {
        let (key, shut) = tokio::sync::watch::channel(false);
        let server = Server::start(move |mut guest: Guest| {
            let mut shut = shut.clone();
            async move {
                while let Some(asked) = guest.request().await {
                    if asked.path() == "/x" {
                        guest.answer("/x").await;
                        continue;
                    }
                    guest.play("HTTP/1.1 200 OK\r\nContent-Length: 40960\r\n\r\n").await;
                    let _ = shut.wait_for(|open| *open).await;
                    guest.play(vec![b'x'; 40 * KIB]).await;
                }
            }
        });
        let client = client(|builder| builder.drain_limit(limit));
        let response = deadline(client.get(server.url("/big")).send()).await.expect("an answer");
        key.send(true).expect("the server waits");
        deadline(until(|| unread(server.address()) == 40 * KIB as u64)).await;
        drop(response);
        assert_eq!(is_reused(&client, &server).await, kept, "{limit}");
    }
}

/// The body stops half-way: how long a redirect waits for the rest.
#[tokio::test]
async fn a_redirect_waits_for_its_body_no_longer_than_it_may() {
    let server = Server::start(|mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            if asked.path() == "/moved" {
                guest
                    .play("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 9\r\n\r\nhalf")
                    .await;
                return guest.gone().await;
            }
            guest.answer(asked.path()).await;
        }
    });
    let client = client(|builder| builder.drain_timeout(Duration::from_millis(1)));
    let response = deadline(client.get(server.url("/moved")).send()).await.expect("an answer");
    assert!(!response.is_reused());
    assert_eq!(deadline(response.text()).await.expect("a body"), "/x");
    assert_eq!((server.accepted(), stats(&client).closed.unfinished), (2, 1));
    // With all the time in the world it waits, and so does the caller.
    let request = client.get(server.url("/moved")).drain_timeout(Duration::from_secs(3600));
    let waited = tokio::time::timeout(Duration::from_millis(100), request.send()).await;
    assert!(waited.is_err(), "the rest never comes");
}
