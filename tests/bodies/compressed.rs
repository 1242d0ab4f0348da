//! Request bodies compressed by gzip. The oracle is flate2's decoder, which checks length and checksum.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use wireline::{Body, Fields, RequestBuilder};

use crate::files::file;
use crate::server::{Asked, Server};
use crate::sources::{channel, pieces};
use crate::support::player::{Player, gate};
use crate::support::{Scratch, deadline};
use crate::talk::{OK, client, closed, quiet, read_head, refuses, serve};

/// Sends what `build` makes to a server that answers 200, or a 307 to whoever asks for `/old`; what it was asked.
async fn asked(build: impl FnOnce(&str) -> RequestBuilder) -> Vec<Asked> {
    let seen = Arc::<Mutex<Vec<Asked>>>::default();
    let keep = Arc::clone(&seen);
    let server = Server::start(move |mut guest| {
        let keep = Arc::clone(&keep);
        async move {
            while let Some(asked) = guest.request().await {
                let moved = asked.path() == "/old";
                keep.lock().expect("not poisoned").push(asked);
                let played = match moved {
                    true => {
                        guest
                            .play("HTTP/1.1 307 M\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")
                            .await
                    }
                    false => guest.answer("").await,
                };
                if played.is_none() {
                    return;
                }
            }
        }
    });
    let response = deadline(build(&server.url("/old")).send()).await.expect("an answer");
    assert_eq!(response.status(), 200);
    std::mem::take(&mut *seen.lock().expect("not poisoned"))
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut decoder = GzDecoder::new(packed);
    decoder.read_to_end(&mut content).expect("a whole gzip member");
    assert!(decoder.into_inner().is_empty(), "something behind the member");
    content
}

/// Neither all alike nor without any order.
fn content(count: usize) -> Vec<u8> {
    (0..count as u64).map(|n| (n * n / 7 % 251) as u8 & 0x3f).collect()
}

#[tokio::test]
async fn what_is_in_memory_keeps_an_exact_length() {
    let text = "the same line again\n".repeat(1000);
    let asked = asked(|url| client().put(url).text(&text).gzip_body()).await;
    assert_eq!(asked.len(), 2, "before and after the redirect");
    for Asked { head, body } in asked {
        assert_eq!(unpacked(&body), text.as_bytes());
        assert!(body.len() < text.len() / 20, "{}", body.len());
        let said = "content-encoding: gzip\r\ncontent-type: text/plain; charset=utf-8\r\n";
        assert!(head.contains(said), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
    }
}

#[tokio::test]
async fn s_13_a_file_is_compressed_anew_for_every_attempt() {
    let folder = Scratch::new();
    let content = content(200_000);
    let body = Body::file(file(&folder, &content)).await.expect("a file");
    let asked = asked(|url| client().put(url).body(body).gzip_body()).await;
    assert_eq!(asked.len(), 2);
    for Asked { head, body } in asked {
        assert!(unpacked(&body) == content);
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"));
    }
}

#[tokio::test]
async fn a_stream_is_compressed_on_its_way() {
    let served = serve(|mut stream| {
        let mut wire = read_head(&mut stream);
        while !wire.ends_with(b"\r\n0\r\nSum: 1\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("the rest of the body");
            wire.push(byte[0]);
        }
        stream.write_all(OK.as_bytes()).expect("somebody listens");
        wire
    });
    let body = Body::stream_with_trailers(pieces(&["one, ", "", "two"]), || {
        let mut trailers = Fields::new();
        trailers.append("Sum", "1").expect("a field");
        trailers
    });
    let post = client().post(served.url("/")).body(body).gzip_body();
    deadline(post.send()).await.expect("an answer");
    let wire = String::from_utf8_lossy(&served.outcome()).into_owned();
    assert!(
        wire.contains("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "{wire}"
    );
}

/// A stream that pauses holds nothing back: what was given can be read before more comes.
#[tokio::test]
async fn a_pause_lets_everything_out() {
    let (arrived, signal) = gate();
    let server = Mutex::new(Some(arrived));
    let server = Server::start(move |mut guest| {
        let arrived = server.lock().expect("not poisoned").take();
        async move {
            guest.head().await.expect("a head");
            let mut wire = Vec::new();
            let mut arrived = arrived;
            loop {
                let line = guest.line().await.expect("a chunk");
                let length = usize::from_str_radix(line.trim_end(), 16).expect("a size");
                if length == 0 {
                    break;
                }
                wire.extend(guest.exactly(length + 2).await.expect("a chunk"));
                wire.truncate(wire.len() - 2);
                let mut content = Vec::new();
                // The end is missing yet; what came before it is what counts.
                let _ = GzDecoder::new(&wire[..]).read_to_end(&mut content);
                if content == b"hello"
                    && let Some(arrived) = arrived.take()
                {
                    arrived.send(()).expect("the test waits");
                }
            }
            guest.line().await.expect("the last line");
            guest.answer(unpacked(&wire)).await;
        }
    });
    let (more, stream) = channel();
    more.send(Ok("hello".into())).expect("the stream is there");
    let post = client().post(server.url("/")).body(Body::stream(stream)).gzip_body();
    let talk = async {
        signal.await.expect("all that was given has arrived");
        more.send(Ok(", world".into())).expect("the upload is alive");
        drop(more);
    };
    let (response, ()) = deadline(async { tokio::join!(post.send(), talk) }).await;
    let text = deadline(response.expect("an answer").text()).await.expect("a body");
    assert_eq!(text, "hello, world");
}

/// Compressed, nobody could see the difference on the wire.
#[tokio::test]
async fn s_10_an_announced_length_is_kept_to_under_the_coding() {
    for (given, why) in [("hell", "1 bytes short"), ("hello!", "longer than it announced")] {
        let player = Player::script().expect_close().close().start();
        let body = Body::sized_stream(pieces(&[given]), 5);
        let sent = deadline(client().post(player.url("/")).body(body).gzip_body().send()).await;
        let error = sent.expect_err("not what was announced");
        assert!(error.is_body() && error.to_string().contains(why), "{error}");
        assert!(!closed(player).ends_with(b"0\r\n\r\n"));
    }
}

#[tokio::test]
async fn what_cannot_be_compressed_is_refused() {
    let error = refuses(|client, url| client.post(url).gzip_body().body("late")).await;
    assert!(error.to_string().contains("comes behind what sets it"), "{error}");
    let error = refuses(|client, url| client.post(url).body("x").gzip_body().gzip_body()).await;
    assert!(error.to_string().contains("compressed already"), "{error}");
    let error = refuses(|client, url| {
        client.post(url).header("content-encoding", "br").body(vec![1]).gzip_body()
    });
    let error = error.await.to_string();
    assert!(error.contains("Content-Encoding of its own"), "{error}");
    let always = quiet().header("content-encoding", "br").build().expect("sound settings");
    let sent = always.post("http://127.0.0.1:9/").body(vec![1]).gzip_body().send();
    assert!(deadline(sent).await.expect_err("refused").is_builder());
}

/// The body that counts is the last one, and the coding goes with it.
#[tokio::test]
async fn another_body_is_not_compressed() {
    let asked = asked(|url| client().put(url).body("first").gzip_body().body(vec![b'2'])).await;
    for Asked { head, body } in asked {
        assert!(!head.contains("content-encoding"), "{head}");
        assert_eq!(body, b"2");
    }
}

#[tokio::test]
async fn the_preview_shows_it() {
    let post = client().post("http://h/").text("text").gzip_body();
    let head = String::from_utf8(post.wire_preview().expect("a head")).expect("ASCII");
    let said =
        "Content-Encoding: gzip\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
    assert!(head.contains(said), "{head}");
}

/// What is counted is what is sent.
#[tokio::test]
async fn progress_counts_what_is_sent() {
    let told = Arc::<Mutex<Vec<(u64, Option<u64>)>>>::default();
    let listener = Arc::clone(&told);
    let asked = asked(|url| {
        let put = client().put(url).body(content(300_000)).gzip_body();
        put.on_upload(move |sent, total| listener.lock().expect("not poisoned").push((sent, total)))
    });
    let length = asked.await.pop().expect("a request").body.len() as u64;
    let told = told.lock().expect("not poisoned");
    assert_eq!(told.last(), Some(&(length, Some(length))));
    assert_eq!(told.iter().filter(|(sent, _)| *sent == 0).count(), 2);
}
