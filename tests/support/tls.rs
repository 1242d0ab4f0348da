//! A TLS server for one connection, and what most tests do with it.
#![allow(dead_code)] // every test file uses another part of it

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use wireline::net::{BoxedWire, Liveness, Rustls, Secure, TcpWire, TlsError, Wire};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// Accepts one connection, shakes hands, and lets `serve` do the rest.
pub async fn serve<F, T>(
    config: ServerConfig,
    serve: impl FnOnce(TlsStream<TcpStream>) -> F + Send + 'static,
) -> (SocketAddr, oneshot::Receiver<io::Result<T>>)
where
    F: Future<Output = io::Result<T>> + Send,
    T: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (done, outcome) = oneshot::channel();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let outcome = match TlsAcceptor::from(Arc::new(config)).accept(socket).await {
            Ok(stream) => serve(stream).await,
            Err(error) => Err(error),
        };
        let _ = done.send(outcome);
    });
    (address, outcome)
}

pub async fn tcp(address: SocketAddr) -> BoxedWire {
    Box::new(TcpWire::new(TcpStream::connect(address).await.unwrap()))
}

pub async fn secure(tls: &Rustls, name: &str, address: SocketAddr) -> Result<BoxedWire, TlsError> {
    timeout(PATIENCE, tls.secure(name, tcp(address).await)).await.expect("a handshake must end")
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("must end by itself")
}

/// Probes until the answer is not `Healthy` any more.
pub async fn changed(wire: &mut BoxedWire) -> Liveness {
    within(async {
        loop {
            match wire.probe() {
                Liveness::Healthy => yield_now().await,
                other => return other,
            }
        }
    })
    .await
}

pub async fn echo(mut stream: TlsStream<TcpStream>) -> io::Result<Option<String>> {
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await?;
    stream.write_all(&bytes).await?;
    stream.flush().await?;
    let name = stream.get_ref().1.server_name().map(str::to_owned);
    // Until the client says goodbye; a cut-off is an error here.
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(name)
}

pub async fn hello(wire: &mut BoxedWire) {
    wire.write_all(b"hello").await.unwrap();
    wire.flush().await.unwrap();
    let mut bytes = [0; 5];
    within(wire.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(&bytes, b"hello");
}
