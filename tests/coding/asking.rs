//! `Accept-Encoding`: who sends it, and who does not.

use wireline::{Coding, Codings};

use crate::coded::client as decoding;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet, sends, sends_by};

const ASKS: &str =
    "GET / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n";
const ASKS_NOTHING: &str = "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";

#[tokio::test]
async fn nothing_is_asked_for_unless_wanted() {
    sends(ASKS_NOTHING, |client, player| client.get(player.url("/"))).await;
    let none = quiet().decompress(Codings::none()).build().expect("sound settings");
    sends_by(&none, ASKS_NOTHING, |client, player| client.get(player.url("/"))).await;
}

#[tokio::test]
async fn a_client_asks_for_all_it_can_undo() {
    sends_by(&decoding(), ASKS, |client, player| client.get(player.url("/"))).await;
}

#[tokio::test]
async fn a_request_chooses_for_itself() {
    sends(ASKS, |client, player| client.get(player.url("/")).decompress(Codings::all())).await;
    let one = ASKS.replace("gzip, deflate, br, zstd", "br");
    sends_by(&decoding(), &one, |client, player| {
        client.get(player.url("/")).decompress(Coding::Brotli)
    })
    .await;
    let two = ASKS.replace("gzip, deflate, br, zstd", "deflate, zstd");
    sends_by(&decoding(), &two, |client, player| {
        client.get(player.url("/")).decompress([Coding::Zstd, Coding::Deflate])
    })
    .await;
    sends_by(&decoding(), ASKS_NOTHING, |client, player| {
        client.get(player.url("/")).decompress(Codings::none())
    })
    .await;
}

#[tokio::test]
async fn the_caller_s_own_words_stay() {
    let own = "GET / HTTP/1.1\r\nHost: {host}\r\naccept-encoding: gzip;q=0.5\r\n\r\n";
    sends_by(&decoding(), own, |client, player| {
        client.get(player.url("/")).header("accept-encoding", "gzip;q=0.5")
    })
    .await;
    let by_default = quiet().header("accept-encoding", "gzip;q=0.5").decompress(Codings::all());
    let by_default = by_default.build().expect("sound settings");
    sends_by(&by_default, own, |client, player| client.get(player.url("/"))).await;
}

/// Not asked for, decoded all the same if the server sends it.
#[tokio::test]
async fn the_line_can_be_switched_off() {
    let player = Player::script()
        .expect(ASKS_NOTHING)
        .play(crate::coded::by_length("gzip", &crate::coded::gzip(b"hello")))
        .open()
        .start();
    let request = decoding().get(player.url("/")).without("accept-encoding");
    let response = deadline(request.send()).await.expect("an answer");
    assert_eq!(deadline(response.bytes()).await.expect("a body"), "hello");
    player.finish();
}

/// A range of coded bytes could not be decoded.
#[tokio::test]
async fn a_range_asks_for_no_coding() {
    let range = "GET / HTTP/1.1\r\nHost: {host}\r\nrange: bytes=5-\r\n\r\n";
    sends_by(&decoding(), range, |client, player| {
        client.get(player.url("/")).header("range", "bytes=5-")
    })
    .await;
}

#[tokio::test]
async fn every_hop_asks() {
    let player = Player::script()
        .expect(ASKS)
        .play("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
        .expect(ASKS)
        .play(OK)
        .open()
        .start();
    deadline(decoding().get(player.url("/")).send()).await.expect("an answer");
    player.finish();
}

/// What was decoded for one request is none of the next one's business.
#[tokio::test]
async fn one_client_with_and_without() {
    let coded = crate::coded::by_length("gzip", &crate::coded::gzip(b"hello"));
    let player =
        Player::script().expect(ASKS).play(&coded).expect(ASKS_NOTHING).play(&coded).open().start();
    let client = client();
    let request = client.get(player.url("/")).decompress(Codings::all());
    let response = deadline(request.send()).await.expect("an answer");
    assert_eq!(deadline(response.bytes()).await.expect("a body"), "hello");
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(response.is_reused());
    assert_eq!(deadline(response.bytes()).await.expect("a body"), crate::coded::gzip(b"hello"));
    player.finish();
}
