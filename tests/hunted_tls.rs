//! A write that fails under TLS after some of it has left: in what the server may have seen, doubt counts as seen.
#![cfg(feature = "tls")]

#[path = "support/certs.rs"]
mod certs;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use certs::Authority;
use hyper::Response;
use rustls::version::TLS13;
use server::{Tls, full, serve_with};
use support::deadline;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wireline::net::{BoxedWire, Liveness, Rustls, Secure, Securing, Wire};
use wireline::{Client, Delivery};

/// TLS on a wire that takes so many bytes more, where a number is set, and then breaks.
struct Brittle {
    tls: Rustls,
    left: Arc<Mutex<Option<usize>>>,
}

impl Secure for Brittle {
    fn secure(&self, name: &str, wire: BoxedWire) -> Securing {
        // A connection made after the break is a sound one.
        let sound = self.left.lock().expect("sound").is_some();
        let left = if sound { Arc::default() } else { Arc::clone(&self.left) };
        self.tls.secure(name, Box::new(Thread { wire, left }))
    }

    fn identity(&self) -> u64 {
        self.tls.identity()
    }
}

struct Thread {
    wire: BoxedWire,
    left: Arc<Mutex<Option<usize>>>,
}

impl AsyncRead for Thread {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if *self.left.lock().expect("sound") == Some(0) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.wire).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Thread {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let room = self.left.lock().expect("sound").as_mut().map(std::mem::take);
        match room {
            Some(0) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            room => {
                let length = bytes.len().min(room.unwrap_or(usize::MAX));
                Pin::new(&mut self.wire).poll_write(cx, &bytes[..length])
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

impl Wire for Thread {
    fn probe(&mut self) -> Liveness {
        self.wire.probe()
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wire.try_read(buffer)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wire.try_write(bytes)
    }
}

#[tokio::test]
async fn a_post_that_has_left_in_part_is_not_repeated() {
    let authority = Authority::new();
    let config = authority.issue(&["a.test"]).server_with(&["http/1.1"], &[&TLS13]);
    let server = serve_with(Tls::new(config), |_| async { Response::new(full("seen")) }).await;
    let left = Arc::new(Mutex::new(None));
    let tls = Rustls::with_roots_pem(&authority.pem()).expect("a certificate");
    let here: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let client = Client::builder().secure(Brittle { tls, left: Arc::clone(&left) });
    let client = client.resolve("a.test", vec![here]).build().expect("sound settings");
    let url = format!("https://a.test:{}/", server.address.port());
    let first = deadline(client.get(&url).send()).await.expect("an answer");
    deadline(first.bytes()).await.expect("a body");
    // The head and the first record of the body, which is all a handler needs to begin.
    *left.lock().expect("sound") = Some(20_000);
    let post = client.post(&url).body(vec![b'x'; 100_000]).send();
    let sent = deadline(post).await;
    let error = sent.expect_err("the connection broke");
    assert_eq!(error.delivery(), Delivery::PartlySent, "{error}");
    assert_eq!(error.timings().retries, 0);
}
