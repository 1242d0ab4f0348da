//! Which jar a request uses, cookies of its own, and what redirects do to them: transcripts.

use std::net::{SocketAddr, TcpListener};

use wireline::{Client, Jar, RequestBuilder};

use crate::conformance::uri;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet, refuses, sends_by};

/// `GET` with one field, or none.
fn get(path: &str, field: &str) -> String {
    let field = if field.is_empty() { String::new() } else { format!("{field}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: {{host}}\r\n{field}\r\n")
}

fn found(location: &str, lines: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n{lines}Content-Length: 0\r\n\r\n")
}

/// A client with a jar in which the host of all players has these cookies already.
fn with_jar(lines: &[&str]) -> (Client, Jar) {
    let jar = Jar::new();
    for line in lines {
        jar.set(&uri("http://127.0.0.1/"), line).expect("a good line");
    }
    (quiet().cookies(jar.clone()).build().expect("sound settings"), jar)
}

#[tokio::test]
async fn cookies_come_and_go() {
    let player = Player::script()
        .expect(get("/login", ""))
        .play("HTTP/1.1 200 OK\r\nSet-Cookie: sid=1; Path=/\r\nset-cookie: theme=dark\r\nContent-Length: 0\r\n\r\n")
        .expect(get("/", "Cookie: sid=1; theme=dark"))
        .play("HTTP/1.1 500 Oops\r\nSet-Cookie: sid=; Max-Age=0; Path=/\r\nContent-Length: 0\r\n\r\n")
        .expect(get("/", "Cookie: theme=dark"))
        .play(OK)
        .open()
        .start();
    let (client, jar) = with_jar(&[]);
    let response = deadline(client.get(player.url("/login")).send()).await.expect("an answer");
    let told: Vec<String> = response.cookies().map(|line| line.name().to_owned()).collect();
    assert_eq!(told, ["sid", "theme"]);
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(jar.len(), 1);
    player.finish();
}

#[tokio::test]
async fn without_a_jar_nothing_is_kept() {
    let player = Player::script()
        .expect(get("/", ""))
        .play("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        .expect(get("/", ""))
        .play(OK)
        .open()
        .start();
    let client = client();
    for _ in 0..2 {
        deadline(client.get(player.url("/")).send()).await.expect("an answer");
    }
    player.finish();
}

/// What a redirect sets is there for the next hop.
#[tokio::test]
async fn redirects_set_cookies() {
    let player = Player::script()
        .expect(get("/", ""))
        .play(found("/x", "Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/y\r\n"))
        .expect(get("/x", "Cookie: a=1"))
        .play(found("/y", "Set-Cookie: a=3\r\n"))
        .expect(get("/y", "Cookie: b=2; a=3"))
        .play(OK)
        .open()
        .start();
    let (client, _) = with_jar(&[]);
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.cookies().count(), 0, "those of the redirects are in the jar");
    player.finish();
}

fn at_home(jar: Jar) -> Client {
    let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
    let client = quiet().cookies(jar).resolve("a.test", [any_port]).resolve("b.test", [any_port]);
    client.build().expect("sound settings")
}

/// S-60: a → b → a. The jar gives each host its own; the request's own cookie is for the first hop alone (S-61).
#[tokio::test]
async fn s_60_from_a_to_b_and_back() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("bound").port();
    let get = |host: &str, path: &str, cookies: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: {host}.test:{port}\r\n{cookies}\r\n")
    };
    let player = Player::script()
        .expect(get("a", "/1", "Cookie: jar=a; own=1\r\n"))
        .play(found("/2", "Set-Cookie: more=a\r\n"))
        .expect(get("a", "/2", "Cookie: jar=a; more=a; own=1\r\n"))
        .play(found(&format!("http://b.test:{port}/3"), "Connection: close\r\n"))
        .close()
        .expect(get("b", "/3", "Cookie: jar=b\r\n"))
        .play(found(&format!("http://a.test:{port}/4"), "Set-Cookie: jar=b2; Domain=a.test\r\n"))
        .open()
        .expect(get("a", "/4", "Cookie: jar=a; more=a\r\n"))
        .play(OK)
        .open()
        .start_on(listener);
    let jar = Jar::new();
    jar.set(&uri("http://a.test/"), "jar=a").expect("a good line");
    jar.set(&uri("http://b.test/"), "jar=b").expect("a good line");
    let request = at_home(jar).get(format!("http://a.test:{port}/1")).cookie("own", "1");
    deadline(request.send()).await.expect("an answer");
    player.finish();
}

/// Ports do not part the jar's cookies (§8.5 of the draft), but they part origins: the request's own stay behind.
#[tokio::test]
async fn s_60_another_port_gets_the_jars_alone() {
    let second = Player::script().expect(get("/x", "Cookie: jar=1")).play(OK).open().start();
    let first = Player::script()
        .expect(get("/", "Cookie: jar=1; own=2"))
        .play(found(&second.url("/x"), ""))
        .open()
        .start();
    let (client, _) = with_jar(&["jar=1"]);
    let request = client.get(first.url("/")).cookie("own", "2");
    deadline(request.send()).await.expect("an answer");
    first.finish();
    second.finish();
}

async fn sends(
    lines: &[&str],
    cookies: &str,
    build: impl FnOnce(RequestBuilder) -> RequestBuilder,
) {
    let (client, jar) = with_jar(lines);
    sends_by(&client, &get("/", cookies), |client, player| build(client.get(player.url("/"))))
        .await;
    assert_eq!(jar.len(), lines.len(), "a cookie of a request is not kept");
}

#[tokio::test]
async fn a_request_has_cookies_of_its_own() {
    sends(&[], "Cookie: a=1; b=2", |get| get.cookie("a", "1").cookie("b", "2")).await;
    sends(&["j=0"], "Cookie: j=0; a=1", |get| get.cookie("a", "1")).await;
    sends(&[], "Cookie: a=", |get| get.cookie("a", "")).await;
    sends(&[], "Cookie: a=\"b c,d\"%20=", |get| get.cookie("a", "\"b c,d\"%20=")).await;
    sends(&[], "Cookie: ключ=знач", |get| get.cookie("ключ", "знач")).await;
}

#[tokio::test]
async fn its_own_stand_in_for_the_jars() {
    sends(&["a=0", "b=0", "c=0"], "Cookie: a=0; c=0; b=1", |get| get.cookie("b", "1")).await;
    sends(&["a=0"], "Cookie: a=1", |get| get.cookie("a", "1")).await;
    sends(&["aa=0", "nameless"], "Cookie: aa=0; nameless; a=1", |get| get.cookie("a", "1")).await;
    sends(&["a=0; Path=/"], "Cookie: b=1;a=2", |get| get.header("Cookie", "b=1;a=2")).await;
}

/// A field set by hand is joined like a cookie of the request, all its lines.
#[tokio::test]
async fn a_cookie_field_set_by_hand_is_joined() {
    sends(&["j=0"], "Cookie: j=0; a=1; b=2", |get| get.header("Cookie", "a=1; b=2")).await;
    sends(&["j=0"], "Cookie: j=0; a=1; b=2", |get| {
        get.header("Cookie", "a=1").header("cookie", "b=2")
    })
    .await;
    sends(&["j=0"], "Cookie: j=0; a=1; b=2", |get| get.header("Cookie", "a=1").cookie("b", "2"))
        .await;
}

#[tokio::test]
async fn s_08_what_cannot_be_a_cookie_is_not_sent() {
    for (name, value) in [
        ("", "x"),
        ("a=b", "x"),
        ("a;b", "x"),
        (" a", "x"),
        ("a", "x;y"),
        ("a", "x\r\nX-Evil: 1"),
        ("a", "x\ny"),
        ("a", "x\0"),
        ("a\r\nX", "y"),
        ("a", " x"),
        ("a", "x\t"),
        ("a", &"x".repeat(4096)),
    ] {
        let error = refuses(|client, url| client.get(url).cookie(name, value)).await;
        assert!(error.to_string().contains("cookie"), "{error}");
        assert!(!format!("{error} {error:?}").contains("Evil"), "{error}");
    }
}

/// An error about a cookie says which, and never its value.
#[tokio::test]
async fn a_refused_cookie_keeps_its_secret() {
    let error = refuses(|client, url| client.get(url).cookie("sid", "hunter2;")).await;
    assert!(error.to_string().contains("\"sid\""), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_request_chooses_its_jar_or_none() {
    let (client, jar) = with_jar(&["jar=1"]);
    let other = Jar::new();
    other.set(&uri("http://127.0.0.1/"), "jar=2").expect("a good line");
    let sets = "HTTP/1.1 200 OK\r\nSet-Cookie: new=1\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script()
        .expect(get("/", "Cookie: jar=2"))
        .play(sets)
        .expect(get("/", ""))
        .play(sets)
        .expect(get("/", "Cookie: own=1"))
        .play(sets)
        .expect(get("/", "Cookie: jar=1"))
        .play(OK)
        .open()
        .start();
    let asks = || client.get(player.url("/"));
    deadline(asks().cookies(other.clone()).send()).await.expect("an answer");
    deadline(asks().no_cookies().send()).await.expect("an answer");
    deadline(asks().no_cookies().cookie("own", "1").send()).await.expect("an answer");
    deadline(asks().send()).await.expect("an answer");
    assert_eq!((jar.len(), other.len()), (1, 2));
    player.finish();
}

#[tokio::test]
async fn two_clients_share_a_jar() {
    let (one, jar) = with_jar(&[]);
    let other = quiet().cookies(jar).build().expect("sound settings");
    let player = Player::script()
        .expect(get("/", ""))
        .play("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        .open()
        .expect(get("/", "Cookie: a=b"))
        .play(OK)
        .open()
        .start();
    deadline(one.get(player.url("/")).send()).await.expect("an answer");
    deadline(other.get(player.url("/")).send()).await.expect("an answer");
    player.finish();
}

/// S-112: a cookie is a secret wherever it came from.
#[tokio::test]
async fn cookies_are_never_shown() {
    let (client, jar) = with_jar(&["sid=hunter2"]);
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nSet-Cookie: x=hunter2; Path=/y\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let request = client.get(player.url("/")).cookie("own", "hunter2");
    let response = deadline(request.send()).await.expect("an answer");
    let lines: Vec<_> = response.cookies().collect();
    let cookies: Vec<_> = jar.iter().collect();
    let shown = format!("{response:?} {lines:?} {cookies:?} {jar:?}");
    assert_eq!((lines.len(), cookies.len()), (1, 2));
    assert!(!shown.contains("hunter2"), "{shown}");
    player.finish();
}
