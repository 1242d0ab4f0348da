//! The blocking library that the tutorials compare with: what Requests is to Python, in eighty lines. Each call holds its
//! thread until the answer is there. Plain http only.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use wireline::message::Method;
use wireline::{StatusCode, Uri};

use super::Result;
use super::exchange::{Exchange, Progress};

/// For one read or write.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer, all of it.
pub struct Response {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// One GET over a connection of its own: `requests.get(url)`.
pub fn get(url: &str) -> Result<Response> {
    Session::default().get(url)
}

/// Keeps its connection for as long as the URLs lead to the same address: `requests.Session()`.
#[derive(Default)]
pub struct Session {
    kept: Option<(SocketAddr, TcpStream)>,
}

impl Session {
    /// GETs `url`, whose host is an IP address.
    pub fn get(&mut self, url: &str) -> Result<Response> {
        let uri = Uri::parse(url)?;
        let address: SocketAddr = format!("{}:{}", uri.host(), uri.port()).parse()?;
        // Taken, not borrowed: whatever goes wrong drops the stream, which closes it.
        let mut stream = match self.kept.take() {
            Some((kept, stream)) if kept == address => stream,
            _ => connect(address)?,
        };
        let (request, mut exchange) = Exchange::new(Method::GET, &uri)?;
        stream.write_all(&request)?;
        let mut buffer = [0; 8 * 1024];
        loop {
            let count = stream.read(&mut buffer)?;
            exchange = match exchange.receive(&buffer[..count])? {
                Progress::More(exchange) => exchange,
                Progress::Done(answer) => {
                    if answer.reusable {
                        self.kept = Some((address, stream));
                    }
                    return Ok(Response { status: answer.head.status, body: answer.body });
                }
            };
        }
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
