//! What is told about TLS: on fresh connections, on reused ones, and on errors.

use rustls::version::TLS12;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wireline::Client;
use wireline::tls::{Certificate, Pin, TlsErrorKind};

use crate::certs::Authority;
use crate::server::{Https, get, refused, trusting};
use crate::support::deadline;

#[tokio::test]
async fn a_response_tells_all_of_it_on_reused_connections_too() {
    let authority = Authority::new();
    let identity = authority.issue(&["a.test"]);
    let chain: Vec<Vec<u8>> = identity.chain.iter().map(|der| der.to_vec()).collect();
    let server = Https::start(identity.server(&["http/1.1"])).await;
    let tls = trusting(&authority).build().unwrap();
    let client = server.client().secure(tls.clone()).build().unwrap();
    for round in 0..2 {
        let response = get(&client, &server.url("a.test")).await.unwrap();
        assert_eq!(response.is_reused(), round > 0);
        let tls = response.tls().expect("over TLS");
        assert_eq!(Some(tls), response.connection().tls.as_deref());
        assert_eq!(tls.version, "TLSv1.3");
        assert!(tls.cipher.starts_with("TLS13_AES"), "{tls:?}");
        assert!(tls.key_exchange.as_deref().is_some_and(|group| !group.is_empty()), "{tls:?}");
        assert_eq!(tls.alpn.as_deref(), Some(&b"http/1.1"[..]));
        assert!(!tls.resumed);
        assert_eq!(tls.peer_certificates, chain);
        deadline(response.bytes()).await.unwrap();
    }
    // A resumed session has the certificates of the first one.
    let again = server.client().secure(tls).build().unwrap();
    let response = get(&again, &server.url("a.test")).await.unwrap();
    let tls = response.tls().unwrap();
    assert!(tls.resumed);
    assert_eq!(tls.peer_certificates, chain);
    let certificate = Certificate::parse(&tls.peer_certificates[0]).unwrap();
    assert_eq!(certificate.names(), ["a.test"]);
    assert!(certificate.issuer().contains("authority"), "{certificate:?}");
    let pin = Pin::of_public_key(certificate.public_key()).unwrap();
    assert_eq!(pin, Pin::of_certificate(&chain[0]).unwrap());
}

#[tokio::test]
async fn tls_1_2_tells_as_much() {
    let authority = Authority::new();
    let server = Https::start(authority.issue(&["a.test"]).server_with(&[], &[&TLS12])).await;
    let response = server.get(trusting(&authority)).await.unwrap();
    let tls = response.tls().unwrap();
    assert_eq!((&*tls.version, tls.alpn.as_deref()), ("TLSv1.2", None));
    assert!(tls.cipher.starts_with("TLS_ECDHE_"), "{tls:?}");
    assert!(tls.key_exchange.is_some() && !tls.peer_certificates.is_empty(), "{tls:?}");
}

#[tokio::test]
async fn http_has_nothing_to_tell() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(socket.read_u8().await.unwrap());
        }
        socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    });
    assert!(get(&Client::new(), &url).await.unwrap().tls().is_none());
}

#[tokio::test]
async fn an_error_shows_what_had_been_shown() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let identity = stranger.issue(&["a.test", "b.test"]);
    let chain: Vec<Vec<u8>> = identity.chain.iter().map(|der| der.to_vec()).collect();
    let server = Https::start(identity.server(&[])).await;
    let error = server.get(trusting(&authority)).await.unwrap_err();
    let tls = refused(&error, TlsErrorKind::UnknownIssuer);
    assert_eq!(tls.peer_certificates(), chain);
    assert!(tls.message().contains("for a.test, b.test, issued by"), "{tls}");
    let issuer = Certificate::parse(&chain[0]).unwrap().issuer().to_owned();
    assert!(tls.message().contains(&issuer), "{tls}");
    // Many at once do not mix up their notes.
    let client = server.client().tls(trusting(&authority)).build().unwrap();
    let url = server.url("a.test");
    let asked = (0..16).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { get(&client, &url).await.unwrap_err() })
    });
    for asked in asked.collect::<Vec<_>>() {
        let error = asked.await.unwrap();
        assert_eq!(refused(&error, TlsErrorKind::UnknownIssuer).peer_certificates(), chain);
    }
}
