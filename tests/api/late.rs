//! What is said when a clock has run out: a table of all clocks, over real sockets. The server waits for the test.

use std::time::Duration;

use wireline::{Body, Client, ClientBuilder, Clock, Delivery, Error, Phase, RequestBuilder};

use crate::endpoints::hole;
use crate::sources::{channel, endless};
use crate::support::deadline;
use crate::support::player::{Player, Script, gate};
use crate::talk::{OK, client, quiet};

const TIME: Duration = Duration::from_millis(150);
const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf ";

/// What an error must be. `*` in its words stands for anything, `{host}` for the server.
struct Late {
    clock: Clock,
    phase: Phase,
    delivery: Delivery,
    words: &'static str,
}

#[track_caller]
fn assert_late(error: &Error, host: &str, late: Late) {
    let found = (error.clock(), error.phase(), error.delivery());
    assert_eq!(found, (Some(late.clock), late.phase, late.delivery), "{error}");
    assert!(error.is_timeout() && !error.is_protocol() && !error.is_limit(), "{error}");
    assert_eq!(error.is_connect(), late.clock == Clock::Connect, "{error}");
    assert_eq!(error.is_transient(), !matches!(late.clock, Clock::Total | Clock::Queue), "{error}");
    let (words, mut rest) = (late.words.replace("{host}", host), &*error.to_string());
    for (n, part) in words.split('*').enumerate() {
        let at = rest.find(part).filter(|at| n > 0 || *at == 0);
        let at = at.unwrap_or_else(|| panic!("no {part:?} in {rest:?} of {error}"));
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    assert!(rest.is_empty() || words.ends_with('*'), "{rest:?} is left of {error}");
    println!("{error}");
}

/// Sends what `build` makes to a server that plays `script` and then waits; reads the response to what ends it.
async fn ends(
    client: ClientBuilder,
    script: Script,
    build: impl FnOnce(&Client, String) -> RequestBuilder,
    late: Late,
) {
    let (key, closed) = gate();
    let player = script.wait(closed).close().start();
    let client = client.build().expect("sound settings");
    let request = build(&client, player.url("/"));
    let error = match deadline(request.send()).await {
        Ok(response) => deadline(response.bytes()).await.expect_err("no end"),
        Err(error) => error,
    };
    assert_late(&error, &player.address().to_string(), late);
    key.send(()).expect("the player waits");
    player.finish();
}

fn get(client: &Client, url: String) -> RequestBuilder {
    client.get(url)
}

#[tokio::test]
async fn the_pool() {
    let player = Player::script().expect_head().play(HALF).open().start();
    let client = quiet().max_connections(1).pool_timeout(TIME).build().expect("sound settings");
    let held = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let error = deadline(client.get(player.url("/")).send()).await.expect_err("no place");
    let late = Late {
        clock: Clock::Queue,
        phase: Phase::Queue,
        delivery: Delivery::NotSent,
        words: "GET http://{host}/: waiting for a connection: pool timeout: no connection came free within 150ms: \
                1 in use, 1 requests waiting; read or drop responses, or raise `max_connections` or `pool_timeout` \
                (nothing was sent)",
    };
    assert_late(&error, &player.address().to_string(), late);
    drop(held);
    player.finish();
}

#[tokio::test]
async fn a_connection() {
    let hole = hole("127.0.0.1");
    for (total, words) in [
        (
            None,
            "GET http://{host}/: connecting: connect timeout: no connection within 150ms (`connect_timeout`); \
             {host}* (nothing was sent)",
        ),
        (
            Some(TIME),
            "GET http://{host}/: connecting: total timeout: not done within 150ms (`timeout`); {host}* \
             (nothing was sent)",
        ),
    ] {
        let connect = total.map_or(TIME, |time| time * 100);
        let client = quiet().connect_timeout(connect).timeout(total).build().expect("settings");
        let sent = deadline(client.get(format!("http://{}/", hole.address)).send()).await;
        let error = sent.expect_err("nobody answers");
        assert!(error.is_connect());
        let clock = if total.is_some() { Clock::Total } else { Clock::Connect };
        let found = (error.clock(), error.phase(), error.delivery());
        assert_eq!(found, (Some(clock), Phase::Connect, Delivery::NotSent), "{error}");
        let words = words.replace("{host}", &hole.address.to_string());
        let (front, back) = words.split_once('*').expect("a gap");
        let told = error.to_string();
        assert!(told.starts_with(front) && told.ends_with(back), "{told}");
    }
}

#[tokio::test]
async fn reading() {
    let late = |phase, delivery, words| Late { clock: Clock::Read, phase, delivery, words };
    let client = || quiet().read_timeout(TIME);
    let silent = late(
        Phase::Head,
        Delivery::SentNoReply,
        "GET http://{host}/: waiting for the response: read timeout: no byte came for 150ms (`read_timeout`); \
         * of * bytes sent, nothing received, over a new connection to {host} (the request was sent, no reply came)",
    );
    ends(client(), Player::script().expect_head(), get, silent).await;
    let in_head = late(
        Phase::Head,
        Delivery::ReplyStarted,
        "*: waiting for the response: read timeout: no byte came for 150ms (`read_timeout`); * of * bytes sent, \
         8 bytes of a head received, over a new connection to {host} (a reply had begun)",
    );
    ends(client(), Player::script().expect_head().play("HTTP/1.1"), get, in_head).await;
    let in_body = late(
        Phase::Body,
        Delivery::ReplyStarted,
        "*: reading the response body: read timeout: no byte came for 150ms (`read_timeout`); * of * bytes sent, \
         43 bytes received, the head among them, over a new connection to {host} (a reply had begun)",
    );
    ends(client(), Player::script().expect_head().play(HALF), get, in_body).await;
}

#[tokio::test]
async fn a_reused_connection_is_named_as_such() {
    let (key, closed) = gate();
    let script = Player::script().expect_head().play(OK).expect_head().wait(closed).close();
    let player = script.start();
    let client = client();
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let error = deadline(client.get(player.url("/")).read_timeout(TIME).send()).await;
    let told = error.expect_err("silence").to_string();
    assert!(
        told.contains(&format!(", over a reused connection to {}", player.address())),
        "{told}"
    );
    key.send(()).expect("the player waits");
    player.finish();
}

#[tokio::test]
async fn writing() {
    let late = |words| Late {
        clock: Clock::Write,
        phase: Phase::Send,
        delivery: Delivery::PartlySent,
        words,
    };
    let known = late(
        "POST http://{host}/: sending the request: write timeout: no byte was accepted for 150ms (`write_timeout`); \
         * of 335545* bytes sent, nothing received, over a new connection to {host} (the request was partly sent)",
    );
    let client = || quiet().write_timeout(TIME);
    let head = || Player::script().expect_head();
    ends(client(), head(), |c, url| c.post(url).body(vec![b'x'; 32 << 20]), known).await;
    let unknown = late(
        "POST http://{host}/: sending the request: write timeout: no byte was accepted for 150ms (`write_timeout`); \
         * bytes sent, nothing received, over a new connection to {host} (the request was partly sent)",
    );
    let endless = || Body::stream(endless(100_000));
    ends(client(), head(), |c, url| c.post(url).body(endless()), unknown).await;
}

#[tokio::test]
async fn the_first_byte() {
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
    for (script, delivery, words) in [
        (
            Player::script().expect_head(),
            Delivery::SentNoReply,
            "GET http://{host}/: waiting for the response: first-byte timeout: no response began within 150ms of the \
             request (`first_byte_timeout`); * of * bytes sent, nothing received, over a new connection to {host} \
             (the request was sent, no reply came)",
        ),
        (
            Player::script().expect_head().play(interim),
            Delivery::ReplyStarted,
            "*: first-byte timeout: no response began within 150ms of the request (`first_byte_timeout`); \
             * of * bytes sent, 28 bytes of a head received, over a new connection to {host} (a reply had begun)",
        ),
    ] {
        let late = Late { clock: Clock::FirstByte, phase: Phase::Head, delivery, words };
        // The read timeout would have rung long before.
        let client = quiet().first_byte_timeout(TIME).read_timeout(TIME / 100);
        ends(client, script, get, late).await;
    }
    // A request has its own.
    let late = Late {
        clock: Clock::FirstByte,
        phase: Phase::Head,
        delivery: Delivery::SentNoReply,
        words: "*: first-byte timeout: no response began within 150ms*",
    };
    let own = |client: &Client, url| client.get(url).first_byte_timeout(TIME);
    ends(quiet().first_byte_timeout(100 * TIME), Player::script().expect_head(), own, late).await;
}

#[tokio::test]
async fn the_speed_floor() {
    let late = Late {
        clock: Clock::Speed,
        phase: Phase::Body,
        delivery: Delivery::ReplyStarted,
        words: "GET http://{host}/: reading the response body: speed timeout: * bytes moved in 150ms, fewer than \
                1000000 a second (`min_speed`); * of * bytes sent, 43 bytes received, the head among them, over a new \
                connection to {host} (a reply had begun)",
    };
    let script = Player::script().expect_head().play(HALF);
    ends(quiet().min_speed(1_000_000, TIME), script, get, late).await;
    // 0 is none.
    let late = Late {
        clock: Clock::Read,
        phase: Phase::Body,
        delivery: Delivery::ReplyStarted,
        words: "*read timeout*",
    };
    let script = Player::script().expect_head().play(HALF);
    let own = |client: &Client, url| client.get(url).min_speed(0, TIME).read_timeout(3 * TIME);
    ends(quiet().min_speed(1_000_000, TIME), script, own, late).await;
}

#[tokio::test]
async fn everything() {
    let late = |phase, delivery, words| Late { clock: Clock::Total, phase, delivery, words };
    let client = || quiet().timeout(TIME);
    let head = late(
        Phase::Head,
        Delivery::SentNoReply,
        "GET http://{host}/: waiting for the response: total timeout: not done within 150ms (`timeout`); \
         * of * bytes sent, nothing received, over a new connection to {host} (the request was sent, no reply came)",
    );
    ends(client(), Player::script().expect_head(), get, head).await;
    let body = late(
        Phase::Body,
        Delivery::ReplyStarted,
        "GET http://{host}/: reading the response body: total timeout: not done within 150ms (`timeout`); \
         * of * bytes sent, 43 bytes received, the head among them, over a new connection to {host} (a reply had begun)",
    );
    ends(client(), Player::script().expect_head().play(HALF), get, body).await;
    let (more, stream) = channel();
    let upload = late(
        Phase::Send,
        Delivery::PartlySent,
        "POST http://{host}/: sending the request: total timeout: not done within 150ms (`timeout`); \
         * bytes sent, nothing received, over a new connection to {host} (the request was partly sent)",
    );
    let post = |client: &Client, url| client.post(url).body(Body::stream(stream));
    ends(client(), Player::script().expect_head(), post, upload).await;
    drop(more);
    // No time at all is none to connect in.
    let error = deadline(
        quiet().timeout(Duration::ZERO).build().expect("sound").get("http://a.test/").send(),
    );
    let error = error.await.expect_err("no time");
    let late = late(
        Phase::Queue,
        Delivery::NotSent,
        "GET http://a.test/: waiting for a connection: total timeout: not done within 0ns (`timeout`) (nothing was sent)",
    );
    assert_late(&error, "", late);
}

/// Time is up between a redirect and the next request: that is not written, although a kept connection is at hand.
#[tokio::test]
async fn a_redirect_that_comes_too_late_is_not_followed() {
    let reply = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nmoved";
    let player = Player::script().expect_head().play(reply).open().start();
    let slow = |event: &wireline::Event<'_>| {
        if matches!(event.what, wireline::Happening::Redirected { .. }) {
            std::thread::sleep(2 * TIME);
        }
    };
    let client = quiet().timeout(TIME).on_event(slow).build().expect("sound settings");
    let sent = deadline(client.get(player.url("/")).send()).await;
    let error = sent.expect_err("no time left");
    let late = Late {
        clock: Clock::Total,
        phase: Phase::Queue,
        delivery: Delivery::NotSent,
        words: "GET http://{host}/x: waiting for a connection: total timeout: not done within 150ms (`timeout`)*",
    };
    assert_late(&error, &player.address().to_string(), late);
    drop(client);
    assert_eq!(player.finish().leftovers, [b""], "sent behind the redirect");
}

/// Somebody else is quicker, again and again: what was waited for adds up.
#[tokio::test]
async fn a_ticker_does_not_hide_a_silent_server() {
    let (key, closed) = gate();
    let player = Player::script().expect_head().play(HALF).wait(closed).close().start();
    let client = quiet().read_timeout(TIME).build().expect("sound settings");
    let mut response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    deadline(response.chunk()).await.expect("a half");
    let mut ticker = tokio::time::interval(TIME / 10);
    let mut ticks = 0;
    let waiting = async {
        loop {
            tokio::select! {
                chunk = response.chunk() => break chunk,
                _ = ticker.tick() => ticks += 1,
            }
        }
    };
    let error = deadline(waiting).await.expect_err("silence");
    assert_eq!((error.clock(), error.phase()), (Some(Clock::Read), Phase::Body), "{error}");
    assert!(ticks > 1, "{ticks}");
    key.send(()).expect("the player waits");
    player.finish();
}
