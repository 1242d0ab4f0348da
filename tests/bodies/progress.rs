//! How far an upload has come: counted from 0 for every attempt, up to the last byte.

use std::sync::{Arc, Mutex};

use wireline::{Body, Fields, RequestBuilder};

use crate::sources::pieces;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, sends};

type Told = Arc<Mutex<Vec<(u64, Option<u64>)>>>;

fn listen(request: RequestBuilder) -> (RequestBuilder, Told) {
    let told = Told::default();
    let listener = Arc::clone(&told);
    let request = request.on_upload(move |sent, total| {
        listener.lock().expect("not poisoned").push((sent, total));
    });
    (request, told)
}

#[tokio::test]
async fn every_piece_of_a_stream_is_told() {
    let player = Player::script()
        .expect("POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect("3\r\none\r\n2\r\n, \r\n3\r\ntwo\r\n0\r\nSum: 1\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let body = Body::stream_with_trailers(pieces(&["one", "", ", ", "two"]), || {
        let mut trailers = Fields::new();
        trailers.append("Sum", "1").expect("a field");
        trailers
    });
    let (request, told) = listen(client().post(player.url("/")).body(body));
    assert_eq!(*told.lock().expect("not poisoned"), []);
    deadline(request.send()).await.expect("an answer");
    let expected = [(0, None), (3, None), (5, None), (8, None)];
    assert_eq!(*told.lock().expect("not poisoned"), expected);
    player.finish();
}

/// What is in memory is told in steps, wherever in the chain the listener was set; after a 307 it begins again.
#[tokio::test]
async fn bytes_are_told_in_steps_and_again_after_a_redirect() {
    let content = vec![b'x'; 150_000];
    let put = |path: &str| {
        let head =
            format!("PUT {path} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 150000\r\n\r\n");
        [head.as_bytes(), &content].concat()
    };
    let player = Player::script()
        .expect(put("/old"))
        .play("HTTP/1.1 307 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")
        .expect(put("/new"))
        .play(OK)
        .open()
        .start();
    let (request, told) = listen(client().put(player.url("/old")));
    deadline(request.body(content.clone()).send()).await.expect("an answer");
    let once = [0, 65_536, 131_072, 150_000].map(|sent| (sent, Some(150_000)));
    assert_eq!(*told.lock().expect("not poisoned"), [once, once].concat());
    player.finish();
}

#[tokio::test]
async fn of_nothing_there_is_nothing_to_tell() {
    let mut told = Told::default();
    sends("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n", |client, player| {
        let (request, listened) = listen(client.get(player.url("/")));
        told = listened;
        request
    })
    .await;
    assert_eq!(*told.lock().expect("not poisoned"), []);
    sends("PUT / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n", |client, player| {
        let (request, listened) = listen(client.put(player.url("/")).body(Vec::new()));
        told = listened;
        request
    })
    .await;
    assert_eq!(*told.lock().expect("not poisoned"), [(0, Some(0))]);
}

/// A body that is never sent is never begun.
#[tokio::test]
async fn what_the_server_refused_beforehand_is_not_told() {
    let player = Player::script()
        .expect_head()
        .play("HTTP/1.1 413 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .close()
        .start();
    let put = client().put(player.url("/")).body(vec![0; 10]).expect_continue();
    let (request, told) = listen(put);
    assert_eq!(deadline(request.send()).await.expect("an answer").status(), 413);
    assert_eq!(*told.lock().expect("not poisoned"), []);
    player.finish();
}

/// Every piece is heard as it is, in order, and counted too.
#[tokio::test]
async fn the_pieces_of_a_body_are_heard() {
    let player = Player::script()
        .expect("POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect("3\r\none\r\n5\r\n\x00\r\n, \r\n0\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let body = Body::stream(pieces(&["one", "\x00\r\n, "]));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let (request, told) = listen(client().post(player.url("/")).body(body));
    let request = request.on_upload_piece(move |piece| {
        listener.lock().expect("not poisoned").push(piece.to_vec());
    });
    deadline(request.send()).await.expect("an answer");
    let expected = [b"one".to_vec(), b"\x00\r\n, ".to_vec()];
    assert_eq!(*heard.lock().expect("not poisoned"), expected);
    assert_eq!(told.lock().expect("not poisoned").last(), Some(&(8, None)));
    player.finish();
}
