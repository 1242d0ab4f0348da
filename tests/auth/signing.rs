//! The signing hook: it sees the bytes that leave, it is asked for every one of them, and its no is final.

use std::sync::{Arc, Mutex};

use wireline::client::{Draft, Sign};
use wireline::{Body, BoxError, Fields};

use crate::sources::pieces;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet, refuses};

/// Numbers the requests it sees and keeps their heads and bodies.
#[derive(Clone, Default)]
struct Clerk(Arc<Mutex<Vec<Signed>>>);

/// A head and a body.
type Signed = (Vec<u8>, Option<Vec<u8>>);

impl Clerk {
    fn seen(&self) -> Vec<Signed> {
        self.0.lock().expect("no panic").clone()
    }
}

impl Sign for Clerk {
    fn sign(&self, draft: &Draft<'_>) -> Result<Fields, BoxError> {
        let mut seen = self.0.lock().expect("no panic");
        seen.push((draft.head.to_vec(), draft.body.map(|body| body.to_vec())));
        let mut lines = Fields::new();
        lines.append("X-Signature", format!("no {}", seen.len()))?;
        Ok(lines)
    }
}

#[tokio::test]
async fn it_sees_the_very_bytes() {
    let clerk = Clerk::default();
    let client = quiet().sign(clerk.clone()).build().expect("a client");
    let player =
        Player::script().expect_head().swallow(5).play(OK).expect_head().play(OK).open().start();
    let post =
        client.post(player.url("/a%2Fb?x=\u{e9}&y")).header("X-Odd  ".trim(), "a  b").body("hello");
    deadline(post.send()).await.expect("an answer");
    let options = client.options(player.url("/")).request_target("*").header("hOST", "other.test");
    deadline(options.send()).await.expect("an answer");
    let heads = player.finish().heads;
    for (number, (sent, (signed, _))) in heads.iter().zip(clerk.seen()).enumerate() {
        let sent = String::from_utf8(sent.clone()).expect("ASCII");
        let line = format!("X-Signature: no {}\r\n", number + 1);
        let without = sent.replace(&line, "");
        assert_eq!(without.len() + line.len(), sent.len(), "{sent}");
        assert_eq!(without, format!("{}\r\n", String::from_utf8(signed).expect("ASCII")));
    }
    assert_eq!(clerk.seen()[0].1.as_deref(), Some(&b"hello"[..]));
    assert_eq!(clerk.seen()[1].1.as_deref(), Some(&b""[..]));
    assert!(clerk.seen()[1].0.starts_with(b"OPTIONS * HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_stream_is_not_seen() {
    let clerk = Clerk::default();
    let client = quiet().sign(clerk.clone()).build().expect("a client");
    let player = Player::script().expect_head().swallow(13).play(OK).open().start();
    let body = Body::stream(pieces(&["abc"]));
    deadline(client.post(player.url("/")).body(body).send()).await.expect("an answer");
    player.finish();
    assert_eq!(clerk.seen()[0].1, None);
}

#[tokio::test]
async fn it_is_asked_anew_for_every_hop() {
    let to_x = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n";
    let request = |target: &str, number: usize| {
        format!(
            "PUT {target} HTTP/1.1\r\nHost: {{host}}\r\nX-Signature: no {number}\r\nContent-Length: 1\r\n\r\n."
        )
    };
    let clerk = Clerk::default();
    let client = quiet().sign(clerk.clone()).build().expect("a client");
    let player = Player::script()
        .expect(request("/", 1))
        .play(to_x)
        .expect(request("/x", 2))
        .play(OK)
        .open()
        .start();
    deadline(client.put(player.url("/")).body(&b"."[..]).send()).await.expect("an answer");
    player.finish();
    assert_eq!(clerk.seen().len(), 2);
}

/// S-60: what the URL said of its user is said on the way within its origin and no further, not even back home.
#[tokio::test]
async fn s_60_userinfo_is_told_within_its_origin() {
    let found =
        |to: String| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nConnection: close\r\n\r\n");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let home = format!("http://{}/back", listener.local_addr().expect("bound"));
    let second = Player::script().expect_head().play(found(home)).close().start();
    let first = Player::script()
        .expect_head()
        .play(found("/x".into()))
        .close()
        .expect_head()
        .play(found(second.url("/")))
        .close()
        .expect_head()
        .play(OK)
        .open()
        .start_on(listener);
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&told);
    let look = move |draft: &Draft<'_>| -> Result<Fields, BoxError> {
        let user = draft.userinfo.map(|(user, password)| format!("{user} {password:?}"));
        assert_eq!(draft.uri.userinfo(), None);
        keep.lock().expect("no panic").push(user.unwrap_or_default());
        Ok(Fields::new())
    };
    let url = format!("http://us%65r@{}/", first.address());
    let client = quiet().sign(look).build().expect("a client");
    deadline(client.get(url).no_auth().send()).await.expect("an answer");
    first.finish();
    second.finish();
    assert_eq!(*told.lock().expect("no panic"), ["us%65r None", "us%65r None", "", ""]);
}

/// Credentials come first, so that they are signed, too.
#[tokio::test]
async fn it_is_asked_anew_for_every_attempt_and_signs_the_credentials() {
    use wireline::client::Authenticate;
    use wireline::message::ResponseHead;

    /// Says its name when asked.
    struct Named;
    impl Authenticate for Named {
        fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError> {
            assert!(draft.userinfo.is_none() && !draft.proxy);
            Ok(Some("Name x".into()))
        }
        fn challenged(&self, draft: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
            assert_eq!(draft.fields.get_str("authorization"), Some("Name x"));
            assert_eq!(head.status, 401);
            answered < 1
        }
    }
    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    let request = |number: usize| {
        format!(
            "GET / HTTP/1.1\r\nHost: {{host}}\r\nAuthorization: Name x\r\nX-Signature: no {number}\r\n\r\n"
        )
    };
    let clerk = Clerk::default();
    let client = quiet().sign(clerk.clone()).auth(Named).build().expect("a client");
    let player = Player::script()
        .expect(request(1))
        .play(refusal)
        .expect(request(2))
        .play(refusal)
        .open()
        .start();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), 401);
    player.finish();
    let (head, _) = clerk.seen().remove(1);
    assert!(head.ends_with(b"Authorization: Name x\r\n"), "{}", head.escape_ascii());
}

#[tokio::test]
async fn its_errors_are_the_builders_and_nothing_leaves() {
    let no = |_: &Draft<'_>| -> Result<Fields, BoxError> { Err("no key today".into()) };
    let error = refuses(|client, url| client.get(url).sign(no)).await;
    assert!(error.to_string().contains("no key today"), "{error}");
    // Lines that a head cannot hold are refused when they are made.
    let bad = |_: &Draft<'_>| -> Result<Fields, BoxError> {
        let mut lines = Fields::new();
        lines.append("X-Signature", "a\r\nX: y")?;
        Ok(lines)
    };
    refuses(|client, url| client.get(url).sign(bad)).await;
}

#[tokio::test]
async fn s_112_a_draft_shows_no_secrets() {
    let shown = Arc::new(Mutex::new(String::new()));
    let keep = Arc::clone(&shown);
    let look = move |draft: &Draft<'_>| -> Result<Fields, BoxError> {
        *keep.lock().expect("no panic") = format!("{draft:?}");
        Ok(Fields::new())
    };
    let player = Player::script().expect_head().swallow(6).play(OK).open().start();
    let post = quiet().build().expect("a client").post(player.url("/"));
    let post = post.sign(look).bearer_auth("s3cret").body("s3cret");
    deadline(post.send()).await.expect("an answer");
    player.finish();
    let shown = shown.lock().expect("no panic").clone();
    assert!(shown.contains("POST") && !shown.contains("s3cret"), "{shown}");
}
