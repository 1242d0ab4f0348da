//! The request-target: its four forms, the query, and what never gets there.

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, refuses, sends};

#[tokio::test]
async fn origin_form_is_the_path_and_the_query_as_typed() {
    for (typed, sent) in [
        ("/", "/"),
        ("/a%7e/%2F/../b?q=%20&r", "/a%7e/%2F/../b?q=%20&r"),
        ("/?", "/?"),
        ("/a;b=c,d/(e)'*!$?x=/?:@", "/a;b=c,d/(e)'*!$?x=/?:@"),
        ("/a b?c d", "/a%20b?c%20d"),
        ("/caf\u{e9}?\u{2713}", "/caf%C3%A9?%E2%9C%93"),
        ("?only=query", "/?only=query"),
    ] {
        let expected = format!("GET {sent} HTTP/1.1\r\nHost: {{host}}\r\n\r\n");
        sends(&expected, |client, player| client.get(player.url(typed))).await;
    }
}

#[tokio::test]
async fn userinfo_and_fragment_never_reach_the_wire() {
    let expected = "GET /a?q HTTP/1.1\r\nHost: {host}\r\n\r\n";
    sends(expected, |client, player| {
        client.get(format!("http://user:secret@{}/a?q#part", player.address())).no_auth()
    })
    .await;
}

#[tokio::test]
async fn s_105_the_last_at_ends_the_userinfo() {
    let expected = "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";
    sends(expected, |client, player| {
        client.get(format!("http://a@evil@{}/", player.address())).no_auth()
    })
    .await;
    for url in ["http://h:80:90/", "http://h\\@e/", "http://h:0/", "ftp://h/", "h/", ""] {
        let error = client().get(url).send().await.expect_err("no URL to go to");
        assert!(error.is_builder(), "{url}: {error}");
    }
}

#[tokio::test]
async fn query_pairs_are_added_and_percent_encoded() {
    let expected = "GET /s?old=1&q=a%20b%26c%3Dd%2B%C3%A9%0D%0A&page=2&empty= HTTP/1.1\r\n\
                    Host: {host}\r\n\r\n";
    sends(expected, |client, player| {
        client
            .get(player.url("/s?old=1#part"))
            .query(&[("q", "a b&c=d+\u{e9}\r\n")])
            .query::<&str, u8>(&[])
            .query(&[("page", 2)])
            .query(&[(String::from("empty"), "")])
    })
    .await;
}

#[tokio::test]
async fn absolute_form_by_request_target() {
    let expected = "GET http://example.com/x?y HTTP/1.1\r\nHost: {host}\r\n\r\n";
    sends(expected, |client, player| {
        client.get(player.url("/")).request_target("http://example.com/x?y")
    })
    .await;
}

#[tokio::test]
async fn asterisk_form_by_request_target() {
    let expected = "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n";
    sends(expected, |client, player| client.options(player.url("/")).request_target("*")).await;
}

#[tokio::test]
async fn authority_form_by_connect() {
    let player = Player::script()
        .expect("CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\nx: 1\r\n\r\n")
        .play("HTTP/1.1 200 OK\r\n\r\n")
        .close()
        .start();
    let connect = client().connect(player.url("/"), "example.com:443").header("x", "1");
    let response = deadline(connect.send()).await.expect("a tunnel");
    assert_eq!(response.status(), 200);
    player.finish();
}

#[tokio::test]
async fn connect_needs_a_port() {
    // "There is no default port; a client MUST send the port number" (RFC 9110 §9.3.6).
    for authority in ["example.com", "example.com:", "example.com:x", "", "a:1/b", "u@h:1", "[::1]"]
    {
        refuses(|client, url| client.connect(url, authority)).await;
    }
}

#[tokio::test]
async fn a_target_given_by_hand_goes_out_as_it_is() {
    let expected = "GET /../%zz?{}|\\^`# HTTP/1.1\r\nHost: {host}\r\n\r\n";
    sends(expected, |client, player| {
        client.get(player.url("/other")).request_target("/../%zz?{}|\\^`#")
    })
    .await;
}

#[tokio::test]
async fn the_default_port_is_not_in_host() {
    // Nothing listens on port 80 here; the name leads to the player, whatever the port.
    let player =
        Player::script().expect("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").play(OK).open().start();
    let client =
        crate::talk::quiet().resolve("a.test", [player.address()]).build().expect("settings");
    deadline(client.get("http://a.test:80/").send()).await.expect("an answer");
    player.finish();
}
