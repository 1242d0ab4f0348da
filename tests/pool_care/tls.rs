//! Connections over TLS: made in advance, handshake included, and closed with a word (RFC 9112 §9.8).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use wireline::Client;

use crate::certs::Authority;
use crate::steps::until;
use crate::support::deadline;

struct Origin {
    url: String,
    handshakes: Arc<AtomicUsize>,
    /// One connection each: how many requests came, and whether the client said goodbye.
    guests: JoinHandle<Vec<io::Result<usize>>>,
}

/// Takes so many connections.
async fn origin(authority: &Authority, connections: usize) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let url = format!("https://{}/", listener.local_addr().expect("bound"));
    let acceptor = TlsAcceptor::from(Arc::new(authority.issue(&["127.0.0.1"]).server(&[])));
    let handshakes = Arc::new(AtomicUsize::new(0));
    let shaken = Arc::clone(&handshakes);
    let guests = tokio::spawn(async move {
        let mut guests = Vec::new();
        for _ in 0..connections {
            let (socket, _) = listener.accept().await.expect("a connection");
            let (acceptor, shaken) = (acceptor.clone(), Arc::clone(&shaken));
            guests.push(tokio::spawn(async move {
                let mut stream = acceptor.accept(socket).await?;
                shaken.fetch_add(1, SeqCst);
                let mut requests = 0;
                let mut head = Vec::new();
                loop {
                    // Without close_notify the end is an error.
                    if stream.read_buf(&mut head).await? == 0 {
                        return Ok(requests);
                    }
                    if head.ends_with(b"\r\n\r\n") {
                        requests += 1;
                        head.clear();
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
                        stream.flush().await?;
                    }
                }
            }));
        }
        let mut ends = Vec::new();
        for guest in guests {
            ends.push(guest.await.expect("no panic"));
        }
        ends
    });
    Origin { url, handshakes, guests }
}

#[tokio::test]
async fn the_handshake_is_done_in_advance_and_the_end_is_said() {
    let authority = Authority::new();
    let origin = origin(&authority, 3).await;
    let client = Client::builder().roots_pem(&authority.pem()).build().expect("a client");
    assert_eq!(deadline(client.warm_up(&origin.url, 3)).await.expect("a server"), 3);
    deadline(until(|| origin.handshakes.load(SeqCst) == 3)).await;
    let response = deadline(client.get(&origin.url).send()).await.expect("an answer");
    assert!(response.is_reused() && response.connection().tls.is_some());
    assert_eq!(response.timings().tls, None, "it was done before");
    drop(response);
    deadline(client.close()).await;
    let mut ends: Vec<usize> = Vec::new();
    for end in deadline(origin.guests).await.expect("no panic") {
        ends.push(end.expect("close_notify before the end"));
    }
    ends.sort_unstable();
    assert_eq!(ends, [0, 0, 1]);
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_the_error_of_the_warm_up() {
    let authority = Authority::new();
    let origin = origin(&authority, 1).await;
    let client = Client::builder().roots_pem(&Authority::new().pem()).build().expect("a client");
    let error = deadline(client.warm_up(&origin.url, 1)).await.expect_err("who is that?");
    assert!(error.is_tls() && error.is_connect(), "{error}");
    assert_eq!(client.pool_stats().open, 0);
}
