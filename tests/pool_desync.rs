//! Bytes that belong to no request, and connections that died at rest: who is in doubt is closed, and the next request
//! gets its own answer. The next request is a POST wherever a retry could hide a connection that was wrongly kept.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "support/steps.rs"]
mod steps;
mod support;

use std::sync::Arc;

use server::{Guest, Server, polite};
use sockets::{held, touched, unread};
use steps::until;
use support::deadline;
use tokio::sync::{Barrier, Notify, Semaphore};
use wireline::{Client, Method, Response};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What the first connection does after its first response, when told.
#[derive(Clone, Copy, Debug)]
enum Then {
    Play(&'static str),
    HalfClose,
    Close,
    Reset,
}

/// Plays `first` to the first request and then does `then`; any other connection is served politely.
fn server(first: &'static [u8], go: &Arc<Notify>, then: Then) -> Server {
    let go = Arc::clone(go);
    Server::start(move |mut guest: Guest| {
        let go = Arc::clone(&go);
        async move {
            if guest.number > 0 {
                return polite(guest).await;
            }
            guest.request().await;
            guest.play(first).await;
            go.notified().await;
            match then {
                Then::Play(bytes) => drop(guest.play(bytes).await),
                Then::HalfClose => guest.half_close().await,
                Then::Close => return,
                Then::Reset => return guest.reset(),
            }
            guest.gone().await;
        }
    })
}

async fn ask(client: &Client, method: Method, url: String) -> Response {
    deadline(client.request(method, url).send()).await.expect("a response")
}

/// The next request is answered by the server and not by what lay around.
async fn the_next_is_right(client: &Client, server: &Server) {
    let response = ask(client, Method::POST, server.url("/next")).await;
    assert_eq!((response.is_reused(), response.timings().retries), (false, 0));
    assert_eq!(deadline(response.text()).await.expect("a body"), "/next");
    assert_eq!((server.accepted(), held(server.address())), (2, 1));
}

/// undici GHSA-35p6-xmwp-9g52: a second response behind the first answered the next request.
#[tokio::test]
async fn s_40_surplus_bytes_with_the_response() {
    let surplus = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let (head, empty) = ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 No\r\n\r\n");
    for (method, first, body) in [
        (Method::GET, OK.to_owned() + surplus, "ok"),
        (Method::GET, OK.to_owned() + "\r\n", "ok"),
        (Method::GET, OK.to_owned() + "!", "ok"),
        (Method::GET, chunked.to_owned() + surplus, "ok"),
        // S-32: content where none may be is surplus too.
        (Method::HEAD, head.to_owned() + "hello", ""),
        (Method::GET, empty.to_owned() + surplus, ""),
        (Method::GET, empty.to_owned() + "HTTP/1.1 100 Continue\r\n\r\n", ""),
    ] {
        let go = Arc::new(Notify::new());
        let server = server(first.leak().as_bytes(), &go, Then::Close);
        let client = Client::new();
        let response = ask(&client, method, server.url("/")).await;
        assert_eq!(deadline(response.text()).await.expect("a body"), body);
        assert_eq!(held(server.address()), 0, "closed before anything else is sent");
        the_next_is_right(&client, &server).await;
    }
}

#[tokio::test]
async fn s_41_unsolicited_bytes_on_an_idle_connection() {
    for then in [
        Then::Play("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
        Then::Play("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"),
        Then::Play("\r\n"),
        Then::Play("!"),
    ] {
        let go = Arc::new(Notify::new());
        let server = server(OK.as_bytes(), &go, then);
        let client = Client::new();
        let response = ask(&client, Method::GET, server.url("/")).await;
        assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
        assert_eq!(held(server.address()), 1, "kept");
        go.notify_one();
        deadline(until(|| unread(server.address()) > 0)).await;
        the_next_is_right(&client, &server).await;
    }
}

/// The rest of the bytes comes while the caller still holds the response: kept or not is decided at the next checkout.
#[tokio::test]
async fn s_40_surplus_bytes_right_behind_content_read_by_hand() {
    let first = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe";
    let go = Arc::new(Notify::new());
    let server = server(first, &go, Then::Play("llo!"));
    let client = Client::new();
    let mut response = ask(&client, Method::GET, server.url("/")).await;
    assert_eq!(deadline(response.chunk()).await.expect("a piece").as_deref(), Some(&b"he"[..]));
    go.notify_one();
    deadline(until(|| unread(server.address()) == 4)).await;
    assert_eq!(deadline(response.bytes()).await.expect("the rest"), "llo");
    the_next_is_right(&client, &server).await;
}

#[tokio::test]
async fn a_server_that_closed_at_rest_is_not_noticed_by_the_caller() {
    for then in [Then::Close, Then::HalfClose, Then::Reset] {
        let go = Arc::new(Notify::new());
        let server = server(OK.as_bytes(), &go, then);
        let client = Client::new();
        let response = ask(&client, Method::GET, server.url("/")).await;
        assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
        go.notify_one();
        deadline(until(|| touched(server.address()))).await;
        the_next_is_right(&client, &server).await;
    }
}

/// Several died; none is tried, and the places of the dead are free.
#[tokio::test]
async fn all_dead_connections_are_passed_over() {
    let (together, go) = (Arc::new(Barrier::new(4)), Arc::new(Semaphore::new(0)));
    let told = Arc::clone(&go);
    let server = Server::start(move |mut guest: Guest| {
        let (together, told) = (Arc::clone(&together), Arc::clone(&told));
        async move {
            if guest.number >= 4 {
                return polite(guest).await;
            }
            guest.request().await;
            together.wait().await;
            guest.answer("x").await;
            let _ = told.acquire().await;
        }
    });
    let client = Client::builder().max_connections(4).build().expect("a client");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (client, url) = (client.clone(), server.url("/"));
        tasks.spawn(async move { drop(ask(&client, Method::GET, url).await) });
    }
    deadline(tasks.join_all()).await;
    assert_eq!(held(server.address()), 4);
    go.add_permits(4);
    deadline(until(|| touched(server.address()))).await;
    for number in 0..4 {
        let response = ask(&client, Method::POST, server.url("/next")).await;
        assert_eq!(response.is_reused(), number > 0);
        assert_eq!(deadline(response.text()).await.expect("a body"), "/next");
    }
    assert_eq!((server.accepted(), held(server.address())), (5, 1));
}
