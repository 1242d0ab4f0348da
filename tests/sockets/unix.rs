//! Unix sockets: the URL keeps its meaning, the socket takes the place of address and port.

use std::path::Path;
use std::sync::{Arc, Mutex};

use wireline::client::Proxy;
use wireline::net::{ConnectOptions, Liveness, UnixAddress, unix};
use wireline::net::{Resolution, Resolve};
use wireline::{Client, Connector};

use crate::support::player::Player;
use crate::support::{Scratch, deadline};
use crate::talk::{OK, quiet};
use crate::unix_server::UnixServer;

/// Must not be asked.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        panic!("{host}:{port} was looked up")
    }
}

fn through(path: &Path) -> Client {
    quiet().resolver(NoNames).unix_socket(path).build().expect("settings")
}

#[tokio::test]
async fn a_socket_takes_the_place_of_every_host_and_is_kept_alive() {
    let scratch = Scratch::new();
    let path = scratch.path().join("a.sock");
    let mut server = UnixServer::start(&path, &[OK, OK, OK]);
    let client = through(&path);
    for reused in [false, true, true] {
        let response = deadline(client.get("http://docker.test/v1/info").send()).await;
        let response = response.expect("an answer");
        assert_eq!(server.head().await, "GET /v1/info HTTP/1.1\r\nHost: docker.test\r\n\r\n");
        assert_eq!(response.is_reused(), reused);
        let info = response.connection();
        let socket = info.unix_socket.as_ref().expect("a Unix socket");
        assert_eq!(socket.as_path(), path);
        assert_eq!((info.remote, info.local, info.log.attempts.len()), (None, None, 0));
        assert!(info.connect.is_some() && info.dns.is_none());
    }
    assert_eq!(server.accepted(), 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn abstract_names_are_written_with_an_at_sign_or_a_nul_byte() {
    let name = format!("wireline-test-{}", std::process::id());
    let mut server = UnixServer::start(Path::new(&format!("\0{name}")), &[OK]);
    for path in [format!("@{name}"), format!("\0{name}")] {
        let response = deadline(through(Path::new(&path)).get("http://a.test/").send()).await;
        let response = response.expect("an answer");
        let socket = response.connection().unix_socket.clone().expect("a Unix socket");
        assert_eq!(socket.to_string(), format!("@{name}"));
        server.head().await;
    }
    assert_eq!(server.accepted(), 2);
}

/// Two hosts behind one socket are two origins, and a request without the socket is a third (S-45).
#[tokio::test]
async fn s_45_connections_are_shared_by_origin_and_socket_only() {
    let scratch = Scratch::new();
    let path = scratch.path().join("a.sock");
    let server = UnixServer::start(&path, &[OK, OK]);
    let player = Player::script().expect_head().play(OK).open().start();
    let client = quiet().build().expect("settings");
    let socket = Connector::new().unix_socket(&path);
    deadline(client.get(player.url("/")).send()).await.expect("over TCP");
    for (url, reused) in
        [(player.url("/"), false), (player.url("/"), true), ("http://b.test/".to_owned(), false)]
    {
        let response = deadline(client.get(&url).connector(&socket).send()).await;
        let response = response.expect("over the socket");
        assert_eq!(response.is_reused(), reused, "{url}");
        assert!(response.connection().unix_socket.is_some());
    }
    assert_eq!(server.accepted(), 2);
    player.finish();
}

#[tokio::test]
async fn s_41_a_kept_socket_that_was_closed_or_speaks_unasked_is_not_used_again() {
    let scratch = Scratch::new();
    for (name, reply) in [("closed", OK.to_owned()), ("surplus", format!("{OK}surplus"))] {
        let path = scratch.path().join(name);
        let server = UnixServer::start(&path, &[&reply]);
        let client = through(&path);
        for count in 1..=3 {
            let response = deadline(client.get("http://a.test/").send()).await.expect(name);
            assert!(!response.is_reused());
            assert_eq!(server.accepted(), count, "{name}");
        }
    }
}

#[tokio::test]
async fn the_wire_of_a_unix_socket_answers_the_three_questions() {
    let scratch = Scratch::new();
    let path = scratch.path().join("a.sock");
    let listener = tokio::net::UnixListener::bind(&path).expect("a free name");
    let address = UnixAddress::new(&path);
    let filled = async |options: ConnectOptions| {
        let mut wire = deadline(unix::connect(&address, &options)).await.expect("a connection");
        let (peer, _) = deadline(listener.accept()).await.expect("a connection");
        assert_eq!(wire.probe(), Liveness::Healthy);
        let would_block = wire.try_read(&mut [0; 8]).expect_err("nothing there");
        assert_eq!(would_block.kind(), std::io::ErrorKind::WouldBlock);
        let mut accepted = 0;
        while let Ok(bytes) = wire.try_write(&[b'x'; 1024]) {
            accepted += bytes;
        }
        assert_eq!(peer.try_write(b"hello").expect("room"), 5);
        assert_eq!(wire.probe(), Liveness::Surplus);
        let mut bytes = [0; 8];
        assert_eq!(wire.try_read(&mut bytes).expect("a read"), 5);
        drop(peer);
        assert_eq!(wire.probe(), Liveness::Closed);
        let broken = wire.try_write(b"x").expect_err("nobody is there, and no signal comes");
        assert_eq!(broken.kind(), std::io::ErrorKind::BrokenPipe);
        accepted
    };
    let usual = filled(ConnectOptions::default()).await;
    let small = ConnectOptions { send_buffer: Some(8 * 1024), ..ConnectOptions::default() };
    let small = filled(small).await;
    assert!(small > 0 && small < usual, "the size of the buffer: {small} and {usual} bytes");
}

/// As in curl: no proxy can be asked to connect to a socket of this machine.
#[tokio::test]
async fn proxies_and_the_address_policy_have_no_say() {
    let scratch = Scratch::new();
    let path = scratch.path().join("a.sock");
    let mut server = UnixServer::start(&path, &[OK]);
    let dead = crate::endpoints::refused("127.0.0.4");
    let client = quiet()
        .proxy(Proxy::new(format!("http://{}", dead.address)))
        .deny_private()
        .unix_socket(&path)
        .build()
        .expect("settings");
    let response = deadline(client.get("http://127.0.0.1/x").send()).await.expect("an answer");
    assert_eq!(server.head().await, "GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert!(response.connection().proxy.is_none());
}

#[tokio::test]
async fn redirects_come_to_the_same_socket_and_events_name_it() {
    let scratch = Scratch::new();
    let path = scratch.path().join("a.sock");
    let away = "HTTP/1.1 302 Found\r\nLocation: http://b.test/there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let mut first = UnixServer::start(&path, &[away]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let client = quiet()
        .unix_socket(&path)
        .max_redirects(1)
        .on_event(move |event| ear.lock().expect("no panic").push(event.to_string()))
        .build()
        .expect("settings");
    let error = deadline(client.get("http://a.test/here").send()).await.expect_err("a second one");
    assert!(error.is_redirect(), "{error}");
    assert_eq!(first.head().await, "GET /here HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert_eq!(first.head().await, "GET /there HTTP/1.1\r\nHost: b.test\r\n\r\n");
    let told = told.lock().expect("no panic");
    let line = format!("is open: to the Unix socket {}", path.display());
    assert!(told.iter().any(|event| event.ends_with(&line)), "{told:#?}");
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_over_a_unix_socket_is_with_the_host_of_the_url() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (scratch, authority) = (Scratch::new(), crate::certs::Authority::new());
    let path = scratch.path().join("tls.sock");
    let listener = tokio::net::UnixListener::bind(&path).expect("a free name");
    let config = authority.issue(&["a.test"]).server(&["http/1.1"]);
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let names = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut stream = acceptor.accept(stream).await.expect("a handshake");
        let mut request = vec![0; 32];
        stream.read_exact(&mut request).await.expect("a request");
        stream.write_all(OK.as_bytes()).await.expect("a reply");
        stream.shutdown().await.expect("the end");
        stream.get_ref().1.server_name().map(str::to_owned)
    });
    let client = quiet().roots_pem(&authority.pem()).unix_socket(&path).build().expect("settings");
    let response = deadline(client.get("https://a.test/").send()).await.expect("an answer");
    assert!(response.connection().tls.is_some() && response.connection().unix_socket.is_some());
    assert_eq!(deadline(names).await.expect("no panic").as_deref(), Some("a.test"));
}
