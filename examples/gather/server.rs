//! The server: HTTP/1.1 with keep-alive, in a thread of its own, on loopback. It takes 50 ms over every response, as a
//! server some way off would; everything else it does as fast as it can.
//!
//! It knows as much of HTTP as this example needs: GET without content, one request at a time.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio_rustls::TlsAcceptor;

use super::resources::Library;

/// How long every response is waited for.
pub const LATENCY: Duration = Duration::from_millis(50);

/// A request head larger than this closes the connection.
const HEAD_BYTES: usize = 16 * 1024;

/// A running server. It ends with the process.
pub struct Server {
    pub address: SocketAddr,
    house: Arc<House>,
}

struct House {
    library: Arc<Library>,
    tls: Option<TlsAcceptor>,
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl Server {
    /// Starts one; with `tls`, it speaks nothing else.
    pub fn start(library: Arc<Library>, tls: Option<Arc<ServerConfig>>) -> io::Result<Server> {
        let tls = tls.map(TlsAcceptor::from);
        let (connections, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let house = Arc::new(House { library, tls, connections, requests });
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let accepting = accept(listener, Arc::clone(&house));
        thread::Builder::new().name("server".into()).spawn(move || runtime.block_on(accepting))?;
        Ok(Server { address, house })
    }

    /// The connections accepted and the requests answered since the last time this was asked.
    pub fn take_counts(&self) -> (usize, usize) {
        (self.house.connections.swap(0, Relaxed), self.house.requests.swap(0, Relaxed))
    }
}

async fn accept(listener: TcpListener, house: Arc<House>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        house.connections.fetch_add(1, Relaxed);
        let house = Arc::clone(&house);
        // A client that goes away in the middle of something is its own affair.
        tokio::spawn(async move { serve(stream, &house).await.ok() });
    }
}

async fn serve(stream: TcpStream, house: &House) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match &house.tls {
        None => converse(stream, house).await,
        Some(tls) => converse(tls.accept(stream).await?, house).await,
    }
}

/// Answers requests until the client closes.
async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    house: &House,
) -> io::Result<()> {
    let mut inbox = Vec::with_capacity(1024);
    loop {
        let end = loop {
            if let Some(at) = inbox.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if inbox.len() > HEAD_BYTES || stream.read_buf(&mut inbox).await? == 0 {
                // Over TLS this sends close_notify.
                return stream.shutdown().await;
            }
        };
        let response = respond(&inbox[..end], &house.library);
        inbox.drain(..end);
        tokio::time::sleep(LATENCY).await;
        house.requests.fetch_add(1, Relaxed);
        stream.write_all(&response).await?;
        stream.flush().await?;
    }
}

fn respond(head: &[u8], library: &Library) -> Vec<u8> {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).unwrap_or_default();
    let path = line.strip_prefix("GET ").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
    let (status, content) = match (path, path.and_then(|path| library.at(path))) {
        (_, Some(document)) => ("200 OK", &document[..]),
        (Some(_), None) => ("404 Not Found", &b"{}"[..]),
        (None, None) => ("400 Bad Request", &b"{}"[..]),
    };
    let length = content.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), content].concat()
}
