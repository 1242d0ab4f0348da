//! The tests' own tools, tried with plain sockets: a player that lets a wrong client pass, or a server that is never
//! found, would make other tests worthless.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;

use support::nginx::Nginx;
use support::player::{Player, Seen, gate};

fn connect(player: &Player) -> TcpStream {
    let stream = TcpStream::connect(player.address()).expect("the player accepts");
    stream.set_read_timeout(Some(support::PATIENCE)).expect("a deadline");
    stream
}

fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the end of the stream");
    text
}

/// What `finish` complains of.
fn complaint(player: Player) -> String {
    let finish = std::panic::AssertUnwindSafe(|| player.finish());
    let payload = std::panic::catch_unwind(finish).expect_err("a complaint");
    payload.downcast_ref::<String>().expect("a message").clone()
}

#[test]
fn a_play_in_two_connections() {
    let player = Player::script()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play_cut("HTTP/1.1 200 OK\r\n\r\nhello", &[3, 19])
        .close()
        .expect_head()
        .play_bytewise("bye")
        .open()
        .start();

    let mut first = connect(&player);
    write!(first, "GET / HTTP/1.1\r\nHost: {}\r\n\r\n", player.address()).expect("sent");
    assert_eq!(rest(first), "HTTP/1.1 200 OK\r\n\r\nhello");

    let mut second = connect(&player);
    second.write_all(b"HEAD / HTTP/1.1\r\n\r\nmore").expect("sent");
    let mut bye = [0; 3];
    second.read_exact(&mut bye).expect("the second answer");
    let third = connect(&player);

    let Seen { connections, heads, leftovers } = player.finish();
    assert_eq!((&bye, connections), (b"bye", 3));
    assert_eq!(heads, [b"HEAD / HTTP/1.1\r\n\r\n"]);
    assert_eq!(leftovers, [&b""[..], b"more"]);
    assert_eq!(rest(third), "", "beyond the script: closed");
}

#[test]
fn a_difference_is_told() {
    let player = Player::script().expect("GET / HTTP/1.1\r\n\r\n").close().start();
    let mut stream = connect(&player);
    stream.write_all(b"GET /x HTTP/1.1\r\n\r\n").expect("sent");
    let told = complaint(player);
    assert!(told.starts_with("connection 1, step 1: byte 5 differs, after GET /\n"), "{told}");
    assert!(told.contains("got: x HTTP/1.1\\r\\n"), "{told}");
}

#[test]
fn a_missing_connection_and_a_short_request_are_told() {
    let player = Player::script().close().start();
    assert_eq!(complaint(player), "the script has 1 connections, the client made 0");

    let player = Player::script().expect("GET").close().start();
    let mut stream = connect(&player);
    stream.write_all(b"GE").expect("sent");
    drop(stream);
    let told = complaint(player);
    assert!(told.contains("the client closed\n     got: GE\nexpected: GET"), "{told}");
}

#[test]
fn gates_hold_and_signals_tell() {
    let ((key, closed), (reached, signal)) = (gate(), gate());
    let script = Player::script().play("a").signal(reached).wait(closed).play("b").half_close();
    let player = script.expect_close().close().start();
    let mut stream = connect(&player);
    signal.blocking_recv().expect("the player has come to the gate");
    let mut before = [0];
    stream.read_exact(&mut before).expect("what came before the gate");
    stream.set_nonblocking(true).expect("no waiting");
    assert!(stream.read(&mut [0]).is_err(), "the gate is closed");
    stream.set_nonblocking(false).expect("waiting");
    key.send(()).expect("the player waits");
    stream.write_all(b"late").expect("half closed is half open");
    let copy = stream.try_clone().expect("a second handle");
    assert_eq!(rest(copy), "b");
    drop(stream);
    assert_eq!(player.finish().leftovers, [b"late"]);
}

#[test]
fn a_reset_is_a_reset() {
    let player = Player::script().swallow(3).reset().start();
    let mut stream = connect(&player);
    stream.write_all(b"abc").expect("sent");
    let error = stream.read(&mut [0]).expect_err("no orderly end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(player.finish().connections, 1);
}

#[test]
fn nginx_serves_a_folder() {
    let started = Nginx::start(2, |ports, folder| {
        std::fs::write(folder.join("hello.txt"), "hello").expect("a document");
        let server =
            |port| format!("server {{ listen 127.0.0.1:{port}; root {}; }}\n", folder.display());
        ports.iter().map(server).collect()
    });
    let Some(nginx) = started else { return };
    for index in [0, 1] {
        let mut stream = TcpStream::connect(("127.0.0.1", nginx.port(index))).expect("accepts");
        stream.set_read_timeout(Some(support::PATIENCE)).expect("a deadline");
        let request = b"GET /hello.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(request).expect("sent");
        let answer = rest(stream);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}\n{}", nginx.errors());
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    }
    let folder = nginx.folder().to_owned();
    drop(nginx);
    assert!(!folder.exists(), "the scratch folder is gone");
}
