//! Whose word counts: the caller's on each redirect, the history it leaves, and what the next URL is told of the last.

use std::sync::{Arc, Mutex};

use wireline::{Follow, StatusCode};

use crate::support::deadline;
use crate::support::player::{Player, Script};
use crate::talk::{OK, client, quiet};

fn leads_to(script: Script, location: &str) -> Script {
    script.play(format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nX-Note: kept\r\nContent-Length: 0\r\n\r\n"
    ))
}

#[tokio::test]
async fn the_callback_sees_every_redirect_and_decides() {
    let script = leads_to(Player::script().expect(get("/a")), "/b?q#f");
    let player = leads_to(script.expect(get("/b?q")), "/stop").open().start();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let request = client().get(player.url("/a")).on_redirect(move |redirect| {
        let line = format!("{} {} {}", redirect.followed, redirect.method, redirect.to.path());
        told.lock().expect("not poisoned").push(line);
        assert_eq!(redirect.head.fields.get_str("x-note"), Some("kept"));
        match redirect.to.path() {
            "/stop" => Follow::HandOut,
            _ => Follow::Yes,
        }
    });
    let response = deadline(request.send()).await.expect("handed out");
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.url().path(), "/b");
    assert_eq!(*heard.lock().expect("not poisoned"), ["0 GET /b", "1 GET /stop"]);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn a_refusal_is_an_error_that_says_why_and_remembers_the_way() {
    let script = leads_to(Player::script().expect(get("/a")), "/b");
    let player = leads_to(script.expect(get("/b")), "/c").open().start();
    let request = client().get(player.url("/a")).on_redirect(|redirect| match redirect.followed {
        0 => Follow::Yes,
        _ => Follow::Refuse("not twice".into()),
    });
    let error = deadline(request.send()).await.expect_err("refused");
    assert!(error.is_redirect(), "{error}");
    assert!(error.to_string().ends_with("302 Found to \"/c\" refused: not twice"), "{error}");
    let way: Vec<_> = error.history().iter().map(|hop| hop.url.path().to_owned()).collect();
    assert_eq!(way, ["/a"]);
    player.finish();
}

#[tokio::test]
async fn a_response_tells_how_it_was_reached() {
    let script = leads_to(Player::script().expect_head(), "/b#x");
    let player = leads_to(script.expect_head(), "/c").expect_head().play(OK).open().start();
    let url = player.url("/a").replace("http://", "http://user:secret@");
    let response = deadline(client().get(url).no_auth().send()).await.expect("an answer");
    let history = response.history();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].url.to_string(), player.url("/a"), "s_112: no userinfo");
    assert_eq!(history[1].url.to_string(), player.url("/b#x"));
    assert_eq!(history[0].head.status, StatusCode::FOUND);
    assert_eq!(history[0].head.fields.get_str("x-note"), Some("kept"));
    assert_eq!(response.url().to_string(), player.url("/c#x"));
    assert!(!format!("{response:?} {history:?}").contains("secret"));
    player.finish();
}

#[tokio::test]
async fn s_69_no_referer_unless_it_is_asked_for() {
    let player = leads_to(Player::script().expect(get("/a")), "/b")
        .expect(get("/b"))
        .play(OK)
        .open()
        .start();
    deadline(client().get(player.url("/a")).send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn s_69_a_referer_is_the_url_here_and_the_origin_elsewhere() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let first = listener.local_addr().expect("bound");
    let second = Player::script()
        .expect(format!("GET /c HTTP/1.1\r\nHost: {{host}}\r\nReferer: http://{first}/\r\n\r\n"))
        .play(OK)
        .open()
        .start();
    let script = leads_to(Player::script().expect(get("/a?q")), "/b");
    let referred =
        format!("GET /b HTTP/1.1\r\nHost: {first}\r\nReferer: http://{first}/a?q\r\n\r\n");
    let player = leads_to(script.expect(referred), &second.url("/c")).open().start_on(listener);
    let client = quiet().referer(true).build().expect("sound settings");
    let url = player.url("/a?q#secret").replace("http://", "http://user:secret@");
    deadline(client.get(url).no_auth().send()).await.expect("an answer");
    player.finish();
    second.finish();
}

#[tokio::test]
async fn a_referer_set_by_hand_stays_with_its_origin() {
    let second = Player::script().expect(get("/c")).play(OK).open().start();
    let by_hand = |path| format!("GET {path} HTTP/1.1\r\nHost: {{host}}\r\nReferer: x://y\r\n\r\n");
    let script = leads_to(Player::script().expect(by_hand("/a")), "/b");
    let player = leads_to(script.expect(by_hand("/b")), &second.url("/c")).open().start();
    let request = client().get(player.url("/a")).header("Referer", "x://y");
    deadline(request.send()).await.expect("an answer");
    player.finish();
    second.finish();
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {{host}}\r\n\r\n")
}
