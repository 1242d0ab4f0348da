//! The numbers, one for each way in which a server of the table answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use wireline::tls::{TlsError, TlsErrorKind};

use super::*;

/// Asks a server that answers so and closes; reads to the end.
async fn answered(reply: &'static [u8]) -> Result<(), Error> {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut peer, _) = server.accept().unwrap();
        head(&mut peer);
        peer.write_all(reply).unwrap();
    });
    let done = fetch(&url).await;
    thread.join().unwrap();
    done
}

fn head(peer: &mut TcpStream) {
    peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (mut seen, mut piece) = (Vec::new(), [0; 1024]);
    while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = peer.read(&mut piece).unwrap();
        assert!(count > 0, "a whole head");
        seen.extend_from_slice(&piece[..count]);
    }
}

async fn fetch(url: &str) -> Result<(), Error> {
    let client = wireline::Client::builder().max_redirects(0).build()?;
    let mut response = client.get(url).send().await?;
    while response.chunk().await?.is_some() {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_servers_do_wrong_has_curls_number() {
    for (number, reply) in [
        (52, &b""[..]),
        (56, b"HTTP/1.1 200 OK\r\nFoo: b"),
        (18, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
        (18, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        (56, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab"),
        (1, b"hello\r\n\r\n"),
        (1, b"HTTP/1.1 xx OK\r\n\r\n"),
        (8, b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab"),
        (8, b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nab"),
        (8, b"HTTP/1.1 200 OK\r\nFoo\r\n\r\nab"),
        (61, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\nab"),
    ] {
        let error = answered(reply).await.expect_err("no such response is sound");
        assert_eq!(code(&error), number, "{}: {error}", reply.escape_ascii());
    }
    assert!(answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab").await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_reached_has_curls_number() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failed = Failed::from(fetch(&format!("http://{nobody}/")).await.unwrap_err());
    assert_eq!((failed.code, failed.refused), (7, true), "{}", failed.message);
    assert_eq!(code(&fetch("http://").await.unwrap_err()), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_is_28() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let client = wireline::Client::builder().timeout(Duration::from_millis(50)).build().unwrap();
    let error = client.get(url).send().await.expect_err("nobody answers");
    assert_eq!(code(&error), 28, "{error}");
    drop(server);
}

#[test]
fn kinds_of_tls_trouble_have_curls_numbers() {
    use TlsErrorKind::*;
    for (number, kinds) in [
        (60, &[Expired, NotYetValid, WrongName, UnknownIssuer, SelfSigned, BadCertificate][..]),
        (90, &[PinMismatch]),
        (35, &[Version, NotTls, Alert, Protocol, Closed, Io]),
        (56, &[ClientCertificate]),
        (58, &[Settings]),
    ] {
        for kind in kinds {
            let error = TlsError::new(*kind, "x", std::io::Error::other("x"));
            assert_eq!(of_tls(&error), number, "{kind:?}");
        }
    }
}
