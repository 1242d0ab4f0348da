//! What events show: no secrets, and nothing of the peer's that a terminal would obey.

use crate::recorder::Recorder;
use crate::support::deadline;
use crate::support::player::Player;

#[tokio::test]
async fn s_112_no_secret_is_shown() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://u:s3cret@{there}/x\r\n\
                 Set-Cookie: id=s3cret\r\nContent-Length: 0\r\n\r\n";
    let ok = "HTTP/1.1 200 OK\r\nSet-Cookie: id=s3cret\r\nContent-Length: 0\r\n\r\n";
    let there = Player::script().expect_head().play(ok).open().start();
    let moved = moved.replace("{there}", &there.address().to_string());
    let here = Player::script().expect_head().play(moved).open().start();
    let recorder = Recorder::new();
    let get = recorder
        .client()
        .get(here.url("/"))
        .header("authorization", "Bearer s3cret")
        .header("cookie", "id=s3cret")
        .sensitive_header("x-key", "s3cret");
    deadline(get.send()).await.expect("an answer");
    let notes = recorder.notes().clone();
    // The redirect's own head says where to, and its text is told as any field is.
    let shown = |text: &str| text.replace("http://u:s3cret@", "");
    for note in &notes {
        assert!(!note.text.contains("s3cret"), "{note:?}");
        assert!(!shown(&note.debug).contains("s3cret"), "{note:?}");
    }
    assert_eq!(notes.last().map(|note| &*note.kind), Some("Done"));
    here.finish();
    there.finish();
}

#[cfg(feature = "auth")]
#[tokio::test]
async fn s_112_no_userinfo_is_shown() {
    let player = Player::script().expect_head().play(crate::talk::OK).open().start();
    let recorder = Recorder::new();
    let url = player.url("/").replace("http://", "http://u:s3cret@");
    deadline(recorder.client().get(url).send()).await.expect("an answer");
    let notes = recorder.notes().clone();
    for note in &notes {
        assert!(!note.text.contains("s3cret") && !note.debug.contains("s3cret"), "{note:?}");
    }
    assert_eq!(notes[0].text, format!("GET {}", player.url("/")));
    player.finish();
}

#[tokio::test]
async fn s_110_the_peers_bytes_are_escaped() {
    let odd = "HTTP/1.1 200 \x1b[31mRed\r\nX: \x1b[2J\r\nContent-Length: 0\r\n\r\n";
    let odd = odd.replace("X: \x1b", "X: \u{9b}");
    let player = Player::script().expect_head().play(odd).open().start();
    let recorder = Recorder::new();
    let sent = deadline(recorder.client().get(player.url("/")).send()).await;
    for note in recorder.notes().iter() {
        assert!(!note.text.contains(|c: char| c.is_control()), "{note:?}");
        assert!(!note.debug.contains(|c: char| c.is_control()), "{note:?}");
    }
    drop(sent);
    player.finish();
}
