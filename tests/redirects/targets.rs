//! S-71: what a `Location` may be.

use wireline::Uri;

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet};

/// A redirect from `/a/b?q` to `location`; the next request must ask for `target`. Returns the final URL.
async fn leads(location: impl AsRef<[u8]>, target: &str) -> Uri {
    let reply =
        [b"HTTP/1.1 302 Found\r\nLocation:", location.as_ref(), b"\r\nContent-Length: 0\r\n\r\n"]
            .concat();
    let player = Player::script()
        .expect("GET /a/b?q HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(reply)
        .expect(format!("GET {target} HTTP/1.1\r\nHost: {{host}}\r\n\r\n"))
        .play(OK)
        .open()
        .start();
    let response = deadline(client().get(player.url("/a/b?q#part")).send()).await;
    let url = response.expect("an answer").url().clone();
    player.finish();
    url
}

/// A redirect to `location` that is not followed; returns the message.
async fn stays(location: impl AsRef<[u8]>) -> String {
    let reply =
        [b"HTTP/1.1 302 Found\r\nLocation: ", location.as_ref(), b"\r\nContent-Length: 0\r\n\r\n"]
            .concat();
    let player = Player::script().expect_head().play(reply).open().start();
    let error = deadline(client().get(player.url("/")).send()).await.expect_err("not followed");
    assert!(error.is_redirect(), "{error}");
    assert!(error.connection().is_some(), "{error}");
    assert_eq!(player.finish().connections, 1);
    format!("{error} {error:?}")
}

#[tokio::test]
async fn relative_references() {
    for (location, target) in [
        (" /x", "/x"),
        ("c", "/a/c"),
        ("./c?d", "/a/c?d"),
        ("../c/../d/", "/d/"),
        ("../../../../c", "/c"),
        ("?x", "/a/b?x"),
        ("#other", "/a/b?q"),
        ("\t  /x \t", "/x"),
        (" /caf\u{e9} x", "/caf%C3%A9%20x"),
    ] {
        leads(location, target).await;
    }
}

/// Nowhere is not here again: what other clients follow to itself until their limit is handed out.
#[tokio::test]
async fn an_empty_location_leads_nowhere() {
    let reply = "HTTP/1.1 302 Found\r\nLocation: \r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(reply).open().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("handed out");
    assert_eq!(response.status(), 302);
    assert_eq!(response.history().len(), 0);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn the_fragment_is_inherited_unless_there_is_another() {
    assert_eq!(leads(" /x", "/x").await.fragment(), Some("part"));
    assert_eq!(leads(" /x#other", "/x").await.fragment(), Some("other"));
    assert_eq!(leads(" /x#", "/x").await.fragment(), Some(""));
}

#[tokio::test]
async fn s_05_an_encoded_line_end_stays_encoded() {
    leads(" /x%0d%0aX:%20y%00", "/x%0d%0aX:%20y%00").await;
}

#[tokio::test]
async fn s_71_absolute_and_network_path_references() {
    for form in ["http://{}/x", "//{}/x", "HTTP://{}/x", "http://user:secret@{}/x", "//u@{}/x"] {
        let second = Player::script()
            .expect("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n")
            .play(OK)
            .open()
            .start();
        let location = form.replace("{}", &second.address().to_string());
        let reply =
            format!("HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let first = Player::script().expect_head().play(reply).open().start();
        let response = deadline(client().get(first.url("/")).send()).await.expect("an answer");
        assert_eq!(response.url().as_str(), second.url("/x"), "userinfo is dropped");
        first.finish();
        second.finish();
    }
}

#[tokio::test]
async fn s_71_only_http_and_https() {
    for location in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "gopher://127.0.0.1:1/",
        "http:/x",
        "http:x",
        "http://",
        "//",
        "///x",
        "http://[::1/",
        "http://2130706433/",
        "http://127.1/",
        "http://h:99999/",
        "http://h:0/",
        "http://h\\@e/",
    ] {
        stays(location).await;
    }
}

#[tokio::test]
async fn s_05_a_tab_in_the_middle_is_refused() {
    let told = stays("/a\tb").await;
    assert!(told.contains("302 Found"), "{told}");
    stays("http://h\t/").await;
}

#[tokio::test]
async fn s_110_what_is_not_utf_8_is_told_escaped() {
    let told = stays(b"/\xff\xfe\xe9").await;
    assert!(told.contains(r"/\xff\xfe\xe9"), "{told}");
    let told = stays([b"/".as_slice(), &[0xe9; 9000]].concat()).await;
    assert!(told.len() < 3000, "{} bytes", told.len());
}

#[tokio::test]
async fn s_112_the_password_in_a_location_is_not_told() {
    for location in [
        &b"ftp://user:hunter2@127.0.0.1/"[..],
        b"http://user:hunter2@127.1/",
        b"http://user:hunter2@h/\xff",
        b"//user:hunter2@h/\xff",
        b"//user:hunter2@h:99999/",
        b"http://user:hunter2@h/\tx",
    ] {
        let told = stays(location).await;
        assert!(!told.contains("hunter2"), "{told}");
    }
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 302 Found\r\nLocation: /1\r\nContent-Length: 0\r\n\r\n")
        .expect_head()
        .play("HTTP/1.1 302 F\r\nLocation: //u:hunter2@h/\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let once = client().get(player.url("/")).max_redirects(1).send();
    let error = deadline(once).await.expect_err("one too many");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    player.finish();
}

#[tokio::test]
async fn s_71_a_long_location() {
    let long = format!("/{}", "x".repeat(8 * 1024));
    leads(&long, &long).await;
    // GO-2026-6218: dots beyond number take linear time.
    let limits = wireline::h1::Limits { head_bytes: 1 << 20, ..Default::default() };
    let client = quiet().limits(limits).build().expect("sound settings");
    let dots = "../".repeat(100_000);
    let player = Player::script()
        .expect_head()
        .play(format!("HTTP/1.1 302 F\r\nLocation: {dots}x\r\nContent-Length: 0\r\n\r\n"))
        .expect("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    deadline(client.get(player.url("/a/b")).send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn the_first_of_several_locations_counts() {
    leads(" /x\r\nLocation: /y", "/x").await;
}

#[tokio::test]
async fn s_71_a_target_given_by_hand_is_for_the_first_hop_alone() {
    let player = Player::script()
        .expect("GET http://elsewhere/ HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        .expect("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let get = client().get(player.url("/")).request_target("http://elsewhere/");
    deadline(get.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn s_69_no_referer_is_made_up() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        .expect("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    deadline(client().get(player.url("/secret?token=1")).send()).await.expect("an answer");
    player.finish();
}
