//! The cancellation sweep (S-44): a request is polled n times and dropped, for n from 0 until it completes, over a wire
//! that is pending before every byte, in and out. Whatever the moment, the client is whole afterwards: its one place is
//! free, and the next request gets its own answer.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/paced.rs"]
mod paced;
#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "support/steps.rs"]
mod steps;
mod support;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use paced::{Pace, Pacer};
use server::{Guest, Server};
use sockets::held;
use steps::{poll_at_most, poll_once};
use support::deadline;
use tokio::io::AsyncReadExt;
use wireline::net::{Answer, Resolution, Resolve, addresses};
use wireline::{Body, Client, Error, Fields, Response};

/// The fewest polls a sweep must have cancelled at, or it was no sweep.
const AT_LEAST: usize = 50;

/// Answers with the request's path, then with its body, chunked or of known length; a redirect where the path asks for one.
fn echo() -> Server {
    Server::start(|mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            let text = format!("{} {}", asked.path(), String::from_utf8_lossy(&asked.body));
            let answer = if asked.path().starts_with("/redirect") {
                "HTTP/1.1 307 Go\r\nLocation: /there\r\nContent-Length: 4\r\n\r\ngone".to_owned()
            } else if asked.path().starts_with("/chunked") {
                let (one, two) = text.split_at(text.len() / 2);
                format!(
                    "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                     {:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\nA: b\r\n\r\n",
                    one.len(),
                    two.len()
                )
            } else {
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len())
            };
            if guest.play(answer).await.is_none() {
                return;
            }
        }
    })
}

/// Pieces, each pending once before it comes.
struct Slow(Vec<&'static str>, bool);

impl Stream for Slow {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = (!self.0.is_empty()).then(|| self.0.remove(0));
        Poll::Ready(next.map(|piece| Ok(Bytes::from_static(piece.as_bytes()))))
    }
}

/// Finds `sweep.test` at this port, each half of the look-up pending once.
struct Hesitant(std::net::SocketAddr);

struct Halves(Resolution, bool);

impl Resolve for Hesitant {
    fn resolve(&self, host: &str, _: u16) -> Resolution {
        Box::pin(Halves(addresses(host, vec![self.0]), false))
    }
}

impl Stream for Halves {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.0.as_mut().poll_next(cx)
    }
}

struct Field {
    server: Server,
    pacer: Pacer,
    client: Client,
}

impl Field {
    fn new() -> Field {
        let (server, pacer) = (echo(), Pacer::new());
        let client = Client::builder()
            .header("user-agent", "")
            .header("accept", "")
            .secure(pacer.clone())
            .resolver(Hesitant(server.address()))
            .max_connections(1)
            .build()
            .expect("a client");
        Field { server, pacer, client }
    }

    fn url(&self, path: &str) -> String {
        format!("https://sweep.test:{}{path}", self.server.address().port())
    }

    /// Another request, at full speed: the place is free, and the answer is its own.
    async fn is_whole(&self, number: usize) -> bool {
        self.pacer.set(Pace::Free);
        let path = format!("/next/{number}");
        let response = deadline(self.client.get(self.url(&path)).send()).await;
        let response = response.unwrap_or_else(|error| panic!("after {number} polls: {error}"));
        let reused = response.is_reused();
        let text = deadline(response.text()).await.expect("a body");
        assert_eq!(text, format!("{path} "), "after {number} polls");
        reused
    }

    /// `fresh`: each time over a new connection, else over one that has been used.
    async fn sweep<F, T>(&self, fresh: bool, request: impl Fn(&Field) -> F, wanted: T)
    where
        F: Future<Output = Result<T, Error>>,
        T: PartialEq + std::fmt::Debug,
    {
        let (mut cancelled, mut reused) = (0, 0);
        for polls in 0.. {
            if fresh {
                let last = self.client.get(self.url("/last")).header("connection", "close");
                drop(deadline(last.send()).await.expect("the last of its connection"));
            }
            self.pacer.set(Pace::Bytewise);
            let outcome = deadline(poll_at_most(polls, request(self))).await;
            reused += usize::from(self.is_whole(polls).await);
            match outcome {
                None => cancelled += 1,
                Some(outcome) => {
                    assert_eq!(outcome.expect("a success"), wanted);
                    break;
                }
            }
        }
        assert!(cancelled >= AT_LEAST, "only {cancelled} polls were cancelled");
        assert_eq!(held(self.server.address()), 1, "sockets were left behind");
        // What completed left its connection behind, so the sweep has seen both ends.
        assert!(reused >= 1 && reused < cancelled, "{reused} of {cancelled} connections survived");
    }
}

async fn text(mut response: Response) -> Result<(String, Fields), Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
    }
    Ok((String::from_utf8(body).expect("text"), response.trailers().clone()))
}

#[tokio::test]
async fn s_44_download() {
    for fresh in [false, true] {
        let field = Field::new();
        let request = |field: &Field| {
            let request = field.client.get(field.url("/length"));
            async move { Ok(text(request.send().await?).await?.0) }
        };
        field.sweep(fresh, request, "/length ".to_owned()).await;
    }
}

#[tokio::test]
async fn s_44_chunked_download_with_trailers() {
    let field = Field::new();
    let mut trailers = Fields::new();
    trailers.append("A", "b").expect("a field");
    let request = |field: &Field| {
        let request = field.client.get(field.url("/chunked"));
        async move { text(request.send().await?).await }
    };
    field.sweep(false, request, ("/chunked ".to_owned(), trailers)).await;
}

#[tokio::test]
async fn s_44_download_through_a_reader() {
    let field = Field::new();
    let request = |field: &Field| {
        let request = field.client.get(field.url("/chunked/reader"));
        async move {
            let mut text = String::new();
            let read = request.send().await?.into_body().read_to_string(&mut text).await;
            read.expect("a body");
            Ok(text)
        }
    };
    field.sweep(false, request, "/chunked/reader ".to_owned()).await;
}

#[tokio::test]
async fn s_44_upload_of_bytes() {
    for fresh in [false, true] {
        let field = Field::new();
        let request = |field: &Field| {
            let request = field.client.post(field.url("/up")).body("content");
            async move { request.send().await?.text().await }
        };
        field.sweep(fresh, request, "/up content".to_owned()).await;
    }
}

#[tokio::test]
async fn s_44_streamed_upload() {
    let field = Field::new();
    let request = |field: &Field| {
        let body = Body::stream(Slow(vec!["one", "", "two", "three"], false));
        let request = field.client.put(field.url("/chunked/up")).body(body);
        async move { request.send().await?.text().await }
    };
    field.sweep(false, request, "/chunked/up onetwothree".to_owned()).await;
}

#[tokio::test]
async fn s_44_redirect_with_a_body() {
    let field = Field::new();
    let request = |field: &Field| {
        let request = field.client.post(field.url("/redirect")).body("again");
        async move { request.send().await?.text().await }
    };
    field.sweep(false, request, "/there again".to_owned()).await;
}

/// Somebody waits for the place all the while: it is handed on, never lost, and not to be had twice.
#[tokio::test]
async fn s_44_the_place_goes_to_who_waits() {
    let field = Field::new();
    assert!(!field.is_whole(0).await);
    let mut cancelled = 0;
    for polls in 1.. {
        field.pacer.set(Pace::Bytewise);
        let mut first = Box::pin(async {
            let response = field.client.get(field.url("/first")).send().await?;
            response.text().await
        });
        // It has the place before the other asks.
        assert!(poll_once(first.as_mut()).await.is_pending());
        let mut waiting = pin!(field.client.get(field.url("/second")).send());
        assert!(poll_once(waiting.as_mut()).await.is_pending());
        let outcome = deadline(poll_at_most(polls, first)).await;
        field.pacer.set(Pace::Free);
        let response = deadline(waiting).await.expect("its turn");
        assert_eq!(deadline(response.text()).await.expect("a body"), "/second ");
        match outcome {
            None => cancelled += 1,
            Some(outcome) => {
                assert_eq!(outcome.expect("a success"), "/first ");
                break;
            }
        }
    }
    assert!(cancelled >= AT_LEAST, "only {cancelled} polls were cancelled");
    assert_eq!(held(field.server.address()), 1);
}

/// A pool of several places is back at its full capacity: all of them can be taken at once.
#[tokio::test]
async fn s_44_all_places_are_free_after_a_storm() {
    const PLACES: usize = 4;
    let server = Server::start({
        let together = std::sync::Arc::new(tokio::sync::Barrier::new(PLACES));
        move |mut guest: Guest| {
            let together = std::sync::Arc::clone(&together);
            async move {
                while let Some(asked) = guest.request().await {
                    if asked.path() == "/together" {
                        together.wait().await;
                    }
                    guest.answer(asked.path()).await;
                }
            }
        }
    });
    let client = Client::builder().max_connections(PLACES).build().expect("a client");
    for round in 0..200 {
        let mut storm: Vec<_> =
            (0..3 * PLACES).map(|_| Box::pin(client.get(server.url("/storm")).send())).collect();
        for (number, request) in storm.iter_mut().enumerate() {
            // Some wait, some dial, some have written, some have their answer.
            for _ in 0..=(round + number) % 5 {
                if poll_once(request.as_mut()).await.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // Not in the order in which they began.
        while !storm.is_empty() {
            drop(storm.swap_remove(round % storm.len()));
        }
    }
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..PLACES {
        let request = client.get(server.url("/together"));
        tasks.spawn(async move { request.send().await.expect("all four at once").text().await });
    }
    for text in deadline(tasks.join_all()).await {
        assert_eq!(text.expect("a body"), "/together");
    }
    assert!(held(server.address()) <= PLACES);
}
