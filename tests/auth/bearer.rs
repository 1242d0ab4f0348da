//! Bearer tokens.

use wireline::client::Bearer;

use crate::talk::{quiet, refuses, sends, sends_by};

#[tokio::test]
async fn a_token_for_one_request() {
    let expected =
        "GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer mF_9.B5f-4.1JqM\r\n\r\n";
    sends(expected, |client, player| client.get(player.url("/")).bearer_auth("mF_9.B5f-4.1JqM"))
        .await;
}

#[tokio::test]
async fn a_token_for_every_request_unless_it_has_its_own() {
    let client = quiet().auth(Bearer::new("common").expect("a token")).build().expect("a client");
    let expected = |token: &str| {
        format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nAuthorization: Bearer {token}\r\n\r\n")
    };
    sends_by(&client, &expected("common"), |client, player| client.get(player.url("/"))).await;
    sends_by(&client, &expected("own"), |client, player| {
        client.get(player.url("/")).bearer_auth("own")
    })
    .await;
    let nothing = "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";
    sends_by(&client, nothing, |client, player| client.get(player.url("/")).no_auth()).await;
}

#[tokio::test]
async fn s_112_a_token_that_cannot_be_one_is_refused_and_not_shown() {
    for token in ["", "Bearer s3cret", "s3cret\r\nX: y"] {
        let error = refuses(|client, url| client.get(url).bearer_auth(token)).await;
        assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
    }
}
