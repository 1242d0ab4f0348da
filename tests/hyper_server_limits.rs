//! The client against hyper's server: places in the pool, time and sizes, and answers that come before their time.
#![cfg(feature = "client")]

#[path = "support/pieces.rs"]
mod pieces;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::convert::Infallible;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Request, Response};
use pieces::{Pieces, Stuck, pattern};
use server::{Content, full, serve, streamed};
use support::deadline;
use tokio::runtime::Runtime;
use wireline::{Body, Client, Clock, Delivery, Phase};

const SHORT: Duration = Duration::from_millis(150);

fn endless() -> Body {
    let piece = Bytes::from(vec![7; 65_536]);
    Body::stream(Pieces(std::iter::repeat_with(move || Ok::<_, Infallible>(piece.clone()))))
}

/// Never reads what it is sent. `/large` answers with much, `/slow` never to the end, anything else with a word.
async fn hasty(request: Request<Incoming>) -> Response<Content> {
    let word = || std::iter::once(Ok::<_, Infallible>(Bytes::from_static(b"word")));
    match request.uri().path() {
        "/large" => Response::new(full(pattern(3_000_000))),
        "/slow" => Response::new(streamed(Stuck(Pieces(word())))),
        "/endless" => Response::new(streamed(Pieces(word().cycle()))),
        _ => Response::new(full("word")),
    }
}

/// "If a server responds before the request is complete" with success, the upload goes on until the server hangs up;
/// the response is whole all the same.
#[tokio::test]
async fn an_early_success_is_delivered_although_the_upload_fails() {
    deadline(async {
        let server = serve(hasty).await;
        let client = Client::new();
        for _ in 0..20 {
            let request = client.post(server.url("/")).body(endless());
            let response = request.send().await.expect("an answer");
            assert_eq!(response.text().await.expect("a body"), "word");
        }
        let response = client.get(server.url("/")).send().await.expect("an answer");
        assert!(!response.is_reused());
    })
    .await;
}

#[tokio::test]
async fn a_full_pool_makes_wait_and_says_so() {
    deadline(async {
        let server = serve(hasty).await;
        let builder = Client::builder().max_connections(2).pool_timeout(SHORT);
        let client = builder.build().expect("a client");
        let held = [
            client.get(server.url("/slow")).send().await.expect("an answer"),
            client.get(server.url("/slow")).send().await.expect("an answer"),
        ];
        let error = client.get(server.url("/")).send().await.expect_err("no place");
        assert!(error.is_timeout() && !error.is_connect(), "{error:?}");
        assert_eq!((error.clock(), error.phase()), (Some(Clock::Queue), Phase::Queue));
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(error.to_string().contains("2 in use"), "{error}");
        // Who waits gets the first place that comes free.
        let waiting = tokio::spawn(client.get(server.url("/")).timeout(support::PATIENCE).send());
        tokio::task::yield_now().await;
        drop(held);
        let response = waiting.await.expect("no panic").expect("a place");
        assert_eq!(response.text().await.expect("a body"), "word");
        assert_eq!(server.counts().most, 2);
    })
    .await;
}

#[tokio::test]
async fn a_pool_that_keeps_nothing_closes_everything() {
    deadline(async {
        let mut server = serve(hasty).await;
        let client = Client::builder().idle_timeout(Duration::ZERO).build().expect("a client");
        for number in 1..=3 {
            let response = client.get(server.url("/")).send().await.expect("an answer");
            assert!(!response.is_reused());
            assert_eq!(response.text().await.expect("a body"), "word");
            assert_eq!(server.counts().accepted, number);
        }
        drop(client);
        server.until(|counts| counts.open == 0).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_buffered_is_limited_and_what_is_streamed_is_not() {
    deadline(async {
        let server = serve(hasty).await;
        let client = Client::builder().max_body(1_000_000).build().expect("a client");
        for path in ["/large", "/endless"] {
            let response = client.get(server.url(path)).send().await.expect("an answer");
            let error = response.bytes().await.expect_err("too large");
            assert!(error.is_limit() && !error.is_timeout(), "{error:?}");
            assert!(error.to_string().contains("1000000 bytes"), "{error}");
            assert!(error.to_string().contains(&server.url(path)), "{error}");
        }
        let mut response = client.get(server.url("/large")).send().await.expect("an answer");
        let mut count = 0;
        while let Some(chunk) = response.chunk().await.expect("a chunk") {
            count += chunk.len();
        }
        assert_eq!(count, 3_000_000);
    })
    .await;
}

#[tokio::test]
async fn the_total_timeout_covers_all_hops_and_the_body() {
    deadline(async {
        let server = serve(|request: Request<Incoming>| async move {
            match request.uri().path() {
                "/round" => {
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    let answer = Response::builder().status(302).header("location", "/round");
                    answer.body(full("")).expect("a response")
                }
                _ => hasty(request).await,
            }
        })
        .await;
        let client =
            Client::builder().timeout(SHORT).max_redirects(1000).build().expect("a client");
        let error = client.get(server.url("/round")).send().await.expect_err("too slow");
        assert_eq!((error.clock(), error.phase()), (Some(Clock::Total), Phase::Head), "{error}");
        assert!(error.timings().redirects < 10, "{:?}", error.timings());
        let mut response = client.get(server.url("/slow")).send().await.expect("a head");
        assert_eq!(response.chunk().await.expect("a chunk").as_deref(), Some(&b"word"[..]));
        let error = response.chunk().await.expect_err("too slow");
        assert_eq!((error.clock(), error.phase()), (Some(Clock::Total), Phase::Body), "{error}");
    })
    .await;
}

/// A server that takes nothing in fills the sockets in between; then the write clock runs.
#[tokio::test]
async fn an_upload_nobody_reads_ends_with_the_write_timeout() {
    deadline(async {
        let server = serve(|request: Request<Incoming>| async move {
            std::future::pending::<()>().await;
            drop(request);
            Response::new(full(""))
        })
        .await;
        let client = Client::builder().write_timeout(SHORT).build().expect("a client");
        let error = client.post(server.url("/")).body(endless()).send().await.expect_err("stuck");
        assert_eq!((error.clock(), error.phase()), (Some(Clock::Write), Phase::Send), "{error}");
        assert_eq!(error.delivery(), Delivery::PartlySent);
    })
    .await;
}

/// A client in a `static` meets one runtime after the other, as in a file of `#[tokio::test]`s.
#[test]
fn one_client_serves_one_runtime_after_the_other() {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().expect("a runtime")
    };
    let home = runtime();
    let server = home.block_on(serve(hasty));
    let ask = |runtime: &Runtime| {
        let url = server.url("/");
        runtime.block_on(deadline(async {
            let response =
                CLIENT.get_or_init(Client::new).get(url).send().await.expect("an answer");
            let reused = response.is_reused();
            assert_eq!(response.text().await.expect("a body"), "word");
            reused
        }))
    };
    for _ in 0..3 {
        let passing = runtime();
        assert_eq!([ask(&passing), ask(&passing)], [false, true]);
    }
    // While two live side by side, neither gets the other's connections.
    let (one, other) = (runtime(), runtime());
    assert_eq!([ask(&one), ask(&other)], [false, false]);
}

#[test]
fn outside_of_a_runtime_there_is_an_error_and_no_panic() {
    let sending = Client::new().get("http://127.0.0.1:9/").send();
    let mut sending = std::pin::pin!(sending);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match sending.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Err(error)) => assert!(error.is_builder(), "{error}"),
        other => panic!("{other:?}"),
    }
}
