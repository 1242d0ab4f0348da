//! S-64, S-46: credentials for a proxy are the proxy's alone.

use wireline::Fields;
use wireline::client::{Proxies, Proxy};

#[cfg(feature = "auth")]
use crate::pairs::proxy_of;
use crate::pairs::{Counting, OPEN, http, through};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, refuses};

/// `user:pass`.
#[cfg(feature = "auth")]
const BASIC: &str = "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n";

#[cfg(feature = "auth")]
#[tokio::test]
async fn they_go_with_what_the_proxy_reads_and_with_nothing_else() {
    let player = Player::script()
        .expect(format!("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n{BASIC}\r\n"))
        .play(OK)
        .open()
        .expect(format!("CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n{BASIC}\r\n"))
        .play(OPEN)
        .expect("GET / HTTP/1.1\r\nHost: b.test\r\nX: 1\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let proxy = Proxy::new(format!("http://user:pass@{}", player.address()));
    let client = through(proxy.clone());
    deadline(client.get("http://a.test/").header("X", "1").send()).await.expect("an answer");
    let by_hand = http(&player).basic_auth("user", "pass").tunnel(true);
    let tunnelled = client.get("http://b.test/").proxy(by_hand).header("X", "1");
    deadline(tunnelled.send()).await.expect("an answer");
    player.finish();
}

/// What the origin is told stays between the two of them: neither its credentials nor its cookies are in the CONNECT.
#[tokio::test]
async fn s_64_a_connect_says_nothing_of_the_request() {
    let player = Player::script()
        .expect("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\nX-Team: blue\r\n\r\n")
        .play(OPEN)
        .expect(
            "GET /path HTTP/1.1\r\nHost: b.test\r\nAuthorization: secret\r\nCookie: c=1\r\n\
             Referer: r\r\n\r\n",
        )
        .play(OK)
        .open()
        .start();
    let client = through(http(&player).tunnel(true).header("X-Team", "blue"));
    let mut fields = Fields::new();
    for (name, value) in
        [("Host", "b.test"), ("Authorization", "secret"), ("Cookie", "c=1"), ("Referer", "r")]
    {
        fields.append(name, value).expect("a field");
    }
    let get = client.get("http://a.test/path").headers(&fields);
    deadline(get.send()).await.expect("an answer");
    player.finish();
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

#[cfg(feature = "auth")]
#[tokio::test]
async fn s_64_from_proxy_to_proxy_to_no_proxy() {
    let direct =
        Player::script().expect("GET /c HTTP/1.1\r\nHost: {host}\r\n\r\n").play(OK).open().start();
    let two = Player::script()
        .expect(
            "CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\
             Proxy-Authorization: Basic dHdvOjI=\r\n\r\n",
        )
        .play(OPEN)
        .expect("GET /b HTTP/1.1\r\nHost: b.test\r\n\r\n")
        .play(redirect(&direct.url("/c")))
        .open()
        .start();
    let one = Player::script()
        .expect(
            "GET http://a.test/a HTTP/1.1\r\nHost: a.test\r\n\
             Proxy-Authorization: Basic b25lOjE=\r\n\r\n",
        )
        .play(redirect("http://b.test/b"))
        .open()
        .start();
    let proxies = Proxies::new()
        .hosts("a.test", http(&one).basic_auth("one", "1"))
        .hosts("b.test", http(&two).basic_auth("two", "2").tunnel(true));
    let response = deadline(through(proxies).get("http://a.test/a").send()).await;
    let response = response.expect("an answer");
    assert_eq!((response.history().len(), proxy_of(&response)), (2, None));
    for player in [one, two, direct] {
        player.finish();
    }
}

#[tokio::test]
async fn s_64_set_by_hand_they_are_refused_where_an_origin_would_read_them() {
    let error = refuses(|client, url| client.get(url).header("proxy-authorization", "x")).await;
    assert!(error.to_string().contains("Proxy::basic_auth"), "{error}");
    refuses(|client, url| client.get(url).request_target("/x").header("Proxy-Authorization", "x"))
        .await;
    // Through a tunnel too, and before it is opened.
    let tunnel = || Proxy::new("http://127.0.0.1:9").tunnel(true);
    refuses(|client, url| client.get(url).proxy(tunnel()).header("proxy-authorization", "x")).await;
    // To a proxy that is spoken to by hand they may go.
    let player = Player::script()
        .expect("GET http://a.test/ HTTP/1.1\r\nHost: {host}\r\nproxy-authorization: x\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let get = client().get(player.url("/")).request_target("http://a.test/");
    deadline(get.header("proxy-authorization", "x").send()).await.expect("an answer");
    player.finish();
}

/// Set by hand they go to the proxy that forwards, in place of its own, and to no other.
#[tokio::test]
async fn s_64_set_by_hand_they_stay_with_their_proxy() {
    let other = Player::script()
        .expect("GET http://a.test/2 HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(redirect("/3"))
        .open()
        .start();
    let player = Player::script()
        .expect("GET http://a.test/0 HTTP/1.1\r\nHost: a.test\r\nproxy-authorization: x\r\n\r\n")
        .play(redirect("/1"))
        .expect("GET http://a.test/1 HTTP/1.1\r\nHost: a.test\r\nproxy-authorization: x\r\n\r\n")
        .play(redirect("/2"))
        // What was dropped once does not come back (S-61).
        .expect("GET http://a.test/3 HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let (one, two) = (http(&player).auth(Quiet), http(&other));
    let proxies =
        Proxies::with(move |uri| Some(if uri.path() == "/2" { two.clone() } else { one.clone() }));
    let get = through(proxies).get("http://a.test/0").header("proxy-authorization", "x");
    deadline(get.send()).await.expect("an answer");
    player.finish();
    other.finish();
}

/// Has credentials, and should not be asked for them.
struct Quiet;

impl wireline::client::Authenticate for Quiet {
    fn authorize(
        &self,
        draft: &wireline::client::Draft<'_>,
    ) -> Result<Option<String>, wireline::BoxError> {
        assert!(draft.target.ends_with(b"/3"), "there was one set by hand");
        Ok(None)
    }
}

#[cfg(feature = "auth")]
#[tokio::test]
async fn s_46_two_users_of_one_proxy_share_no_connection() {
    let talk = |user: &str| {
        format!(
            "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\nProxy-Authorization: Basic {user}\r\n\r\n"
        )
    };
    let get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    let player = Player::script()
        .expect(talk("YTox"))
        .play(OPEN)
        .expect(get)
        .play(OK)
        .expect(get)
        .play(OK)
        .open()
        .expect(talk("Yjox"))
        .play(OPEN)
        .expect(get)
        .play(OK)
        .open()
        .start();
    let client = client();
    let proxy = |user| http(&player).basic_auth(user, "1").tunnel(true);
    for (user, reused) in [("a", false), ("a", true), ("b", false)] {
        let sent = deadline(client.get("http://a.test/").proxy(proxy(user)).send()).await;
        assert_eq!(sent.expect("an answer").is_reused(), reused, "{user}");
    }
    assert_eq!(player.finish().connections, 2);
}

#[tokio::test]
async fn a_challenged_connect_is_answered_once() {
    const ASK: &str = "HTTP/1.1 407 Who\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\nno";
    let player = Player::script()
        .expect("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n")
        .play(ASK)
        .open()
        .expect(
            "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\
             Proxy-Authorization: Count 1 CONNECT a.test:80 at http://{host}/\r\n\r\n",
        )
        .play(OPEN)
        .expect("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(OK)
        .open()
        .expect(
            "CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\
             Proxy-Authorization: Count 1 CONNECT b.test:80 at http://{host}/\r\n\r\n",
        )
        .play(ASK)
        .open()
        .expect(
            "CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\
             Proxy-Authorization: Count 2 CONNECT b.test:80 at http://{host}/\r\n\r\n",
        )
        .play(ASK)
        .open()
        .start();
    let client = through(http(&player).auth(Counting::default()).tunnel(true));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let error = deadline(client.get("http://b.test/").send()).await.expect_err("no tunnel");
    assert_eq!(error.proxy_response().expect("a refusal").status, 407);
    assert_eq!(error.proxy_body(), Some(&b"no"[..]));
    player.finish();
}

#[cfg(not(feature = "auth"))]
#[test]
fn credentials_without_base64_say_what_is_missing() {
    let built = crate::talk::quiet().proxy(Proxy::new("http://user:hunter2@h:1")).build();
    let shown = format!("{:?}", built.expect_err("no base64"));
    assert!(shown.contains("feature `auth`") && !shown.contains("hunter2"), "{shown}");
}
