//! What errors and `Debug` say, and what they never say: S-110 and S-112.

use wireline::Client;

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet};

/// Neither bytes that a terminal obeys nor more of them than a person reads.
#[track_caller]
fn harmless(shown: &str) {
    // A microsecond is the only thing beyond ASCII.
    let plain = |c: char| c == ' ' || c == '\u{b5}' || c.is_ascii_graphic();
    assert!(shown.chars().all(plain), "{shown:?}");
    assert!(shown.len() < 1500, "{} bytes: {shown}", shown.len());
}

#[tokio::test]
async fn s_110_the_peer_s_bytes_are_escaped_and_few() {
    let long = "\u{1b}[31m".repeat(5000);
    for reply in [
        "\u{1b}]0;owned\u{7}\r\n\r\n".to_owned(),
        "HTTP/1.1 2\u{1b}[2J0 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 \u{1b}[31mOK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nX-\u{1b}[31m: y\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nX: \u{1b}[31m\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: \u{ff}\u{202e}\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: \u{ff}\r\n\r\n".to_owned(),
        format!("HTTP/1.1 {long}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{long}: x\r\n\r\n"),
        long.clone(),
        "HTTP/1.1 302 F\r\nLocation: http://\u{1b}\u{ff}/\r\n\r\n".to_owned(),
        "HTTP/1.1 302 F\r\nLocation: x:\u{202e}\u{ff}/\r\n\r\n".to_owned(),
    ] {
        let player = Player::script().expect_head().play(&reply).close().start();
        let sent = deadline(client().get(player.url("/")).send()).await;
        let error = sent.expect_err("not to be taken");
        harmless(&error.to_string());
        harmless(&format!("{error:?}"));
        player.finish();
    }
}

#[tokio::test]
async fn s_110_bodies_as_well() {
    for chunk in ["\u{1b}[31m", "5\u{1b}\r\n", "1\r\nx\u{1b}[2J", "0\r\nX: \u{1b}\r\n\r\n"] {
        let reply = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        let player = Player::script().expect_head().play(&reply).close().start();
        let response = deadline(client().get(player.url("/")).send()).await.expect("a head");
        let error = deadline(response.bytes()).await.expect_err("a broken body");
        harmless(&error.to_string());
        harmless(&format!("{error:?}"));
        player.finish();
    }
}

#[tokio::test]
async fn a_message_says_what_was_done_to_whom_and_why() {
    let player = Player::script().expect_head().play("hello").close().start();
    let url = format!("http://user:hunter2@{}/a?b#c", player.address());
    let error = deadline(client().get(url).no_auth().send()).await.expect_err("no HTTP");
    assert_eq!(
        error.to_string(),
        format!(
            "GET {}: waiting for the response: the reply does not start with HTTP/1.0 or HTTP/1.1 \
             but with \"hello\"",
            player.url("/a?b#c")
        )
    );
    player.finish();
}

const SECRETS: &[&str] = &["hunter2", "s3cret", "c00kie", "k3y"];

#[track_caller]
fn discreet(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// Everything that has a `Debug` or a `Display`, with every kind of secret in it.
#[tokio::test]
async fn s_112_no_secret_is_shown() {
    let reply = "HTTP/1.1 401 Who\r\nSet-Cookie: id=c00kie\r\nWWW-Authenticate: Digest s3cret\r\n\
                 Proxy-Authenticate: s3cret\r\nX-Plain: shown\r\nContent-Length: 6\r\n\r\n";
    let player = Player::script()
        .expect_head()
        .swallow(6)
        .play([reply, "s3cret"].concat())
        .expect_head()
        .swallow(6)
        .play([reply, "s3"].concat())
        .close()
        .start();
    let base = format!("http://user:hunter2@{}/", player.address());
    let client: Client = quiet()
        .base_url(&base)
        .header("Authorization", "Bearer s3cret")
        .sensitive_header("X-Api-Key", "k3y")
        .build()
        .expect("sound settings");
    discreet(&format!("{client:?}"));
    let get = || client.get("/").header("Cookie", "id=c00kie").body("s3cret");
    let response = deadline(get().send()).await.expect("an answer");
    let shown = format!("{response:?}");
    discreet(&shown);
    assert!(shown.contains("X-Plain: shown"), "{shown}");
    let error = response.error_for_status().expect_err("401");
    discreet(&format!("{error} {error:?}"));
    assert_eq!(error.url().expect("a URL").userinfo(), None);
    assert!(!error.url().expect("a URL").as_str().contains("hunter2"));
    let response = deadline(get().send()).await.expect("an answer");
    let error = deadline(response.bytes()).await.expect_err("cut off");
    discreet(&format!("{error} {error:?}"));
    assert_eq!(error.url().expect("a URL").userinfo(), None);
    let heads = player.finish().heads;
    let sent = String::from_utf8_lossy(&heads[0]);
    assert!(sent.contains("Bearer s3cret") && sent.contains("k3y") && sent.contains("c00kie"));
    assert_eq!(sent.matches("uthorization: ").count(), 1, "the client's own wins over its URL's");
}

#[tokio::test]
async fn s_112_nor_in_what_cannot_be_built() {
    for url in ["http://user:hunter2@h:99999/", "http://user:hunter2@a b/", "ftp://u:hunter2@h/"] {
        let error = client().get(url).send().await.expect_err("no URL to go to");
        discreet(&format!("{error} {error:?}"));
        let error = quiet().base_url(url).build().expect_err("no URL to go to");
        discreet(&format!("{error} {error:?}"));
    }
    let with = |name: &str, value: &str| quiet().header(name, value).build();
    let error = with("authorization", "Bearer s3cret\n").expect_err("a line feed");
    discreet(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn a_plain_response_shows_its_head() {
    let (response, player) = crate::talk::asks(&client(), OK).await;
    let shown = format!("{response:?}");
    for part in ["127.0.0.1", "200", "HTTP/1.1", "Content-Length: 0", "arrived"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    player.finish();
}
