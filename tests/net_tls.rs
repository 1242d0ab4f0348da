//! TLS wires against a rustls server: what a handshake may and may not accept, and how wires end.
#![cfg(feature = "tls")]

#[path = "support/certs.rs"]
mod certs;
#[path = "support/tls.rs"]
mod tls_server;

use std::io::{self, ErrorKind};
use std::sync::Arc;

use certs::{Authority, provider};
use rustls::ServerConfig;
use rustls::version::TLS12;
use tls_server::{changed, echo, hello, secure, serve, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio_rustls::TlsAcceptor;
use wireline::net::{BoxedWire, Liveness, Rustls, Secure, TcpWire, TlsError, TlsErrorKind, Wire};

#[tokio::test]
async fn the_right_name_under_the_right_root() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let config = authority.issue(&["a.test"]).server(&["h2", "http/1.1"]);
    let (address, served) = serve(config, echo).await;
    let mut wire = secure(&tls, "a.test", address).await.unwrap();
    hello(&mut wire).await;
    let info = wire.tls().unwrap();
    assert_eq!((&*info.version, info.alpn.as_deref()), ("TLSv1.3", Some(&b"http/1.1"[..])));
    assert!(info.cipher.starts_with("TLS13_"), "{info:?}");
    assert!(!info.resumed);
    assert_eq!(info.peer_certificates.len(), 1);
    assert_eq!(wire.peer_addr(), Some(address));
    drop(wire);
    // Dropped, and yet the server has read a clean end: close_notify was sent (RFC 9112 §9.8).
    assert_eq!(within(served).await.unwrap().unwrap().as_deref(), Some("a.test"));
}

#[tokio::test]
async fn tls_1_2_is_spoken_too_and_closed_as_cleanly() {
    let authority = Authority::new();
    let tls = Rustls::with_added_roots_pem(&authority.pem()).unwrap();
    let config = authority.issue(&["a.test"]).server_with(&[], &[&TLS12]);
    let (address, served) = serve(config, echo).await;
    let mut wire = secure(&tls, "a.test.", address).await.unwrap();
    hello(&mut wire).await;
    assert_eq!((&*wire.tls().unwrap().version, &wire.tls().unwrap().alpn), ("TLSv1.2", &None));
    wire.shutdown().await.unwrap();
    drop(wire);
    // The name in the SNI has no final dot (RFC 6066 §3).
    assert_eq!(within(served).await.unwrap().unwrap().as_deref(), Some("a.test"));
}

#[tokio::test]
async fn an_ip_address_is_checked_and_sends_no_sni() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let (address, served) = serve(authority.issue(&["127.0.0.1"]).server(&[]), echo).await;
    let mut wire = secure(&tls, "127.0.0.1", address).await.unwrap();
    hello(&mut wire).await;
    drop(wire);
    assert_eq!(within(served).await.unwrap().unwrap(), None);

    let (address, _served) = serve(authority.issue(&["::1"]).server(&[]), echo).await;
    hello(&mut secure(&tls, "[::1%lo]", address).await.unwrap()).await;

    let (address, _served) = serve(authority.issue(&["127.0.0.1"]).server(&[]), echo).await;
    let error = secure(&tls, "127.0.0.2", address).await.unwrap_err();
    assert_eq!(error.kind(), TlsErrorKind::WrongName);
}

#[tokio::test]
async fn bad_certificates_are_refused_and_named() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    for (identity, kind, word) in [
        (authority.issue(&["b.test"]), TlsErrorKind::WrongName, "another name"),
        (authority.issue_expired(&["a.test"]), TlsErrorKind::Expired, "has expired"),
        (authority.issue_early(&["a.test"]), TlsErrorKind::NotYetValid, "not valid yet"),
        (stranger.issue(&["a.test"]), TlsErrorKind::UnknownIssuer, "not trusted"),
    ] {
        let (address, served) = serve(identity.server(&[]), echo).await;
        let error = secure(&tls, "a.test", address).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(word) && error.message().contains("a.test"), "{error}");
        assert!(error.hint().is_some());
        assert!(within(served).await.unwrap().is_err(), "the server is told by an alert");
    }
}

#[tokio::test]
async fn what_is_no_tls_is_named() {
    let tls = Rustls::webpki().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut plain, _) = listener.accept().await.unwrap();
        plain.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let (mut mute, _) = listener.accept().await.unwrap();
        mute.read_exact(&mut [0; 5]).await.unwrap();
        mute.shutdown().await.unwrap();
        (plain, mute.read_to_end(&mut Vec::new()).await)
    });
    let error = secure(&tls, "a.test", address).await.unwrap_err();
    assert_eq!(error.kind(), TlsErrorKind::NotTls, "{error}");
    assert!(error.hint().unwrap().contains("plain text"));
    let error = secure(&tls, "a.test", address).await.unwrap_err();
    assert_eq!(error.kind(), TlsErrorKind::Closed, "{error}");
    within(server).await.unwrap().1.unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let error = secure(&tls, "a..test", address).await.unwrap_err();
    assert_eq!(error.kind(), TlsErrorKind::BadServerName, "{error}");
}

#[tokio::test]
async fn a_server_that_wants_another_protocol_says_so() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let (address, _served) = serve(authority.issue(&["a.test"]).server(&["h2"]), echo).await;
    let error = secure(&tls, "a.test", address).await.unwrap_err();
    assert_eq!(error.kind(), TlsErrorKind::NoHttp1, "{error}");
}

/// Two connections to one server; returns whether the second was a resumption.
async fn resumed(first: &Rustls, second: &Rustls, config: ServerConfig) -> Result<bool, TlsError> {
    let (address, _served) = serve(config.clone(), echo).await;
    hello(&mut secure(first, "a.test", address).await?).await;
    let (address, _served) = serve(config, echo).await;
    let wire = secure(second, "a.test", address).await?;
    Ok(wire.tls().unwrap().resumed)
}

#[tokio::test]
async fn the_second_connection_resumes_the_session_of_the_first() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let config = authority.issue(&["a.test"]).server(&[]);
    assert!(resumed(&tls, &tls.clone(), config.clone()).await.unwrap());
    let other = Rustls::with_roots_pem(&authority.pem()).unwrap();
    assert!(!resumed(&tls, &other, config).await.unwrap(), "other settings, other sessions");
}

#[tokio::test]
async fn s_48_a_session_is_not_resumed_under_another_trust() {
    let (trusted, other) = (Authority::new(), Authority::new());
    let trusting = Rustls::with_roots_pem(&trusted.pem()).unwrap();
    let strict = Rustls::with_roots_pem(&other.pem()).unwrap();
    assert_ne!(trusting.identity(), strict.identity());
    let config = trusted.issue(&["a.test"]).server(&[]);
    let error = resumed(&trusting, &strict, config).await.unwrap_err();
    assert_eq!(error.kind(), TlsErrorKind::UnknownIssuer);
}

/// The server has sent its tickets and nothing else: the connection is as good as new, and the
/// tickets have been taken in, which the next connection shows.
#[tokio::test]
async fn tickets_that_wait_are_no_surplus() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let config = authority.issue(&["a.test"]).server(&[]);
    let (sent, tickets) = oneshot::channel();
    let (address, _served) = serve(config.clone(), async move |mut stream| {
        stream.flush().await?;
        let _ = sent.send(());
        stream.read_to_end(&mut Vec::new()).await
    })
    .await;
    let socket = std::net::TcpStream::connect(address).unwrap();
    let watched = socket.try_clone().unwrap();
    socket.set_nonblocking(true).unwrap();
    let socket: BoxedWire = Box::new(TcpWire::new(TcpStream::from_std(socket).unwrap()));
    let mut wire = within(tls.secure("a.test", socket)).await.unwrap();
    within(tickets).await.unwrap();
    let waiting = || watched.peek(&mut [0]).is_ok_and(|count| count == 1);
    within(async {
        while !waiting() {
            yield_now().await;
        }
    })
    .await;
    assert_eq!(wire.probe(), Liveness::Healthy);
    assert!(!waiting(), "they were read");
    let (address, _served) = serve(config, echo).await;
    assert!(secure(&tls, "a.test", address).await.unwrap().tls().unwrap().resumed);
}

#[tokio::test]
async fn data_nobody_asked_for_is_surplus_and_every_end_is_closed() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let config = || authority.issue(&["a.test"]).server(&[]);

    let (address, _served) = serve(config(), async |mut stream| {
        stream.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").await?;
        stream.flush().await?;
        stream.read_to_end(&mut Vec::new()).await
    })
    .await;
    let mut wire = secure(&tls, "a.test", address).await.unwrap();
    assert_eq!(changed(&mut wire).await, Liveness::Surplus);
    let mut bytes = [0; 8];
    assert_eq!(wire.try_read(&mut bytes).unwrap(), 8);
    assert_eq!(&bytes, b"HTTP/1.1", "a probe loses nothing");

    // close_notify, the socket stays open.
    let (address, _served) = serve(config(), async |stream| {
        let (socket, mut tls) = stream.into_inner();
        tls.send_close_notify();
        let mut bytes = Vec::new();
        tls.write_tls(&mut bytes)?;
        let mut socket = socket;
        socket.write_all(&bytes).await?;
        socket.read_to_end(&mut Vec::new()).await
    })
    .await;
    let mut wire = secure(&tls, "a.test", address).await.unwrap();
    assert_eq!(changed(&mut wire).await, Liveness::Closed);
    assert_eq!(wire.try_read(&mut [0; 8]).unwrap(), 0, "a clean end");

    // The end of TCP without close_notify.
    let (address, _served) = serve(config(), async |stream| {
        drop(stream.into_inner());
        Ok(())
    })
    .await;
    let mut wire = secure(&tls, "a.test", address).await.unwrap();
    assert_eq!(changed(&mut wire).await, Liveness::Closed);
}

#[tokio::test]
async fn a_cut_off_stream_gives_its_data_and_then_unexpected_eof() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    for at_once in [false, true] {
        let (address, served) =
            serve(authority.issue(&["a.test"]).server(&[]), async |mut stream| {
                stream.write_all(b"half a body").await?;
                stream.flush().await?;
                stream.get_mut().0.shutdown().await
            })
            .await;
        let mut wire = secure(&tls, "a.test", address).await.unwrap();
        within(served).await.unwrap().unwrap();
        let mut all = Vec::new();
        let error = if at_once {
            assert_eq!(changed(&mut wire).await, Liveness::Surplus);
            within(read_at_once(&mut wire, &mut all, usize::MAX)).await.unwrap_err()
        } else {
            within(wire.read_to_end(&mut all)).await.unwrap_err()
        };
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(all, b"half a body");
    }
}

/// Reads without waiting, again and again, until there are `wanted` bytes or there is an end.
async fn read_at_once(wire: &mut BoxedWire, all: &mut Vec<u8>, wanted: usize) -> io::Result<()> {
    let mut piece = [0; 4];
    while all.len() < wanted {
        match wire.try_read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => all.extend(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => yield_now().await,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An https proxy in front of an https server: TLS in TLS, and everything that must not wait goes
/// through both.
#[tokio::test]
async fn a_wire_can_stand_on_a_wire() {
    let authority = Authority::new();
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let inner = TlsAcceptor::from(Arc::new(authority.issue(&["inner.test"]).server(&[])));
    let outer = authority.issue(&["outer.test"]).server(&[]);
    let (address, served) = serve(outer, async move |stream| {
        let mut inner = inner.accept(stream).await?;
        let mut bytes = [0; 5];
        inner.read_exact(&mut bytes).await?;
        inner.write_all(&bytes).await?;
        inner.flush().await?;
        inner.read_to_end(&mut Vec::new()).await?;
        let mut outer = inner.into_inner().0;
        outer.read_to_end(&mut Vec::new()).await
    })
    .await;
    let outer = secure(&tls, "outer.test", address).await.unwrap();
    let mut wire = within(tls.secure("inner.test", outer)).await.unwrap();
    assert_eq!(wire.probe(), Liveness::Healthy);
    assert_eq!(wire.try_write(b"hello").unwrap(), 5);
    let mut all = Vec::new();
    within(read_at_once(&mut wire, &mut all, 5)).await.unwrap();
    assert_eq!(all, b"hello");
    assert_eq!(wire.probe(), Liveness::Healthy);
    assert_eq!(wire.peer_addr(), Some(address));
    drop(wire);
    within(served).await.unwrap().expect("both layers were closed properly");
}

/// TLS 1.3: the server refuses a missing client certificate after our handshake is done, so it
/// comes as the first read's error. It must not look like a connection that has merely gone stale.
#[tokio::test]
async fn a_missing_client_certificate_is_an_error_of_the_first_read() {
    let authority = Authority::new();
    let mut roots = rustls::RootCertStore::empty();
    let identity = authority.issue(&["a.test"]);
    roots.add(identity.chain[0].clone()).unwrap();
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(identity.chain, identity.key)
        .unwrap();
    let (address, _served) = serve(config, echo).await;
    let tls = Rustls::with_roots_pem(&authority.pem()).unwrap();
    let mut wire = secure(&tls, "a.test", address).await.unwrap();
    let error = within(wire.read(&mut [0; 8])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    assert_eq!(wire.probe(), Liveness::Closed);
}

#[test]
fn everything_is_send() {
    fn is_send<T: Send + Sync>(_: &T) {}
    is_send(&Rustls::webpki().unwrap());
}
