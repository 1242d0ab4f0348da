//! What becomes of a redirect's own body, and of its connection.

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client};

const SECOND: &str = "GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n";

/// A redirect with this rest of a head and body, then the second request over the same connection.
async fn reuses(rest: impl AsRef<[u8]>) {
    let reply = [b"HTTP/1.1 302 Found\r\nLocation: /x\r\n", rest.as_ref()].concat();
    let player = Player::script().expect_head().play(reply).expect(SECOND).play(OK).open().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert!(response.is_reused());
    assert_eq!(player.finish().connections, 1);
}

/// The same, but the second request comes over a new connection.
async fn reconnects(rest: impl AsRef<[u8]>) {
    let reply = [b"HTTP/1.1 302 Found\r\nLocation: /x\r\n", rest.as_ref()].concat();
    let player =
        Player::script().expect_head().play(reply).close().expect(SECOND).play(OK).open().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert!(!response.is_reused());
    assert_eq!(player.finish().connections, 2);
}

#[tokio::test]
async fn a_small_body_is_read_away() {
    reuses("Content-Length: 5\r\n\r\nmoved").await;
    reuses("Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nmoved\r\n0\r\nX-Sum: 1\r\n\r\n").await;
    reuses(format!("Content-Length: 60000\r\n\r\n{}", "m".repeat(60_000))).await;
}

#[tokio::test]
async fn a_body_that_comes_later_is_waited_for() {
    let player = Player::script()
        .expect_head()
        .play_bytewise("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nmoved")
        .expect(SECOND)
        .play(OK)
        .open()
        .start();
    deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn a_broken_body_costs_the_connection_and_nothing_else() {
    reconnects("Content-Length: 50\r\n\r\ncut off").await;
    reconnects("Transfer-Encoding: chunked\r\n\r\n5\r\nmovedX\r\n").await;
    reconnects("\r\nuntil the server closes").await;
    reconnects("Connection: close\r\nContent-Length: 5\r\n\r\nmoved").await;
    reconnects("Content-Length: 5\r\n\r\nmovedHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
}

/// S-70: what a redirect's body would unpack to is nobody's business.
#[tokio::test]
async fn s_70_a_coded_body_is_never_decoded() {
    reuses("Content-Encoding: gzip, gzip, br, x\r\nContent-Length: 4\r\n\r\n\x1f\u{8b}\x08").await;
}

#[tokio::test]
async fn a_huge_body_is_not_read_away() {
    // Announced: not waited for at all, though the server sends none of it.
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1000000000000\r\n\r\n")
        .expect_close()
        .close()
        .expect(SECOND)
        .play(OK)
        .open()
        .start();
    deadline(client().get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(player.finish().connections, 2);
}

#[tokio::test]
async fn an_endless_body_is_not_read_to_its_end() {
    let served = crate::talk::serve(|mut stream| {
        use std::io::Write;
        crate::talk::read_head(&mut stream);
        let head = "HTTP/1.1 302 Found\r\nLocation: /x\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("sent");
        let chunk = format!("1000\r\n{}\r\n", "m".repeat(4096));
        let mut chunks = 0;
        while stream.write_all(chunk.as_bytes()).is_ok() {
            chunks += 1;
        }
        chunks
    });
    let url = served.url("/");
    // The second hop finds nobody, one way or the other: this server takes one connection.
    let error = deadline(client().get(url).send()).await.expect_err("nobody listens any more");
    assert_eq!(error.timings().redirects, 1);
    let chunks = served.outcome();
    assert!(chunks < 4096, "{chunks} chunks of 4 KiB were taken");
}
