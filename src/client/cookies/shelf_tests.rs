//! Tests of the shelf against the clock and its caps. Time is a number here: nothing waits.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::message::Uri;

use super::admit::MAX_AGE;
use super::cookie::{Cookie, CookieRefusal, SameSite};
use super::domain::Place;
use super::jar::Jar;
use super::shelf::{MAX_FIELD, MAX_PER_DOMAIN, MAX_TOTAL, Put, Shelf};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

fn cookie(domain: &str, name: &str) -> Cookie {
    Cookie {
        name: name.to_owned(),
        value: String::from("v"),
        domain: domain.to_owned(),
        path: String::from("/"),
        host_only: true,
        secure: false,
        http_only: false,
        same_site: SameSite::Default,
        expires: None,
    }
}

fn put(shelf: &mut Shelf, cookie: Cookie, now: u64) -> Result<Put, CookieRefusal> {
    shelf.put(cookie, true, at(now))
}

fn field(shelf: &mut Shelf, host: &str, now: u64) -> Option<String> {
    shelf.field(&Place::of_file(host).unwrap(), at(now))
}

#[test]
fn cookies_end_when_their_time_has_come() {
    let jar = Jar::new();
    let url = uri("http://a.test/");
    jar.set_at(&url, b"short=1; Max-Age=10", at(0)).unwrap();
    jar.set_at(&url, b"long=1; Max-Age=20", at(0)).unwrap();
    jar.set_at(&url, b"session=1", at(0)).unwrap();
    assert_eq!(jar.field_at(&url, at(9)).as_deref(), Some("short=1; long=1; session=1"));
    assert_eq!(jar.field_at(&url, at(10)).as_deref(), Some("long=1; session=1"));
    assert_eq!(jar.field_at(&url, at(1_000_000_000)).as_deref(), Some("session=1"));
}

#[test]
fn no_cookie_lives_longer_than_400_days() {
    let jar = Jar::new();
    let url = uri("http://a.test/");
    let end = MAX_AGE.as_secs();
    jar.set_at(&url, b"a=1; Max-Age=99999999999999999999", at(0)).unwrap();
    jar.set_at(&url, b"b=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", at(0)).unwrap();
    assert!(jar.field_at(&url, at(end - 1)).is_some());
    // Set again, they live on.
    jar.set_at(&url, b"b=2; Max-Age=99999999999999999999", at(end - 1)).unwrap();
    assert_eq!(jar.field_at(&url, at(end)).as_deref(), Some("b=2"));
    assert_eq!(jar.field_at(&url, at(2 * end)), None);
}

/// §5.7: the old cookie is gone also when the new one came too late to be kept.
#[test]
fn an_expired_cookie_removes_and_is_not_kept() {
    let mut shelf = Shelf::default();
    put(&mut shelf, cookie("a.test", "a"), 0).unwrap();
    let gone = Cookie { expires: Some(at(1)), ..cookie("a.test", "a") };
    assert_eq!(put(&mut shelf, gone, 1), Ok(Put::Expired));
    assert_eq!(shelf.len(), 0);
}

#[test]
fn s_75_a_domain_keeps_180_and_the_least_used_go() {
    let mut shelf = Shelf::default();
    for number in 0..MAX_PER_DOMAIN {
        let path = format!("/{number}");
        let secure = number == 0;
        let one = Cookie { path, secure, ..cookie("a.test", &number.to_string()) };
        put(&mut shelf, one, 0).unwrap();
    }
    // 0 is secure, 1 has just been used: 2 goes.
    let one = Place { path: "/1", ..Place::of_file("a.test").unwrap() };
    assert_eq!(shelf.field(&one, at(1)).as_deref(), Some("1=v"));
    put(&mut shelf, cookie("a.test", "new"), 1).unwrap();
    let names: Vec<String> = shelf.all(at(1)).into_iter().map(|cookie| cookie.name).collect();
    assert_eq!(names.len(), MAX_PER_DOMAIN);
    assert_eq!(names[..3], ["0", "1", "3"]);
    assert_eq!(names.last().map(String::as_str), Some("new"));
    // Other domains have their own room.
    put(&mut shelf, cookie("b.test", "b"), 1).unwrap();
    assert_eq!(shelf.len(), MAX_PER_DOMAIN + 1);
}

#[test]
fn s_75_secure_cookies_go_last() {
    let mut shelf = Shelf::default();
    for number in 0..MAX_PER_DOMAIN {
        let one = Cookie { secure: true, ..cookie("a.test", &number.to_string()) };
        put(&mut shelf, one, 0).unwrap();
    }
    put(&mut shelf, cookie("a.test", "plain"), 1).unwrap();
    assert!(shelf.all(at(1)).iter().all(|cookie| cookie.secure), "the only plain one went");
    put(&mut shelf, Cookie { secure: true, ..cookie("a.test", "new") }, 1).unwrap();
    let names: Vec<String> = shelf.all(at(1)).into_iter().map(|cookie| cookie.name).collect();
    assert_eq!((names.len(), names[0].as_str()), (MAX_PER_DOMAIN, "1"));
}

#[test]
fn s_75_expired_cookies_go_before_all_others() {
    let mut shelf = Shelf::default();
    put(&mut shelf, cookie("a.test", "oldest"), 0).unwrap();
    let ends = Cookie { expires: Some(at(5)), secure: true, ..cookie("a.test", "ends") };
    put(&mut shelf, ends, 0).unwrap();
    for number in 2..MAX_PER_DOMAIN {
        put(&mut shelf, cookie("a.test", &number.to_string()), 0).unwrap();
    }
    put(&mut shelf, cookie("a.test", "new"), 5).unwrap();
    let names: Vec<String> = shelf.all(at(5)).into_iter().map(|cookie| cookie.name).collect();
    assert_eq!((names.len(), names[0].as_str()), (MAX_PER_DOMAIN, "oldest"));
}

#[test]
fn s_75_3000_in_all_and_the_least_used_go() {
    let mut shelf = Shelf::default();
    for number in 0..MAX_TOTAL {
        put(&mut shelf, cookie(&format!("h{number}.test"), "a"), 0).unwrap();
    }
    assert!(field(&mut shelf, "h0.test", 1).is_some());
    put(&mut shelf, cookie("new.test", "a"), 1).unwrap();
    assert_eq!(shelf.len(), MAX_TOTAL);
    assert_eq!(field(&mut shelf, "h1.test", 1), None);
    assert!(field(&mut shelf, "h0.test", 1).is_some());
    assert!(field(&mut shelf, "h2.test", 1).is_some());
}

/// What is sent is cut between cookies, never in one, and the long ones do not push out the short ones behind them.
#[test]
fn s_75_an_oversize_field_is_never_made() {
    let mut shelf = Shelf::default();
    for (name, length) in [("a", 4000), ("b", 3990), ("c", 4000), ("d", 1), ("e", 1)] {
        let value = "v".repeat(length);
        put(&mut shelf, Cookie { value, ..cookie("a.test", name) }, 0).unwrap();
    }
    let field = field(&mut shelf, "a.test", 0).unwrap();
    let names: Vec<&str> = field.split("; ").map(|pair| &pair[..1]).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(field.len(), 4002 + 2 + 3992);
    // One byte less in front, and a short one fits again.
    let value = "v".repeat(3984);
    put(&mut shelf, Cookie { value, ..cookie("a.test", "b") }, 0).unwrap();
    let field = shelf.field(&Place::of_file("a.test").unwrap(), at(0)).unwrap();
    assert!(field.ends_with("; d=v; e=v"), "{}", field.len());
    assert_eq!(field.len(), MAX_FIELD);
}

/// S-75: a flood is bounded in memory and in time, from one host, from many, and with something expiring all the while.
#[test]
fn s_75_a_flood_of_a_hundred_thousand() {
    let begun = Instant::now();
    let mut shelf = Shelf::default();
    for number in 0..100_000_u64 {
        let mut one = cookie("a.test", &number.to_string());
        match number % 4 {
            0 => {}
            1 => one.domain = format!("h{number}.a.test"),
            2 => one.path = format!("/{number}"),
            _ => one.expires = Some(at(number + 3)),
        }
        one.secure = number % 3 == 0;
        let name = one.name.clone();
        match shelf.put(one, number % 16 != 3, at(number)) {
            Ok(Put::Kept) | Err(CookieRefusal::WouldCoverSecure) => {}
            other => panic!("{name}: {other:?}"),
        }
        assert!(shelf.len() <= MAX_TOTAL);
    }
    assert!(field(&mut shelf, "a.test", 100_000).unwrap().len() <= MAX_FIELD);
    // It takes 2 s unoptimized; a jar without caps and indexes would take many minutes.
    let took = begun.elapsed();
    println!("100 000 cookies in {took:?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
}

/// S-74 needs all cookies above and below; neither neighbours in the order of names nor addresses are among them.
#[test]
fn s_74_what_covers_a_secure_cookie() {
    let secure = |domain: &str, path: &str| Cookie {
        secure: true,
        path: path.to_owned(),
        ..cookie(domain, "a")
    };
    for (kept, new, covers) in [
        (secure("a.test", "/"), cookie("a.test", "a"), true),
        (secure("a.test", "/"), cookie("x.a.test", "a"), true),
        (secure("x.a.test", "/"), cookie("a.test", "a"), true),
        (secure("y.x.a.test", "/"), cookie("a.test", "a"), true),
        (secure("x.a.test", "/"), cookie("y.a.test", "a"), false),
        (secure("xa.test", "/"), cookie("a.test", "a"), false),
        (secure("a.test", "/"), cookie("a.test", "A"), false),
        (secure("a.test", "/x"), cookie("a.test", "a"), false),
        (secure("127.0.0.1", "/"), cookie("127.0.0.1", "a"), true),
        (secure("127.0.0.1", "/"), cookie("0.0.1", "a"), false),
    ] {
        let mut shelf = Shelf::default();
        shelf.put(kept.clone(), true, at(0)).unwrap();
        // A neighbour between parent and child in any order of text.
        shelf.put(secure("a-b.test", "/"), true, at(0)).unwrap();
        let refused = shelf.put(new.clone(), false, at(0)) == Err(CookieRefusal::WouldCoverSecure);
        assert_eq!(refused, covers, "{kept:?} {new:?}");
        // Over a secure connection there is nothing to protect.
        assert_eq!(shelf.put(new, true, at(0)), Ok(Put::Kept));
    }
    // "a cookie named 'a' could be set for a path of '/' or '/foo', but not for a path of '/login' or '/login/en'".
    for (path, covers) in [("/", false), ("/foo", false), ("/login", true), ("/login/en", true)] {
        let mut shelf = Shelf::default();
        shelf.put(secure("a.test", "/login"), true, at(0)).unwrap();
        let new = Cookie { path: path.to_owned(), ..cookie("a.test", "a") };
        let refused = shelf.put(new, false, at(0)) == Err(CookieRefusal::WouldCoverSecure);
        assert_eq!(refused, covers, "{path}");
    }
}

/// S-08: whatever way a cookie got in, what could end a line or begin another cookie does not get out.
#[test]
fn s_08_nothing_bad_is_sent() {
    for value in ["a\r\nX: 1", "a\nb", "a\0", "a; b=c", "\x7f"] {
        let mut shelf = Shelf::default();
        put(&mut shelf, Cookie { value: value.to_owned(), ..cookie("a.test", "bad") }, 0).unwrap();
        put(&mut shelf, cookie("a.test", "good"), 0).unwrap();
        put(&mut shelf, cookie("a.test", value), 0).unwrap();
        assert_eq!(field(&mut shelf, "a.test", 0).as_deref(), Some("good=v"));
    }
}
