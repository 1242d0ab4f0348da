//! Servers that close a kept-alive connection without a word, between two requests or in answer to one: no request that
//! may be repeated is lost, none is answered with another's response, and none that may not be repeated is.
#![cfg(feature = "client")]

mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use support::deadline;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wireline::{Client, Delivery, Method};

/// Paths asked for, each as often as it was read.
type Seen = Arc<Mutex<Vec<String>>>;

/// Connection N answers one to four requests, then closes: at once, or when it has read another request.
async fn start() -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((socket, _)) = listener.accept().await else { return };
            tokio::spawn(serve(socket, number, Arc::clone(&log)));
        }
    });
    (address, seen)
}

/// Answers with the path that was asked for. The first request of a connection is always answered.
async fn serve(mut socket: TcpStream, number: usize, seen: Seen) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    for answered in 0.. {
        if answered == number % 4 + 1 && number.is_multiple_of(3) {
            return None;
        }
        let path = read_path(&mut socket).await?;
        seen.lock().expect("a log").push(path.clone());
        if answered > number % 4 {
            return None;
        }
        let length = path.len();
        let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{path}");
        socket.write_all(text.as_bytes()).await.ok()?;
    }
    None
}

async fn read_path(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let count = socket.read_buf(&mut head).await.ok()?;
        (count > 0).then_some(())?;
    }
    let head = String::from_utf8(head).ok()?;
    head.split(' ').nth(1).map(str::to_owned)
}

#[tokio::test]
async fn ten_thousand_requests_and_none_is_lost() {
    deadline(async {
        let (address, seen) = start().await;
        let client = Client::builder().max_connections(16).build().expect("a client");
        let next = Arc::new(AtomicUsize::new(0));
        let mut lanes = JoinSet::new();
        for _ in 0..32 {
            let (client, next) = (client.clone(), Arc::clone(&next));
            lanes.spawn(async move {
                let mut retries = 0;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= 10_000 {
                        return retries;
                    }
                    let url = format!("http://{address}/{number}");
                    let response = client.get(url).send().await.expect("an answer");
                    retries += response.timings().retries;
                    assert_eq!(response.text().await.expect("a body"), format!("/{number}"));
                }
            });
        }
        let retries: u32 = lanes.join_all().await.iter().sum();
        println!("10000 requests, {retries} of them repeated");
        assert!(retries > 100, "the server was not surprising: {retries}");
        let mut seen = std::mem::take(&mut *seen.lock().expect("a log"));
        assert!(seen.len() <= 10_000 + retries as usize);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10_000);
    })
    .await;
}

#[tokio::test]
async fn a_post_is_read_at_most_once() {
    deadline(async {
        let (address, seen) = start().await;
        let client = Client::builder().max_connections(4).build().expect("a client");
        let mut lost = 0;
        for number in 0..600 {
            let request = client.request(Method::POST, format!("http://{address}/{number}"));
            match request.send().await {
                Ok(response) => {
                    assert_eq!(response.text().await.expect("a body"), format!("/{number}"));
                }
                Err(error) => {
                    assert!(
                        error.is_incomplete() || error.to_string().contains("reset"),
                        "{error}"
                    );
                    assert_eq!(error.delivery(), Delivery::SentNoReply, "{error}");
                    assert_eq!(error.timings().retries, 0);
                    lost += 1;
                }
            }
        }
        println!("600 requests, {lost} of them unanswered");
        assert!(lost > 10, "the server was not surprising: {lost}");
        let mut seen = std::mem::take(&mut *seen.lock().expect("a log"));
        let read = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), read, "each at most once");
    })
    .await;
}
