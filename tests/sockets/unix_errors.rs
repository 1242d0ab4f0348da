//! Unix sockets that do not answer: the error names them, and a full queue is waited for.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use wireline::{Client, Connector, Delivery, Error, Phase};

use crate::support::{Scratch, deadline};
use crate::talk::{OK, quiet};

async fn fails(connector: &Connector) -> Error {
    let request = Client::new().get("http://a.test/").connector(connector);
    let error = deadline(request.send()).await.expect_err("nobody there");
    assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent), "{error}");
    assert!(error.is_connect() && !error.is_dns() && !error.is_denied(), "{error:?}");
    assert!(error.connection().is_some_and(|info| info.unix_socket.is_some()));
    error
}

#[tokio::test]
async fn the_error_names_the_socket_and_the_reason() {
    let scratch = Scratch::new();
    let absent = scratch.path().join("none\n.sock");
    let error = fails(&Connector::new().unix_socket(&absent)).await.to_string();
    let shown =
        format!("could not connect to the Unix socket {}/none\\n.sock: ", scratch.path().display());
    assert!(error.contains(&shown) && error.contains("No such file"), "{error}");

    // The file outlives its server.
    let stale = scratch.path().join("stale.sock");
    drop(UnixListener::bind(&stale).expect("a free name"));
    let error = fails(&Connector::new().unix_socket(&stale)).await;
    assert!(error.to_string().contains("refused") && error.is_transient(), "{error}");

    let long = "x".repeat(200);
    let error = fails(&Connector::new().unix_socket(&long)).await;
    assert!(error.to_string().contains(&long), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_abstract_name_nobody_has_is_named() {
    let error = fails(&Connector::new().unix_socket("@wireline-nobody")).await.to_string();
    assert!(error.contains("the Unix socket @wireline-nobody: "), "{error}");
}

/// A listener whose queue is full: one connection waits, and nobody accepts.
fn full(path: &Path) -> (Socket, Vec<UnixStream>) {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    socket.bind(&SockAddr::unix(path).expect("a path")).expect("a free name");
    socket.listen(0).expect("a listener");
    (socket, vec![UnixStream::connect(path).expect("the queue holds one")])
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_queue_is_waited_for_until_the_connect_timeout() {
    let scratch = Scratch::new();
    let path = scratch.path().join("full.sock");
    let (_listener, _waiting) = full(&path);
    let client = quiet().unix_socket(&path).connect_timeout(Duration::from_millis(100));
    let client = client.build().expect("settings");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("nobody accepts");
    assert!(error.is_timeout() && error.is_connect(), "{error:?}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
    let named = format!("the Unix socket {}", path.display());
    assert!(error.to_string().contains(&named), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn when_a_full_queue_has_room_the_request_goes_through() {
    let scratch = Scratch::new();
    let path = scratch.path().join("full.sock");
    let (listener, waiting) = full(&path);
    let client = quiet().unix_socket(&path).build().expect("settings");
    let sent = tokio::spawn(client.get("http://a.test/").send());
    // It is at the door, and the queue is full: no answer can come.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!sent.is_finished());
    let served = tokio::task::spawn_blocking(move || {
        let _first = listener.accept().expect("the one that waited");
        let (second, _) = listener.accept().expect("the client");
        let mut second = UnixStream::from(std::os::fd::OwnedFd::from(second));
        second.read_exact(&mut [0; 32]).expect("a request");
        second.write_all(OK.as_bytes()).expect("a reply");
        drop(waiting);
    });
    let response = deadline(sent).await.expect("no panic").expect("an answer");
    assert_eq!(response.status(), 200);
    served.await.expect("the server's part");
}
