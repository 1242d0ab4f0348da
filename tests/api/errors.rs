//! Kinds of errors, what surrounds them, and their sources.

use std::error::Error as _;
use std::io;

use wireline::{Delivery, Error, Phase};

use crate::endpoints::refused;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet};

/// The names of all kinds this error has.
fn kinds(error: &Error) -> Vec<&'static str> {
    [
        ("timeout", error.is_timeout()),
        ("connect", error.is_connect()),
        ("dns", error.is_dns()),
        ("tls", error.is_tls()),
        ("protocol", error.is_protocol()),
        ("incomplete", error.is_incomplete()),
        ("limit", error.is_limit()),
        ("status", error.is_status()),
        ("builder", error.is_builder()),
        ("redirect", error.is_redirect()),
        ("body", error.is_body()),
        ("decode", error.is_decode()),
    ]
    .into_iter()
    .filter_map(|(name, is)| is.then_some(name))
    .collect()
}

async fn answered(reply: impl AsRef<[u8]>) -> Error {
    let player = Player::script().expect_head().play(reply).close().start();
    let error = deadline(client().get(player.url("/")).send()).await.expect_err("no answer");
    assert_eq!(error.phase(), Phase::Head, "{error}");
    player.finish();
    error
}

#[tokio::test]
async fn refused_connections() {
    let refused = refused("127.0.0.1");
    let get = client().get(format!("http://{}/", refused.address)).send();
    let error = deadline(get).await.expect_err("refused");
    assert_eq!(kinds(&error), ["connect"]);
    assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
    let attempts = &error.connection().expect("how far one got").log.attempts;
    assert_eq!(attempts.iter().map(|a| a.address).collect::<Vec<_>>(), [refused.address]);
    // The chain leads down to the kernel's word.
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(kernel) = inner.downcast_ref::<io::Error>() {
            assert_eq!(kernel.kind(), io::ErrorKind::ConnectionRefused);
            return;
        }
        source = inner.source();
    }
    panic!("no io::Error behind {error:?}");
}

#[tokio::test]
async fn names_without_addresses() {
    let client = quiet().resolve("a.test", []).build().expect("sound settings");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("no address");
    assert_eq!(kinds(&error), ["connect", "dns"]);
    assert_eq!((error.phase(), error.delivery()), (Phase::Resolve, Delivery::NotSent));
    assert!(error.to_string().contains("a.test"), "{error}");
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn plain_http_where_tls_should_be() {
    let player =
        Player::script().swallow(5).play("HTTP/1.1 400 Bad Request\r\n\r\n").open().start();
    let get = client().get(format!("https://{}/", player.address())).send();
    let error = deadline(get).await.expect_err("no TLS");
    assert_eq!(kinds(&error), ["connect", "tls"]);
    assert_eq!((error.phase(), error.delivery()), (Phase::Tls, Delivery::NotSent));
    assert!(error.timings().connect.is_some(), "{:?}", error.timings());
    player.finish();
}

#[tokio::test]
async fn what_is_no_http() {
    let error = answered("<html>hello</html>\r\n\r\n").await;
    assert_eq!((kinds(&error), error.delivery()), (vec!["protocol"], Delivery::ReplyStarted));
    for reply in [
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
    ] {
        assert_eq!(kinds(&answered(reply).await), ["protocol"], "{reply:?}");
    }
}

#[tokio::test]
async fn what_is_cut_off() {
    let error = answered("").await;
    assert_eq!(kinds(&error), ["protocol", "incomplete"]);
    assert_eq!(error.delivery(), Delivery::SentNoReply);
    assert!(error.to_string().contains("closed without sending a byte"), "{error}");
    assert!(error.to_string().ends_with("(the request was sent, no reply came)"), "{error}");
    let error = answered("HTTP/1.1 200 OK\r\nX").await;
    assert_eq!(kinds(&error), ["protocol", "incomplete"]);
    assert_eq!(error.delivery(), Delivery::ReplyStarted);
}

#[tokio::test]
async fn what_is_too_large() {
    for (reply, limit) in [
        (format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(70_000)), "head_bytes"),
        (format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(300)), "fields"),
        (format!("{}{OK}", "HTTP/1.1 103 Hints\r\n\r\n".repeat(20)), "interim"),
    ] {
        let error = answered(reply).await;
        assert_eq!(kinds(&error), ["limit"], "{error}");
        assert!(error.to_string().contains(limit), "{error}");
    }
}

#[tokio::test]
async fn what_was_reset() {
    let player = Player::script().expect_head().reset().start();
    let error = deadline(client().get(player.url("/")).send()).await.expect_err("reset");
    assert_eq!(kinds(&error), Vec::<&str>::new());
    assert_eq!((error.phase(), error.delivery()), (Phase::Head, Delivery::SentNoReply));
    let source = error.source().and_then(|s| s.downcast_ref::<io::Error>());
    assert_eq!(source.expect("the kernel's word").kind(), io::ErrorKind::ConnectionReset);
    player.finish();
}

#[tokio::test]
async fn what_cannot_be_built() {
    for request in [client().get("no url"), client().get("http://h/").header("a b", "c")] {
        let error = request.send().await.expect_err("refused");
        assert_eq!(kinds(&error), ["builder"]);
        assert_eq!((error.phase(), error.delivery()), (Phase::Build, Delivery::NotSent));
        assert!(error.source().is_some() && error.status().is_none());
        assert!(error.into_response().is_none());
    }
}

/// Builders report the first mistake, not the last.
#[tokio::test]
async fn the_first_mistake_is_told() {
    let request = client().get("ftp://h/").header("a b", "c").version(wireline::Version::HTTP_2);
    let error = request.send().await.expect_err("refused");
    assert!(error.to_string().contains("scheme"), "{error}");
    let error = quiet().header("a b", "c").base_url("x").build().expect_err("refused");
    assert!(error.to_string().contains("name"), "{error}");
}

#[tokio::test]
async fn timings_and_connection_of_responses() {
    let player = Player::script().expect_head().play(OK).expect_head().play(OK).open().start();
    let client = quiet().resolve("a.test", [player.address()]).build().expect("sound settings");
    let first = deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let timings = first.timings();
    let connect = timings.connect.expect("a new connection");
    assert!(timings.dns.expect("a name") <= connect, "{timings:?}");
    assert!(timings.sent.expect("sent") <= timings.first_byte.expect("answered"), "{timings:?}");
    assert!(connect + timings.first_byte.expect("answered") <= timings.total, "{timings:?}");
    assert_eq!((timings.tls, timings.redirects, timings.retries), (None, 0, 0));
    let info = first.connection().clone();
    assert_eq!(info.remote, Some(player.address()));
    assert!(info.local.is_some_and(|local| local.ip().is_loopback()));
    assert_eq!((info.log.dns.is_empty(), info.log.attempts.len()), (false, 1));
    assert!(info.tls.is_none() && !first.is_reused());

    let second = deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let timings = second.timings();
    assert_eq!((timings.dns, timings.connect, timings.tls), (None, None, None));
    assert!(timings.sent.is_some() && timings.first_byte.is_some());
    assert_eq!((second.connection().id, second.is_reused()), (info.id, true));
    player.finish();
}

#[tokio::test]
async fn timings_and_connection_of_errors() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello";
    let player = Player::script().expect_head().play(reply).close().start();
    let response = deadline(client().get(player.url("/")).send()).await.expect("an answer");
    let head = response.timings();
    let error = deadline(response.bytes()).await.expect_err("cut off");
    let timings = error.timings();
    assert_eq!((timings.connect, timings.first_byte), (head.connect, head.first_byte));
    assert!(timings.total >= head.total, "{timings:?} {head:?}");
    assert_eq!(error.connection().expect("a connection").remote, Some(player.address()));
    player.finish();
}

/// A retry after a stale connection is on record, and the response is that of the second attempt.
#[tokio::test]
async fn a_retry_is_counted() {
    let player = Player::script()
        .expect_head()
        .play(OK)
        .expect_head()
        .close()
        .expect_head()
        .play(OK)
        .open()
        .start();
    let client = client();
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let second = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!((second.timings().retries, second.is_reused()), (1, false));
    player.finish();
}
