//! The stage of the tutorials: a small server in the manner of httpbin and of the API they all fetch from, in a thread of
//! its own, on loopback, counting what it is asked. It waits before every answer, as a server some way off would.
//!
//! `routes.rs` is what it answers. `exchange.rs` and `blocking.rs` are the other side: HTTP without any client, and the
//! blocking library that the tutorials compare with. `tls.rs` is a certificate authority of its own.

#![allow(dead_code, reason = "each tutorial uses a part of it")]

pub mod blocking;
pub mod exchange;
mod routes;
#[cfg(feature = "tls")]
pub mod tls;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, BoxError>;

/// How many resources the tutorials fetch.
pub const HOW_MANY: usize = 150;

/// How long the server takes over an answer, unless told otherwise.
pub const LATENCY: Duration = Duration::from_millis(20);

/// A request larger than this closes the connection.
const REQUEST_BYTES: usize = 64 * 1024;

/// A running server. It ends with the process.
pub struct Server {
    pub address: SocketAddr,
    pub latency: Duration,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

/// What a connection is made into before HTTP is spoken on it.
#[derive(Clone)]
enum Security {
    Clear,
    #[cfg(feature = "tls")]
    Tls(tokio_rustls::TlsAcceptor),
}

impl Server {
    /// A server that takes [`LATENCY`] over every answer.
    pub fn start() -> Result<Server> {
        Ok(Server::launch(LATENCY, Security::Clear)?)
    }

    /// A server as quick or slow as `latency` says.
    pub fn start_with(latency: Duration) -> Result<Server> {
        Ok(Server::launch(latency, Security::Clear)?)
    }

    /// A server that speaks nothing but TLS.
    #[cfg(feature = "tls")]
    pub fn start_tls(config: Arc<rustls::ServerConfig>) -> Result<Server> {
        Ok(Server::launch(LATENCY, Security::Tls(config.into()))?)
    }

    fn launch(latency: Duration, security: Security) -> io::Result<Server> {
        // A runtime of its own: whoever blocks the tutorial's does not block the server.
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let accepting = accept(listener, latency, security, Arc::clone(&counts));
        thread::Builder::new().name("server".into()).spawn(move || runtime.block_on(accepting))?;
        Ok(Server { address, latency, counts })
    }

    /// The URL of a path, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The URL of one of the resources; they count from 1.
    pub fn pokemon_url(&self, number: usize) -> String {
        self.url(&format!("/api/v2/pokemon/{number}"))
    }

    /// The URLs of all resources.
    pub fn pokemon_urls(&self) -> Vec<String> {
        (1..=HOW_MANY).map(|number| self.pokemon_url(number)).collect()
    }

    /// Runs one step of a tutorial and says what came of it: the requests and the new
    /// connections that the server saw, and how long it took.
    /// `work` gives the number of answers it was content with.
    pub async fn watch(
        &self,
        title: &str,
        work: impl Future<Output = Result<usize>>,
    ) -> Result<Duration> {
        self.counts.connections.store(0, Relaxed);
        self.counts.requests.store(0, Relaxed);
        let begun = Instant::now();
        let answers = work.await?;
        let took = begun.elapsed();
        let connections = self.counts.connections.load(Relaxed);
        let requests = self.counts.requests.load(Relaxed);
        println!(
            "{title}: {}, {}, {}, {:.2} s",
            counted(requests, "request"),
            counted(answers, "good answer"),
            counted(connections, "new connection"),
            took.as_secs_f64()
        );
        Ok(took)
    }
}

fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

async fn accept(
    listener: std::net::TcpListener,
    latency: Duration,
    security: Security,
    counts: Arc<Counts>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        counts.connections.fetch_add(1, Relaxed);
        let (security, counts) = (security.clone(), Arc::clone(&counts));
        // A client that goes away in the middle of something is its own affair.
        tokio::spawn(async move { serve(stream, latency, security, &counts).await.ok() });
    }
}

async fn serve(
    stream: TcpStream,
    latency: Duration,
    security: Security,
    counts: &Counts,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match security {
        Security::Clear => converse(stream, latency, counts).await,
        #[cfg(feature = "tls")]
        Security::Tls(tls) => converse(tls.accept(stream).await?, latency, counts).await,
    }
}

/// Answers requests until the client closes or asks to.
async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    latency: Duration,
    counts: &Counts,
) -> io::Result<()> {
    let mut inbox = Vec::with_capacity(1024);
    let mut open = true;
    while open {
        let request = loop {
            if let Some(request) = routes::Request::take(&mut inbox)? {
                break request;
            }
            if inbox.len() > REQUEST_BYTES || stream.read_buf(&mut inbox).await? == 0 {
                // Over TLS this sends close_notify.
                return stream.shutdown().await;
            }
        };
        open = !request.closes;
        counts.requests.fetch_add(1, Relaxed);
        tokio::time::sleep(latency).await;
        stream.write_all(&routes::answer(&request)).await?;
        stream.flush().await?;
    }
    stream.shutdown().await
}
