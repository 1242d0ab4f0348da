//! One exchange: new, over a kept connection, with a long body, with interim responses, with an upload.

use wireline::client::Proxy;
use wireline::{Body, Method};

use crate::recorder::{DIAL, Recorder};
use crate::sources::channel;
use crate::support::deadline;
use crate::support::player::{Player, gate};
use crate::talk::OK;

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

#[tokio::test]
async fn a_new_connection_and_then_a_kept_one() {
    let player =
        Player::script().expect_head().play(HELLO).expect_head().play(HELLO).open().start();
    let recorder = Recorder::new();
    let client = recorder.client();
    let first = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let id = first.connection().id;
    let ended = recorder.text("Ended");
    assert_eq!(ended, format!("received 43 bytes, 5 of them content; connection {id} is kept"));
    assert_eq!(recorder.text("Head"), "HTTP/1.1 200 OK, a head of 38 bytes");
    assert!(recorder.text("Connected").contains(&player.address().to_string()));
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent FirstByte Head Ended Done"));
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let reused = recorder.text("Reused");
    assert!(reused.starts_with(&format!("reused connection {id}, idle for ")), "{reused}");
    assert_eq!(recorder.kinds(), "Begun Reused Sending Sent FirstByte Head Ended Done");
    player.finish();
}

/// The request is over when its body is, not when `send` returns.
#[tokio::test]
async fn a_body_that_comes_later() {
    let (key, more) = gate();
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .wait(more)
        .play("6\r\n there\r\n0\r\nA: b\r\n\r\n")
        .open()
        .start();
    let recorder = Recorder::new();
    let response = deadline(recorder.client().get(player.url("/")).send()).await;
    let mut response = response.expect("an answer");
    assert_eq!(recorder.notes().last().expect("an event").kind, "Head");
    key.send(()).expect("the player waits");
    while deadline(response.chunk()).await.expect("a piece").is_some() {}
    let received = 47 + 10 + 11 + 3 + 6 + 2;
    let ended = recorder.text("Ended");
    assert!(
        ended.starts_with(&format!("received {received} bytes, 11 of them content;")),
        "{ended}"
    );
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent FirstByte Head Ended Done"));
    drop(response);
    assert!(recorder.notes().is_empty());
    player.finish();
}

#[tokio::test]
async fn an_upload_that_waits_for_a_100_and_early_hints() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 100 Continue\r\n\r\n")
        .expect("hello")
        .play("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let recorder = Recorder::new();
    let put = recorder.client().put(player.url("/")).expect_continue().body(&b"hello"[..]);
    deadline(put.send()).await.expect("an answer");
    assert_eq!(recorder.text("Interim"), "interim response: HTTP/1.1 100 Continue");
    let lengths: Vec<_> = recorder.notes().iter().filter_map(|note| note.head_bytes).collect();
    assert_eq!(lengths, [25, 40, 38]);
    let sent = recorder.text("Sent");
    assert_eq!(
        recorder.kinds(),
        format!("Begun {DIAL} Sending FirstByte Interim Sent Interim Head Ended Done")
    );
    let head = &player.finish().heads[0];
    assert_eq!(sent, format!("sent all of it, {} bytes", head.len() + 5));
}

/// `Sent` is told when it is so, with nothing received yet.
#[tokio::test]
async fn sent_is_told_before_the_server_answers() {
    let (key, answer) = gate();
    let player = Player::script().expect_head().wait(answer).play(OK).open().start();
    let recorder = Recorder::new();
    let client = recorder.client();
    let sending = tokio::spawn(client.get(player.url("/")).send());
    deadline(async {
        while recorder.count("Sent") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(recorder.notes().last().expect("an event").kind, "Sent");
    key.send(()).expect("the player waits");
    deadline(sending).await.expect("no panic").expect("an answer");
    player.finish();
}

/// A success while the request is still going out: the upload goes on inside the response.
#[tokio::test]
async fn a_response_before_the_request_is_sent() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .swallow(15)
        .open()
        .start();
    let recorder = Recorder::new();
    let (pieces, source) = channel();
    let post = recorder.client().post(player.url("/")).body(Body::stream(source));
    let response = deadline(post.send()).await.expect("an answer");
    assert_eq!(recorder.count("Sent"), 0);
    let sent = pieces.send(Ok("hello".into()));
    sent.expect("the upload listens");
    drop(pieces);
    assert_eq!(deadline(response.text()).await.expect("a body"), "ok");
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending FirstByte Head Sent Ended Done"));
    player.finish();
}

#[tokio::test]
async fn a_connection_that_leaves_http() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        .open()
        .start();
    let recorder = Recorder::new();
    let get = recorder.client().get(player.url("/")).header("connection", "upgrade");
    let response = deadline(get.header("upgrade", "echo").send()).await.expect("an answer");
    assert!(recorder.text("Ended").ends_with("has left HTTP"));
    assert_eq!(recorder.kinds(), format!("Begun {DIAL} Sending Sent FirstByte Head Ended Done"));
    drop(response.upgrade().expect("a stream"));
    player.finish();
}

#[tokio::test]
async fn a_tunnel_through_a_proxy() {
    let player = Player::script()
        .expect("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n")
        .play("HTTP/1.1 200 OK\r\n\r\n")
        .expect("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let recorder = Recorder::new();
    let proxy = Proxy::new(player.url("")).tunnel(true);
    let get = recorder.client().get("http://a.test/").proxy(proxy);
    deadline(get.send()).await.expect("an answer");
    let port = player.address().port();
    assert!(recorder.text("Opening").contains(&format!("to 127.0.0.1 port {port}:")));
    let tunnelled = recorder.text("Tunnelled");
    assert!(tunnelled.starts_with("the proxy opened a tunnel to a.test:80"), "{tunnelled}");
    assert!(recorder.text("TunnelAsked").starts_with("asking the proxy for a tunnel: a head of "));
    assert!(recorder.text("TunnelAnswered").starts_with("the proxy answered HTTP/1.1 200"));
    let dial = DIAL.replace("Connected", "TunnelAsked TunnelAnswered Tunnelled Connected");
    assert_eq!(recorder.kinds(), format!("Begun {dial} Sending Sent FirstByte Head Ended Done"));
    player.finish();
}

#[tokio::test]
async fn waiting_for_a_turn() {
    let (key, more) = gate();
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        .wait(more)
        .play("llo")
        .expect_head()
        .play(OK)
        .open()
        .start();
    let recorder = Recorder::new();
    let builder = crate::talk::quiet().max_connections(1);
    let client = builder.build().expect("sound settings");
    let first = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let second = client.request(Method::GET, player.url("/")).on_event(recorder.listener());
    let second = tokio::spawn(second.send());
    deadline(async {
        while recorder.count("Queued") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    key.send(()).expect("the player waits");
    assert_eq!(deadline(first.text()).await.expect("a body"), "hello");
    deadline(second).await.expect("no panic").expect("an answer");
    assert_eq!(recorder.kinds(), "Begun Queued Turn Reused Sending Sent FirstByte Head Ended Done");
    player.finish();
}
