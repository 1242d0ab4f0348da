//! Responses saved to files while the way breaks. In: transcripts. Out: what is in the folder, during and after: the whole
//! under its name, or nothing.
#![cfg(feature = "client")]

#[path = "support/steps.rs"]
mod steps;
mod support;
#[path = "support/talk.rs"]
mod talk;

use std::fs;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use steps::{poll_once, until};
use support::player::{Player, gate};
use support::{Scratch, deadline};
use talk::{client, quiet};
use wireline::Error;

const GET: &str = "GET /f HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n\r\n";
const HALF: &str = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\nhello";

fn rest_of(offset: u64, tag: &str) -> String {
    format!(
        "GET /f HTTP/1.1\r\nHost: {{host}}\r\nAccept-Encoding: identity\r\nRange: bytes={offset}-\r\nIf-Range: {tag}\r\n\r\n"
    )
}

fn partial(range: &str, content: &str) -> String {
    let length = content.len();
    format!(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {range}\r\nContent-Length: {length}\r\n\r\n{content}"
    )
}

/// The names in a folder.
fn names(folder: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into())
        .collect();
    names.sort();
    names
}

fn content(folder: &Scratch) -> String {
    fs::read_to_string(folder.path().join("f")).expect("a file")
}

/// The download of `/f` into `f` fails, and leaves nothing.
async fn fails(player: &Player) -> Error {
    let folder = Scratch::new();
    let saved = client().get(player.url("/f")).download(folder.path().join("f")).send();
    let error = deadline(saved).await.expect_err("not whole");
    assert_eq!(names(&folder), [""; 0], "{error}");
    error
}

#[tokio::test]
async fn a_file_is_there_when_it_is_whole() {
    let (key, opened) = gate();
    let player = Player::script().expect(GET).play(HALF).wait(opened).play("world").open().start();
    let folder = Scratch::new();
    let path = folder.path().join("f");
    fs::write(&path, "old").expect("an old file");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let client = client();
    let download = client.get(player.url("/f")).download(&path);
    let mut download = Box::pin(
        download.on_progress(move |got, of| ear.lock().expect("sound").push((got, of))).send(),
    );
    deadline(async {
        while heard.lock().expect("sound").is_empty() {
            assert!(poll_once(download.as_mut()).await.is_pending());
            tokio::task::yield_now().await;
        }
    })
    .await;
    let seen = names(&folder);
    assert!(seen.len() == 2 && seen[1].starts_with("f.") && seen[1].ends_with(".part"), "{seen:?}");
    assert_eq!(content(&folder), "old");
    key.send(()).expect("the player waits");
    let saved = deadline(download).await.expect("saved");
    assert_eq!((saved.length, saved.resumptions, saved.head.status.as_u16()), (10, 0, 200));
    assert_eq!((names(&folder), content(&folder).as_str()), (vec!["f".to_owned()], "helloworld"));
    assert_eq!(*heard.lock().expect("sound"), [(5, Some(10)), (10, Some(10))]);
    player.finish();
}

#[tokio::test]
async fn a_broken_download_goes_on() {
    let player = Player::script()
        .expect(GET)
        .play(HALF)
        .close()
        .expect(rest_of(5, "\"v1\""))
        .play("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nwo")
        .close()
        .expect(rest_of(7, "\"v1\""))
        // Less than was asked for is allowed; it is not the whole yet.
        .play(partial("7-8/10", "rl"))
        .expect(rest_of(9, "\"v1\""))
        .play(partial("9-9/10", "d"))
        .open()
        .start();
    let folder = Scratch::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let client = client();
    let download = client.get(player.url("/f")).download(folder.path().join("f"));
    let download = download.on_progress(move |got, _| ear.lock().expect("sound").push(got));
    let saved = deadline(download.into_future()).await.expect("saved");
    assert_eq!((saved.length, saved.resumptions, saved.head.status.as_u16()), (10, 3, 206));
    assert_eq!((names(&folder), content(&folder).as_str()), (vec!["f".to_owned()], "helloworld"));
    assert_eq!(*heard.lock().expect("sound"), [5, 7, 9, 10]);
    player.finish();
}

#[tokio::test]
async fn a_changed_file_is_downloaded_anew() {
    let player = Player::script()
        .expect(GET)
        .play(HALF)
        .close()
        .expect(rest_of(5, "\"v1\""))
        .play("HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 8\r\n\r\ngood")
        .close()
        .expect(rest_of(4, "\"v2\""))
        .play(partial("4-7/8", "bye!"))
        .open()
        .start();
    let folder = Scratch::new();
    let saved = client().get(player.url("/f")).download(folder.path().join("f")).send();
    assert_eq!(deadline(saved).await.expect("saved").length, 8);
    assert_eq!(content(&folder), "goodbye!");
    player.finish();
}

/// Chunked content, broken off after its last byte of data: the server says there is nothing more.
#[tokio::test]
async fn what_only_lacked_its_end_is_complete() {
    let player = Player::script()
        .expect(GET)
        .play("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .close()
        .expect(rest_of(5, "\"v1\""))
        .play("HTTP/1.1 416 Nope\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let folder = Scratch::new();
    let client = quiet().raise_for_status(true).build().expect("sound settings");
    let saved = client.get(player.url("/f")).download(folder.path().join("f")).send();
    assert_eq!(deadline(saved).await.expect("saved").length, 5);
    assert_eq!(content(&folder), "hello");
    player.finish();
}

#[tokio::test]
async fn without_a_strong_validator_a_break_is_the_end() {
    for tag in ["", "ETag: W/\"v1\"\r\n"] {
        let half = HALF.replace("ETag: \"v1\"\r\n", tag);
        let player = Player::script().expect(GET).play(half).close().start();
        let error = fails(&player).await;
        assert!(error.is_incomplete(), "{error}");
        assert_eq!(player.finish().connections, 1);
    }
}

#[tokio::test]
async fn only_a_get_goes_on() {
    let player = Player::script().expect_head().play(HALF).close().start();
    let folder = Scratch::new();
    let post = client().post(player.url("/f")).download(folder.path().join("f")).send();
    assert!(deadline(post).await.expect_err("cut off").is_incomplete());
    assert_eq!((player.finish().connections, names(&folder).len()), (1, 0));
}

#[tokio::test]
async fn a_rest_that_does_not_fit_is_an_error() {
    for (reply, why) in [
        (partial("4-9/10", "oworld"), "it begins at byte 4"),
        (partial("5-10/11", "worlds"), "the whole has 11 bytes now, and had 10"),
        (
            partial("5-9/10", "world").replace("\r\n\r\n", "\r\nETag: \"v2\"\r\n\r\n"),
            "another version",
        ),
        (
            "HTTP/1.1 416 No\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "ended before",
        ),
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".to_owned(), "404"),
    ] {
        let player = Player::script()
            .expect(GET)
            .play(HALF)
            .close()
            .expect_head()
            .play(reply)
            .close()
            .start();
        let saved = {
            let folder = Scratch::new();
            let download = client().get(player.url("/f")).download(folder.path().join("f"));
            let error = deadline(download.max_resumptions(1).send()).await.expect_err("not whole");
            assert_eq!(names(&folder), [""; 0], "{error}");
            error.to_string()
        };
        assert!(saved.contains(why), "{saved}");
        player.finish();
    }
}

#[tokio::test]
async fn going_on_has_an_end() {
    let mut script = Player::script().expect(GET).play(HALF).close();
    for offset in 5..7 {
        script = script.expect(rest_of(offset, "\"v1\"")).play(
            format!("HTTP/1.1 206 P\r\nContent-Range: bytes {offset}-9/10\r\nContent-Length: {}\r\n\r\nx", 10 - offset),
        ).close();
    }
    let player = script.start();
    let folder = Scratch::new();
    let download = client().get(player.url("/f")).download(folder.path().join("f"));
    let error = deadline(download.max_resumptions(2).send()).await.expect_err("a bad line");
    assert!(error.is_incomplete(), "{error}");
    assert_eq!((player.finish().connections, names(&folder).len()), (3, 0));
}

/// A server that is not ready is waited for.
#[tokio::test]
async fn a_server_that_is_not_ready_is_asked_again() {
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let player = Player::script()
        .expect(GET)
        .play(HALF)
        .close()
        .expect(rest_of(5, "\"v1\""))
        .play(busy)
        .close()
        .expect(rest_of(5, "\"v1\""))
        .play(partial("5-9/10", "world"))
        .open()
        .start();
    let folder = Scratch::new();
    let saved = client().get(player.url("/f")).download(folder.path().join("f")).send();
    assert_eq!(deadline(saved).await.expect("saved").resumptions, 2);
    assert_eq!(content(&folder), "helloworld");
    player.finish();
}

#[tokio::test]
async fn what_is_not_whole_is_not_begun() {
    for (reply, status) in [
        ("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno!", true),
        ("HTTP/1.1 206 P\r\nContent-Range: bytes 0-2/9\r\nContent-Length: 3\r\n\r\nabc", false),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", false),
    ] {
        let player = Player::script().expect(GET).play(reply).close().start();
        let error = fails(&player).await;
        assert_eq!((error.is_status(), error.is_decode()), (status, !status), "{error}");
        player.finish();
    }
}

#[tokio::test]
async fn what_is_dropped_is_removed() {
    let player = Player::script().expect(GET).play(HALF).expect_close().close().start();
    let folder = Scratch::new();
    let client = client();
    let mut download =
        Box::pin(client.get(player.url("/f")).download(folder.path().join("f")).send());
    deadline(async {
        while names(&folder).is_empty() {
            assert!(poll_once(download.as_mut()).await.is_pending());
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(download);
    deadline(until(|| names(&folder).is_empty())).await;
    player.finish();
}

#[tokio::test]
async fn a_part_is_kept_on_request() {
    let player = Player::script().expect(GET).play(HALF).close().start();
    let folder = Scratch::new();
    let download = client().get(player.url("/f")).download(folder.path().join("f"));
    let download = download.max_resumptions(0).keep_partial(folder.path().join("f.half"));
    let error = deadline(download.send()).await.expect_err("cut off");
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(names(&folder), ["f.half"]);
    assert_eq!(fs::read(folder.path().join("f.half")).expect("a part"), b"hello");
    player.finish();
}

#[tokio::test]
async fn a_file_that_cannot_be_written_says_so() {
    let folder = Scratch::new();
    for (path, kind) in [
        (folder.path().join("nowhere/f"), ErrorKind::NotFound),
        (folder.path().join(".."), ErrorKind::InvalidInput),
    ] {
        let player = Player::script().expect(GET).play(HALF).open().start();
        let error = deadline(client().get(player.url("/f")).download(&path).send()).await;
        let error = error.expect_err("no such place");
        assert!(error.is_file() && !error.is_transient(), "{error}");
        let source = std::error::Error::source(&error).expect("why");
        let source = source.downcast_ref::<std::io::Error>().expect("an error of files");
        assert_eq!(source.kind(), kind, "{error}");
        player.finish();
    }
    // A folder in the way is found at the end.
    fs::create_dir(folder.path().join("f")).expect("a folder");
    let player = Player::script().expect(GET).play(HALF).play("world").open().start();
    let saved = client().get(player.url("/f")).download(folder.path().join("f")).send();
    assert!(deadline(saved).await.expect_err("in the way").is_file());
    assert_eq!(names(&folder), ["f"]);
    player.finish();
}

/// S-111: a link that somebody has laid is not written through.
#[cfg(unix)]
#[tokio::test]
async fn s_111_links_are_replaced_and_not_followed() {
    let folder = Scratch::new();
    let victim = folder.path().join("victim");
    fs::write(&victim, "precious").expect("a file");
    std::os::unix::fs::symlink(&victim, folder.path().join("f")).expect("a link");
    let player = Player::script().expect(GET).play(HALF).play("world").open().start();
    let saved = client().get(player.url("/f")).download(folder.path().join("f")).send();
    deadline(saved).await.expect("saved");
    assert_eq!(fs::read_to_string(&victim).expect("still there"), "precious");
    assert_eq!(content(&folder), "helloworld");
    player.finish();
}
