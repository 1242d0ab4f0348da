//! Basic: by hand, for a client, from a URL.

use wireline::client::Basic;

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet, refuses, sends, sends_by};

const ALADDIN: &str = "QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

fn get(value: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nAuthorization: Basic {value}\r\n\r\n")
}

#[tokio::test]
async fn a_password_for_one_request() {
    sends(&get(ALADDIN), |client, player| {
        client.get(player.url("/")).basic_auth("Aladdin", Some("open sesame"))
    })
    .await;
    sends(&get("dTo="), |client, player| client.get(player.url("/")).basic_auth("u", None)).await;
    sends(&get("dGVzdDoxMjPCow=="), |client, player| {
        client.get(player.url("/")).basic_auth("test", Some("123\u{a3}"))
    })
    .await;
}

#[tokio::test]
async fn what_was_set_before_is_replaced() {
    sends(&get(ALADDIN), |client, player| {
        let request = client.get(player.url("/")).header("Authorization", "x").bearer_auth("y");
        request.basic_auth("Aladdin", Some("open sesame"))
    })
    .await;
}

#[tokio::test]
async fn a_password_for_every_request() {
    let basic = Basic::new("Aladdin", "open sesame").expect("credentials");
    let client = quiet().auth(basic).build().expect("a client");
    sends_by(&client, &get(ALADDIN), |client, player| client.get(player.url("/"))).await;
    // What a request says for itself counts more.
    sends_by(&client, &get("dTpw"), |client, player| {
        client.get(player.url("/")).basic_auth("u", Some("p"))
    })
    .await;
    sends_by(&client, &get("dTpw"), |client, player| {
        client.get(player.url("/")).auth(Basic::new("u", "p").expect("credentials"))
    })
    .await;
}

#[tokio::test]
async fn a_refused_password_is_not_sent_again() {
    let basic = Basic::new("Aladdin", "open sesame").expect("credentials");
    let client = quiet().auth(basic).build().expect("a client");
    let refusal = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect(get(ALADDIN)).play(refusal).open().start();
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.status(), 401);
    assert_eq!(player.finish().leftovers, [b""]);
}

#[tokio::test]
async fn a_password_in_the_url() {
    let url = |login: &str, player: &Player| format!("http://{login}@{}/", player.address());
    sends(&get(ALADDIN), |client, player| client.get(url("Aladdin:open%20sesame", player))).await;
    sends(&get("dTo="), |client, player| client.get(url("u", player))).await;
    sends(&get("L0A6Og=="), |client, player| client.get(url("%2f@::", player))).await;
    sends(&get("dTpw"), |client, player| {
        client.get(url("Aladdin:open%20sesame", player)).basic_auth("u", Some("p"))
    })
    .await;
}

#[tokio::test]
async fn s_01_what_cannot_be_sent_is_refused() {
    for (user, password) in [("a:b", "s3cret"), ("a\r\nX: y", "s3cret"), ("a", "s3cret\0")] {
        let error = refuses(|client, url| client.get(url).basic_auth(user, Some(password))).await;
        assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
    }
    for login in ["a%3Ab:s3cret", "a%0d%0ab:s3cret", "a:s3cret%00"] {
        let error =
            refuses(|client, url| client.get(url.replace("//", &format!("//{login}@")))).await;
        assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
    }
}

/// A redirect within the origin is part of what was asked for: curl, Requests and browsers keep the password, too.
#[tokio::test]
async fn a_password_in_the_url_goes_along_within_the_origin() {
    let to_x = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script()
        .expect(get("dTpw"))
        .play(to_x)
        .expect(get("dTpw").replace("GET /", "GET /x"))
        .play(OK)
        .open()
        .start();
    let url = format!("http://u:p@{}/", player.address());
    let response = deadline(client().get(url).send()).await.expect("an answer");
    assert_eq!(response.url().as_str(), player.url("/x"));
    player.finish();
}
