//! Whose cookies they are: S-72 and S-76, by the jar and over sockets.

use std::net::{SocketAddr, TcpListener};

use wireline::{CookieRefusal, CookieStore, Jar};

use crate::conformance::uri;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

/// S-72: `Domain` as `from` says it; nobody but `from` may ever see the cookie.
fn stays_at_home(jar: &Jar, from: &str, domain: &str, others: &[&str]) {
    let _ = jar.set(&uri(from), format!("a=b; Domain={domain}"));
    for other in others {
        assert_eq!(jar.cookies(&uri(other)), None, "Domain={domain} from {from} seen by {other}");
    }
}

#[test]
fn s_72_no_cookie_for_a_whole_country() {
    let domains = [
        "co.uk", "co.UK", ".co.uk", "co.uk.", ".CO.UK.", "..co.uk", "uk", "UK.", ".", "com", "",
        "co.uk..", "*.co.uk",
    ];
    for domain in domains {
        for jar in jars() {
            let from = "https://www.bank.co.uk/";
            let others = [
                "https://evil.co.uk/",
                "https://bank.co.uk/",
                "https://x.www.bank.co.uk/",
                "https://co.uk/",
                "https://evil.co.uk./",
                "https://uk/",
                "https://x.com/",
            ];
            stays_at_home(&jar, from, domain, &others);
        }
    }
}

/// A jar of each kind.
fn jars() -> Vec<Jar> {
    let mut jars = vec![Jar::new(), Jar::new().allow_parent("example.com").expect("two labels")];
    #[cfg(feature = "psl")]
    jars.push(Jar::with_public_suffixes());
    jars.shrink_to_fit();
    jars
}

#[test]
fn s_72_an_address_has_no_parents() {
    for jar in jars() {
        for domain in ["0.0.1", "1", ".0.0.1", "127.0.0.2", "com", "127.0.0.1."] {
            let refused = jar.set(&uri("http://127.0.0.1/"), format!("a=b; Domain={domain}"));
            assert!(refused.is_err(), "{domain}");
        }
        for domain in ["::1", "[::1]", "1"] {
            let _ = jar.set(&uri("http://[fe80::1]/"), format!("a=b; Domain={domain}"));
        }
        assert!(jar.is_empty(), "{jar:?}");
        jar.set(&uri("http://[::1]/"), "a=b").expect("a host like others");
        assert_eq!(jar.cookies(&uri("http://[0:0:0:0:0:0:0:1]:81/")).as_deref(), Some("a=b"));
        assert_eq!(jar.cookies(&uri("http://[fe80::1]/")), None);
    }
}

#[test]
fn s_72_without_a_list_parents_must_be_allowed() {
    let jar = Jar::new().allow_parent("Example.COM").expect("two labels");
    let from = uri("https://a.example.com/");
    jar.set(&from, "shared=1; Domain=example.com").expect("allowed");
    jar.set(&uri("https://x.a.example.com/"), "deep=1; Domain=a.example.com").expect("below it");
    jar.set(&uri("https://a.example.org/"), "kept=1; Domain=example.org").expect("kept at home");
    let told = |url: &str| jar.cookies(&uri(url)).unwrap_or_default();
    assert_eq!(told("https://b.example.com/"), "shared=1");
    assert_eq!(told("https://y.a.example.com/"), "shared=1; deep=1");
    assert_eq!(told("https://a.example.org/"), "kept=1");
    assert_eq!(told("https://b.example.org/"), "");
    assert_eq!(told("https://example.org/"), "");
    // A host shares with those below it if it wants to: they are its own.
    jar.set(&uri("https://example.org/"), "down=1; Domain=example.org").expect("its own");
    assert_eq!(told("https://b.example.org/"), "down=1");
    assert_eq!(jar.set(&from, "a=b; Domain=com"), Err(CookieRefusal::PublicSuffix));
    assert_eq!(jar.set(&from, "a=b; Domain=example.org"), Err(CookieRefusal::ForeignDomain));
    for bad in ["com", "127.0.0.1", "", "a b.com", "[::1]"] {
        let error = Jar::new().allow_parent(bad).expect_err("no parent");
        assert!(error.is_builder(), "{error}");
    }
}

#[cfg(feature = "psl")]
#[test]
fn s_72_with_the_list_parents_are_shared_up_to_the_suffix() {
    let jar = Jar::with_public_suffixes();
    let from = uri("https://www.bank.co.uk/");
    jar.set(&from, "a=1; Domain=bank.co.uk").expect("its own");
    assert_eq!(jar.cookies(&uri("https://other.bank.co.uk/")).as_deref(), Some("a=1"));
    let page = uri("https://me.github.io/");
    for (uri, domain) in
        [(&from, "co.uk"), (&from, "uk"), (&page, "github.io"), (&page, "GitHub.IO")]
    {
        let refused = jar.set(uri, format!("a=1; Domain={domain}"));
        assert_eq!(refused, Err(CookieRefusal::PublicSuffix), "{domain}");
    }
    // "If the domain-attribute is identical to the request-host-canonical": host-only.
    jar.set(&uri("https://github.io/"), "a=2; Domain=github.io").expect("kept for the host");
    assert_eq!(jar.cookies(&uri("https://github.io/")).as_deref(), Some("a=2"));
    assert_eq!(jar.cookies(&page), None);
    // Unknown top-level domains and hosts of one label.
    assert_eq!(
        jar.set(&uri("https://x.internal/"), "a=1; Domain=internal"),
        Err(CookieRefusal::PublicSuffix)
    );
    jar.set(&uri("http://localhost/"), "a=3; Domain=localhost").expect("kept for the host");
    assert_eq!(jar.cookies(&uri("http://x.localhost/")), None);
    // What was allowed by hand is above the list.
    let jar = Jar::with_public_suffixes().allow_parent("github.io").expect("two labels");
    jar.set(&page, "a=1; Domain=github.io").expect("allowed");
}

/// S-72 over a socket: the whole client, a neighbour under the same suffix.
#[tokio::test]
async fn s_72_a_neighbour_is_told_nothing() {
    for jar in jars() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("bound").port();
        let player = Player::script()
            .expect(format!("GET / HTTP/1.1\r\nHost: www.bank.co.uk:{port}\r\n\r\n"))
            .play("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=co.uk\r\nSet-Cookie: b=2; Domain=.CO.uk.\r\nSet-Cookie: c=3; Domain=uk\r\nContent-Length: 0\r\n\r\n")
            .open()
            .expect(format!("GET / HTTP/1.1\r\nHost: evil.co.uk:{port}\r\n\r\n"))
            .play(OK)
            .open()
            .start_on(listener);
        let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
        let client = quiet()
            .cookies(jar)
            .resolve("www.bank.co.uk", [any_port])
            .resolve("evil.co.uk", [any_port])
            .build()
            .expect("sound settings");
        for host in ["www.bank.co.uk", "evil.co.uk"] {
            let get = client.get(format!("http://{host}:{port}/"));
            deadline(get.send()).await.expect("an answer");
        }
        player.finish();
    }
}

/// S-76 (CVE-2026-6276): a `Host` set by hand chooses no cookies, neither to be sent nor to be kept.
#[tokio::test]
async fn s_76_a_host_set_by_hand_chooses_no_cookies() {
    let jar = Jar::new();
    jar.set(&uri("http://front.test/"), "front=1").expect("a good line");
    jar.set(&uri("http://127.0.0.1/"), "back=1").expect("a good line");
    let player = Player::script()
        .expect("GET / HTTP/1.1\r\nHost: front.test\r\nCookie: back=1\r\n\r\n")
        .play("HTTP/1.1 200 OK\r\nSet-Cookie: new=1; Domain=front.test\r\nSet-Cookie: new=2\r\nContent-Length: 0\r\n\r\n")
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: back=1; new=2\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = quiet().cookies(jar.clone()).build().expect("sound settings");
    let by_hand = client.get(player.url("/")).header("Host", "front.test");
    deadline(by_hand.send()).await.expect("an answer");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(jar.cookies(&uri("http://front.test/")).as_deref(), Some("front=1"));
    player.finish();
}
