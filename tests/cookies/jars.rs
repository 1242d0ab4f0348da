//! A jar looked into and changed by hand, and every reason it gives for a refusal.

use std::time::{Duration, SystemTime};

use wireline::{CookieRefusal, CookieStore, Jar, SameSite, Uri};

use crate::conformance::uri;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

const SAFE: &str = "https://site.test/app/page";

fn full() -> (Jar, Uri) {
    let (jar, url) = (Jar::new(), uri(SAFE));
    jar.set(&url, "a=1").expect("a good line");
    jar.set(&url, "b=2; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict")
        .expect("a good line");
    jar.set(&uri("http://other.test/"), "a=3; Max-Age=60").expect("a good line");
    (jar, url)
}

#[test]
fn what_is_in_a_jar_can_be_seen() {
    let (jar, url) = full();
    assert_eq!((jar.len(), jar.is_empty()), (3, false));
    let all: Vec<_> =
        jar.iter().map(|cookie| (cookie.domain().to_owned(), cookie.name().to_owned())).collect();
    assert_eq!(
        all,
        [
            ("site.test".into(), "a".into()),
            ("site.test".into(), "b".into()),
            ("other.test".into(), "a".to_owned())
        ]
    );
    assert_eq!((&jar).into_iter().count(), 3);
    let a = jar.get(&url, "a").expect("it is there");
    assert_eq!((a.value(), a.path(), a.domain()), ("1", "/app", "site.test"));
    assert!(a.is_host_only() && !a.is_secure() && !a.is_http_only());
    assert_eq!((a.same_site(), a.expires()), (SameSite::Default, None));
    let b = jar.get(&url, "b").expect("it is there");
    assert!(b.is_secure() && b.is_http_only());
    assert_eq!((b.same_site(), b.path()), (SameSite::Strict, "/"));
    let left = b.expires().and_then(|end| end.duration_since(SystemTime::now()).ok());
    assert!(
        left.is_some_and(|left| left <= Duration::from_secs(60) && left > Duration::from_secs(30))
    );
    assert_eq!(jar.get(&url, "c"), None);
    assert_eq!(jar.get(&uri("http://site.test/"), "b"), None, "not over http");
    let names: Vec<_> = jar.matching(&url).iter().map(|cookie| cookie.name().to_owned()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn what_is_in_a_jar_can_be_removed() {
    let (jar, url) = full();
    assert_eq!(jar.remove(&uri("https://site.test/"), "a"), 0, "on another path");
    assert_eq!(jar.remove(&url, "a"), 1);
    assert_eq!(jar.cookies(&url).as_deref(), Some("b=2"));
    assert_eq!(jar.clear_expired(), 0);
    let clone = jar.clone();
    clone.clear();
    assert!(jar.is_empty() && jar.iter().next().is_none());

    let (jar, url) = full();
    assert_eq!(jar.clear_session(), 1);
    assert_eq!(jar.cookies(&url).as_deref(), Some("b=2"));
    assert_eq!(jar.len(), 2);
    // Several under one name, on two paths and shared.
    jar.set(&url, "b=3").expect("a good line");
    jar.set(&url, "b=4; Domain=site.test").expect("a good line");
    assert_eq!(jar.remove(&url, "b"), 3);
}

#[test]
fn every_refusal_has_its_reason() {
    let (jar, safe, plain) = (Jar::new(), uri(SAFE), uri("http://site.test/app/"));
    jar.set(&safe, "kept=1; Secure").expect("a good line");
    for (url, line, reason) in [
        (&safe, &b"a=\x01"[..], CookieRefusal::Control),
        (&safe, b"a=b\x7f", CookieRefusal::Control),
        (&safe, b"a=b; Path=/\n", CookieRefusal::Control),
        (&safe, b"a=\xff", CookieRefusal::NotUtf8),
        (&safe, b"", CookieRefusal::Empty),
        (&safe, b" = ; Path=/", CookieRefusal::Empty),
        (&safe, &[b'x'; 4097], CookieRefusal::TooLong),
        (&safe, b"a=b; Domain=other.test", CookieRefusal::ForeignDomain),
        (&safe, b"a=b; Domain=test", CookieRefusal::PublicSuffix),
        (&plain, b"a=b; Secure", CookieRefusal::NotSecure),
        (&plain, b"kept=2", CookieRefusal::WouldCoverSecure),
        (&safe, b"a=b; SameSite=None", CookieRefusal::SameSiteNone),
        (&safe, b"__Host-a=b; Secure", CookieRefusal::Prefix),
        (&safe, b"__Secure-a=b", CookieRefusal::Prefix),
    ] {
        let refused = jar.set(url, line);
        assert_eq!(refused, Err(reason), "{}", line[..line.len().min(40)].escape_ascii());
        assert!(!reason.to_string().is_empty());
    }
    assert_eq!(jar.len(), 1);
    assert!(jar.set(&safe, [b'x'; 4096]).is_ok());
}

/// A server under development says `Secure` because it will be.
#[tokio::test]
async fn loopback_is_trusted_on_request() {
    for (jar, cookie) in [(Jar::new(), ""), (Jar::new().trust_loopback(), "Cookie: a=1\r\n")] {
        let player = Player::script()
            .expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
            .play("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Secure\r\nContent-Length: 0\r\n\r\n")
            .expect(format!("GET / HTTP/1.1\r\nHost: {{host}}\r\n{cookie}\r\n"))
            .play(OK)
            .open()
            .start();
        let client = quiet().cookies(jar).build().expect("sound settings");
        for _ in 0..2 {
            deadline(client.get(player.url("/")).send()).await.expect("an answer");
        }
        player.finish();
    }
}

/// Many threads on one jar: nothing is lost, nobody waits forever.
#[test]
fn a_jar_is_shared_between_threads() {
    let jar = Jar::new();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let jar = jar.clone();
            scope.spawn(move || {
                let url = uri(&format!("http://h{thread}.test/"));
                for number in 0..100 {
                    jar.set(&url, format!("c{number}=1")).expect("a good line");
                    assert!(jar.cookies(&url).is_some());
                }
            });
        }
    });
    assert_eq!(jar.len(), 800);
}
