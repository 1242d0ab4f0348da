//! Connections made before anybody asks for one.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use wireline::client::Proxy;
use wireline::{Client, Delivery, Event, Happening, Method, Phase};

use crate::server::{Guest, Server, polite};
use crate::sockets::{held, touched};
use crate::steps::{poll_at_most, poll_once, skip, until};
use crate::support::deadline;
use crate::support::player::Player;
use crate::{SECOND, endpoints, get, is_reused, moody, stats};

#[tokio::test]
async fn the_first_requests_find_open_connections() {
    let server = Server::start(moody);
    let client = Client::new();
    assert_eq!(deadline(client.warm_up(&server.url("/"), 3)).await.expect("a server"), 3);
    until(|| server.accepted() == 3).await;
    assert_eq!((server.requests(), held(server.address())), (0, 3));
    let counted = stats(&client);
    assert_eq!((counted.idle, counted.in_use, counted.opened, counted.reused), (3, 0, 3, 0));
    let mut responses = Vec::new();
    for _ in 0..3 {
        let response = get(&client, &server, "/hold").await;
        assert!(response.is_reused());
        assert_eq!(response.timings().connect, None, "nobody waited for it");
        responses.push(response);
    }
    assert_eq!(server.accepted(), 3);
    assert_eq!((stats(&client).reused, stats(&client).opened), (3, 3));
}

#[tokio::test]
async fn it_fills_up_and_does_not_add() {
    let server = Server::start(polite);
    let client = Client::builder().max_connections(6).max_connections_per_origin(4).build();
    let client = client.expect("a client");
    let warm = async |count| deadline(client.warm_up(&server.url("/"), count)).await.expect("ok");
    assert_eq!((warm(2).await, warm(2).await, warm(3).await, warm(0).await), (2, 0, 1, 0));
    assert_eq!(warm(100).await, 1, "four to one origin");
    let other = Server::start(polite);
    assert_eq!(deadline(client.warm_up(&other.url("/"), 9)).await.expect("ok"), 2, "six in all");
    let third = Server::start(polite);
    assert_eq!(deadline(client.warm_up(&third.url("/"), 1)).await.expect("ok"), 0);
    assert_eq!((stats(&client).idle, stats(&client).closed.total()), (6, 0), "nobody is evicted");
    assert!(!is_reused(&client, &third).await, "a request is worth an eviction");
}

#[tokio::test]
async fn one_that_the_server_has_closed_is_found_out_at_checkout() {
    let server = Server::start(|mut guest: Guest| async move {
        if guest.number > 0 {
            polite(guest).await;
        } else {
            guest.half_close().await;
            guest.gone().await;
        }
    });
    let client = Client::new();
    deadline(client.warm_up(&server.url("/"), 1)).await.expect("a server");
    until(|| held(server.address()) == 1 && touched(server.address())).await;
    assert!(!is_reused(&client, &server).await);
    let counted = stats(&client);
    assert_eq!((counted.closed.dead, counted.reused, server.requests()), (1, 0, 1));
}

/// A server that gives up on a silent connection just when the first request comes: the connection had been idle, so what
/// is safe is sent once more.
#[tokio::test]
async fn one_that_dies_under_the_first_request_counts_as_kept() {
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().close().expect_head().play(OK).open().start();
    let client = Client::new();
    deadline(client.warm_up(&player.url("/"), 1)).await.expect("a server");
    let response = deadline(client.get(player.url("/x")).send()).await.expect("the second one");
    assert_eq!((response.timings().retries, response.is_reused()), (1, false));
    let seen = player.finish();
    assert_eq!((seen.connections, seen.heads.len()), (2, 2));

    let player = Player::script().expect_head().close().start();
    deadline(client.warm_up(&player.url("/"), 1)).await.expect("a server");
    let error = deadline(client.post(player.url("/x")).send()).await.expect_err("not twice");
    assert_eq!(error.delivery(), Delivery::SentNoReply);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn they_expire_like_any_other() {
    let server = Server::start(polite);
    let client = Client::new();
    deadline(client.warm_up(&server.url("/"), 2)).await.expect("a server");
    skip(29 * SECOND).await;
    assert_eq!(client.close_expired(), 0);
    skip(SECOND).await;
    assert_eq!((client.close_expired(), held(server.address())), (2, 0));
    assert_eq!(stats(&client).closed.expired, 2);
}

/// They count towards the limits of their connections from the start: three requests, not four.
#[tokio::test]
async fn warming_is_no_request() {
    let server = Server::start(polite);
    let client = Client::builder().max_requests_per_connection(3).build().expect("a client");
    deadline(client.warm_up(&server.url("/"), 1)).await.expect("a server");
    for _ in 0..3 {
        assert!(is_reused(&client, &server).await);
    }
    assert_eq!((stats(&client).closed.max_requests, server.accepted()), (1, 1));
}

#[tokio::test]
async fn what_is_made_goes_to_whoever_waits() {
    let (server, other) = (Server::start(polite), Server::start(moody));
    let client = Client::builder().max_connections(2).build().expect("a client");
    let _holding = get(&client, &other, "/hold").await;
    let mut warming = pin!(client.warm_up(server.url("/").leak(), 1));
    assert!(poll_once(warming.as_mut()).await.is_pending());
    let mut waiting = pin!(is_reused(&client, &server));
    assert!(poll_once(waiting.as_mut()).await.is_pending());
    assert_eq!(stats(&client).waiting, 1);
    assert_eq!(deadline(warming).await.expect("a server"), 1);
    assert!(deadline(waiting).await);
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn s_44_given_up_at_any_point_it_leaves_nothing_behind() {
    let server = Server::start(polite);
    let client = Client::builder().max_connections(3).build().expect("a client");
    for polls in 1..12 {
        let url = server.url("/");
        let warmed = deadline(poll_at_most(polls, client.warm_up(&url, 3))).await;
        let counted = stats(&client);
        assert_eq!(counted.in_use, 0, "after {polls} polls");
        assert_eq!(held(server.address()), counted.idle);
        if let Some(warmed) = warmed {
            assert_eq!(warmed.expect("a server"), 3 - (3 - counted.idle));
        }
        client.close_idle();
    }
    assert_eq!(deadline(client.warm_up(&server.url("/"), 3)).await.expect("a server"), 3);
}

#[tokio::test]
async fn errors_are_those_of_a_dial() {
    let refused = endpoints::refused("127.0.0.1");
    let url = format!("http://{}/secret?q=1", refused.address);
    let client = Client::new();
    let error = deadline(client.warm_up(&url, 2)).await.expect_err("nobody is there");
    assert!(error.is_connect());
    assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
    assert!(error.to_string().contains(&refused.address.to_string()), "{error}");
    assert_eq!((stats(&client).open, stats(&client).failed), (0, 2));
    assert!(deadline(client.warm_up("no url", 1)).await.expect_err("nonsense").is_builder());

    let hole = endpoints::hole("127.0.0.1");
    let client = Client::builder().connect_timeout(SECOND / 20).build().expect("a client");
    let warming = client.warm_up(&format!("http://{}/", hole.address), 1).await;
    assert!(warming.expect_err("nobody answers").is_timeout());
}

#[tokio::test]
async fn it_is_told_as_a_request_that_ends_with_its_connection() {
    let server = Server::start(polite);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    let client = Client::builder().on_event(move |event: &Event<'_>| {
        ears.lock().expect("not poisoned").push(match &event.what {
            Happening::Begun { method, .. } if *method == Method::GET => "begun",
            Happening::Opening { .. } => "opening",
            Happening::Connected(_) => "connected",
            Happening::Done => "done",
            Happening::Dropped | Happening::Failed(_) => "failed",
            _ => return,
        });
    });
    let client = client.build().expect("a client");
    deadline(client.warm_up(&server.url("/"), 1)).await.expect("a server");
    assert_eq!(*heard.lock().expect("not poisoned"), ["begun", "opening", "connected", "done"]);
    let refused = endpoints::refused("127.0.0.1");
    let _ = deadline(client.warm_up(&format!("http://{}/", refused.address), 1)).await;
    assert_eq!(heard.lock().expect("not poisoned")[4..], ["begun", "opening", "failed"]);
}

/// Through a forwarding proxy the connection is the proxy's, for whatever origin.
#[tokio::test]
async fn a_forwarding_proxy_is_warmed_for_all_origins() {
    let proxy = Server::start(|mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            guest.answer(asked.path()).await;
        }
    });
    let url = format!("http://{}", proxy.address());
    let client = Client::builder().proxy(Proxy::new(&url)).build().expect("a client");
    deadline(client.warm_up("http://one.example/", 1)).await.expect("a proxy");
    let response = deadline(client.get("http://two.example/x").send()).await.expect("an answer");
    assert!(response.is_reused());
    assert_eq!(deadline(response.text()).await.expect("a body"), "http://two.example/x");
}

/// Through a tunnel it is the origin's, and the CONNECT has been sent by then.
#[tokio::test]
async fn a_tunnel_is_dug_in_advance() {
    let proxy = Server::start(|mut guest: Guest| async move {
        let asked = guest.request().await.expect("a CONNECT");
        assert!(asked.head.starts_with("CONNECT one.example:80 "), "{}", asked.head);
        guest.play("HTTP/1.1 200 OK\r\n\r\n").await;
        polite(guest).await;
    });
    let through = Proxy::new(format!("http://{}", proxy.address())).tunnel(true);
    let client = Client::builder().proxy(through).build().expect("a client");
    assert_eq!(deadline(client.warm_up("http://one.example/", 1)).await.expect("a tunnel"), 1);
    assert_eq!(proxy.requests(), 1);
    let response = deadline(client.get("http://one.example/x").send()).await.expect("an answer");
    assert!(response.is_reused());
    assert_eq!(deadline(response.text()).await.expect("a body"), "/x");
    assert_eq!((proxy.requests(), proxy.accepted()), (2, 1));
}

/// What a request chooses for itself is part of the key, in advance too.
#[tokio::test]
async fn s_45_a_request_with_its_own_connector_is_warmed_apart() {
    let server = Server::start(polite);
    let (client, own) = (Client::new(), wireline::Connector::new());
    let request = || client.get(server.url("/x")).connector(&own);
    assert_eq!(deadline(request().warm_up(1)).await.expect("a server"), 1);
    assert!(!is_reused(&client, &server).await);
    assert!(deadline(request().send()).await.expect("an answer").is_reused());
}
