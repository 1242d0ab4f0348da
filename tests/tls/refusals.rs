//! Every way in which a server can be refused, or refuse, and what is said about it.

use std::time::Duration;

use rustls::version::TLS13;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wireline::tls::{Rustls, TlsErrorKind, TlsVersion};
use wireline::{Client, Delivery, Error, Phase};

use crate::certs::{Authority, Identity};
use crate::server::{Https, get, refused, trusting};

/// What was said, once it is known that nothing was sent and nothing was tried twice.
async fn said(server: &Https, error: Error, kind: TlsErrorKind) -> String {
    assert_eq!((error.phase(), error.delivery()), (Phase::Tls, Delivery::NotSent), "{error}");
    assert!(error.is_connect() && !error.is_transient() && !error.is_timeout(), "{error:?}");
    refused(&error, kind);
    // The server learns of the alert when it comes round to it.
    crate::support::deadline(async {
        while server.seen().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(server.seen(), [None], "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_certificate_is_refused_for_a_reason_with_a_way_out() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let alone = Identity::self_signed(&["a.test"]);
    for (identity, kind, words) in [
        (
            authority.issue_expired(&["a.test"]),
            TlsErrorKind::Expired,
            ["valid until 2020-01-01 00:00:00 UTC, issued by", "clock"],
        ),
        (
            authority.issue_early(&["a.test"]),
            TlsErrorKind::NotYetValid,
            ["valid from 3000-01-01 00:00:00 UTC, issued by", "clock"],
        ),
        (
            authority.issue(&["1.test", "2.test", "3.test", "4.test", "5.test", "6.test"]),
            TlsErrorKind::WrongName,
            ["expected a.test, presented 1.test, 2.test, 3.test, 4.test, 5.test and 1 more", "URL"],
        ),
        (
            stranger.issue(&["a.test"]),
            TlsErrorKind::UnknownIssuer,
            ["for a.test, issued by", "trusted roots"],
        ),
        (alone, TlsErrorKind::SelfSigned, ["is self-signed", "pin its key"]),
    ] {
        let server = Https::start(identity.server(&[])).await;
        let error = server.get(trusting(&authority)).await.unwrap_err();
        let text = said(&server, error, kind).await;
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(text.contains("with a.test: "), "{text}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_can_be_trusted_or_pinned() {
    let alone = Identity::self_signed(&["a.test"]);
    let pem = alone.chain_pem();
    let pin = wireline::tls::Pin::of_certificate(&alone.chain[0]).unwrap();
    let server = Https::start(alone.server(&[])).await;
    assert!(server.get(Rustls::builder().roots_pem(&pem)).await.is_ok());
    let pinned = Rustls::builder().danger_accept_invalid_certs(true).pin(pin);
    assert!(server.get(pinned).await.is_ok());
}

/// The words of a certificate are the peer's.
#[tokio::test]
async fn a_certificate_cannot_write_on_the_terminal() {
    let (authority, stranger) = (Authority::new(), Authority::named("\u{1b}[2Jhello\u{202e}"));
    let server = Https::start(stranger.issue(&["a.test"]).server(&[])).await;
    let error = server.get(trusting(&authority)).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("\\u{1b}[2Jhello\\u{202e}") && !text.contains('\u{1b}'), "{text}");
}

#[tokio::test]
async fn a_server_with_other_ideas_is_named() {
    let authority = Authority::new();
    let h2 = Https::start(authority.issue(&["a.test"]).server(&["h2"])).await;
    let text =
        said(&h2, h2.get(trusting(&authority)).await.unwrap_err(), TlsErrorKind::NoHttp1).await;
    assert!(text.contains("another protocol than HTTP/1.1"), "{text}");

    let new = Https::start(authority.issue(&["a.test"]).server_with(&[], &[&TLS13])).await;
    let old = trusting(&authority).max_version(TlsVersion::Tls12);
    let text = said(&new, new.get(old).await.unwrap_err(), TlsErrorKind::Version).await;
    assert!(text.contains("TLS 1.2, the only version allowed here"), "{text}");
}

/// One connection that gets `bytes` for its ClientHello.
async fn answering(bytes: &'static [u8]) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        // All of the ClientHello, so that closing is no reset.
        let mut header = [0; 5];
        socket.read_exact(&mut header).await.unwrap();
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        socket.read_exact(&mut vec![0; length]).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        socket.shutdown().await.unwrap();
        socket.read_to_end(&mut Vec::new()).await.unwrap();
    });
    get(&Client::new(), &url).await.unwrap_err()
}

#[tokio::test]
async fn what_is_no_tls_and_what_ends_too_early() {
    for (bytes, kind, word) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], TlsErrorKind::NotTls, "use http://"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", TlsErrorKind::NotTls, "plain text"),
        (b"", TlsErrorKind::Closed, "is this a TLS port?"),
        // handshake_failure, unrecognized_name, protocol_version, certificate_required.
        (b"\x15\x03\x03\x00\x02\x02\x28", TlsErrorKind::Alert, "cipher suite"),
        (b"\x15\x03\x03\x00\x02\x02\x70", TlsErrorKind::Alert, "UnrecognisedName"),
        (b"\x15\x03\x03\x00\x02\x02\x46", TlsErrorKind::Version, "neither TLS 1.2 nor TLS 1.3"),
        (
            b"\x15\x03\x03\x00\x02\x02\x74",
            TlsErrorKind::ClientCertificate,
            "client_certificate_pem",
        ),
    ] {
        let error = answering(bytes).await;
        let text = error.to_string();
        refused(&error, kind);
        assert!(text.contains(word), "{text}");
        assert_eq!(error.delivery(), Delivery::NotSent, "{text}");
    }
}

/// A server that says nothing is a matter of time, and the phase says of which.
#[tokio::test]
async fn silence_is_a_timeout_in_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let client = Client::builder().connect_timeout(Duration::from_millis(100)).build().unwrap();
    let error = get(&client, &url).await.unwrap_err();
    assert!(error.is_timeout() && !error.is_tls(), "{error}");
    assert_eq!(error.phase(), Phase::Tls);
}
