//! What most tests of the client need: a client without fields of its own, a request that must look exactly so, one that
//! must be refused before a socket is opened, and a server that is a function on a socket.
#![allow(dead_code)] // every test file uses another part of it

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;

use wireline::{Client, ClientBuilder, Error, RequestBuilder, Response};

use crate::support::player::{Player, Seen};
use crate::support::{PATIENCE, deadline};

/// A response without a body, after which the connection can be used again.
pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A client that says nothing of itself: the only field it adds is `Host`.
pub fn quiet() -> ClientBuilder {
    Client::builder().header("user-agent", "").header("accept", "")
}

pub fn client() -> Client {
    quiet().build().expect("sound settings")
}

/// The request that `build` makes must be exactly `expected`, and is answered with [`OK`].
pub async fn sends(expected: &str, build: impl FnOnce(&Client, &Player) -> RequestBuilder) {
    sends_by(&client(), expected, build).await;
}

pub async fn sends_by(
    client: &Client,
    expected: &str,
    build: impl FnOnce(&Client, &Player) -> RequestBuilder,
) {
    let player = Player::script().expect(expected).play(OK).open().start();
    let response = deadline(build(client, &player).send()).await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(player.finish().leftovers, [b""], "sent behind the request");
}

/// The request that `build` makes must fail without a connection.
pub async fn refuses(build: impl FnOnce(&Client, &str) -> RequestBuilder) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.set_nonblocking(true).expect("no waiting");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let sent = deadline(build(&client(), &url).send()).await;
    let error = sent.expect_err("this cannot be sent");
    assert!(error.is_builder(), "{error}");
    let accepted = listener.accept().map(|(_, peer)| peer).map_err(|error| error.kind());
    assert_eq!(accepted, Err(ErrorKind::WouldBlock), "{error}: connected all the same");
    error
}

/// Sends one request to a server that plays `reply`; whatever is asked for, the head and the body's beginning come back.
pub async fn asks(client: &Client, reply: impl AsRef<[u8]>) -> (Response, Player) {
    let player = Player::script().expect_head().play(reply).close().start();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    (response, player)
}

/// Waits for the one connection of `player` to be closed by the client; returns what came before that.
pub fn closed(player: Player) -> Vec<u8> {
    let Seen { mut leftovers, connections, .. } = player.finish();
    assert_eq!((connections, leftovers.len()), (1, 1));
    leftovers.remove(0)
}

/// A server on a thread: accepts one connection and returns what `serve` makes of it.
pub struct Served<T> {
    pub address: SocketAddr,
    outcome: mpsc::Receiver<T>,
}

pub fn serve<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> Served<T> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("bound");
    let (report, outcome) = mpsc::channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(PATIENCE / 2)).expect("a deadline");
        stream.set_write_timeout(Some(PATIENCE / 2)).expect("a deadline");
        // Nobody listens if the test has failed already.
        let _ = report.send(serve(stream));
    });
    Served { address, outcome }
}

impl<T> Served<T> {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn outcome(self) -> T {
        self.outcome.recv_timeout(PATIENCE).expect("the server's thread comes to its end")
    }
}

/// Reads up to the empty line that ends a head.
pub fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the rest of a head");
        head.push(byte[0]);
    }
    head
}
