//! One port that speaks http and https, connection after connection, as a script says. In: hosts and a script. Out: a
//! client that knows the way there and trusts it, and the heads that came.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use wireline::ClientBuilder;

use crate::certs::Authority;
use crate::support::deadline;
use crate::talk::quiet;

#[derive(Clone, Copy, PartialEq)]
pub enum Scheme {
    Http,
    Https,
}

pub struct Stage {
    pub port: u16,
    /// Ends when the script does.
    pub heads: JoinHandle<io::Result<Vec<String>>>,
}

/// Answers the n-th connection by the n-th scheme and these field lines (`{port}` is ours); a `Location` makes a 302.
pub async fn stage(hosts: &[&str], script: &[(Scheme, String)]) -> (ClientBuilder, Stage) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let port = listener.local_addr().expect("bound").port();
    let authority = Authority::new();
    let acceptor = TlsAcceptor::from(Arc::new(authority.issue(hosts).server(&["http/1.1"])));
    let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
    let client = quiet().roots_pem(&authority.pem());
    let client = hosts.iter().fold(client, |client, host| client.resolve(host, [any_port]));
    let own =
        |(scheme, lines): &(Scheme, String)| (*scheme, lines.replace("{port}", &port.to_string()));
    let script: Vec<_> = script.iter().map(own).collect();
    let heads = tokio::spawn(async move {
        let mut heads = Vec::new();
        for (scheme, lines) in script {
            let (socket, _) = listener.accept().await?;
            heads.push(match scheme {
                Scheme::Http => answer(socket, &lines).await?,
                Scheme::Https => answer(acceptor.accept(socket).await?, &lines).await?,
            });
        }
        Ok(heads)
    });
    (client, Stage { port, heads })
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    lines: &str,
) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let status = if lines.contains("Location") { "302 Found" } else { "200 OK" };
    let reply =
        format!("HTTP/1.1 {status}\r\n{lines}Connection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(reply.as_bytes()).await?;
    stream.flush().await?;
    // Until the client has closed, which it does after `Connection: close`.
    stream.read_to_end(&mut Vec::new()).await?;
    String::from_utf8(head).map_err(io::Error::other)
}

impl Stage {
    /// The heads of all connections of the script.
    pub async fn heads(self) -> Vec<String> {
        deadline(self.heads).await.expect("no panic").expect("served")
    }
}
