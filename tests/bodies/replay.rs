//! Bodies that can be sent again are sent again from their first byte; the others are an error (S-13).

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use bytes::Bytes;
use wireline::{Body, Replayable};

use crate::files::file;
use crate::sources::{failing, pieces};
use crate::support::player::Player;
use crate::support::{Scratch, deadline};
use crate::talk::{OK, client};

const LARGE: usize = 3_000_000;

fn content() -> Vec<u8> {
    (0..LARGE as u32).map(|n| (n % 253) as u8).collect()
}

fn chunked(pieces: &[&[u8]]) -> Vec<u8> {
    let mut wire = Vec::new();
    for piece in pieces {
        wire.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        wire.extend_from_slice(piece);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n\r\n");
    wire
}

/// PUTs `body` over a connection that was used before and breaks off in the middle, then over a new one, then where a 307
/// leads. Each time all of `wire` must come, behind a head that says `framing`.
async fn comes_whole_each_time(body: Body, framing: &str, wire: &[u8]) {
    let head = |path: &str| format!("PUT {path} HTTP/1.1\r\nHost: {{host}}\r\n{framing}\r\n\r\n");
    let whole = |path: &str| [head(path).as_bytes(), wire].concat();
    let moved = "HTTP/1.1 307 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script()
        .expect_head()
        .play(OK)
        .expect(head("/old"))
        .swallow(wire.len() as u64 / 2)
        .reset()
        .expect(whole("/old"))
        .play(moved)
        .expect(whole("/new"))
        .play(OK)
        .open()
        .start();
    let client = client();
    deadline(client.get(player.url("/warm")).send()).await.expect("an answer");
    assert!(body.is_replayable());
    let response = deadline(client.put(player.url("/old")).body(body).send()).await;
    let timings = response.expect("the second attempt").timings();
    assert_eq!((timings.retries, timings.redirects), (1, 1));
    let seen = player.finish();
    assert_eq!((seen.connections, &seen.leftovers[1]), (2, &Vec::new()));
}

#[tokio::test]
async fn s_13_bytes_half_sent_begin_again_at_their_first() {
    let framing = format!("Content-Length: {LARGE}");
    comes_whole_each_time(content().into(), &framing, &content()).await;
}

#[tokio::test]
async fn s_13_a_file_half_sent_begins_again_at_its_first_byte() {
    let folder = Scratch::new();
    let body = Body::file(file(&folder, &content())).await.expect("a file");
    let framing = format!("Content-Length: {LARGE}");
    comes_whole_each_time(body, &framing, &content()).await;
}

#[tokio::test]
async fn s_13_a_stream_is_made_anew_for_every_attempt() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let body = Replayable::stream(move || {
        count.fetch_add(1, SeqCst);
        pieces(&["one, ", "", "two"])
    });
    let wire = chunked(&[b"one, ", b"two"]);
    comes_whole_each_time(body.into(), "Transfer-Encoding: chunked", &wire).await;
    assert_eq!(made.load(SeqCst), 3);

    let body = Replayable::sized_stream(|| pieces(&["one, ", "two"]), 8);
    comes_whole_each_time(body.into(), "Content-Length: 8", b"one, two").await;
    let body = Replayable::reader(|| Cursor::new("read"), Some(4));
    comes_whole_each_time(body.into(), "Content-Length: 4", b"read").await;
    let body = Replayable::reader(|| Cursor::new("read"), None);
    comes_whole_each_time(body.into(), "Transfer-Encoding: chunked", &chunked(&[b"read"])).await;
}

/// A body of parts can be sent again if each of them can.
#[cfg(feature = "multipart")]
#[tokio::test]
async fn s_13_parts_begin_again_at_their_first_byte() {
    use wireline::multipart::{Form, Part};

    let folder = Scratch::new();
    let path = file(&folder, &content());
    let form =
        Form::new().text("a", "b").part("s", Part::new(Replayable::stream(|| pieces(&["x"]))));
    let form = form.file("f", &path).await.expect("a file");
    let (kind, boundary) = (form.content_type(), form.boundary().to_owned());
    let start =
        |rest: &str| format!("--{boundary}\r\nContent-Disposition: form-data; name={rest}\r\n\r\n");
    let part_f = start("\"f\"; filename=\"body.bin\"\r\nContent-Type: application/octet-stream");
    let all = content();
    let mut parts: Vec<Vec<u8>> = vec![
        start("\"a\"").into(),
        b"b".to_vec(),
        format!("\r\n{}", start("\"s\"")).into(),
        b"x".to_vec(),
        format!("\r\n{part_f}").into(),
    ];
    parts.extend(all.chunks(64 * 1024).map(<[u8]>::to_vec));
    parts.push(format!("\r\n--{boundary}--\r\n").into());
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let framing = format!("Content-Type: {kind}\r\nTransfer-Encoding: chunked");
    comes_whole_each_time(form.into_body().expect("sound"), &framing, &chunked(&parts)).await;

    let once = Form::new().part("s", Part::new(Body::stream(pieces(&["x"]))));
    assert!(!once.into_body().expect("sound").is_replayable());
}

#[tokio::test]
async fn a_clone_stands_for_the_same_content() {
    let folder = Scratch::new();
    let of_file = Replayable::file(file(&folder, b"content")).await.expect("a file");
    let bodies = [
        Replayable::from("content"),
        Replayable::from(Bytes::from("content")),
        Replayable::sized_stream(|| pieces(&["con", "tent"]), 7),
        of_file,
    ];
    for body in bodies {
        let one =
            "PUT / HTTP/1.1\r\nHost: {host}\r\ncontent-type: x\r\nContent-Length: 7\r\n\r\ncontent";
        let player = Player::script().expect(one).play(OK).expect(one).play(OK).open().start();
        let client = client();
        for body in [body.clone(), body] {
            let put = client.put(player.url("/")).header("content-type", "x").body(body);
            deadline(put.send()).await.expect("an answer");
        }
        assert_eq!(player.finish().leftovers, [b""]);
    }
}

#[test]
fn values_go_anywhere() {
    fn shared<T: Send + Sync + Unpin + 'static>() {}
    shared::<Replayable>();
    #[cfg(feature = "multipart")]
    shared::<(wireline::multipart::Form, wireline::multipart::Part)>();
    // A request carries it by value.
    assert!(size_of::<Body>() <= 72, "{}", size_of::<Body>());
}

#[test]
fn whether_a_body_can_be_sent_again_is_a_type() {
    assert_eq!(Body::from("text").replayable().and_then(|body| body.length()), Some(4));
    assert!(Body::empty().replayable().is_some());
    assert!(Body::stream(pieces(&["x"])).replayable().is_none());
    assert!(Body::reader(Cursor::new("x"), Some(1)).replayable().is_none());
    assert_eq!(format!("{:?}", Replayable::from("secret")), "Replayable(6 bytes)");
    assert_eq!(format!("{:?}", Replayable::stream(|| pieces(&[]))), "Replayable(stream)");
}

/// What was made anew may fail anew: its error is the error of the request.
#[tokio::test]
async fn an_error_of_the_second_attempt_is_told() {
    let tries = AtomicUsize::new(0);
    let body = Replayable::stream(move || match tries.fetch_add(1, SeqCst) {
        0 => pieces(&["good"]),
        _ => failing(&["go"], "gone bad"),
    });
    let player = Player::script()
        .expect("PUT /old HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect(chunked(&[b"good"]))
        .play("HTTP/1.1 308 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")
        .expect_close()
        .close()
        .start();
    let error = deadline(client().put(player.url("/old")).body(body).send()).await;
    let error = error.expect_err("half a body");
    assert!(error.is_body() && error.to_string().contains("gone bad"), "{error}");
    assert!(!player.finish().leftovers[0].ends_with(b"0\r\n\r\n"));
}
