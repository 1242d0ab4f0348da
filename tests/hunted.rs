//! Corners found by looking for trouble: sources that do not end, wires that hold bytes back, and clocks of runtimes that
//! are gone. In: servers on threads. Out: what the caller gets, within a deadline.
#![cfg(feature = "client")]

#[path = "support/server.rs"]
mod server;
#[path = "support/sources.rs"]
mod sources;
mod support;

use std::future::{Future, ready};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use wireline::net::{BoxedWire, Liveness, Secure, Securing, Wire, next_identity};
use wireline::{Body, Client, ClientBuilder, Clock, Delivery};

use server::{Guest, Server, polite};
use sources::channel;
use support::deadline;

const SHORT: Duration = Duration::from_millis(100);

fn quiet() -> ClientBuilder {
    Client::builder().header("user-agent", "").header("accept", "")
}

/// A stream may be slow to say that it has ended, or never say so: the announced length says it as well.
#[tokio::test]
async fn an_announced_length_ends_an_upload_whose_source_hangs() {
    let server = Server::start(polite);
    let client = quiet().build().expect("sound settings");
    for _ in 0..2 {
        let (more, stream) = channel();
        more.send(Ok("four".into())).expect("a receiver");
        let post = client.post(server.url("/hang")).body(Body::sized_stream(stream, 4)).send();
        let response = deadline(post).await.expect("an answer");
        assert_eq!(deadline(response.text()).await.expect("a body"), "/hang");
        drop(more);
    }
    assert_eq!(server.accepted(), 1, "a whole request leaves a connection that can be used again");
}

/// Answers the first path at once up to half of its body, and goes on when it is told to; `/slow` takes a moment.
fn halting(go: watch::Receiver<bool>) -> Server {
    Server::start(move |mut guest: Guest| {
        let mut go = go.clone();
        async move {
            while let Some(asked) = guest.request().await {
                if asked.path() == "/halves" {
                    guest.play("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf").await;
                    go.wait_for(|go| *go).await.expect("the test lives");
                    guest.play("half").await;
                } else {
                    tokio::time::sleep(SHORT).await;
                    guest.answer(asked.path()).await;
                }
            }
        }
    })
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("a runtime")
}

/// The clock of a body belongs to the runtime that reads it, and must not be found in the next request's hands.
#[test]
fn a_body_read_in_another_runtime_leaves_no_clock_behind() {
    let (go, halt) = watch::channel(false);
    let server = halting(halt);
    let client = quiet().build().expect("sound settings");
    let home = runtime();
    let mut response = home.block_on(client.get(server.url("/halves")).send()).expect("a head");
    let away = runtime();
    let read = away.block_on(deadline(async {
        let first = response.chunk().await.expect("the first half").expect("content");
        let second = {
            let mut rest = pin!(response.chunk());
            let pending =
                std::future::poll_fn(|cx| Poll::Ready(rest.as_mut().poll(cx).is_pending()));
            assert!(pending.await, "the second half has not been sent");
            go.send(true).expect("the server lives");
            rest.await.expect("the second half").expect("content")
        };
        assert_eq!(response.chunk().await.expect("the end"), None);
        [first, second].concat()
    }));
    assert_eq!(read, b"halfhalf");
    drop(away);
    let next = client.get(server.url("/slow")).send();
    let next = home.block_on(deadline(next)).expect("an answer");
    assert!(next.is_reused());
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// The socket and the clock are driven by the runtime that sent the request; the reader needs none.
#[test]
fn a_body_can_be_read_outside_of_any_runtime() {
    let (go, halt) = watch::channel(false);
    let server = halting(halt);
    let client = quiet().read_timeout(SHORT).build().expect("sound settings");
    let home = runtime();
    let get = |path| home.block_on(client.get(server.url(path)).send()).expect("a head");
    let mut slow = get("/halves");
    assert_eq!(block_on(slow.chunk()).expect("it is here").as_deref(), Some(&b"half"[..]));
    let error = block_on(slow.chunk()).expect_err("the second half is not sent");
    assert_eq!(error.clock(), Some(Clock::Read), "{error}");
    go.send(true).expect("the server lives");
    assert_eq!(block_on(get("/halves").text()).expect("both halves"), "halfhalf");
}

/// A wire on which nothing leaves before the gate is open, as TLS whose peer takes nothing.
#[derive(Clone)]
struct Gate {
    open: Arc<AtomicBool>,
    waiting: Arc<Mutex<Option<Waker>>>,
    identity: u64,
}

impl Gate {
    fn shut() -> Gate {
        Gate { open: Arc::default(), waiting: Arc::default(), identity: next_identity() }
    }

    fn open(&self) {
        self.open.store(true, SeqCst);
        if let Some(waker) = self.waiting.lock().expect("sound").take() {
            waker.wake();
        }
    }
}

impl Secure for Gate {
    fn secure(&self, _: &str, wire: BoxedWire) -> Securing {
        let gated: BoxedWire = Box::new(Gated { wire, held: Vec::new(), gate: self.clone() });
        Box::pin(ready(Ok(gated)))
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}

struct Gated {
    wire: BoxedWire,
    held: Vec<u8>,
    gate: Gate,
}

impl AsyncRead for Gated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Gated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.held.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        *self.gate.waiting.lock().expect("sound") = Some(cx.waker().clone());
        if !self.gate.open.load(SeqCst) {
            return Poll::Pending;
        }
        let this = &mut *self;
        while !this.held.is_empty() {
            let count = std::task::ready!(Pin::new(&mut this.wire).poll_write(cx, &this.held))?;
            this.held.drain(..count);
        }
        Pin::new(&mut this.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

impl Wire for Gated {
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

fn secured(server: &Server) -> String {
    format!("https://{}/gated", server.address())
}

/// What the wire holds back is not sent: the server is not to blame for its silence, nor is a 100 to be waited for.
#[tokio::test]
async fn bytes_that_the_wire_holds_back_are_on_the_write_clock() {
    let server = Server::start(polite);
    let client = quiet().secure(Gate::shut()).write_timeout(SHORT).read_timeout(20 * SHORT);
    let client = client.build().expect("sound settings");
    let get = client.get(secured(&server)).send();
    let error = deadline(get).await.expect_err("nothing leaves");
    assert_eq!(error.clock(), Some(Clock::Write), "{error}");
    let post = client.post(secured(&server)).header("expect", "100-continue").body("x").send();
    let error = deadline(post).await.expect_err("nothing leaves");
    assert_eq!(error.clock(), Some(Clock::Write), "{error}");
}

#[tokio::test]
async fn the_read_clock_starts_when_the_wire_has_let_go() {
    let server = Server::start(|mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            tokio::time::sleep(SHORT).await;
            guest.answer(asked.path()).await;
        }
    });
    let gate = Gate::shut();
    let client = quiet().secure(gate.clone()).read_timeout(3 * SHORT);
    let client = client.build().expect("sound settings");
    let opening = async {
        tokio::time::sleep(5 * SHORT).await;
        gate.open();
    };
    let get = client.get(secured(&server)).send();
    let (sent, ()) = deadline(async { tokio::join!(get, opening) }).await;
    assert_eq!(sent.expect("an answer").status(), 200);
}

/// The first attempt may have been seen, whatever became of the second.
#[tokio::test]
async fn a_repeated_request_has_been_delivered_as_far_as_its_first_attempt() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let peer = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 1024];
        let count = stream.read(&mut request).await.expect("the first request");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.expect("open");
        let again = stream.read(&mut request).await.expect("the second request");
        assert!(count > 0 && again > 0);
        // Nobody listens any more before the connection ends.
        drop(listener);
    });
    let client = quiet().build().expect("sound settings");
    let url = format!("http://{address}/");
    deadline(client.get(&url).send()).await.expect("an answer");
    let error = deadline(client.put(&url).body("x").send()).await.expect_err("gone");
    assert!(error.is_connect(), "{error}");
    assert_eq!((error.delivery(), error.timings().retries), (Delivery::SentNoReply, 1), "{error}");
    deadline(peer).await.expect("a sound peer");
}
