//! `AnyAuth`: the scheme the server asks for, the better one if it leaves the choice.

use wireline::Client;
use wireline::client::AnyAuth;

use crate::digest_server::{Door, guard};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

fn mufasa() -> Client {
    let any = AnyAuth::new("Mufasa", "Circle of Life").expect("credentials");
    assert_eq!(format!("{any:?}"), "AnyAuth([hidden])");
    quiet().auth(any).build().expect("a client")
}

async fn status(client: &Client, url: String) -> u16 {
    deadline(client.get(url).send()).await.expect("an answer").status().as_u16()
}

fn refusal(challenge: &str) -> String {
    format!(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n"
    )
}

const PLAIN: &str = "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";
const BASIC: &str =
    "GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl\r\n\r\n";

#[tokio::test]
async fn basic_where_it_is_asked_for() {
    let player = Player::script()
        .expect(PLAIN)
        .play(refusal("Negotiate, Basic realm=\"x\""))
        .expect(BASIC)
        .play(OK)
        .expect(BASIC)
        .play(OK)
        .expect(BASIC)
        .play(refusal("Basic realm=\"x\", Digest realm=\"x\", nonce=\"n\""))
        .open()
        .start();
    let client = mufasa();
    assert_eq!(status(&client, player.url("/")).await, 200);
    assert_eq!(status(&client, player.url("/")).await, 200, "unasked, the second time");
    assert_eq!(status(&client, player.url("/")).await, 401, "and then in no other way");
    assert_eq!(player.finish().leftovers, [b""]);
}

#[tokio::test]
async fn digest_where_there_is_a_choice() {
    let door = guard(Door { more: ", Basic realm=\"x\"", ..Door::default() });
    let client = mufasa();
    assert_eq!(status(&client, door.url("/")).await, 200);
    assert_eq!(status(&client, door.url("/")).await, 200);
    assert_eq!(door.log(), ["401", "200 nc=1", "200 nc=2"]);
}

/// A wrong password is not tried in a weaker scheme as well.
#[tokio::test]
async fn a_refused_digest_is_not_followed_by_basic() {
    let door = guard(Door { more: ", Basic realm=\"x\"", password: "other", ..Door::default() });
    assert_eq!(status(&mufasa(), door.url("/")).await, 401);
    assert_eq!(door.log(), ["401", "refused: response"]);
}

#[tokio::test]
async fn s_66_basic_is_for_the_origin_that_asked() {
    let asks = || {
        Player::script().expect(PLAIN).play(refusal("Basic realm=x")).expect(BASIC).play(OK).open()
    };
    let (one, other) = (asks().start(), asks().start());
    let client = mufasa();
    assert_eq!(status(&client, one.url("/")).await, 200);
    assert_eq!(status(&client, other.url("/")).await, 200);
    one.finish();
    other.finish();
}
