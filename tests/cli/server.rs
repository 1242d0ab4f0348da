//! A server that is whatever it is spoken to: an origin, an HTTP proxy, a SOCKS proxy, each with or without TLS. It
//! answers by the case, writes down what it receives, and connects to nobody: behind a tunnel it is the origin itself.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::case::Answer;
use super::{http, socks};

/// A stream of whatever kind.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// Longer than a program is given.
const PATIENCE: Duration = Duration::from_secs(40);

/// What all servers of a case share.
pub struct Stage {
    pub answers: Vec<Answer>,
    pub tls: Arc<ServerConfig>,
    log: Mutex<Vec<(String, Vec<u8>)>>,
    asked: Mutex<HashMap<String, usize>>,
    /// Each ends the wait of a thread that accepts.
    wakers: Mutex<Vec<Wake>>,
    over: AtomicBool,
}

type Wake = Box<dyn Fn() + Send>;

/// A connection, read from here on.
pub struct Connection {
    pub stream: Box<dyn Stream>,
    /// Read, but not used.
    pub ahead: Vec<u8>,
    /// `H1`, and what it has become since.
    pub mark: String,
}

impl Stage {
    pub fn new(answers: Vec<Answer>, tls: Arc<ServerConfig>) -> Arc<Stage> {
        let (log, asked, wakers) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Stage { answers, tls, log, asked, wakers, over: AtomicBool::new(false) })
    }

    /// Writes down what came.
    pub fn note(&self, mark: &str, bytes: &[u8]) {
        self.log.lock().expect("no panic").push((mark.to_owned(), bytes.to_vec()));
    }

    /// What came so far, in its order.
    pub fn log(&self) -> Vec<(String, Vec<u8>)> {
        self.log.lock().expect("no panic").clone()
    }

    /// The answer to the next request for `target`.
    pub fn answer(&self, target: &str) -> Option<Answer> {
        let path = target.split('?').next().unwrap_or_default();
        let known = |name: &str| self.answers.iter().any(|answer| answer.target == name);
        let name = [target, path, "*"].into_iter().find(|name| known(name))?;
        let all: Vec<_> = self.answers.iter().filter(|answer| answer.target == name).collect();
        let mut asked = self.asked.lock().expect("no panic");
        let count = asked.entry(name.to_owned()).or_default();
        *count += 1;
        all.get(*count - 1).or(all.last()).map(|answer| (*answer).clone())
    }

    /// Serves under this letter until [`Stage::end`].
    pub fn listen(self: &Arc<Stage>, letter: char, listener: TcpListener) {
        let address = listener.local_addr().expect("bound");
        self.wakers().push(Box::new(move || drop(TcpStream::connect(address))));
        let stage = self.clone();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                if stage.over() {
                    return;
                }
                let _ = limit(&stream);
                stage.serve(Box::new(stream), format!("{letter}{}", number + 1));
            }
        });
    }

    /// Serves on a Unix socket until [`Stage::end`].
    pub fn listen_unix(self: &Arc<Stage>, path: &Path) {
        let listener = UnixListener::bind(path).expect("a Unix socket");
        let path = path.to_owned();
        self.wakers().push(Box::new(move || drop(UnixStream::connect(&path))));
        let stage = self.clone();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                if stage.over() {
                    return;
                }
                let _ = limit_unix(&stream);
                stage.serve(Box::new(stream), format!("U{}", number + 1));
            }
        });
    }

    /// Nobody listens any longer.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
        for wake in self.wakers().drain(..) {
            wake();
        }
    }

    fn over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn wakers(&self) -> MutexGuard<'_, Vec<Wake>> {
        self.wakers.lock().expect("no panic")
    }

    fn serve(self: &Arc<Stage>, stream: Box<dyn Stream>, mark: String) {
        let stage = self.clone();
        let connection = Connection { stream, ahead: Vec::new(), mark };
        std::thread::spawn(move || {
            // A client that goes away is what many cases are about.
            let _ = connection.speak(&stage);
        });
    }
}

fn limit(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))
}

fn limit_unix(stream: &UnixStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))
}

impl Connection {
    /// Finds out what is spoken, and speaks it to the end.
    pub fn speak(mut self, stage: &Arc<Stage>) -> io::Result<()> {
        match self.peek()? {
            None => Ok(()),
            Some(4) => socks::four(self, stage),
            Some(5) => socks::five(self, stage),
            Some(22) => self.secure(stage),
            Some(_) => http::serve(self, stage),
        }
    }

    /// The rest of the connection is inside TLS.
    fn secure(mut self, stage: &Arc<Stage>) -> io::Result<()> {
        if let Some(answer) = stage.answer("TLS").filter(|answer| answer.target == "TLS") {
            return self.stream.write_all(&answer.bytes);
        }
        let tls = ServerConnection::new(stage.tls.clone()).map_err(io::Error::other)?;
        let Connection { stream, ahead, mark } = self;
        let mut tls = StreamOwned::new(tls, Ahead { stream, ahead });
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock)?;
        }
        let version = match tls.conn.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "tls1.3",
            _ => "tls1.2",
        };
        let client = if tls.conn.peer_certificates().is_some() { " certificate" } else { "" };
        let name = tls.conn.server_name().map(|name| format!(" {name}")).unwrap_or_default();
        let mark = format!("{mark} {version}{client}{name}");
        Connection { stream: Box::new(tls), ahead: Vec::new(), mark }.speak(stage)
    }

    /// The next byte, which stays; `None` at the end.
    pub fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.ahead.is_empty() && !self.more()? {
            return Ok(None);
        }
        Ok(self.ahead.first().copied())
    }

    /// Reads more; `false` at the end.
    pub fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16_384];
        let count = self.stream.read(&mut buffer)?;
        self.ahead.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    /// Exactly so many bytes.
    pub fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.ahead.len() < count {
            if !self.more()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.ahead.drain(..count).collect())
    }

    /// Up to `end` and with it; what there is if the client goes away before, with `false`.
    pub fn take_until(&mut self, end: &[u8]) -> io::Result<(Vec<u8>, bool)> {
        loop {
            let found = self.ahead.windows(end.len()).position(|window| window == end);
            if let Some(at) = found {
                return Ok((self.take(at + end.len())?, true));
            }
            if !self.more()? {
                return Ok((std::mem::take(&mut self.ahead), false));
            }
        }
    }
}

/// A stream that gives first what was read too early.
struct Ahead {
    stream: Box<dyn Stream>,
    ahead: Vec<u8>,
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            return self.stream.read(buffer);
        }
        let count = buffer.len().min(self.ahead.len());
        buffer[..count].copy_from_slice(&self.ahead[..count]);
        self.ahead.drain(..count);
        Ok(count)
    }
}

impl Write for Ahead {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
