//! hyper's server in the test's own process: HTTP that nobody here wrote. In: a handler. Out: an address, and what the
//! server saw of connections. It runs on the test's runtime and ends with the value.
#![allow(dead_code)] // every test file uses another part of it

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

pub type Content = UnsyncBoxBody<Bytes, io::Error>;

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    counts: watch::Receiver<Counts>,
    accepting: AbortHandle,
}

/// What the server has seen so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Connections accepted.
    pub accepted: usize,
    /// Connections open now.
    pub open: usize,
    /// The most that were open at once.
    pub most: usize,
}

/// How one connection's bytes get from the socket to hyper, and what happens to them at its end.
pub trait Dress: Clone + Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn dress(&self, socket: TcpStream) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Whether the stream is shut down properly at the end; else it is dropped.
    fn says_goodbye(&self) -> bool {
        true
    }
}

/// Nothing on top of TCP.
#[derive(Clone)]
pub struct Clear;

impl Dress for Clear {
    type Stream = TcpStream;

    async fn dress(&self, socket: TcpStream) -> io::Result<TcpStream> {
        Ok(socket)
    }
}

/// TLS; without a closing alert at the end if `cut` is set.
#[cfg(feature = "tls")]
#[derive(Clone)]
pub struct Tls {
    pub acceptor: tokio_rustls::TlsAcceptor,
    pub cut: bool,
}

#[cfg(feature = "tls")]
impl Tls {
    pub fn new(config: rustls::ServerConfig) -> Tls {
        Tls { acceptor: std::sync::Arc::new(config).into(), cut: false }
    }
}

#[cfg(feature = "tls")]
impl Dress for Tls {
    type Stream = tokio_rustls::server::TlsStream<TcpStream>;

    async fn dress(&self, socket: TcpStream) -> io::Result<Self::Stream> {
        self.acceptor.accept(socket).await
    }

    fn says_goodbye(&self) -> bool {
        !self.cut
    }
}

/// Serves in clear.
pub async fn serve<R>(handler: impl Fn(Request<Incoming>) -> R + Clone + Send + 'static) -> Server
where
    R: Future<Output = Response<Content>> + Send + 'static,
{
    serve_with(Clear, handler).await
}

pub async fn serve_with<R>(
    dress: impl Dress,
    handler: impl Fn(Request<Incoming>) -> R + Clone + Send + 'static,
) -> Server
where
    R: Future<Output = Response<Content>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    serve_at(listener, dress, handler)
}

/// Serves what connects to `listener`.
pub fn serve_at<R>(
    listener: TcpListener,
    dress: impl Dress,
    handler: impl Fn(Request<Incoming>) -> R + Clone + Send + 'static,
) -> Server
where
    R: Future<Output = Response<Content>> + Send + 'static,
{
    let address = listener.local_addr().expect("bound");
    let (sender, counts) = watch::channel(Counts::default());
    let accepting = tokio::spawn(async move {
        // Dropped with this task, and the connections with it.
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let open = Open::new(&sender);
            let (dress, handler) = (dress.clone(), handler.clone());
            connections.spawn(async move {
                let _open = open;
                connection(dress, handler, socket).await;
            });
            while connections.try_join_next().is_some() {}
        }
    });
    Server { address, counts, accepting: accepting.abort_handle() }
}

/// One connection to its end, whatever that is: the client is what is under test.
async fn connection<R>(
    dress: impl Dress,
    handler: impl Fn(Request<Incoming>) -> R + Send,
    socket: TcpStream,
) where
    R: Future<Output = Response<Content>> + Send + 'static,
{
    // Answers are small and come in two writes; nobody shall wait for an acknowledgement in between.
    let _ = socket.set_nodelay(true);
    let Ok(stream) = dress.dress(socket).await else { return };
    let service = service_fn(move |request| {
        let response = handler(request);
        async move { Ok::<_, Infallible>(response.await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if dress.says_goodbye() {
        let _ = connection.with_upgrades().await;
    } else {
        let _ = connection.without_shutdown().await;
    }
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Waits until the counts are as wanted.
    pub async fn until(&mut self, wanted: impl FnMut(&Counts) -> bool) -> Counts {
        let reached = timeout(PATIENCE, self.counts.wait_for(wanted)).await;
        *reached.expect("counts as wanted in time").expect("the server runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Counted while it lives.
struct Open(watch::Sender<Counts>);

impl Open {
    fn new(counts: &watch::Sender<Counts>) -> Open {
        counts.send_modify(|counts| {
            counts.accepted += 1;
            counts.open += 1;
            counts.most = counts.most.max(counts.open);
        });
        Open(counts.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|counts| counts.open -= 1);
    }
}

/// Content of known length.
pub fn full(content: impl Into<Bytes>) -> Content {
    Full::new(content.into()).map_err(|never| match never {}).boxed_unsync()
}

pub fn empty() -> Content {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Content of unknown length: chunked to a client of HTTP/1.1, until close to one of 1.0.
pub fn streamed<S, E>(stream: S) -> Content
where
    S: futures_core::Stream<Item = Result<Bytes, E>> + Send + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = StreamBody::new(Framed(Box::pin(stream)));
    body.boxed_unsync()
}

/// What the client sends, sent back as it comes.
pub fn echoed(content: Incoming) -> Content {
    content.map_err(io::Error::other).boxed_unsync()
}

struct Framed<S>(std::pin::Pin<Box<S>>);

impl<S, E> futures_core::Stream for Framed<S>
where
    S: futures_core::Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Item = io::Result<Frame<Bytes>>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let piece = std::task::ready!(self.0.as_mut().poll_next(cx));
        std::task::Poll::Ready(piece.map(|piece| piece.map(Frame::data).map_err(io::Error::other)))
    }
}
