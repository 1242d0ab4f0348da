//! What a response says of itself, and its body as a whole.

use std::sync::{Arc, Mutex};

use wireline::Version;

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, asks, client, quiet};

#[tokio::test]
async fn the_head() {
    let reply = "HTTP/1.0 418 I'm a teapot\r\nX-One: 1\r\nx-two:  two \r\nX-One: 3\r\n\r\n";
    let (response, player) = asks(&client(), reply).await;
    assert_eq!((response.status().as_u16(), response.version()), (418, Version::HTTP_10));
    assert_eq!(response.head().reason.as_bytes(), b"I'm a teapot");
    let fields: Vec<_> = response.fields().iter().map(|f| (f.name, f.value)).collect();
    assert_eq!(fields, [("X-One", &b"1"[..]), ("x-two", b"two"), ("X-One", b"3")]);
    assert_eq!(response.url().to_string(), player.url("/"));
    player.finish();
}

#[tokio::test]
async fn error_for_status_keeps_the_body() {
    let reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nno such";
    for cut in [reply.len(), reply.len() - 3] {
        let player = Player::script()
            .expect_head()
            .play_cut(reply, &[cut])
            .expect("GET /next HTTP/1.1\r\nHost: {host}\r\n\r\n")
            .play(OK)
            .open()
            .start();
        let client = client();
        let response = deadline(client.get(player.url("/x")).send()).await.expect("an answer");
        let error = response.error_for_status().expect_err("404");
        assert!(error.is_status() && !error.is_protocol() && !error.is_timeout());
        assert_eq!(error.status().expect("a status"), 404);
        assert_eq!(error.to_string(), format!("GET {}: status 404 Not Found", player.url("/x")));
        assert!(error.connection().is_some() && error.timings().first_byte.is_some());
        let response = error.into_response().expect("the response");
        assert_eq!(deadline(response.text()).await.expect("its body"), "no such");
        // And so its connection is not lost either.
        deadline(client.get(player.url("/next")).send()).await.expect("an answer");
        player.finish();
    }
}

#[tokio::test]
async fn below_400_is_no_error() {
    for status in [200, 204, 304, 399] {
        let (response, player) = asks(&client(), format!("HTTP/1.1 {status} X\r\n\r\n")).await;
        assert_eq!(response.error_for_status().expect("fine").status(), status);
        player.finish();
    }
    for status in [400, 500, 599, 999] {
        let (response, player) = asks(&client(), format!("HTTP/1.1 {status} X\r\n\r\n")).await;
        let error = response.error_for_status().expect_err("not fine");
        assert_eq!(error.status().expect("a status"), status);
        player.finish();
    }
}

async fn text(content_type: &str, body: &[u8]) -> Result<String, wireline::Error> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let (response, player) = asks(&client(), [head.as_bytes(), body].concat()).await;
    let text = deadline(response.text()).await;
    player.finish();
    text
}

#[tokio::test]
async fn text_in_its_charset() {
    for (content_type, body, wanted) in [
        ("text/plain", &b"caf\xc3\xa9"[..], "caf\u{e9}"),
        ("text/html; charset=utf-8", b"caf\xc3\xa9", "caf\u{e9}"),
        ("text/html;CHARSET=\"UTF-8\"; x=y", b"caf\xc3\xa9", "caf\u{e9}"),
        ("text/html; x=y ; charset=ISO-8859-1", b"caf\xe9\x80", "caf\u{e9}\u{80}"),
        ("text/plain; charset=latin1", b"\xff", "\u{ff}"),
        ("text/plain; charset=us-ascii", b"plain", "plain"),
        ("text/plain", b"\xef\xbb\xbfmarked", "marked"),
        ("text/plain", b"\xef\xbb\xbf\xef\xbb\xbf", "\u{feff}"),
        ("text/plain", b"broken \xff\xfe", "broken \u{fffd}\u{fffd}"),
        ("", b"", ""),
    ] {
        assert_eq!(text(content_type, body).await.expect("text"), wanted, "{content_type}");
    }
}

#[tokio::test]
async fn text_in_a_charset_nobody_knows() {
    for (content_type, told) in [
        ("text/plain; charset=utf-7", "charset \"utf-7\""),
        ("text/plain; charset=\u{ff}x", "charset \"\\xc3\\xbfx\""),
        ("text/plain; charset=", "charset \"\""),
    ] {
        let error = text(content_type, b"hello").await.expect_err("unknown");
        assert!(error.is_decode() && !error.is_protocol(), "{error}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.to_string().starts_with("GET http://127.0.0.1:"), "{error}");
    }
}

#[tokio::test]
async fn the_limit_of_a_buffered_body() {
    let client = quiet().max_body(4).build().expect("sound settings");
    for (rest, fits) in [
        ("Content-Length: 4\r\n\r\nfour", true),
        ("Content-Length: 5\r\n\r\nfives", false),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nfo\r\n2\r\nur\r\n0\r\n\r\n", true),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n3\r\nves\r\n0\r\n\r\n", false),
        ("\r\nfour", true),
        ("\r\nfives", false),
        // Announced, and never waited for.
        ("Content-Length: 5000000000\r\n\r\n", false),
    ] {
        let reply = ["HTTP/1.1 200 OK\r\n", rest].concat();
        for cut in [reply.len(), reply.len() - 1, reply.len() - 4] {
            let player = Player::script().expect_head().play_cut(&reply, &[cut]).close().start();
            let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
            match deadline(response.bytes()).await {
                Ok(bytes) => assert!(fits && bytes == "four", "{rest:?}"),
                Err(error) => {
                    assert!(!fits && error.is_limit() && !error.is_protocol(), "{error}");
                    assert!(error.to_string().contains("larger than 4 bytes"), "{error}");
                    assert!(error.to_string().contains("`max_body`"), "{error}");
                }
            }
            player.finish();
        }
    }
}

#[tokio::test]
async fn content_length_is_what_is_still_to_come() {
    for (rest, length) in [
        ("Content-Length: 5\r\n\r\nhello", Some(5)),
        ("Transfer-Encoding: chunked\r\n\r\n", None),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", None),
    ] {
        let (response, player) = asks(&client(), format!("HTTP/1.1 200 OK\r\n{rest}")).await;
        assert_eq!(response.content_length(), length, "{rest:?}");
        player.finish();
    }
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        .open()
        .start();
    let response = deadline(client().head(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.content_length(), Some(0), "HEAD has no body");
    assert_eq!(response.fields().get_str("content-length"), Some("5"));
    player.finish();
}

#[tokio::test]
async fn interim_responses_are_heard_in_order() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = heard.clone();
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 199 Odd\r\n\r\n")
        .play("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        .open()
        .start();
    let get = client().get(player.url("/")).on_interim(move |head| {
        let link = head.fields.get_str("link").map(str::to_owned);
        listener.lock().expect("one thread").push((head.status.as_u16(), link));
    });
    let response = deadline(get.send()).await.expect("an answer");
    assert_eq!(deadline(response.text()).await.expect("a body"), "hi");
    let heard = heard.lock().expect("one thread").clone();
    assert_eq!(heard, [(103, Some("</a>".to_owned())), (199, None), (100, None)]);
    player.finish();
}

#[cfg(feature = "json")]
#[tokio::test]
async fn json_or_where_it_breaks() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct User {
        name: String,
        id: u32,
    }
    let reply =
        |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (response, player) = asks(&client(), reply(r#"{"name":"eve","id":7}"#)).await;
    let user: User = deadline(response.json()).await.expect("JSON");
    assert_eq!(user, User { name: "eve".into(), id: 7 });
    player.finish();
    let (response, player) = asks(&client(), reply("{\"name\":\"eve\",\n \"id\":x}")).await;
    let error = deadline(response.json::<User>()).await.expect_err("no JSON");
    assert!(error.is_decode(), "{error}");
    assert!(error.to_string().contains("line 2 column"), "{error}");
    player.finish();
}
