//! `http` through a proxy that forwards: absolute-form, one connection for all origins.

use wireline::client::Proxy;
use wireline::{Client, Method};

use crate::pairs::{Counting, OPEN, http, proxy_of, through};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

#[tokio::test]
async fn the_target_is_absolute_and_all_origins_share_the_connection() {
    let player = Player::script()
        .expect("GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(OK)
        .expect("GET http://b.test:8080/ HTTP/1.1\r\nHost: b.test:8080\r\n\r\n")
        .play(OK)
        .expect("POST http://[2001:db8::1]/ HTTP/1.1\r\nHost: [2001:db8::1]\r\nContent-Length: 2\r\n\r\nhi")
        .play("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let client = through(http(&player));
    let first = deadline(client.get("http://A.test/x?y#z").send()).await.expect("an answer");
    assert_eq!(proxy_of(&first), Some(&*player.url("")));
    assert_eq!(first.connection().remote, Some(player.address()));
    let second = deadline(client.get("http://b.test:8080").send()).await.expect("an answer");
    assert!(!first.is_reused() && second.is_reused());
    let post = client.post("http://[2001:db8::1]").body(b"hi".to_vec());
    assert_eq!(deadline(post.send()).await.expect("an answer").status(), 201);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn the_name_is_looked_up_by_the_proxy() {
    // Nothing here could: an answer from the resolver would be a failed test.
    struct Nobody;
    impl wireline::net::Resolve for Nobody {
        fn resolve(&self, host: &str, _: u16) -> wireline::net::Resolution {
            panic!("{host} is for the proxy to find")
        }
    }
    let player = Player::script().expect_head().play(OK).open().start();
    let client = quiet().resolver(Nobody).proxy(http(&player)).build().expect("settings");
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn a_direct_request_to_the_proxys_own_port_is_another_connection() {
    let player = Player::script()
        .expect("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(OK)
        .open()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = through(http(&player));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let direct = deadline(client.get(player.url("/")).no_proxy().send()).await.expect("an answer");
    assert!(!direct.is_reused() && direct.connection().proxy.is_none());
    player.finish();
}

#[tokio::test]
async fn the_proxys_fields_and_exact_targets() {
    let player = Player::script()
        .expect("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX: 1\r\nX-Team: blue\r\n\r\n")
        .play(OK)
        .expect("GET http://a.test/../%zz HTTP/1.1\r\nHost: a.test\r\nx-team: red\r\n\r\n")
        .play(OK)
        // "with an empty path and no query component" stands for `*` (RFC 9112 §3.2.4).
        .expect("OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\nX-Team: blue\r\n\r\n")
        .play(OK)
        .expect("GET http://other.test/ HTTP/1.1\r\nHost: a.test\r\nX-Team: blue\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = through(http(&player).header("X-Team", "blue"));
    let get = || client.get("http://a.test/");
    deadline(get().header("X", "1").send()).await.expect("an answer");
    let exact = get().request_target("/../%zz").header("x-team", "red");
    deadline(exact.send()).await.expect("an answer");
    deadline(client.options("http://a.test/").request_target("*").send()).await.expect("an answer");
    deadline(get().request_target("http://other.test/").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn an_upgrade_and_a_wish_take_a_tunnel() {
    let player = Player::script()
        .expect("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n")
        .play(OPEN)
        .expect("GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        .play(OK)
        .expect("GET /again HTTP/1.1\r\nHost: a.test\r\nupgrade: x\r\n\r\n")
        .play(OK)
        .open()
        .expect("CONNECT b.test:8080 HTTP/1.1\r\nHost: b.test:8080\r\n\r\n")
        .play(OPEN)
        .expect("GET / HTTP/1.1\r\nHost: b.test:8080\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = through(http(&player));
    let ask = client.get("http://a.test/ws").header("Connection", "upgrade").header("Upgrade", "x");
    let first = deadline(ask.send()).await.expect("an answer");
    assert_eq!(proxy_of(&first), Some(&*player.url("")));
    assert!(first.connection().proxy.as_ref().is_some_and(|proxy| proxy.tunnel.is_some()));
    assert_eq!(first.timings().tunnel, first.connection().proxy.as_ref().and_then(|p| p.tunnel));
    let again = client.get("http://a.test/again").header("upgrade", "x");
    assert!(deadline(again.send()).await.expect("an answer").is_reused());
    let wish = client.get("http://b.test:8080/").proxy(http(&player).tunnel(true));
    deadline(wish.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn a_connect_by_hand_goes_through_a_tunnel_too() {
    let player = Player::script()
        .expect("CONNECT far.test:3128 HTTP/1.1\r\nHost: far.test:3128\r\n\r\n")
        .play(OPEN)
        .expect("CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\nproxy-authorization: x\r\n\r\n")
        .play(OPEN)
        .open()
        .start();
    let client = through(http(&player));
    let connect = client.connect("http://far.test:3128", "a.test:443");
    let response = deadline(connect.header("proxy-authorization", "x").send()).await;
    response.expect("an answer").upgrade().expect("a tunnel in a tunnel");
    player.finish();
}

#[tokio::test]
async fn a_407_is_answered_on_the_same_connection_and_else_it_is_the_response() {
    const ASK: &str =
        "HTTP/1.1 407 Who\r\nProxy-Authenticate: Count\r\nContent-Length: 2\r\n\r\nno";
    let player = Player::script()
        .expect("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(ASK)
        .expect(
            "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\
             Proxy-Authorization: Count 1 GET http://a.test/ at http://{host}/\r\n\r\n",
        )
        .play(OK)
        .expect(
            "GET http://b.test/ HTTP/1.1\r\nHost: b.test\r\n\
             Proxy-Authorization: Count 1 GET http://b.test/ at http://{host}/\r\n\r\n",
        )
        .play(ASK)
        .expect(
            "GET http://b.test/ HTTP/1.1\r\nHost: b.test\r\n\
             Proxy-Authorization: Count 2 GET http://b.test/ at http://{host}/\r\n\r\n",
        )
        .play(ASK)
        .open()
        .start();
    let client = through(http(&player).auth(Counting::default()));
    let response = deadline(client.get("http://a.test/").send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.attempts().len()), (200, 1));
    let response = deadline(client.get("http://b.test/").send()).await.expect("an answer");
    assert_eq!(response.status(), 407);
    assert_eq!(deadline(response.text()).await.expect("a body"), "no");
    player.finish();
}

#[tokio::test]
async fn s_80_a_407_leaves_no_cookies() {
    use std::sync::{Arc, Mutex};
    #[derive(Clone, Default)]
    struct Jar(Arc<Mutex<Vec<String>>>);
    impl wireline::client::CookieStore for Jar {
        fn cookies(&self, _: &wireline::Uri) -> Option<String> {
            None
        }
        fn store(&self, _: &wireline::Uri, fields: &wireline::Fields) {
            let cookie = fields.get_str("set-cookie").unwrap_or_default();
            self.0.lock().expect("not poisoned").push(cookie.to_owned());
        }
    }
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 407 Who\r\nSet-Cookie: proxy=1\r\nContent-Length: 0\r\n\r\n")
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nSet-Cookie: origin=1\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let jar = Jar::default();
    let client = quiet().cookie_store(jar.clone()).proxy(http(&player)).build().expect("settings");
    for status in [407, 200] {
        let response = deadline(client.get("http://a.test/").send()).await.expect("an answer");
        assert_eq!(response.status(), status);
    }
    assert_eq!(*jar.0.lock().expect("not poisoned"), ["origin=1"]);
    player.finish();
}

#[tokio::test]
async fn an_http_1_0_proxy_is_kept_only_if_it_says_so() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        .open()
        .expect_head()
        .play("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
        .expect_head()
        .play("HTTP/1.0 200 OK\r\nProxy-Connection: keep-alive\r\nContent-Length: 0\r\n\r\n")
        .open()
        .expect_head()
        .play(OK)
        .open()
        .start();
    let client = through(http(&player));
    for reused in [false, false, true, false] {
        let response = deadline(client.get("http://a.test/").send()).await.expect("an answer");
        assert_eq!(response.is_reused(), reused);
    }
    player.finish();
}

#[tokio::test]
async fn a_kept_connection_that_went_away_is_replaced() {
    let player = Player::script()
        .expect_head()
        .play(OK)
        .expect_head()
        .close()
        .expect("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = through(http(&player));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let response = deadline(client.get("http://a.test/").send()).await.expect("an answer");
    assert_eq!((response.is_reused(), response.timings().retries), (false, 1));
    assert_eq!(player.finish().connections, 2);
}

#[test]
fn the_preview_shows_what_the_proxy_will_see() {
    let proxy = Proxy::new("http://p.test:3128").header("X-Team", "blue");
    let client = through(proxy);
    let shown = |request: wireline::RequestBuilder| {
        String::from_utf8(request.wire_preview().expect("a request")).expect("ASCII")
    };
    let get = |url| client.request(Method::GET, url);
    assert_eq!(
        shown(get("http://a.test/x")),
        "GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\nX-Team: blue\r\n\r\n"
    );
    assert_eq!(shown(get("https://a.test/x")), "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert_eq!(shown(get("http://a.test/").no_proxy()), "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert!(Client::new().get("http://a.test/").wire_preview().is_ok());
}
