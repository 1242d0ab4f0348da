//! Files that are not what they were when they were opened: an error, never a message of the wrong length (S-10).

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wireline::{Body, Delivery, Error, Replayable};

use crate::support::player::{Player, gate};
use crate::support::{Scratch, deadline};
use crate::talk::{OK, client, closed, sends};

pub fn file(folder: &Scratch, content: &[u8]) -> PathBuf {
    let path = folder.path().join("body.bin");
    fs::write(&path, content).expect("written");
    path
}

/// PUTs a file of 100 000 bytes that `change` has changed since it was opened. The error, and how much of it was sent.
async fn put_changed(change: impl FnOnce(&Path)) -> (Error, usize) {
    let folder = Scratch::new();
    let path = file(&folder, &[b'x'; 100_000]);
    let player = Player::script().expect_close().close().start();
    let body = Body::file(&path).await.expect("a file");
    change(&path);
    let sent = deadline(client().put(player.url("/")).body(body).send()).await;
    let error = sent.expect_err("not the file that was opened");
    assert!(error.is_body() && error.to_string().contains("body.bin"), "{error}");
    // What came before it did so by chance: the error may be there before the first write.
    let sent = closed(player);
    let head = sent.windows(4).position(|end| end == b"\r\n\r\n").map_or(sent.len(), |at| at + 4);
    (error, sent.len() - head)
}

#[tokio::test]
async fn s_10_a_file_that_was_cut() {
    let (error, sent) = put_changed(|path| {
        fs::File::options().write(true).open(path).and_then(|f| f.set_len(99_999)).expect("cut");
    })
    .await;
    assert!(error.to_string().contains("has been cut since it was opened with 100000"), "{error}");
    assert!(sent < 100_000, "{sent}");
}

#[tokio::test]
async fn s_10_a_file_that_has_grown() {
    let (error, sent) = put_changed(|path| {
        let file = fs::File::options().append(true).open(path);
        file.and_then(|mut file| file.write_all(b"!")).expect("grown");
    })
    .await;
    assert!(error.to_string().contains("has grown since it was opened with 100000"), "{error}");
    assert!(sent < 100_000, "the message must not be complete: {sent}");
}

#[tokio::test]
async fn an_empty_file_is_an_empty_body() {
    let folder = Scratch::new();
    let path = file(&folder, b"");
    let body = Replayable::file(&path).await.expect("a file");
    assert_eq!(body.length(), Some(0));
    let expected = "PUT / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n";
    sends(expected, |client, player| client.put(player.url("/")).body(body)).await;
}

/// The second attempt opens the path again; what it finds must be what the first one began with.
#[tokio::test]
async fn s_13_a_file_that_changed_between_two_attempts() {
    for changed in [Some(300_001), Some(299_999), Some(300_000), None] {
        let folder = Scratch::new();
        let path = file(&folder, &[b'x'; 300_000]);
        let (go_on, wait) = gate();
        let (arrived, signal) = gate();
        let player = Player::script()
            .expect_head()
            .play(OK)
            .expect_head()
            .swallow(10_000)
            .signal(arrived)
            .wait(wait)
            .reset()
            .expect_close()
            .close()
            .start();
        let client = client();
        deadline(client.get(player.url("/warm")).send()).await.expect("an answer");
        let body = Body::file(&path).await.expect("a file");
        let put = client.put(player.url("/")).body(body).send();
        let trouble = async {
            signal.await.expect("half of it has arrived");
            // The first attempt still reads the file it has opened; only its name is taken away.
            let other = folder.path().join("other");
            match changed {
                Some(length) => {
                    fs::write(&other, vec![b'y'; length]).expect("written");
                    // The system's clock for files may stand still for some milliseconds.
                    let file = fs::File::options().write(true).open(&other).expect("a file");
                    file.set_modified(SystemTime::UNIX_EPOCH).expect("set");
                    fs::rename(&other, &path).expect("renamed");
                }
                None => fs::remove_file(&path).expect("removed"),
            }
            go_on.send(()).expect("the player waits");
        };
        let (sent, ()) = deadline(async { tokio::join!(put, trouble) }).await;
        let error = sent.expect_err("another file");
        assert!(error.is_body(), "{error}");
        // What the first attempt delivered is not forgotten.
        assert!(error.delivery() >= Delivery::PartlySent, "{error}");
        assert_eq!(error.timings().retries, 1);
        match changed {
            Some(_) => assert!(error.to_string().contains("has changed since"), "{error}"),
            None => assert!(error.to_string().contains("No such file"), "{error}"),
        }
        let seen = player.finish();
        let sent = &seen.leftovers[1];
        assert!(!sent.ends_with(b"x") && !sent.ends_with(b"y"), "{}", sent.escape_ascii());
    }
}

/// The length of a file of /proc is 0, whatever can be read from it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_without_a_length_is_sent_all_the_same() {
    let path = "/proc/sys/kernel/ostype";
    let body = Body::file(path).await.expect("there on every Linux");
    assert_eq!((body.length(), body.is_replayable()), (None, false));
    let expected = "PUT / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n\
                    6\r\nLinux\n\r\n0\r\n\r\n";
    sends(expected, |client, player| client.put(player.url("/")).body(body)).await;
    Replayable::file(path).await.expect_err("its length is not known");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_sent_once() {
    let device = Body::file("/dev/null").await.expect("there on every Unix");
    assert_eq!((device.length(), device.is_replayable()), (None, false));
    let expected = "PUT / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    sends(expected, |client, player| client.put(player.url("/")).body(device)).await;
    let refused = Replayable::file("/dev/null").await.expect_err("it cannot be rewound");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(refused.to_string().contains("/dev/null is no regular file"), "{refused}");
}
