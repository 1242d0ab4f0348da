//! What tells connections apart, and what does not. The key itself is tested where it is made (`s_45_…` in `conn::route`);
//! this is what the server sees of it.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/paced.rs"]
mod paced;
#[path = "support/server.rs"]
mod server;
mod support;

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use paced::Pacer;
use server::{Guest, Server, polite};
use support::deadline;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use wireline::Client;

async fn is_reused(client: &Client, url: &str) -> bool {
    let response = deadline(client.get(url).no_auth().send()).await.expect("a response");
    let reused = response.is_reused();
    deadline(response.bytes()).await.expect("a body");
    reused
}

#[tokio::test]
async fn s_45_change_one_part_of_the_origin_and_get_another_connection() {
    let (server, other) = (Server::start(polite), Server::start(polite));
    let port = server.address().port();
    let addresses: [SocketAddr; 1] = [server.address()];
    // Wherever these lead, it is to the same place.
    let client = Client::builder()
        .resolve("a.test", addresses)
        .resolve("b.test", addresses)
        .resolve("xn--a-ecp.test", addresses)
        .secure(Pacer::new())
        .build()
        .expect("a client");
    let base = format!("http://a.test:{port}/");
    assert!(!is_reused(&client, &base).await);
    for other in [
        format!("https://a.test:{port}/"),
        format!("http://b.test:{port}/"),
        format!("http://xn--a-ecp.test:{port}/"),
        format!("http://127.0.0.1:{port}/"),
        other.url("/"),
        "http://a.test/".to_owned(),
    ] {
        assert!(!is_reused(&client, &other).await, "{other}");
        assert!(is_reused(&client, &other).await, "{other}, once more");
        assert!(is_reused(&client, &base).await);
    }
    assert_eq!((server.accepted(), other.accepted()), (6, 1));
}

#[tokio::test]
async fn s_45_what_is_no_part_of_the_origin_does_not_matter() {
    let server = Server::start(polite);
    let port = server.address().port();
    let client = Client::builder().resolve("a.test", [server.address()]).build().expect("a client");
    assert!(!is_reused(&client, &format!("http://a.test:{port}/")).await);
    for same in [
        format!("http://A.TEST:{port}/x?y#z"),
        format!("HTTP://a.test:0{port}"),
        format!("http://user:secret@a.test:{port}/"),
    ] {
        assert!(is_reused(&client, &same).await, "{same}");
    }
    let request = client.get(format!("http://a.test:{port}/")).header("Host", "other.test");
    assert!(deadline(request.send()).await.expect("a response").is_reused());
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn s_45_two_sets_of_tls_settings_share_nothing() {
    let server = Server::start(polite);
    let url = server.url("/").replace("http://", "https://");
    let one = Client::builder().secure(Pacer::new()).build().expect("a client");
    let two = Client::builder().secure(Pacer::new()).build().expect("a client");
    assert!(!is_reused(&one, &url).await);
    assert!(!is_reused(&two, &url).await);
    assert!(is_reused(&one, &url).await && is_reused(&two, &url).await);
    assert_eq!(server.accepted(), 2);
}

static CLIENT: LazyLock<Client> =
    LazyLock::new(|| Client::builder().max_connections(2).build().expect("a client"));

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// hyper#2112, reqwest#1148: a client in a `static` failed in every test but the first.
#[test]
fn a_static_client_works_in_one_runtime_after_another() {
    let server = Server::start(|mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            if asked.path() != "/silence" {
                guest.answer(asked.path()).await;
            }
        }
    });
    let mut alive = Vec::new();
    for round in 0..4 {
        let runtime = runtime();
        runtime.block_on(async {
            assert!(!is_reused(&CLIENT, &server.url("/")).await, "a socket belongs to its runtime");
            assert!(is_reused(&CLIENT, &server.url("/")).await);
            // Its timers ring in this runtime too.
            let silence = CLIENT.get(server.url("/silence"));
            let error = deadline(silence.read_timeout(Duration::from_millis(50)).send()).await;
            assert!(error.expect_err("silence").is_timeout());
            assert!(!is_reused(&CLIENT, &server.url("/")).await);
        });
        // Some of them are gone when the next one begins, some are not.
        if round % 2 == 0 {
            alive.push(runtime);
        }
    }
}

#[test]
fn a_connection_given_back_in_one_runtime_is_replaced_in_another() {
    let server = Server::start(polite);
    let url = server.url("/");
    let client = Client::builder().max_connections(1).build().expect("a client");
    let (here, there) = (runtime(), runtime());
    let response = here.block_on(deadline(client.get(&url).send())).expect("a response");
    drop(response);
    assert!(!there.block_on(is_reused(&client, &url)));
    // Now it is the other way round, and both are alive.
    assert!(!here.block_on(is_reused(&client, &url)));
    assert!(here.block_on(is_reused(&client, &url)));
    assert_eq!(server.accepted(), 3);
}

/// A request under way when its runtime ends gives its place back, although nobody polls it any more.
#[test]
fn a_runtime_that_ends_takes_its_requests_along_and_leaves_the_client_whole() {
    let (reached, told) = oneshot::channel();
    let reached = std::sync::Mutex::new(Some(reached));
    let server = Server::start(move |mut guest: Guest| {
        let reached = reached.lock().expect("not poisoned").take();
        async move {
            let Some(reached) = reached else { return polite(guest).await };
            guest.request().await;
            let _ = reached.send(());
            guest.gone().await;
        }
    });
    let client = Client::builder().max_connections(1).build().expect("a client");
    let first = runtime();
    let request = client.get(server.url("/never"));
    first.spawn(async move { drop(request.send().await) });
    first.block_on(deadline(told)).expect("the request has been read");
    let second = runtime();
    let (waiter, url) = (client.clone(), server.url("/a"));
    let waiting = second.spawn(async move { is_reused(&waiter, &url).await });
    second.block_on(tokio::task::yield_now());
    first.shutdown_background();
    assert!(!second.block_on(deadline(waiting)).expect("no panic"));
}

#[test]
fn a_request_outside_of_a_runtime_is_an_error_and_no_panic() {
    let mut request = std::pin::pin!(Client::new().get("http://127.0.0.1:9/").send());
    let waker = std::task::Waker::noop();
    let polled = request.as_mut().poll(&mut std::task::Context::from_waker(waker));
    let std::task::Poll::Ready(Err(error)) = polled else { panic!("an error at once") };
    assert!(error.to_string().contains("runtime"), "{error}");
}
