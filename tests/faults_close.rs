//! Servers that close or reset connections when it suits them least.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "support/steps.rs"]
mod steps;
mod support;

use server::{Guest, Server, polite};
use sockets::held;
use steps::until;
use support::deadline;
use support::player::{Player, Script};
use wireline::{Client, Delivery, Error, Method, Response};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async fn text(client: &Client, method: Method, url: &str) -> Result<(Response, String), Error> {
    let mut response = deadline(client.request(method, url).send()).await?;
    let mut body = Vec::new();
    while let Some(piece) = deadline(response.chunk()).await? {
        body.extend_from_slice(&piece);
    }
    Ok((response, String::from_utf8(body).expect("text")))
}

/// A first exchange that makes the connection a reused one; the second request is read to its end and not answered.
fn stale(end: fn(Script) -> Script) -> Script {
    end(Player::script().expect_head().play(OK).expect_head())
}

#[tokio::test]
async fn a_close_that_races_with_a_safe_request_is_repaired_once() {
    let ends: [fn(Script) -> Script; 2] = [Script::close, Script::reset];
    for end in ends {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let answer = if method == Method::HEAD { &OK[..OK.len() - 2] } else { OK };
            let player = stale(end).expect_head().play(answer).open().start();
            let client = Client::builder().max_connections(1).build().expect("a client");
            text(&client, Method::GET, &player.url("/1")).await.expect("the first");
            let second = text(&client, method.clone(), &player.url("/2")).await;
            let (response, _) = second.expect("the caller sees nothing");
            assert_eq!((response.timings().retries, response.is_reused()), (1, false), "{method}");
            drop((client, response));
            let seen = player.finish();
            assert_eq!(seen.connections, 2);
            assert_eq!(seen.heads[1], seen.heads[2], "the same request, byte for byte");
        }
    }
}

#[tokio::test]
async fn what_is_not_idempotent_is_not_sent_twice() {
    let ends: [fn(Script) -> Script; 2] = [Script::close, Script::reset];
    for end in ends {
        for method in [Method::POST, Method::PATCH] {
            let player = stale(end).start();
            let client = Client::builder().max_connections(1).build().expect("a client");
            text(&client, Method::GET, &player.url("/1")).await.expect("the first");
            let error = text(&client, method, &player.url("/2")).await.expect_err("no answer");
            assert_eq!(error.delivery(), Delivery::SentNoReply);
            assert_eq!(error.timings().retries, 0);
            assert!(
                error.to_string().ends_with("(the request was sent, no reply came)"),
                "{error}"
            );
            assert_eq!((held(player.address()), player.finish().connections), (0, 1));
        }
    }
}

/// The second attempt fails too: there is no third.
#[tokio::test]
async fn a_retry_is_never_a_loop() {
    let server = Server::start(|mut guest: Guest| async move {
        guest.request().await;
        if guest.number == 0 {
            guest.answer("x").await;
            guest.request().await;
        }
    });
    let client = Client::builder().max_connections(1).build().expect("a client");
    text(&client, Method::GET, &server.url("/1")).await.expect("the first");
    let error = text(&client, Method::GET, &server.url("/2")).await.expect_err("no answer");
    assert_eq!((error.timings().retries, error.delivery()), (1, Delivery::SentNoReply));
    assert_eq!((server.accepted(), server.requests(), held(server.address())), (2, 3, 0));
}

#[tokio::test]
async fn nothing_is_repeated_once_a_reply_has_begun() {
    let player =
        Player::script().expect_head().play(OK).expect_head().play("HTTP/1.1 2").close().start();
    let client = Client::new();
    text(&client, Method::GET, &player.url("/1")).await.expect("the first");
    let error = text(&client, Method::GET, &player.url("/2")).await.expect_err("half an answer");
    assert_eq!((error.timings().retries, error.delivery()), (0, Delivery::ReplyStarted));
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn a_reset_right_after_the_accept() {
    let server = Server::start(|guest: Guest| async move {
        if guest.number < 3 { guest.reset() } else { polite(guest).await }
    });
    let client = Client::builder().max_connections(1).build().expect("a client");
    for _ in 0..3 {
        let error = text(&client, Method::GET, &server.url("/")).await.expect_err("reset");
        assert_eq!(error.timings().retries, 0, "a fresh connection is not stale");
        assert_eq!(held(server.address()), 0);
    }
    text(&client, Method::GET, &server.url("/")).await.expect("the server is well again");
}

/// Go's TestStressSurpriseServerCloses: no request may be lost.
#[tokio::test]
async fn a_server_that_closes_silently_loses_no_request() {
    let server = Server::start(|mut guest: Guest| async move {
        for _ in 0..=guest.number % 7 {
            let Some(asked) = guest.request().await else { return };
            guest.answer(asked.path()).await;
        }
    });
    let client = Client::builder().max_connections(4).build().expect("a client");
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..4 {
        let (client, base) = (client.clone(), server.url(""));
        tasks.spawn(async move {
            for number in 0..500 {
                let path = format!("/{task}/{number}");
                let answer = text(&client, Method::GET, &format!("{base}{path}")).await;
                assert_eq!(answer.expect("not lost").1, path);
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("no panic");
    }
    drop(client);
    assert_eq!(held(server.address()), 0);
}

#[tokio::test]
async fn half_closed_after_the_response_although_keep_alive_was_promised() {
    let server = Server::start(|mut guest: Guest| async move {
        if guest.number > 0 {
            return polite(guest).await;
        }
        guest.request().await;
        guest.play("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").await;
        guest.half_close().await;
        guest.gone().await;
    });
    let client = Client::new();
    text(&client, Method::GET, &server.url("/1")).await.expect("the first");
    deadline(until(|| sockets::touched(server.address()))).await;
    let (response, _) =
        text(&client, Method::POST, &server.url("/2")).await.expect("a new connection");
    assert_eq!((response.is_reused(), response.timings().retries), (false, 0));
}

fn megabytes(count: usize) -> Vec<u8> {
    vec![b'x'; count << 20]
}

/// The server has had enough, says why and half-closes; it reads no more.
#[tokio::test]
async fn half_closed_during_the_upload() {
    for answer in ["HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno", ""] {
        let server = Server::start(move |mut guest: Guest| async move {
            if guest.number > 0 {
                return polite(guest).await;
            }
            guest.head().await;
            guest.play(answer).await;
            guest.half_close().await;
            std::future::pending::<()>().await;
        });
        let client = Client::builder().max_connections(1).build().expect("a client");
        let request = client.post(server.url("/")).body(megabytes(16));
        match deadline(request.send()).await {
            Ok(response) => {
                assert_eq!(response.status().as_u16(), 413);
                assert_eq!(deadline(response.text()).await.expect("a body"), "no");
            }
            Err(error) => {
                assert!(answer.is_empty() && error.is_protocol(), "{error}");
                assert_eq!(error.delivery(), Delivery::PartlySent);
            }
        }
        assert_eq!(held(server.address()), 0);
        text(&client, Method::GET, &server.url("/next")).await.expect("the next");
    }
}

/// Go's TestTransportPrefersResponseOverWriteError: the reason was sent before the reset.
#[tokio::test]
async fn an_early_answer_is_preferred_to_the_broken_pipe_behind_it() {
    let server = Server::start(|mut guest: Guest| async move {
        guest.head().await;
        let answer =
            "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 3\r\n\r\nwho";
        guest.play(answer).await;
        guest.swallow(1 << 20).await;
        // Closed with most of the upload unread, which resets.
    });
    let client = Client::builder().max_connections(1).build().expect("a client");
    for _ in 0..20 {
        let request = client.post(server.url("/")).body(megabytes(4));
        let response = deadline(request.send()).await.expect("the early answer");
        assert_eq!(response.status().as_u16(), 401);
        assert_eq!(deadline(response.text()).await.expect("its body"), "who");
        assert_eq!(held(server.address()), 0);
    }
}

#[tokio::test]
async fn a_reset_during_the_upload_says_how_much_was_sent() {
    let server = Server::start(|mut guest: Guest| async move {
        guest.swallow(1 << 16).await;
        guest.reset();
    });
    let client = Client::builder().max_connections(1).build().expect("a client");
    for _ in 0..3 {
        let request = client.put(server.url("/")).body(megabytes(16));
        let error = deadline(request.send()).await.expect_err("reset");
        assert_eq!(error.delivery(), Delivery::PartlySent);
        assert_eq!(error.timings().retries, 0, "the connection was fresh");
        assert_eq!(held(server.address()), 0);
    }
}

struct Once(Option<&'static str>);

impl futures_core::Stream for Once {
    type Item = Result<&'static str, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Ok))
    }
}

/// undici 03603cd60: the second attempt sent the rest of the body, or none.
#[tokio::test]
async fn s_13_a_body_is_repeated_from_its_first_byte_or_not_at_all() {
    let put = "PUT /2 HTTP/1.1\r\nHost: {host}\r\n\
               user-agent: x\r\nAccept: */*\r\nContent-Length: 5\r\n\r\nhello";
    let first = || Player::script().expect_head().play(OK);
    let player = first().expect(put).close().expect(put).play(OK).open().start();
    let client = Client::builder().header("user-agent", "x").build().expect("a client");
    text(&client, Method::GET, &player.url("/1")).await.expect("the first");
    let response = deadline(client.put(player.url("/2")).body(&b"hello"[..]).send()).await;
    assert_eq!(response.expect("the second attempt").timings().retries, 1);
    assert_eq!(player.finish().connections, 2);

    let chunked = "PUT /2 HTTP/1.1\r\nHost: {host}\r\n\
                   user-agent: x\r\nAccept: */*\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let player = first().expect(chunked).close().start();
    text(&client, Method::GET, &player.url("/1")).await.expect("the first");
    let body = wireline::Body::stream(Once(Some("hello")));
    let error = deadline(client.put(player.url("/2")).body(body).send()).await;
    let error = error.expect_err("a stream is used up");
    assert_eq!((error.timings().retries, error.delivery()), (0, Delivery::SentNoReply));
    assert_eq!(player.finish().connections, 1);
}
