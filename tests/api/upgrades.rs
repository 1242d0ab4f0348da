//! Where HTTP ends: 101 and CONNECT.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wireline::{Body, RequestBuilder};

use crate::sources::channel;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\
                      Upgrade: echo\r\n\r\n";

fn asking(request: RequestBuilder) -> RequestBuilder {
    request.header("Connection", "upgrade").header("Upgrade", "echo")
}

#[tokio::test]
async fn bytes_of_the_new_protocol_come_with_the_101() {
    let asked = "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    for first in ["", "h", "hello"] {
        let player = Player::script()
            .expect(asked)
            .play([SWITCH, first].concat())
            .expect("ping")
            .play("pong")
            .close()
            .start();
        let response = deadline(asking(client().get(player.url("/"))).send()).await;
        let response = response.expect("a switch");
        assert_eq!(response.status(), 101);
        assert_eq!(response.fields().get_str("upgrade"), Some("echo"));
        let mut stream = response.upgrade().expect("a stream");
        deadline(stream.write_all(b"ping")).await.expect("sent");
        deadline(stream.flush()).await.expect("sent");
        let mut read = String::new();
        deadline(stream.read_to_string(&mut read)).await.expect("the rest");
        assert_eq!(read, format!("{first}pong"));
        drop(stream);
        player.finish();
    }
}

#[tokio::test]
async fn an_upgraded_stream_has_left_the_pool() {
    let player = Player::script()
        .expect_head()
        .play(SWITCH)
        .open()
        .expect("GET /next HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = quiet().max_connections(1).build().expect("sound settings");
    let response = deadline(asking(client.get(player.url("/"))).send()).await.expect("a switch");
    let stream = response.upgrade().expect("a stream");
    deadline(client.get(player.url("/next")).send()).await.expect("there is a place");
    drop(stream);
    assert_eq!(player.finish().connections, 2);
}

#[tokio::test]
async fn s_33_a_101_nobody_asked_for() {
    let player = Player::script().expect_head().play(SWITCH).expect_close().close().start();
    let error = deadline(client().get(player.url("/")).send()).await.expect_err("unasked");
    assert!(error.is_protocol(), "{error}");
    assert!(error.to_string().contains("no upgrade was asked for"), "{error}");
    player.finish();
}

/// A server that switches in the middle of a request would read the rest of it as the other protocol.
#[tokio::test]
async fn a_101_before_the_request_is_complete() {
    let player = Player::script().expect_head().play(SWITCH).expect_close().close().start();
    let (_more, stream) = channel();
    let post = asking(client().post(player.url("/"))).body(Body::stream(stream));
    let error = deadline(post.send()).await.expect_err("too early");
    assert!(error.is_protocol(), "{error}");
    assert!(error.to_string().contains("before the request was complete"), "{error}");
    player.finish();
}

#[tokio::test]
async fn a_refused_upgrade_is_a_response() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        .expect_head()
        .play("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let client = client();
    let response = deadline(asking(client.get(player.url("/"))).send()).await.expect("an answer");
    assert_eq!(deadline(response.text()).await.expect("a body"), "hello");
    let response = deadline(asking(client.get(player.url("/"))).send()).await.expect("an answer");
    let error = response.upgrade().expect_err("no switch");
    assert_eq!(error.status().expect("the status"), 426);
    assert!(error.to_string().contains("did not switch protocols"), "{error}");
    player.finish();
}

/// RFC 9112 §6.3 rule 2: "A client MUST ignore any Content-Length or Transfer-Encoding header fields".
#[tokio::test]
async fn a_tunnel_begins_right_after_the_head() {
    let framings =
        ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: x\r\n"];
    for framing in framings {
        for status in [200, 204, 299] {
            let player = Player::script()
                .expect("CONNECT a.test:9 HTTP/1.1\r\nhost: a.test:9\r\n\r\n")
                .play(format!("HTTP/1.1 {status} X\r\n{framing}\r\nearly "))
                .expect("ping")
                .play("pong")
                .close()
                .start();
            let connect = client().connect(player.url("/"), "a.test:9");
            let mut response = deadline(connect.send()).await.expect("a tunnel");
            assert_eq!(deadline(response.chunk()).await.expect("no body"), None);
            let mut stream = response.upgrade().expect("a tunnel");
            deadline(stream.write_all(b"ping")).await.expect("sent");
            let mut read = String::new();
            deadline(stream.read_to_string(&mut read)).await.expect("the rest");
            assert_eq!(read, "early pong");
            drop(stream);
            player.finish();
        }
    }
}

#[tokio::test]
async fn a_refused_tunnel_is_a_response_on_a_good_connection() {
    let player = Player::script()
        .expect("CONNECT a.test:9 HTTP/1.1\r\nhost: a.test:9\r\n\r\n")
        .play("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 3\r\n\r\nwho")
        .expect("CONNECT a.test:9 HTTP/1.1\r\nhost: a.test:9\r\nProxy-Authorization: x\r\n\r\n")
        .play("HTTP/1.1 200 OK\r\n\r\n")
        .open()
        .start();
    let client = client();
    let refused = deadline(client.connect(player.url("/"), "a.test:9").send()).await;
    let refused = refused.expect("an answer");
    assert_eq!(refused.status(), 407);
    assert_eq!(deadline(refused.text()).await.expect("a body"), "who");
    let again = client.connect(player.url("/"), "a.test:9").header("Proxy-Authorization", "x");
    let response = deadline(again.send()).await.expect("a tunnel");
    assert!(response.is_reused());
    response.upgrade().expect("a tunnel");
    player.finish();
}
