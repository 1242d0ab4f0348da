//! Requests byte for byte: order, case and duplicates as given, automatic lines switched off one by one, and a preview that
//! is what leaves. In: builders. Out: the bytes a server reads.
#![cfg(feature = "client")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use std::sync::Arc;

use wireline::client::{CookieStore, Draft};
use wireline::message::{Fields, Version};
use wireline::{BoxError, Client, RequestBuilder, Uri};

use support::deadline;
use support::player::Player;
use talk::{OK, client, refuses, sends, sends_by};

/// Always the same cookie, never anything kept.
struct OneCookie;

impl CookieStore for OneCookie {
    fn cookies(&self, uri: &Uri) -> Option<String> {
        Some(format!("seen={}", uri.path()))
    }

    fn store(&self, _: &Uri, _: &Fields) {}
}

fn signature(draft: &Draft<'_>) -> Result<Fields, BoxError> {
    let mut lines = Fields::new();
    lines.append("Signature", format!("{} bytes", draft.head.len()))?;
    Ok(lines)
}

fn everything() -> Client {
    let client = Client::builder().header("X-Client", "1").cookie_store(OneCookie).sign(signature);
    client.build().expect("sound settings")
}

#[tokio::test]
async fn order_case_and_duplicates_stay_and_host_stays_in_its_place() {
    let expected = "GET /a HTTP/1.1\r\nb: 1\r\nA: 2\r\nhOsT: {host}\r\nB: 3\r\na: \r\n\r\n";
    sends(expected, |client, player| {
        client
            .get(player.url("/a"))
            .header("b", "1")
            .header("A", "2")
            .header("hOsT", player.address().to_string())
            .header("B", "3")
            .header("a", "")
            .verbatim()
    })
    .await;
}

#[tokio::test]
async fn verbatim_leaves_the_client_out_and_keeps_what_http_needs() {
    let client = Client::builder().header("X-Client", "1").build().expect("sound settings");
    let expected = "PUT / HTTP/1.1\r\nHost: {host}\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nhi";
    sends_by(&client, expected, |client, player| {
        client.put(player.url("/")).header("X-One", "1").body(vec![b'h', b'i']).verbatim()
    })
    .await;
}

/// What policies add stands where it is wanted, and fields that are not named keep their order.
#[tokio::test]
async fn fields_that_are_named_come_first() {
    let client = Client::builder().cookie_store(OneCookie).build().expect("sound settings");
    let expected = "GET / HTTP/1.1\r\nHost: {host}\r\nX-Two: 1\r\nx-two: 2\r\nCookie: seen=/\r\nX-One: 1\r\nX-Three: 1\r\n\r\n";
    sends_by(&client, expected, |client, player| {
        let request = client.get(player.url("/")).verbatim();
        let request = request.header("X-One", "1").header("X-Three", "1");
        let order = ["authorization", "x-two", "cookie", "x-four"];
        let mut more = wireline::Fields::new();
        more.append("X-Two", "1").expect("a field");
        more.append("x-two", "2").expect("a field");
        request.headers(&more).field_order(&order)
    })
    .await;
}

#[tokio::test]
async fn automatic_lines_one_by_one() {
    let agent = concat!("wireline/", env!("CARGO_PKG_VERSION"));
    let lines = [
        ("Host", "Host: {host}\r\n".to_owned()),
        ("User-Agent", format!("User-Agent: {agent}\r\n")),
        ("Accept", "Accept: */*\r\n".to_owned()),
        ("X-Client", "X-Client: 1\r\n".to_owned()),
        ("Cookie", "Cookie: seen=/\r\n".to_owned()),
        ("Content-Length", "Content-Length: 0\r\n".to_owned()),
    ];
    let client = Client::builder().header("X-Client", "1").cookie_store(OneCookie);
    let client = client.build().expect("sound settings");
    for left_out in
        ["nothing", "host", "USER-AGENT", "accept", "x-client", "cookie", "content-length"]
    {
        let kept = lines.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(left_out));
        let kept: String = kept.map(|(_, line)| line.as_str()).collect();
        let expected = format!("POST / HTTP/1.1\r\n{kept}\r\n");
        sends_by(&client, &expected, |client, player| {
            client.post(player.url("/")).without(left_out)
        })
        .await;
    }
    let expected = "POST / HTTP/1.1\r\n\r\n";
    sends_by(&client, expected, |client, player| {
        let request = client.post(player.url("/"));
        lines.iter().fold(request, |request, (name, _)| request.without(name))
    })
    .await;
}

#[tokio::test]
async fn what_is_set_by_hand_is_sent_although_it_is_switched_off() {
    let expected = "GET / HTTP/1.1\r\nX: 1\r\nHost: other\r\nAccept: mine\r\n\r\n";
    sends(expected, |client, player| {
        client
            .get(player.url("/"))
            .header("X", "1")
            .header("Host", "other")
            .header("Accept", "mine")
            .without("host")
            .without("accept")
    })
    .await;
}

#[tokio::test]
async fn the_framing_of_content_cannot_be_switched_off() {
    let expected = "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nhi";
    let player = Player::script().expect(expected).play(OK).open().start();
    let request = client().post(player.url("/")).body(vec![b'h', b'i']);
    deadline(request.without("content-length").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let error = refuses(|client, url| client.get(url).without("a b")).await;
    assert!(error.to_string().contains("header name"), "{error}");
}

#[tokio::test]
async fn http_1_0_on_demand() {
    let expected = "GET / HTTP/1.0\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n";
    sends(expected, |client, player| {
        let request = client.get(player.url("/")).version(Version::HTTP_10);
        request.header("Connection", "keep-alive")
    })
    .await;
    let expected = "GET / HTTP/1.0\r\n\r\n";
    sends(expected, |client, player| {
        client.get(player.url("/")).version(Version::HTTP_10).without("host")
    })
    .await;
}

#[tokio::test]
async fn the_preview_is_what_leaves() {
    let builds: [fn(&Client, String) -> RequestBuilder; 5] = [
        |client, url| client.get(url),
        |client, url| client.post(url).body("text").header("x", "1").header("Cookie", "own=1"),
        |client, url| client.delete(url).verbatim().header("A", "b").without("cookie"),
        |client, url| client.options(url).request_target("*"),
        |client, url| client.put(url).body(wireline::Body::reader(&b"abc"[..], None)),
    ];
    for build in builds {
        let player = Player::script().expect_head().play(OK).close().start();
        let request = build(&everything(), player.url("/path?q"));
        let preview = request.wire_preview().expect("a head");
        assert_eq!(request.wire_preview().expect("again"), preview, "looking changes nothing");
        // The server answers the head; whether the body still leaves is not the question here.
        let _ = deadline(request.send()).await;
        let seen = player.finish();
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        assert_eq!(text(&seen.heads[0]), text(&preview));
        assert!(text(&preview).contains("Signature: "), "{}", text(&preview));
    }
}

#[test]
fn a_preview_needs_no_runtime_and_tells_what_cannot_be_sent() {
    let request = everything().get("http://127.0.0.1/").header("Content-Length", "7");
    let error = request.wire_preview().expect_err("a contradiction");
    assert!(error.is_builder(), "{error}");
    let error = client().get("nowhere").wire_preview().expect_err("no URL");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn a_signer_sees_the_exact_bytes_and_may_refuse() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&seen);
    let player = Player::script().expect_head().swallow(4).play(OK).open().start();
    let signer = move |draft: &Draft<'_>| -> Result<Fields, BoxError> {
        heard.lock().expect("not poisoned").extend_from_slice(draft.head);
        assert_eq!(draft.target, b"/a?b=%20");
        assert_eq!(draft.body.map(|body| &body[..]), Some(&b"text"[..]));
        signature(draft)
    };
    let request = client().post(player.url("/a?b=%20#c")).body("text").sign(signer);
    deadline(request.send()).await.expect("an answer");
    let sent = player.finish().heads.remove(0);
    let signed = seen.lock().expect("not poisoned").clone();
    // The signature is the line that was not there yet; the framing stands behind it.
    let line = format!("Signature: {} bytes\r\n", signed.len());
    let unsigned = String::from_utf8(sent).expect("ASCII").replace(&line, "");
    assert_eq!(unsigned, format!("{}\r\n", String::from_utf8(signed).expect("ASCII")));

    let error = refuses(|client, url| {
        let request = client.get(url);
        request.sign(|_: &Draft<'_>| -> Result<Fields, BoxError> { Err("no key".into()) })
    });
    assert!(error.await.to_string().contains("no key"));
}
