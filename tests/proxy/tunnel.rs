//! S-80: what a proxy may answer to CONNECT, and what becomes of everything else.

use std::io::Write;

use wireline::client::Proxy;
use wireline::{Delivery, Error, Phase};

use crate::pairs::{OPEN, http, through};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, read_head, serve};

const CONNECT: &str = "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n";
const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/// The proxy answers `reply`, in these pieces, and the tunnel must be open.
async fn opens(reply: &str, cuts: &[usize]) {
    let player =
        Player::script().expect(CONNECT).play_cut(reply, cuts).expect(GET).play(OK).open().start();
    let client = through(http(&player).tunnel(true));
    let response = deadline(client.get("http://a.test/").send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.fields().len()), (200, 1), "{reply:?}");
    player.finish();
}

/// The proxy answers `reply` and closes; there must be no tunnel, and nothing sent.
async fn refuses(reply: &str) -> Error {
    let player = Player::script().expect(CONNECT).play(reply).half_close().expect_close().close();
    let player = player.start();
    let client = through(http(&player).tunnel(true));
    let error = deadline(client.post("http://a.test/").body("x").send()).await;
    let error = error.expect_err(reply);
    assert!(error.is_proxy() && error.is_connect(), "{error}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Tunnel, Delivery::NotSent));
    let proxy = player.url("");
    assert!(
        error.to_string().contains(&format!("opening the tunnel (proxy {proxy}): ")),
        "{error}"
    );
    let seen = player.finish();
    assert_eq!((seen.connections, seen.leftovers), (1, vec![Vec::new()]));
    error
}

#[tokio::test]
async fn s_80_any_2xx_opens_the_tunnel_and_its_framing_does_not_matter() {
    opens(OPEN, &[]).await;
    opens("HTTP/1.0 200 OK\r\n\r\n", &[]).await;
    opens("HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", &[]).await;
    opens("HTTP/1.1 299 \r\nContent-Length: 5\r\n\r\n", &[]).await;
    opens("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n", &[]).await;
    opens("HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: a=1\r\n\r\n", &[]).await;
    let cuts: Vec<usize> = (1..OPEN.len()).collect();
    opens(OPEN, &cuts).await;
}

#[tokio::test]
async fn s_80_interim_responses_are_passed_by_but_not_endlessly() {
    opens(&format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nA: b\r\n\r\n{OPEN}"), &[]).await;
    let endless = "HTTP/1.1 103 Early\r\n\r\n".repeat(17);
    assert!(refuses(&endless).await.is_limit());
    // Nothing was to be switched but the tunnel.
    assert!(refuses("HTTP/1.1 101 Switching\r\n\r\n").await.is_protocol());
}

#[tokio::test]
async fn s_80_bytes_before_the_origin_was_spoken_to_are_nobodys() {
    for early in ["\r\n", "x", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"] {
        let error = refuses(&format!("{OPEN}{early}")).await;
        let shown = error.to_string();
        assert!(shown.contains("bytes into the tunnel") && !error.is_transient(), "{shown}");
        let length = early.len();
        let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{early}");
        assert!(refuses(&reply).await.proxy_response().is_none());
    }
}

#[tokio::test]
async fn s_80_another_status_is_the_proxys_and_not_the_origins() {
    for (status, transient) in [
        ("407 Proxy Authentication Required", false),
        ("403 Forbidden", false),
        ("301 Moved", false),
        ("400 Bad", false),
        ("502 Bad Gateway", true),
        ("503 r\u{e9}d", true),
        ("999 Odd", false),
    ] {
        let error = refuses(&format!(
            "HTTP/1.1 {status}\r\nLocation: http://b.test/\r\nSet-Cookie: a=1\r\n\
             Content-Length: 4\r\n\r\nwhy?"
        ))
        .await;
        let head = error.proxy_response().expect("a refusal");
        assert_eq!(head.status.as_str(), &status[..3]);
        assert_eq!(error.proxy_body(), Some(&b"why?"[..]));
        assert_eq!(
            (error.is_transient(), error.is_status(), error.status()),
            (transient, false, None)
        );
        let shown = error.to_string();
        let phrase = status.replace('\u{e9}', "\\xc3\\xa9");
        assert!(shown.contains(&format!("the proxy answered {phrase}")), "{shown}");
        assert_eq!(shown.contains("Proxy::basic_auth"), status.starts_with("407"), "{shown}");
    }
    let error = refuses(&format!("HTTP/1.1 500 X\r\n\r\n{}", "y".repeat(5000))).await;
    assert_eq!(error.proxy_body().map(<[u8]>::len), Some(1024));
    let error = refuses("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nz").await;
    assert_eq!(error.proxy_body(), Some(&b"ab"[..]));
}

#[tokio::test]
async fn s_80_a_reply_that_is_none() {
    for odd in
        ["HTTP/1.1 2000 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "hello\r\n\r\n", "\x16\x03\x01\0"]
    {
        assert!(refuses(odd).await.is_protocol());
    }
    assert!(refuses("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n").await.is_protocol());
    for cut in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 100 C\r\n\r\n"] {
        let error = refuses(cut).await;
        assert!(error.is_incomplete() && error.is_transient(), "{cut:?}: {error}");
    }
}

#[tokio::test]
async fn s_80_an_endless_head_is_cut_at_the_limit() {
    let proxy = serve(|mut stream| {
        read_head(&mut stream);
        let line = format!("X: {}\r\n", "a".repeat(1000));
        // Until the client has had enough.
        let begun = stream.write_all(b"HTTP/1.1 200 OK\r\n").is_ok();
        (0..1_000_000).take_while(|_| begun && stream.write_all(line.as_bytes()).is_ok()).count()
    });
    let client = through(Proxy::new(proxy.url("")).tunnel(true));
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("no head");
    assert!(error.is_limit() && error.is_proxy(), "{error}");
    assert!(error.to_string().contains("head_bytes"), "{error}");
    assert!(proxy.outcome() < 1_000_000);
}

#[tokio::test]
async fn one_tunnel_serves_one_origin_many_times() {
    let player = Player::script()
        .expect(CONNECT)
        .play(OPEN)
        .expect(GET)
        .play(OK)
        .expect(GET)
        .play("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .open()
        .expect("CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\n\r\n")
        .play(OPEN)
        .expect("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n")
        .play(OK)
        .open()
        .expect(CONNECT)
        .play(OPEN)
        .expect(GET)
        .play(OK)
        .open()
        .start();
    let client = through(http(&player).tunnel(true));
    for (host, reused) in [("a", false), ("a", true), ("b", false), ("a", false)] {
        let response = deadline(client.get(format!("http://{host}.test/")).send()).await;
        assert_eq!(response.expect("an answer").is_reused(), reused, "{host}");
    }
    assert_eq!(player.finish().connections, 3);
}

#[tokio::test]
async fn an_ipv6_origin_has_its_brackets() {
    let player = Player::script()
        .expect("CONNECT [2001:db8::1]:8080 HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n")
        .play(OPEN)
        .expect("GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = through(http(&player).tunnel(true));
    deadline(client.get("http://[2001:DB8::1]:8080/").send()).await.expect("an answer");
    player.finish();
}
