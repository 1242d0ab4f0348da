//! Going on where a response broke off: what is asked, and what the server may answer. In: transcripts. Out: the rest, the
//! whole, or an error; never two halves of different things.
#![cfg(feature = "client")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use support::deadline;
use support::player::Player;
use talk::{asks, client, quiet, sends};
use wireline::client::reading::resume::Resumed;
use wireline::client::reading::validator::Validator;
use wireline::{Error, Response};

fn tag() -> Validator {
    Validator::etag("\"v1\"").expect("a strong tag")
}

#[tokio::test]
async fn the_rest_is_asked_for_with_its_validator() {
    sends(
        "GET /x HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nRange: bytes=5-\r\nIf-Range: \"v1\"\r\n\r\n",
        |client, player| client.get(player.url("/x")).resume(5, &tag()),
    )
    .await;
    let date = Validator::last_modified("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
    sends(
        "GET / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nRange: bytes=1-\r\n\
         If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
        |client, player| client.get(player.url("/")).resume(1, &date),
    )
    .await;
    // Nothing is there, nothing is left out. What the caller has asked for otherwise stays.
    sends("GET / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: br\r\n\r\n", |client, player| {
        client.get(player.url("/")).header("Accept-Encoding", "br").resume(0, &tag())
    })
    .await;
}

#[test]
fn weak_validators_are_refused() {
    for tag in
        ["W/\"v1\"", "w/\"v1\"", "v1", "\"v1", "\"", "", "\"a\"b\"", "\"a b\"", "\"a\r\nX: y\""]
    {
        assert_eq!(Validator::etag(tag), None, "{tag}");
    }
    assert_eq!(Validator::etag("\"\"").expect("empty is strong").as_str(), "\"\"");
    for date in ["", "0", "yesterday", "\"v1\"", "Sun, 06 Nov 1994 08:49:37 GMT\r\nX: y"] {
        assert_eq!(Validator::last_modified(date), None, "{date}");
    }
}

#[tokio::test]
async fn a_response_gives_only_a_strong_validator() {
    let modified = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let later = "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n";
    for (fields, expected) in [
        ("ETag: \"v1\"\r\n".to_owned(), Some("\"v1\"")),
        (format!("ETag: \"v1\"\r\n{modified}{later}"), Some("\"v1\"")),
        // "unless the client has no entity tag for the corresponding representation"
        (format!("ETag: W/\"v1\"\r\n{modified}{later}"), None),
        (format!("{modified}{later}"), Some("Sun, 06 Nov 1994 08:49:37 GMT")),
        (format!("{modified}Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), None),
        (modified.to_owned(), None),
        (format!("Last-Modified: today\r\n{later}"), None),
        ("ETag: \"v1\"\r\nContent-Encoding: gzip\r\n".to_owned(), None),
        ("ETag: \"v1\"\r\nContent-Encoding: identity\r\n".to_owned(), Some("\"v1\"")),
        (String::new(), None),
    ] {
        let reply = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n");
        let (response, player) = asks(&client(), reply).await;
        assert_eq!(response.validator().as_ref().map(Validator::as_str), expected, "{fields}");
        player.finish();
    }
}

/// What a response with this head (and five bytes of body, unless it says otherwise) makes of an offset of 5.
async fn resumed(head: &str, offset: u64) -> Result<Resumed, Error> {
    let length = if head.contains("Content-Length") { "" } else { "Content-Length: 5\r\n" };
    let (response, player) = asks(&client(), format!("HTTP/1.1 {head}\r\n{length}\r\nworld")).await;
    player.finish();
    response.resumed(offset, &tag())
}

async fn body(response: Response) -> String {
    deadline(response.text()).await.expect("a body")
}

#[tokio::test]
async fn a_206_that_fits_goes_on() {
    for (fields, whole) in [
        ("Content-Range: bytes 5-9/10", Some(10)),
        ("Content-Range: bytes 5-9/*", None),
        ("Content-Range: bytes 5-9/1000", Some(1000)),
        ("Content-Range: BYTES 5-9/10\r\nETag: \"v1\"", Some(10)),
    ] {
        let head = format!("206 Partial Content\r\n{fields}");
        match resumed(&head, 5).await {
            Ok(Resumed::Continued { response, length }) => {
                assert_eq!((length, body(response).await.as_str()), (whole, "world"), "{fields}");
            }
            other => panic!("{fields}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_206_that_does_not_fit_is_an_error() {
    for (fields, why) in [
        ("X: y", "it has no Content-Range"),
        ("Content-Range: bytes 4-8/10", "it begins at byte 4"),
        ("Content-Range: bytes 6-10/11", "it begins at byte 6"),
        ("Content-Range: bytes 5-8/10", "bytes 5-8 are not as many as Content-Length says"),
        ("Content-Range: bytes 5-9/9", "its Content-Range is \"bytes 5-9/9\""),
        ("Content-Range: bytes 9-5/10", "its Content-Range is"),
        ("Content-Range: chapters 5-9/10", "its Content-Range is"),
        ("Content-Range: bytes */10", "its Content-Range is that of a 416"),
        ("Content-Range: bytes 5-9/10\r\nContent-Range: bytes 5-9/10", "several Content-Ranges"),
        ("Content-Type: multipart/byteranges; boundary=B", "several ranges"),
        (
            "Content-Type: multipart/byteranges; boundary=B\r\nContent-Range: bytes 5-9/10",
            "several ranges",
        ),
        ("Content-Range: bytes 5-9/10\r\nContent-Encoding: gzip", "the content is coded"),
        ("Content-Range: bytes 5-9/10\r\nETag: \"v2\"", "it is of another version than \"v1\""),
        ("Content-Range: bytes 5-9/10\r\nETag: W/\"v1\"", "it is of another version than \"v1\""),
    ] {
        let error =
            resumed(&format!("206 Partial Content\r\n{fields}"), 5).await.expect_err(fields);
        let told = error.to_string();
        assert!(error.is_decode() && told.contains(why), "{fields}: {told}");
        assert!(told.contains("206 Partial Content does not go on at byte 5"), "{told}");
    }
    resumed("206 Partial Content\r\nContent-Range: bytes 0-4/5", 0)
        .await
        .expect_err("nobody asked");
}

#[tokio::test]
async fn a_200_begins_anew() {
    match resumed("200 OK\r\nETag: \"v2\"", 5).await {
        Ok(Resumed::Restarted(response)) => assert_eq!(body(response).await, "world"),
        other => panic!("{other:?}"),
    }
    let error = resumed("200 OK\r\nContent-Encoding: gzip", 5).await.expect_err("coded");
    assert!(error.is_decode(), "{error}");
}

#[tokio::test]
async fn a_416_is_the_end_if_nothing_is_missing() {
    let complete = resumed("416 Nope\r\nContent-Range: bytes */5", 5).await;
    assert!(matches!(complete, Ok(Resumed::Complete)), "{complete:?}");
    for (fields, why) in [
        ("Content-Range: bytes */4", "the whole has 4 bytes"),
        ("Content-Range: bytes */6", "the whole has 6 bytes"),
        ("Content-Range: bytes 5-9/10", "that of a 206"),
        ("X: y", "no Content-Range"),
    ] {
        let error = resumed(&format!("416 Nope\r\n{fields}"), 5).await.expect_err(fields);
        assert!(error.is_decode() && error.to_string().contains(why), "{fields}: {error}");
    }
    let error = resumed("416 Nope\r\nContent-Range: bytes */0", 0).await.expect_err("nobody asked");
    assert!(error.is_status(), "{error}");
}

#[tokio::test]
async fn other_statuses_are_errors() {
    let error = resumed("404 Gone astray", 5).await.expect_err("not here");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    assert_eq!(body(error.into_response().expect("its response")).await, "world");
    let error = resumed("204 No Content\r\nContent-Length: 0", 5).await.expect_err("nothing");
    assert!(error.is_decode(), "{error}");
}

/// A client whose statuses are errors still hears that nothing is missing.
#[tokio::test]
async fn raising_is_off_while_resuming() {
    let reply = "HTTP/1.1 416 Nope\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(reply).open().start();
    let client = quiet().raise_for_status(true).build().expect("sound settings");
    let sent = client.get(player.url("/")).resume(5, &tag()).send();
    let response = deadline(sent).await.expect("a response");
    assert!(matches!(response.resumed(5, &tag()), Ok(Resumed::Complete)));
    player.finish();
}
