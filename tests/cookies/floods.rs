//! S-75 and S-08 over sockets: a server that sets as much as a head can hold, again and again.

use wireline::h1::Limits;
use wireline::{Jar, SetCookie};

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

/// What a client sends stays readable for servers whatever it was told to send.
#[tokio::test]
async fn s_75_a_flood_is_not_sent_back() {
    const ROUNDS: usize = 8;
    let round = |round: usize| {
        let lines = (0..200).map(|number| {
            let value = "v".repeat(200);
            format!("Set-Cookie: flood-{round}-{number}={value}; Max-Age=99999999999999999999\r\n")
        });
        let lines: String = lines.collect();
        format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n")
    };
    let script = (0..ROUNDS).fold(Player::script(), |s, n| s.expect_head().play(round(n)));
    let player = script.expect_head().play(OK).open().start();
    let jar = Jar::new();
    let client = quiet().cookies(jar.clone()).build().expect("sound settings");
    for _ in 0..=ROUNDS {
        deadline(client.get(player.url("/")).send()).await.expect("an answer");
        assert!(jar.len() <= 180, "{}", jar.len());
    }
    let heads = player.finish().heads;
    assert_eq!(heads.len(), ROUNDS + 1);
    let longest = heads.iter().map(Vec::len).max().unwrap_or(0);
    assert!((7_500..8_190).contains(&longest), "{longest}");
    // Whole pairs only.
    let last = String::from_utf8(heads.last().expect("a head").clone()).expect("ASCII");
    let field = last.lines().find_map(|line| line.strip_prefix("Cookie: ")).expect("a field");
    assert!(
        field
            .split("; ")
            .all(|pair| pair.starts_with("flood-") && pair.ends_with(&"v".repeat(200)))
    );
}

/// The longest cookie there is, and one byte more.
#[tokio::test]
async fn s_75_4096_bytes_for_name_and_value() {
    let (fits, long) = ("v".repeat(4095), "v".repeat(4096));
    let player = Player::script()
        .expect_head()
        .play(format!("HTTP/1.1 200 OK\r\nSet-Cookie: a={fits}\r\nSet-Cookie: b={long}\r\nContent-Length: 0\r\n\r\n"))
        .expect(format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nCookie: a={fits}\r\n\r\n"))
        .play(OK)
        .open()
        .start();
    let limits = Limits { head_bytes: 1 << 20, ..Limits::default() };
    let client = quiet().limits(limits).cookies(Jar::new()).build().expect("sound settings");
    for _ in 0..2 {
        deadline(client.get(player.url("/")).send()).await.expect("an answer");
    }
    player.finish();
}

#[test]
fn attributes_beyond_1024_bytes_are_ignored() {
    let long = "x".repeat(1023);
    let line = SetCookie::parse(format!("a=b; Path=/{long}; Domain={long}y")).expect("a good line");
    assert_eq!(line.path().map(str::len), Some(1024));
    assert_eq!(line.domain().map(str::len), Some(1024));
    let line = format!(
        "a=b; Path=/y; Path=/{long}z; Domain=s.test; Domain={long}zz; Max-Age=5; Max-Age={}",
        "9".repeat(1025)
    );
    let line = SetCookie::parse(line).expect("a good line");
    assert_eq!((line.path(), line.domain(), line.max_age()), (Some("/y"), Some("s.test"), Some(5)));
}

/// S-08 (CVE-2026-9679): what looks like an escape is sent back as it came, byte for byte.
#[tokio::test]
async fn s_08_escapes_are_sent_back_as_they_came() {
    let value = "%0d%0aX:1;%00%0A\\r\\n&#13;+%25%".split(';').next().expect("a part");
    let player = Player::script()
        .expect_head()
        .play(format!("HTTP/1.1 200 OK\r\nSet-Cookie: a={value}\r\nSet-Cookie: b=\"\\r\\n&#13\"%25+%\r\nContent-Length: 0\r\n\r\n"))
        .expect(format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nCookie: a={value}; b=\"\\r\\n&#13\"%25+%\r\n\r\n"))
        .play(OK)
        .open()
        .start();
    let client = quiet().cookies(Jar::new()).build().expect("sound settings");
    for _ in 0..2 {
        deadline(client.get(player.url("/")).send()).await.expect("an answer");
    }
    player.finish();
}

/// Bytes that are no UTF-8, tabs in the middle, an obs-fold: the head is read, one cookie is left out.
#[tokio::test]
async fn odd_bytes() {
    let player = Player::script()
        .expect_head()
        .play(b"HTTP/1.1 200 OK\r\nSet-Cookie: latin=\xe9\r\nSet-Cookie: tab=a\tb\r\nSet-Cookie: fold=a\r\n  b; Path=/\r\nContent-Length: 0\r\n\r\n")
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: tab=a\tb; fold=a b\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = quiet().cookies(Jar::new()).build().expect("sound settings");
    for _ in 0..2 {
        deadline(client.get(player.url("/")).send()).await.expect("an answer");
    }
    player.finish();
}
