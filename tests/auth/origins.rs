//! S-60, S-61, S-62: credentials of a plug stay with the origin the request was made for, and do not come back.
//!
//! The same for fields is told in `tests/redirects/credentials.rs`.

use std::net::SocketAddr;

use wireline::client::{AnyAuth, Authenticate, Basic, Bearer, Digest, Netrc};
use wireline::{Client, ClientBuilder};

use crate::digest_server::{Door, guard};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

fn found(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nConnection: close\r\n\r\n")
}

const REFUSAL: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x, Digest realm=x, nonce=n\r\n\
                       Content-Length: 0\r\n\r\n";

fn at_home(builder: ClientBuilder) -> Client {
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let hosts = ["a.test", "b.test", "a.test.b.test"];
    hosts
        .iter()
        .fold(builder, |builder, host| builder.resolve(host, [any]))
        .build()
        .expect("a client")
}

/// One client for each kind of credentials that comes unasked.
fn clients() -> Vec<Client> {
    let with = |auth: Box<dyn Fn(ClientBuilder) -> ClientBuilder>| at_home(auth(quiet()));
    vec![
        with(Box::new(|b| b.auth(Basic::new("u", "p").expect("credentials")))),
        with(Box::new(|b| b.auth(Bearer::new("t").expect("a token")))),
        with(Box::new(|b| b.auth(Netrc::parse("default login u password p").expect("a netrc")))),
    ]
}

fn has_credentials(head: &[u8]) -> bool {
    String::from_utf8_lossy(head).contains("Authorization: ")
}

/// a → b → b: nothing for b, not unasked and not when it asks.
#[tokio::test]
async fn s_60_another_port_gets_nothing() {
    for client in clients() {
        let second = Player::script()
            .expect("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n")
            .play("HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n")
            .expect("GET /y HTTP/1.1\r\nHost: {host}\r\n\r\n")
            .play(REFUSAL)
            .open()
            .start();
        let first = Player::script().expect_head().play(found(&second.url("/x"))).close().start();
        let response = deadline(client.get(first.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), 401);
        assert!(has_credentials(&first.finish().heads[0]));
        assert_eq!(second.finish().leftovers, [b""]);
    }
}

/// S-62: look-alikes are others; S-61: the way back home is no way back to credentials.
#[tokio::test]
async fn s_61_a_b_a() {
    for client in clients() {
        for other in ["b.test", "a.test.b.test"] {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            let port = listener.local_addr().expect("bound").port();
            let player = Player::script()
                .expect_head()
                .play(found(&format!("http://{other}:{port}/x")))
                .close()
                .expect(format!("GET /x HTTP/1.1\r\nHost: {other}:{port}\r\n\r\n"))
                .play(found(&format!("http://a.test:{port}/y")))
                .close()
                .expect(format!("GET /y HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n"))
                .play(OK)
                .open()
                .start_on(listener);
            let get = client.get(format!("http://a.test:{port}/"));
            deadline(get.send()).await.expect("an answer");
            assert!(has_credentials(&player.finish().heads[0]));
        }
    }
}

/// A challenge of the second origin is not answered, by whatever scheme; a request of its own is another matter.
#[tokio::test]
async fn s_60_a_challenge_elsewhere_is_not_answered() {
    let digest = || Digest::new("Mufasa", "Circle of Life").expect("credentials");
    let any = || AnyAuth::new("Mufasa", "Circle of Life").expect("credentials");
    for client in [at_home(quiet().auth(digest())), at_home(quiet().auth(any()))] {
        let door = guard(Door::default());
        let first = Player::script().expect_head().play(found(&door.url("/x"))).close().start();
        let response = deadline(client.get(first.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), 401);
        first.finish();
        assert_eq!(door.log(), ["401"]);
        let response = deadline(client.get(door.url("/x")).send()).await.expect("an answer");
        assert_eq!((response.status().as_u16(), door.log().len()), (200, 2));
        // What the client has learned meanwhile is not for a request that was made for somebody else.
        let first = Player::script().expect_head().play(found(&door.url("/x"))).close().start();
        let response = deadline(client.get(first.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), 401);
        first.finish();
        assert_eq!(door.log(), ["401"]);
    }
}

/// Within the origin a redirect leads on with credentials, for another target.
#[tokio::test]
async fn a_redirect_within_the_origin_is_answered_for() {
    let asks = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=r, nonce=n\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        .expect_head()
        .play(asks)
        .expect_head()
        .play("HTTP/1.1 302 Found\r\nLocation: /y?z\r\nContent-Length: 0\r\n\r\n")
        .expect_head()
        .play(OK)
        .open()
        .start();
    let digest = Digest::new("u", "p").expect("credentials");
    let client = at_home(quiet().auth(digest));
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), 200);
    let heads = player.finish().heads;
    let has = |at: usize, text: &str| String::from_utf8_lossy(&heads[at]).contains(text);
    assert!(!has_credentials(&heads[0]) && !has_credentials(&heads[1]));
    assert!(has(2, "uri=\"/x\"") && has(3, "uri=\"/y?z\""));
}

#[test]
fn s_112_no_kind_of_credentials_is_shown() {
    fn shown(auth: &(impl Authenticate + std::fmt::Debug)) -> String {
        format!("{auth:?}")
    }
    let netrc = Netrc::parse("default login s3cret password s3cret").expect("a netrc");
    for shown in [
        shown(&Basic::new("s3cret", "s3cret").expect("credentials")),
        shown(&Bearer::new("s3cret").expect("a token")),
        shown(&Digest::new("s3cret", "s3cret").expect("credentials")),
        shown(&AnyAuth::new("s3cret", "s3cret").expect("credentials")),
        shown(&netrc),
        format!("{:?}", quiet().auth(netrc).build().expect("a client")),
    ] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
