//! Digest, one request at a time: what is answered and how. The server works every answer out by itself.

use wireline::client::Digest;
use wireline::{Body, Client};

use crate::digest_server::{Door, guard, parameters};
use crate::sources::pieces;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

fn mufasa() -> Client {
    let digest = Digest::new("Mufasa", "Circle of Life").expect("credentials");
    quiet().auth(digest).build().expect("a client")
}

fn refusal(challenge: &str) -> String {
    format!("HTTP/1.1 401 Unauthorized\r\n{challenge}\r\nContent-Length: 4\r\n\r\nwho?")
}

/// Without counting (RFC 2069) nothing in an answer is left to chance: the very bytes, all of them.
#[tokio::test]
async fn a_challenge_and_its_answer() {
    let asks = "WWW-Authenticate: Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
                opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    let answer = "Authorization: Digest username=\"Mufasa\", realm=\"testrealm@host.com\", \
                  nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", \
                  response=\"1949323746fe6a43ef61f9606e7febea\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"\r\n\r\n";
    let request = "GET /dir/index.html HTTP/1.1\r\nHost: {host}\r\n";
    let player = Player::script()
        .expect(format!("{request}\r\n"))
        .play(refusal(asks))
        .expect(format!("{request}{answer}"))
        .play(OK)
        .open()
        .start();
    let digest = Digest::new("Mufasa", "CircleOfLife").expect("credentials");
    let client = quiet().auth(digest).build().expect("a client");
    let response = deadline(client.get(player.url("/dir/index.html")).send()).await;
    assert_eq!(response.expect("an answer").status(), 200);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn every_algorithm_and_quality_of_protection() {
    for algorithm in
        ["", "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]
    {
        for qop in ["", "auth", "auth-int", "auth,auth-int"] {
            for integrity in [false, true] {
                if qop.is_empty() && algorithm.ends_with("-sess") {
                    continue; // needs a client nonce, which RFC 2069 has not
                }
                let door = guard(Door { algorithm, qop, ..Door::default() });
                let digest = Digest::new("Mufasa", "Circle of Life").expect("credentials");
                let client = quiet().auth(digest.integrity(integrity)).build().expect("a client");
                for (round, log) in
                    [&["401", "200 nc=1"][..], &["200 nc=2"], &["200 nc=3"]].iter().enumerate()
                {
                    let post =
                        client.post(door.url("/a%2Fb/?x=\"1\"&y")).body(format!("round {round}"));
                    let response = deadline(post.send()).await.expect("an answer");
                    assert_eq!(response.status(), 200, "{algorithm} {qop}: {:?}", door.log());
                    assert_eq!(door.log(), *log, "{algorithm} {qop}");
                }
            }
        }
    }
}

#[tokio::test]
async fn s_09_several_challenges_in_one_line_the_strongest_is_answered() {
    let asks = "WWW-Authenticate: Basic realm=\"x\", Digest realm=\"a\\\"b\", nonce=\"1\", algorithm=MD5, qop=\"auth\", \
                Digest realm=\"a\\\"b\", nonce=\"2\", algorithm=SHA-256, qop=\"auth\"\r\n\
                WWW-Authenticate: Digest realm=\"a\\\"b\", nonce=\"3\", algorithm=SHA-999";
    let player =
        Player::script().expect_head().play(refusal(asks)).expect_head().play(OK).open().start();
    deadline(mufasa().get(player.url("/")).send()).await.expect("an answer");
    let head = String::from_utf8(player.finish().heads.remove(1)).expect("ASCII");
    let value =
        head.lines().find_map(|line| line.strip_prefix("Authorization: ")).expect("credentials");
    assert!(value.contains(r#", realm="a\"b", nonce="2", "#), "{value}");
    let sent = parameters(value);
    let get =
        |name: &str| sent.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(
        (get("algorithm"), get("realm"), get("nc")),
        (Some("SHA-256"), Some("a\"b"), Some("00000001"))
    );
    assert!(get("cnonce").is_some_and(|cnonce| cnonce.len() == 32), "{value}");
}

/// One wrong password is one attempt: for this request, and for the next.
#[tokio::test]
async fn a_refused_answer_is_not_repeated() {
    let door = guard(Door::default());
    let digest = Digest::new("Mufasa", "guess").expect("credentials");
    let client = quiet().auth(digest).build().expect("a client");
    for _ in 0..2 {
        let response = deadline(client.get(door.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), 401);
        assert_eq!(deadline(response.text()).await.expect("a body"), "who?");
        assert_eq!(door.log(), ["401", "refused: response"]);
    }
}

#[tokio::test]
async fn what_cannot_be_answered_is_handed_out() {
    for asks in [
        "X: y",
        "WWW-Authenticate: Basic realm=\"x\"",
        "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-999",
        "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", qop=\"odd\"",
        "WWW-Authenticate: Digest realm=\"x",
    ] {
        let player = Player::script().expect_head().play(refusal(asks)).open().start();
        let response = deadline(mufasa().get(player.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), 401, "{asks}");
        assert_eq!(deadline(response.text()).await.expect("a body"), "who?");
        assert_eq!(player.finish().leftovers, [b""], "{asks}");
    }
}

/// Those two would authenticate the connection, for whoever is given it next.
#[tokio::test]
async fn s_47_negotiate_and_ntlm_are_handed_out_and_the_connection_closed() {
    let asks = "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM";
    let player = Player::script()
        .expect_head()
        .play(refusal(asks))
        .expect_close()
        .close()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = mufasa();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), 401);
    assert_eq!(deadline(response.text()).await.expect("a body"), "who?");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(player.finish().connections, 2);
}

#[tokio::test]
async fn a_stream_is_not_sent_twice_but_sent_with_what_is_known() {
    let door = guard(Door::default());
    let client = mufasa();
    let stream = || Body::stream(pieces(&["a", "b"]));
    let response =
        deadline(client.put(door.url("/")).body(stream()).send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), door.log()), (401, vec!["401".to_owned()]));
    deadline(client.get(door.url("/")).send()).await.expect("an answer");
    let response =
        deadline(client.put(door.url("/")).body(stream()).send()).await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(door.log(), ["401", "200 nc=1", "200 nc=2"]);
}

#[tokio::test]
async fn a_stream_cannot_be_protected() {
    let door = guard(Door { qop: "auth-int", ..Door::default() });
    let client = mufasa();
    deadline(client.get(door.url("/")).send()).await.expect("an answer");
    let stream = Body::stream(pieces(&["a", "b"]));
    let error = deadline(client.put(door.url("/")).body(stream).send()).await.expect_err("no hash");
    assert!(error.is_builder() && error.to_string().contains("auth-int"), "{error}");
    assert_eq!(door.log(), ["401", "200 nc=1"]);
}

#[tokio::test]
async fn names_beyond_ascii() {
    for more in ["", ", charset=UTF-8", ", charset=utf-8, userhash=true"] {
        let user = if more.ends_with("true") { "J\u{e4}s\u{f8}n Doe" } else { "Jason \"\\ Doe" };
        let door = guard(Door { user, password: "Secret, or n\u{f6}t?", more, ..Door::default() });
        let digest = Digest::new(user, "Secret, or n\u{f6}t?").expect("credentials");
        let client = quiet().auth(digest).build().expect("a client");
        let response = deadline(client.get(door.url("/")).send()).await.expect("an answer");
        assert_eq!(response.status(), 200, "{more}: {:?}", door.log());
    }
}

#[tokio::test]
async fn for_one_request_only() {
    let door = guard(Door::default());
    let client = crate::talk::client();
    let digest = || Digest::new("Mufasa", "Circle of Life").expect("credentials");
    for _ in 0..2 {
        let response = deadline(client.get(door.url("/")).auth(digest()).send()).await;
        assert_eq!(response.expect("an answer").status(), 200);
        assert_eq!(door.log(), ["401", "200 nc=1"]);
    }
    let response = deadline(client.get(door.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), 401);
}

/// The caller's own credentials are sent as they are, and nobody answers for them.
#[tokio::test]
async fn the_callers_own_credentials_are_left_alone() {
    let door = guard(Door::default());
    let get =
        mufasa().get(door.url("/")).header("Authorization", "Digest nonce=\"x\", realm=\"y\"");
    let response = deadline(get.send()).await.expect("an answer");
    assert_eq!(response.status(), 401);
    assert_eq!(door.log(), ["refused: nonce"]);
    // Nor where none are wanted.
    for get in [
        mufasa().get(door.url("/")).without("Authorization"),
        mufasa().get(door.url("/")).no_auth(),
    ] {
        assert_eq!(deadline(get.send()).await.expect("an answer").status(), 401);
        assert_eq!(door.log(), ["401"]);
    }
}

#[test]
fn s_112_nothing_is_shown() {
    let digest = Digest::new("Mufasa", "s3cret").expect("credentials");
    assert_eq!(format!("{digest:?}"), "Digest([hidden])");
    assert!(
        Digest::new("a\nb", "s3cret").is_err_and(|error| !format!("{error:?}").contains("s3cret"))
    );
}
