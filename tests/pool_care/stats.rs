//! Every connection is accounted for, and nothing that is shown is a secret.

use std::pin::pin;

use wireline::Client;

use crate::server::{Server, polite};
use crate::sockets::touched;
use crate::steps::{poll_once, skip, until};
use crate::support::deadline;
use crate::{SECOND, endpoints, get, is_reused, moody, stats};

#[tokio::test]
async fn a_client_that_did_nothing_has_counted_nothing() {
    let client = Client::builder().max_connections(7).max_connections_per_origin(3).build();
    let client = client.expect("a client");
    let stats = stats(&client);
    assert_eq!((stats.max_connections, stats.max_per_origin), (7, Some(3)));
    assert_eq!((stats.open, stats.opened, stats.waits, stats.reused), (0, 0, 0, 0));
    assert!(client.origins().is_empty());
}

#[tokio::test]
async fn what_is_open_and_what_was_used_again() {
    let server = Server::start(moody);
    let client = Client::builder().max_connections(1).build().expect("a client");
    for _ in 0..5 {
        is_reused(&client, &server).await;
    }
    let counted = stats(&client);
    assert_eq!((counted.opened, counted.reused, counted.idle, counted.in_use), (1, 4, 1, 0));

    let holding = get(&client, &server, "/hold").await;
    let mut waiting = pin!(is_reused(&client, &server));
    assert!(poll_once(waiting.as_mut()).await.is_pending());
    let counted = stats(&client);
    assert_eq!((counted.open, counted.in_use, counted.opening, counted.idle), (1, 1, 0, 0));
    assert_eq!((counted.waiting, counted.waits), (1, 1));
    let [origin] = client.origins().try_into().expect("one origin");
    assert_eq!((origin.in_use, origin.waiting, origin.proxy), (1, 1, None));
    assert_eq!(origin.origin, format!("http://{}", server.address()));
    drop(holding);
    assert!(!deadline(waiting).await);
    let counted = stats(&client);
    assert_eq!((counted.opened, counted.waiting, counted.waits), (2, 0, 1));
    assert_eq!((counted.closed.unfinished, counted.closed.total()), (1, 1));
}

#[tokio::test]
async fn what_closes_a_connection_has_one_name() {
    let (server, other) = (Server::start(moody), Server::start(polite));
    let client = Client::builder().max_connections(1).build().expect("a client");
    get(&client, &server, "/bye").await;
    assert_eq!(stats(&client).closed.ended, 1);

    is_reused(&client, &server).await;
    skip(30 * SECOND).await;
    assert_eq!((stats(&client).expired, stats(&client).closed.expired), (1, 0));
    assert!(!is_reused(&client, &server).await);
    assert_eq!((stats(&client).expired, stats(&client).closed.expired), (0, 1));

    assert!(!is_reused(&client, &other).await);
    assert_eq!(stats(&client).closed.evicted, 1);
    is_reused(&client, &server).await;
    assert_eq!(stats(&client).closed.evicted, 2);

    get(&client, &server, "/leave").await;
    until(|| touched(server.address())).await;
    assert!(!is_reused(&client, &server).await);
    assert_eq!(stats(&client).closed.dead, 1);

    drop(get(&client, &server, "/hold").await);
    assert_eq!(stats(&client).closed.unfinished, 1);

    let refused = endpoints::refused("127.0.0.1");
    let sent = deadline(client.get(format!("http://{}/", refused.address)).send()).await;
    assert!(sent.expect_err("nobody is there").is_connect());
    assert_eq!(stats(&client).failed, 1);

    let switched = client.get(server.url("/switch")).header("connection", "upgrade");
    let switched = deadline(switched.header("upgrade", "x").send()).await.expect("a response");
    let upgraded = switched.upgrade().expect("it switched");
    let counted = stats(&client);
    assert_eq!((counted.upgraded, counted.open), (1, 0));
    drop(upgraded);
    is_reused(&client, &server).await;
    assert_eq!(client.close_idle(), 1);
    let closed = stats(&client).closed;
    assert_eq!((closed.dismissed, closed.total()), (1, 7), "{closed:?}");
}

#[tokio::test]
async fn a_request_that_is_dropped_while_it_dials_is_counted_as_a_failure() {
    let hole = endpoints::hole("127.0.0.1");
    let client = Client::new();
    let mut dialling = Box::pin(client.get(format!("http://{}/", hole.address)).send());
    assert!(poll_once(dialling.as_mut()).await.is_pending());
    let counted = stats(&client);
    assert_eq!((counted.in_use, counted.opening, counted.opened), (1, 1, 0));
    drop(dialling);
    assert_eq!((stats(&client).open, stats(&client).failed), (0, 1));
}

#[cfg(feature = "auth")]
#[tokio::test]
async fn origins_are_shown_without_credentials() {
    let server = Server::start(polite);
    let proxy = format!("http://user:secret@{}", server.address());
    let client =
        Client::builder().proxy(wireline::client::Proxy::new(&proxy)).build().expect("a client");
    let url = "http://alice:geheim@www.example.com/x";
    deadline(client.get(url).send()).await.expect("an answer").text().await.expect("a body");
    let [origin] = client.origins().try_into().expect("one");
    let bare = format!("http://{}", server.address());
    assert_eq!((origin.origin.as_str(), origin.proxy.as_deref()), (&*bare, Some(&*bare)));
    let shown = format!("{origin:?} {:?}", client.pool_stats());
    assert!(!shown.contains("secret") && !shown.contains("geheim"), "{shown}");
}

/// The same with the first hop taken: what a quiet client holds can be seen, and let go.
#[tokio::test]
async fn a_quiet_client_can_be_swept() {
    let (server, other) = (Server::start(polite), Server::start(polite));
    let client = Client::new();
    is_reused(&client, &server).await;
    skip(20 * SECOND).await;
    is_reused(&client, &other).await;
    assert_eq!(client.close_expired(), 0);
    skip(10 * SECOND).await;
    assert_eq!((stats(&client).idle, stats(&client).expired), (2, 1));
    assert_eq!(crate::sockets::held(server.address()), 1, "nobody has closed it");
    assert_eq!(client.close_expired(), 1);
    assert_eq!(crate::sockets::held(server.address()), 0);
    assert_eq!((stats(&client).idle, stats(&client).expired), (1, 0));
    assert!(is_reused(&client, &other).await);
}
