//! Digest over many requests: nonces that are reused, go stale, are replaced, and stay where they came from.

use std::collections::BTreeSet;

use wireline::Client;
use wireline::client::Digest;

use crate::digest_server::{Door, guard};
use crate::server::Server;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

fn mufasa() -> Client {
    let digest = Digest::new("Mufasa", "Circle of Life").expect("credentials");
    quiet().auth(digest).build().expect("a client")
}

async fn status(client: &Client, url: String) -> u16 {
    deadline(client.get(url).send()).await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_stale_nonce_is_replaced() {
    let door = guard(Door { uses: 2, ..Door::default() });
    let client = mufasa();
    for _ in 0..5 {
        assert_eq!(status(&client, door.url("/")).await, 200);
    }
    let log = [
        "401",
        "200 nc=1",
        "200 nc=2",
        "401 stale",
        "200 nc=1",
        "200 nc=2",
        "401 stale",
        "200 nc=1",
    ];
    assert_eq!(door.log(), log);
}

#[tokio::test]
async fn a_server_for_which_all_is_stale_is_not_asked_for_ever() {
    let door = guard(Door { uses: 0, ..Door::default() });
    assert_eq!(status(&mufasa(), door.url("/")).await, 401);
    assert_eq!(door.log(), ["401", "401 stale", "401 stale", "401 stale"]);
}

/// A server that was started again knows no nonces; one that says `stale` of the nonce it gives out is broken.
#[tokio::test]
async fn a_forgotten_nonce_is_replaced_once() {
    let asks = |nonce: &str, stale: &str| {
        format!(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\"{stale}\r\n\
             Content-Length: 0\r\n\r\n"
        )
    };
    let player = Player::script()
        .expect_head()
        .play(asks("1", ""))
        .expect_head()
        .play(OK)
        .expect_head()
        .play(asks("2", ""))
        .expect_head()
        .play(OK)
        .expect_head()
        .play(asks("2", ", stale=true"))
        .open()
        .start();
    let client = mufasa();
    assert_eq!(status(&client, player.url("/")).await, 200);
    assert_eq!(status(&client, player.url("/")).await, 200);
    assert_eq!(status(&client, player.url("/")).await, 401);
    let seen = player.finish();
    let nonces: Vec<String> = seen.heads.iter().map(|head| nonce(head)).collect();
    assert_eq!(nonces, ["", "1", "1", "2", "2"]);
    assert_eq!(seen.leftovers, [b""]);
}

fn nonce(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let nonce = head.split(" nonce=\"").nth(1).and_then(|rest| rest.split('"').next());
    nonce.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_next_nonce_is_taken() {
    let door = guard(Door { next: true, uses: 1, ..Door::default() });
    let client = mufasa();
    for _ in 0..4 {
        assert_eq!(status(&client, door.url("/")).await, 200);
    }
    assert_eq!(door.log(), ["401", "200 nc=1", "200 nc=1", "200 nc=1", "200 nc=1"]);
}

/// Each of many requests at once has a count of its own.
#[tokio::test]
async fn requests_at_once() {
    let listener = Server::start(|mut guest| async move {
        let asks = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\
                    WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n\r\n";
        while let Some(asked) = guest.request().await {
            let nc = asked.head.split(", nc=").nth(1).map(|rest| rest[..8].to_owned());
            let played = match nc {
                None => guest.play(asks).await,
                Some(nc) => guest.answer(nc).await,
            };
            if played.is_none() {
                return;
            }
        }
    });
    let client = mufasa();
    assert_eq!(status(&client, listener.url("/")).await, 200);
    let asked: Vec<_> = (0..30)
        .map(|_| {
            let get = client.get(listener.url("/"));
            tokio::spawn(async move { get.send().await?.text().await })
        })
        .collect();
    let mut counts = BTreeSet::new();
    for answer in asked {
        counts.insert(deadline(answer).await.expect("no panic").expect("a body"));
    }
    assert_eq!(counts.len(), 30);
    assert_eq!(counts.last().map(String::as_str), Some("0000001f"));
    // Nobody but the first had to be asked.
    assert_eq!(listener.requests(), 32);
}

/// S-66: what one origin told is of no use to another, be it only another port.
#[tokio::test]
async fn s_66_a_nonce_stays_with_its_origin() {
    let (one, other) = (guard(Door::default()), guard(Door::default()));
    let client = mufasa();
    assert_eq!(status(&client, one.url("/")).await, 200);
    assert_eq!(status(&client, other.url("/")).await, 200);
    assert_eq!(status(&client, one.url("/")).await, 200);
    assert_eq!(one.log(), ["401", "200 nc=1", "200 nc=2"]);
    assert_eq!(other.log(), ["401", "200 nc=1"]);
}

/// S-66: `domain` limits within the origin and widens to no other.
#[tokio::test]
async fn s_66_a_domain_does_not_widen_beyond_the_origin() {
    let other = guard(Door::default());
    let more: &'static str = format!(", domain=\"/in /also {}\"", other.url("/")).leak();
    let door = guard(Door { more, ..Door::default() });
    let client = mufasa();
    assert_eq!(status(&client, door.url("/in")).await, 200);
    assert_eq!(status(&client, door.url("/in/side")).await, 200);
    assert_eq!(status(&client, door.url("/also")).await, 200);
    assert_eq!(door.log(), ["401", "200 nc=1", "200 nc=2", "200 nc=3"]);
    // Beyond it, it is asked first, and the answer widens it.
    assert_eq!(status(&client, door.url("/out")).await, 200);
    assert_eq!(status(&client, door.url("/out")).await, 200);
    assert_eq!(door.log(), ["401", "200 nc=1", "200 nc=2"]);
    assert_eq!(status(&client, other.url("/")).await, 200);
    assert_eq!(other.log(), ["401", "200 nc=1"]);
}

/// Two realms of one origin do not push each other out.
#[tokio::test]
async fn two_realms_of_one_origin() {
    let server = Server::start(|mut guest| async move {
        while let Some(asked) = guest.request().await {
            let realm = &asked.path()[1..2];
            let sent = asked.head.contains(&format!("realm=\"{realm}\""));
            let asks = format!(
                "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\
                 WWW-Authenticate: Digest realm=\"{realm}\", nonce=\"n-{realm}\", domain=\"/{realm}\"\r\n\r\n"
            );
            let played = if sent { guest.answer("").await } else { guest.play(asks).await };
            if played.is_none() {
                return;
            }
        }
    });
    let client = mufasa();
    for path in ["/a/1", "/b/1", "/a/2", "/b/2", "/a/3"] {
        assert_eq!(status(&client, server.url(path)).await, 200);
    }
    assert_eq!(server.requests(), 7, "five requests, two of them asked for a name");
}
