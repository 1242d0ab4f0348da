//! S-60 to S-63: credentials stay with their origin, and what was left behind does not come back.
//!
//! Hosts under `.test` lead to the players by fixed addresses; the port is the player's own.

use std::net::SocketAddr;

use wireline::{Client, RequestBuilder};

use crate::support::deadline;
use crate::support::player::{Player, Script};
use crate::talk::{OK, quiet};

/// A client for which these hosts are on loopback.
fn at_home(hosts: &[&str]) -> Client {
    let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
    let with = |builder: wireline::ClientBuilder, host: &&str| builder.resolve(host, [any_port]);
    hosts.iter().fold(quiet(), with).build().expect("sound settings")
}

fn found(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Every kind of credential, some of them twice; those for a proxy do not go directly to an origin at all (S-64).
fn with_secrets(request: RequestBuilder) -> RequestBuilder {
    request
        .header("Authorization", "Basic one")
        .header("X-Kept", "1")
        .header("authorization", "Bearer two")
        .header("Cookie", "a=1")
        .header("cookie", "b=2")
        .header("WWW-Authenticate", "Basic")
        .sensitive_header("X-Api-Key", "four")
        .sensitive_header("X-Api-Key", "five")
        .header("X-Plain-Key", "six")
}

const ALL: &str = "Authorization: Basic one\r\nX-Kept: 1\r\nauthorization: Bearer two\r\n\
                   Cookie: a=1\r\ncookie: b=2\r\n\
                   WWW-Authenticate: Basic\r\nX-Api-Key: four\r\nX-Api-Key: five\r\n\
                   X-Plain-Key: six\r\n\r\n";
const LEFT: &str = "X-Kept: 1\r\nX-Plain-Key: six\r\n\r\n";

/// What the second origin must see.
fn second(left: &str, host: &str) -> Script {
    Player::script().expect(format!("GET /x HTTP/1.1\r\nHost: {host}\r\n{left}")).play(OK).open()
}

#[tokio::test]
async fn s_60_another_port_is_another_origin() {
    let second = second(LEFT, "{host}").start();
    let first = Player::script()
        .expect(format!("GET / HTTP/1.1\r\nHost: {{host}}\r\n{ALL}"))
        .play(found(&second.url("/x")))
        .open()
        .start();
    let client = at_home(&[]);
    deadline(with_secrets(client.get(first.url("/"))).send()).await.expect("an answer");
    first.finish();
    second.finish();
}

/// S-62: names that look alike, end alike or contain one another are other origins.
#[tokio::test]
async fn s_62_another_host_is_another_origin() {
    let looks =
        ["a.test.evil.test", "evila.test", "sub.a.test", "a.testx.test", "b.test", "a-.test"];
    for other in looks {
        let client = at_home(&["a.test", other]);
        let mut port = 0;
        let player = two_hosts("a.test", other, &mut port);
        let get = client.get(format!("http://a.test:{port}/"));
        deadline(with_secrets(get).send()).await.expect("an answer");
        assert_eq!(player.finish().connections, 2);
    }
}

/// A player that is asked as `from` and then as `to`, both on its own port.
fn two_hosts(from: &str, to: &str, port: &mut u16) -> Player {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    *port = listener.local_addr().expect("bound").port();
    let script = Player::script()
        .expect(format!("GET / HTTP/1.1\r\nHost: {from}:{port}\r\n{ALL}"))
        .play(found(&format!("http://{to}:{port}/x")))
        .open()
        .expect(format!("GET /x HTTP/1.1\r\nHost: {to}:{port}\r\n{LEFT}"))
        .play(OK)
        .open();
    script.start_on(listener)
}

#[tokio::test]
async fn the_same_origin_keeps_everything() {
    let player = Player::script()
        .expect(format!("GET / HTTP/1.1\r\nHost: {{host}}\r\n{ALL}"))
        .play(found("/x"))
        .expect(format!("GET /x HTTP/1.1\r\nHost: {{host}}\r\n{ALL}"))
        .play(OK)
        .open()
        .start();
    let client = at_home(&[]);
    deadline(with_secrets(client.get(player.url("/"))).send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn the_same_origin_in_other_letters_is_the_same() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("bound").port();
    let player = Player::script()
        .expect(format!("GET / HTTP/1.1\r\nHost: a.test:{port}\r\nauthorization: x\r\n\r\n"))
        .play(found(&format!("HTTP://A.Test:0{port}/x")))
        .expect(format!("GET /x HTTP/1.1\r\nHost: a.test:{port}\r\nauthorization: x\r\n\r\n"))
        .play(OK)
        .open()
        .start_on(listener);
    let get = at_home(&["a.test"]).get(format!("http://a.test:{port}/"));
    deadline(get.header("authorization", "x").send()).await.expect("an answer");
    player.finish();
}

/// S-61 (CVE-2024-45336): a → b → b. What was dropped on the way to b is not back on the second hop there.
#[tokio::test]
async fn s_61_what_was_dropped_does_not_come_back() {
    let second = Player::script()
        .expect(format!("GET /x HTTP/1.1\r\nHost: {{host}}\r\n{LEFT}"))
        .play(found("/y"))
        .expect(format!("GET /y HTTP/1.1\r\nHost: {{host}}\r\n{LEFT}"))
        .play(OK)
        .open()
        .start();
    let first = Player::script().expect_head().play(found(&second.url("/x"))).open().start();
    let get = with_secrets(at_home(&[]).get(first.url("/")));
    deadline(get.send()).await.expect("an answer");
    first.finish();
    second.finish();
}

/// The same for a → b → a: the first origin is a stranger by then.
#[tokio::test]
async fn s_61_not_even_at_home() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let home = format!("http://{}/back", listener.local_addr().expect("bound"));
    let second = Player::script().expect_head().play(found(&home)).open().start();
    let first = Player::script()
        .expect_head()
        .play(found(&second.url("/x")))
        .expect(format!("GET /back HTTP/1.1\r\nHost: {{host}}\r\n{LEFT}"))
        .play(OK)
        .open()
        .start_on(listener);
    let get = with_secrets(at_home(&[]).get(first.url("/")));
    deadline(get.send()).await.expect("an answer");
    first.finish();
    let heads = second.finish().heads;
    assert!(!String::from_utf8_lossy(&heads[0]).contains("four"));
}

/// A field nobody knows to be a secret is dropped if it is marked, and travels if it is not.
#[tokio::test]
async fn s_63_a_marked_field_stays_with_its_origin() {
    let second = second("X-Unmarked: travels\r\n\r\n", "{host}").start();
    let first = Player::script()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\nX-Marked: stays\r\nX-Unmarked: travels\r\n\r\n")
        .play(found(&second.url("/x")))
        .open()
        .start();
    let request = quiet().build().expect("sound settings").get(first.url("/"));
    let request = request.sensitive_header("X-Marked", "stays").header("X-Unmarked", "travels");
    deadline(request.send()).await.expect("an answer");
    first.finish();
    second.finish();
}

/// The client's own default fields are credentials too, on the first foreign hop and on those after it.
#[tokio::test]
async fn s_61_defaults_of_the_client_do_not_come_back() {
    let client = quiet()
        .header("Authorization", "Bearer default")
        .header("Cookie", "c=1")
        .header("Host", "front.test")
        .header("X-Kept", "1")
        .sensitive_header("X-Api-Key", "four")
        .build()
        .expect("sound settings");
    for with_own_field in [false, true] {
        let own = if with_own_field { "X-Own: 1\r\n" } else { "" };
        let second = Player::script()
            .expect(format!("GET /x HTTP/1.1\r\nHost: {{host}}\r\nX-Kept: 1\r\n{own}\r\n"))
            .play(found("/y"))
            .expect(format!("GET /y HTTP/1.1\r\nHost: {{host}}\r\nX-Kept: 1\r\n{own}\r\n"))
            .play(OK)
            .open()
            .start();
        let first = Player::script()
            .expect(format!(
                "GET / HTTP/1.1\r\nHost: front.test\r\nAuthorization: Bearer default\r\n\
                 Cookie: c=1\r\nX-Kept: 1\r\nX-Api-Key: four\r\n{own}\r\n"
            ))
            .play(found(&second.url("/x")))
            .open()
            .start();
        let get = client.get(first.url("/"));
        let get = if with_own_field { get.header("X-Own", "1") } else { get };
        deadline(get.send()).await.expect("an answer");
        first.finish();
        second.finish();
    }
}

/// The same when credentials are all the client adds: nothing is left to send, and nothing is sent.
#[tokio::test]
async fn s_61_nothing_left_means_nothing_sent() {
    let client = quiet().header("Authorization", "Bearer default").build().expect("sound settings");
    let second = second("\r\n", "{host}").start();
    let first = Player::script().expect_head().play(found(&second.url("/x"))).open().start();
    deadline(client.get(first.url("/")).send()).await.expect("an answer");
    first.finish();
    second.finish();
}

/// S-68 for the defaults: a `Content-Type` of the client does not describe the body that is gone.
#[tokio::test]
async fn s_68_a_default_content_type_goes_with_the_body() {
    let client =
        quiet().header("Content-Type", "application/json").build().expect("sound settings");
    let player = Player::script()
        .expect("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n")
        .expect("Content-Length: 2\r\n\r\n{}")
        .play("HTTP/1.1 303 See Other\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        .expect("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    deadline(client.post(player.url("/")).body("{}").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn s_60_userinfo_is_not_carried_along() {
    let player =
        Player::script().expect_head().play(found("/x")).expect_head().play(OK).open().start();
    let url = format!("http://user:secret@{}/", player.address());
    let response = deadline(at_home(&[]).get(url).no_auth().send()).await.expect("an answer");
    assert_eq!(response.url().userinfo(), None);
    for head in player.finish().heads {
        assert!(!String::from_utf8_lossy(&head).contains("secret"));
    }
}
