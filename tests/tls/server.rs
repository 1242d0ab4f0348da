//! An https server that remembers who came, and a client whose names all lead to it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{HandshakeKind, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use wireline::tls::{Rustls, RustlsBuilder, TlsError, TlsErrorKind};
use wireline::{Client, ClientBuilder, Error, Response};

use crate::certs::{Authority, Identity, provider};
use crate::support::deadline;

/// What one connection brought. Handshakes that failed are `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub sni: Option<String>,
    pub resumed: bool,
    pub certificate: bool,
}

/// Serves until the test ends.
pub struct Https {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Option<Seen>>>>,
}

impl Https {
    /// Every request is answered by `ok`, over connections that stay.
    pub async fn start(config: ServerConfig) -> Https {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (acceptor, told) = (TlsAcceptor::from(Arc::new(config)), seen.clone());
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (acceptor, told) = (acceptor.clone(), told.clone());
                tokio::spawn(async move {
                    let shaken = acceptor.accept(socket).await;
                    told.lock().unwrap().push(shaken.as_ref().ok().map(look));
                    if let Ok(stream) = shaken {
                        let _ = answer(stream).await;
                    }
                });
            }
        });
        Https { address, seen }
    }

    /// The handshakes so far, in the order of their ends.
    pub fn seen(&self) -> Vec<Option<Seen>> {
        self.seen.lock().unwrap().clone()
    }

    pub fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/", self.address.port())
    }

    /// A builder for a client that finds `a.test` and `b.test` here.
    pub fn client(&self) -> ClientBuilder {
        let here = [SocketAddr::from(([127, 0, 0, 1], 0))];
        Client::builder().resolve("a.test", here).resolve("b.test", here)
    }

    /// Asks for `https://a.test/` with a new client of these settings.
    pub async fn get(&self, tls: RustlsBuilder) -> Result<Response, Error> {
        let client = self.client().tls(tls).build()?;
        get(&client, &self.url("a.test")).await
    }
}

fn look(stream: &TlsStream<TcpStream>) -> Seen {
    let tls = stream.get_ref().1;
    Seen {
        sni: tls.server_name().map(str::to_owned),
        resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
        certificate: tls.peer_certificates().is_some(),
    }
}

async fn answer(mut stream: TlsStream<TcpStream>) -> io::Result<()> {
    while head(&mut stream).await? {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await?;
        stream.flush().await?;
    }
    Ok(())
}

/// Reads the head of a request; `false` where there is none any more.
pub async fn head(stream: &mut TlsStream<TcpStream>) -> io::Result<bool> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(false);
        }
        read.push(byte[0]);
    }
    Ok(true)
}

pub async fn get(client: &Client, url: &str) -> Result<Response, Error> {
    deadline(client.get(url).send()).await
}

/// Trusts `authority` and nobody else.
pub fn trusting(authority: &Authority) -> RustlsBuilder {
    Rustls::builder().roots_pem(&authority.pem())
}

/// A server for `a.test`.
pub async fn a_test(authority: &Authority) -> Https {
    Https::start(authority.issue(&["a.test"]).server(&["http/1.1"])).await
}

/// A server that takes clients with a certificate by `clients`, and nobody else.
pub fn wanting(
    identity: Identity,
    clients: &Authority,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(clients.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(identity.chain, identity.key)
        .unwrap()
}

/// A server that shows one certificate and has the key of another.
pub fn mismatched(shown: &Identity, had: &Identity) -> ServerConfig {
    let key = provider().key_provider.load_private_key(had.key.clone_key()).unwrap();
    let pair = SingleCertAndKey::from(CertifiedKey::new(shown.chain.clone(), key));
    ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(pair))
}

/// What went wrong with TLS, which it must have.
#[track_caller]
pub fn refused(error: &Error, kind: TlsErrorKind) -> &TlsError {
    assert!(error.is_tls(), "{error:?}");
    let tls = error.tls().expect("the reason");
    assert_eq!(tls.kind(), kind, "{error}");
    tls
}
