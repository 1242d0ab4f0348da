//! What kind of values and futures these are.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wireline::{
    Body, Client, ClientBuilder, Error, Fields, Incoming, RequestBuilder, Response, Timings,
    Upgraded, Uri,
};

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet};

fn send<T: Send>(value: T) -> T {
    value
}

#[test]
fn values_go_anywhere() {
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    fn cloned<T: Clone>() {}
    shared::<Client>();
    shared::<ClientBuilder>();
    shared::<RequestBuilder>();
    shared::<Response>();
    shared::<Incoming>();
    shared::<Error>();
    shared::<Body>();
    shared::<Upgraded>();
    shared::<Timings>();
    shared::<Fields>();
    shared::<Uri>();
    cloned::<Client>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Client>(), size_of::<usize>());
}

#[test]
fn sending_futures_are_send_and_small() {
    let client = client();
    let future = send(client.get("http://example.com/").send());
    let size = size_of_val(&future);
    println!("send(): {size} bytes");
    assert!(size < 2048, "{size} bytes");
    let boxed = send(client.get("http://example.com/").into_future());
    assert_eq!(size_of_val(&boxed), 2 * size_of::<usize>());
}

#[tokio::test]
async fn reading_futures_are_send_and_small() {
    let (mut response, player) = crate::talk::asks(&client(), OK).await;
    let size = size_of_val(&send(response.chunk()));
    println!("chunk(): {size} bytes");
    assert!(size < 512, "{size} bytes");
    let size = size_of_val(&send(response.bytes()));
    println!("bytes(): {size} bytes");
    assert!(size < 2048, "{size} bytes");
    player.finish();
}

#[tokio::test]
async fn a_builder_can_be_awaited() {
    let player = Player::script().expect_head().play(OK).open().start();
    let response = deadline(client().get(player.url("/")).into_future()).await;
    assert_eq!(response.expect("an answer").status(), 200);
    player.finish();
    let player = Player::script().expect_head().play(OK).open().start();
    let sent = async { client().get(player.url("/")).await };
    assert_eq!(deadline(sent).await.expect("an answer").status(), 200);
    player.finish();
}

/// Requests under way do not need the handle that began them.
#[tokio::test]
async fn a_client_may_be_gone_before_its_response_is_read() {
    let player = Player::script()
        .expect_head()
        .play_bytewise("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        .open()
        .start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(deadline(response.text()).await.expect("a body"), "hello");
    player.finish();
}

#[test]
fn outside_a_runtime_there_is_an_error_and_no_panic() {
    let mut future = pin!(client().get("http://127.0.0.1:9/").send());
    let Poll::Ready(sent) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing to wait for")
    };
    let error = sent.expect_err("no runtime");
    assert!(error.is_builder(), "{error}");
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}

/// One client, two runtimes: the second cannot use the first one's sockets, and does not try.
#[test]
fn a_client_outlives_a_runtime() {
    let player = Player::script()
        .expect_head()
        .play(OK)
        .open()
        .expect_head()
        .play(OK)
        .expect_head()
        .play(OK)
        .open()
        .start();
    let client = client();
    let run = |times: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            for n in 0..times {
                let sent = deadline(client.get(player.url("/")).send()).await;
                assert_eq!(sent.expect("an answer").is_reused(), n > 0);
            }
        });
    };
    run(1);
    run(2);
    drop(client);
    assert_eq!(player.finish().connections, 2);
}

#[tokio::test]
async fn resolve_fixes_addresses() {
    let player = Player::script()
        .expect("GET /1 HTTP/1.1\r\nHost: a.test:81\r\n\r\n")
        .play(OK)
        .open()
        .expect("GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let refused = crate::endpoints::refused("127.0.0.1");
    let nobody: SocketAddr = refused.address;
    let client = quiet()
        .resolve("a.test", [nobody])
        // The last word counts; case and a final dot do not.
        .resolve("A.Test.", [player.address()])
        .resolve("localhost", [nobody, player.address()])
        .build()
        .expect("sound settings");
    let first = deadline(client.get("http://a.TEST:81/1").send()).await.expect("an answer");
    assert_eq!(first.connection().remote, Some(player.address()));
    // The first address refuses, the second answers; both attempts are on record.
    let second = deadline(client.get("http://localhost/2").send()).await.expect("an answer");
    let tried: Vec<_> = second.connection().log.attempts.iter().map(|a| a.address).collect();
    assert_eq!(tried, [nobody, player.address()]);
    player.finish();
}
