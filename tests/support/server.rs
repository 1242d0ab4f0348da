//! A server for many connections at once: each goes to a handler of the test's, on a thread and a runtime of the server's
//! own. In: what to do with a connection. Out: how many there were, and how many at once. For one exact transcript the
//! player is the better tool.
#![allow(dead_code)] // every test file uses another part of it

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Serves until it is dropped; then every connection is closed.
pub struct Server {
    address: SocketAddr,
    counts: Arc<Counts>,
    _stop: oneshot::Sender<()>,
}

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
    requests: AtomicUsize,
}

/// One connection, as its server sees it.
pub struct Guest {
    stream: BufReader<TcpStream>,
    /// The how manieth this is, from 0.
    pub number: usize,
    counts: Arc<Counts>,
}

/// A request, its body undone of its framing.
#[derive(Debug, Default)]
pub struct Asked {
    pub head: String,
    pub body: Vec<u8>,
}

impl Server {
    /// Binds 127.0.0.1 and hands every connection to `handler`.
    pub fn start<H, F>(handler: H) -> Server
    where
        H: Fn(Guest) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        listener.set_nonblocking(true).expect("for tokio");
        let counts = Arc::<Counts>::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let tally = Arc::clone(&counts);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = accept(listener, handler, tally) => {}
                    _ = stopped => {}
                }
            });
        });
        Server { address, counts, _stop: stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections accepted.
    pub fn accepted(&self) -> usize {
        self.counts.accepted.load(SeqCst)
    }

    /// The most connections there were at once. One that the client has closed counts until the server has seen it.
    pub fn most(&self) -> usize {
        self.counts.most.load(SeqCst)
    }

    /// Requests read to their end.
    pub fn requests(&self) -> usize {
        self.counts.requests.load(SeqCst)
    }
}

async fn accept<H, F>(listener: TcpListener, handler: H, counts: Arc<Counts>)
where
    H: Fn(Guest) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("a socket");
        let number = counts.accepted.fetch_add(1, SeqCst);
        let open = counts.open.fetch_add(1, SeqCst) + 1;
        counts.most.fetch_max(open, SeqCst);
        let counts = Arc::clone(&counts);
        tokio::spawn(handler(Guest { stream: BufReader::new(stream), number, counts }));
    }
}

impl Guest {
    /// The next request, or none when the client has closed.
    pub async fn request(&mut self) -> Option<Asked> {
        let head = self.head().await?;
        let body = if head.contains("transfer-encoding: chunked") {
            self.chunked().await?
        } else {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |digits| digits.parse().expect("a length"))];
            self.stream.read_exact(&mut body).await.ok()?;
            body
        };
        self.counts.requests.fetch_add(1, SeqCst);
        Some(Asked { head, body })
    }

    /// The next head; its field names in lower case.
    pub async fn head(&mut self) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            match line.split_once(": ") {
                Some((name, value)) => {
                    head += &name.to_ascii_lowercase();
                    head += ": ";
                    head += value;
                }
                None => head += &line,
            }
        }
        Some(head)
    }

    /// The next line, its end included.
    pub async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.stream.read_line(&mut line).await.ok()? > 0).then_some(line)
    }

    /// The next `count` bytes.
    pub async fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    }

    async fn chunked(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await.ok()?;
            let length = usize::from_str_radix(line.trim_end(), 16).ok()?;
            let mut chunk = vec![0; length + 2];
            self.stream.read_exact(&mut chunk).await.ok()?;
            if length == 0 {
                return Some(body);
            }
            body.extend_from_slice(&chunk[..length]);
        }
    }

    /// Writes; `None` when the client has gone.
    pub async fn play(&mut self, response: impl AsRef<[u8]>) -> Option<()> {
        self.stream.get_mut().write_all(response.as_ref()).await.ok()
    }

    /// Writes a 200 with this body.
    pub async fn answer(&mut self, body: impl AsRef<[u8]>) -> Option<()> {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        self.play([head.as_bytes(), body].concat()).await
    }

    /// Reads exactly so many bytes of whatever the client sends; `false` when it closed first.
    pub async fn swallow(&mut self, count: usize) -> bool {
        self.stream.read_exact(&mut vec![0; count]).await.is_ok()
    }

    /// Waits until the client closes.
    pub async fn gone(&mut self) {
        let _ = tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await;
    }

    /// Sends FIN and goes on reading.
    pub async fn half_close(&mut self) {
        let _ = self.stream.get_mut().shutdown().await;
    }

    /// Closes with RST.
    pub fn reset(self) {
        let socket = socket2::SockRef::from(self.stream.get_ref());
        socket.set_linger(Some(Duration::ZERO)).expect("a socket");
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.counts.open.fetch_sub(1, SeqCst);
    }
}

impl Asked {
    /// The request-target.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

/// A well-behaved server: answers every request with its own path, and keeps the connection.
pub async fn polite(mut guest: Guest) {
    while let Some(asked) = guest.request().await {
        if guest.answer(asked.path()).await.is_none() {
            return;
        }
    }
}
