//! Which method and which body the next request has.

use bytes::Bytes;
use wireline::{Body, Delivery, Method, Phase};

use crate::sources::pieces;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client};

/// One redirect with `status` after a request with `method` and a body; the second request must be `second`.
async fn after(status: u16, method: Method, second: &str) {
    let first = format!(
        "{method} /old HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: text/plain\r\n\
         Content-Language: en\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nhi"
    );
    let reply = format!("HTTP/1.1 {status} Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n");
    let player = Player::script().expect(first).play(reply).expect(second).play(OK).open().start();
    let request = client()
        .request(method, player.url("/old"))
        .header("Content-Type", "text/plain")
        .header("Content-Language", "en")
        .header("X-Kept", "1")
        .body("hi");
    let response = deadline(request.send()).await.expect("an answer");
    assert_eq!(response.url().to_string(), player.url("/new"));
    assert_eq!(response.timings().redirects, 1);
    let seen = player.finish();
    assert_eq!((seen.connections, seen.leftovers), (1, vec![vec![]]), "{status}");
}

const GET: &str = "GET /new HTTP/1.1\r\nHost: {host}\r\nX-Kept: 1\r\n\r\n";

fn again(method: &str) -> String {
    format!(
        "{method} /new HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: text/plain\r\n\
         Content-Language: en\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nhi"
    )
}

#[tokio::test]
async fn s_68_301_and_302_turn_post_into_get_without_its_body() {
    after(301, Method::POST, GET).await;
    after(302, Method::POST, GET).await;
}

#[tokio::test]
async fn r_301_and_302_keep_other_methods() {
    for status in [301, 302] {
        after(status, Method::PUT, &again("PUT")).await;
        after(status, Method::DELETE, &again("DELETE")).await;
        after(status, Method::GET, &again("GET")).await;
    }
}

#[tokio::test]
async fn s_68_303_is_always_a_retrieval() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::GET] {
        after(303, method, GET).await;
    }
}

#[tokio::test]
async fn r_303_to_head_stays_head() {
    let player = Player::script()
        .expect("HEAD /old HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play("HTTP/1.1 303 See Other\r\nLocation: new\r\nContent-Length: 9\r\n\r\n")
        .expect("HEAD /new HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        .open()
        .start();
    let response = deadline(client().head(player.url("/old")).send()).await.expect("an answer");
    assert_eq!(response.fields().get_str("content-length"), Some("9"));
    player.finish();
}

#[tokio::test]
async fn r_307_and_308_repeat_method_and_body() {
    for status in [307, 308] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            let own = Method::from_bytes(method.as_bytes()).expect("a token");
            after(status, own, &again(method)).await;
        }
    }
}

/// S-13: a stream is used up by its first attempt. Neither an empty body nor half a one goes to the new place.
#[tokio::test]
async fn s_13_a_stream_is_not_sent_again() {
    for (status, method) in
        [(307, Method::POST), (308, Method::POST), (301, Method::PUT), (302, Method::PATCH)]
    {
        let player = Player::script()
            .expect(format!(
                "{method} / HTTP/1.1\r\nHost: {{host}}\r\nTransfer-Encoding: chunked\r\n\r\n\
                 2\r\nhi\r\n0\r\n\r\n"
            ))
            .play(format!("HTTP/1.1 {status} X\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n"))
            .open()
            .start();
        let request = client().request(method, player.url("/"));
        let sent = deadline(request.body(Body::stream(pieces(&["hi"]))).send()).await;
        let error = sent.expect_err("the body is used up");
        assert!(error.is_redirect() && !error.is_body(), "{error}");
        assert!(error.to_string().contains("was a stream and is used up"), "{error}");
        assert_eq!((error.phase(), error.delivery()), (Phase::Head, Delivery::ReplyStarted));
        assert!(error.connection().is_some_and(|info| info.remote == Some(player.address())));
        let seen = player.finish();
        assert_eq!((seen.connections, seen.leftovers), (1, vec![vec![]]));
    }
}

#[tokio::test]
async fn a_stream_may_be_answered_by_see_other() {
    let player = Player::script()
        .expect("POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect("2\r\nhi\r\n0\r\n\r\n")
        .play("HTTP/1.1 303 See Other\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")
        .expect("GET /new HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let post = client().post(player.url("/")).body(Body::stream(pieces(&["hi"])));
    deadline(post.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn bytes_are_sent_again_from_their_first() {
    let large = Bytes::from(vec![b'z'; 300_000]);
    let head = |path: &str| {
        let line = format!("PUT {path} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 300000\r\n");
        [line.as_bytes(), b"\r\n", &large].concat()
    };
    let player = Player::script()
        .expect(head("/a"))
        .play("HTTP/1.1 308 X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
        .expect(head("/b"))
        .play(OK)
        .open()
        .start();
    deadline(client().put(player.url("/a")).body(large).send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn other_statuses_and_no_location_are_no_redirects() {
    for status in [200, 201, 300, 304, 305, 306, 309, 400] {
        let reply = format!("HTTP/1.1 {status} X\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n");
        let player = Player::script().expect_head().play(reply).open().start();
        let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), status);
        player.finish();
    }
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nhere")
        .open()
        .start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(deadline(response.text()).await.expect("a body"), "here");
    player.finish();
}

/// The answer of a proxy to CONNECT is not an answer of the origin, whatever it says (S-80).
#[tokio::test]
async fn s_80_connect_is_not_redirected() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let connect = client().connect(player.url("/"), "example.com:443");
    let response = deadline(connect.send()).await.expect("an answer");
    assert_eq!(response.status(), 302);
    player.finish();
}

#[tokio::test]
async fn the_limit() {
    let away = "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
    let mut script = Player::script();
    for _ in 0..=10 {
        script = script.expect_head().play(away);
    }
    let player = script.open().start();
    let error = deadline(client().get(player.url("/")).send()).await.expect_err("a loop");
    assert!(error.is_redirect(), "{error}");
    assert!(error.to_string().contains("10 redirects have been followed"), "{error}");
    assert_eq!((error.timings().redirects, error.url().expect("a URL").path()), (10, "/again"));
    let seen = player.finish();
    assert_eq!((seen.connections, seen.heads.len()), (1, 11));

    let player = Player::script().expect_head().play(away).expect_head().play(away).open().start();
    let once = client().get(player.url("/")).max_redirects(1);
    let error = deadline(once.send()).await.expect_err("one too many");
    assert!(error.to_string().contains("`max_redirects`"), "{error}");
    player.finish();
}

#[tokio::test]
async fn no_redirects_wanted() {
    let away = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 2\r\n\r\nhi";
    let player = Player::script().expect_head().play(away).expect_head().play(away).open().start();
    let by_client = crate::talk::quiet().max_redirects(0).build().expect("sound settings");
    for client in [by_client.get(player.url("/")), by_client.get(player.url("/")).max_redirects(0)]
    {
        let response = deadline(client.send()).await.expect("the redirect itself");
        assert_eq!(response.status(), 302);
        assert_eq!(response.fields().get_str("location"), Some("file:///etc/passwd"));
        assert_eq!(deadline(response.text()).await.expect("a body"), "hi");
    }
    player.finish();
}
