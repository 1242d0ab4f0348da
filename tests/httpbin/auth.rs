//! Credentials: Basic, Bearer and Digest, right and wrong, given at once or when asked.

use serde_json::{Value, json};
use wireline::client::{AnyAuth, Basic, Bearer, Digest, Outcome};
use wireline::{RequestBuilder, Response, StatusCode};

use crate::httpbin_server::{Httpbin, sent, told};
use crate::support::deadline;

/// Sends and expects that httpbin knows who asks.
async fn welcomed(request: RequestBuilder, user: &str) -> Response {
    let response = sent(request).await;
    assert_eq!(response.status(), 200, "{}", response.url());
    let mut copy = response;
    let body = copy.chunk().await.expect("a body").expect("not empty");
    let value: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(value, json!({"authenticated": true, "user": user}));
    copy
}

fn challenges(response: &Response) -> usize {
    let challenged = Outcome::Challenged(StatusCode::UNAUTHORIZED);
    response.attempts().iter().filter(|attempt| attempt.outcome == challenged).count()
}

#[tokio::test]
async fn basic_credentials_open_the_door() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    let basic = |user, password| Basic::new(user, password).expect("credentials");
    deadline(async {
        let door = "/basic-auth/user/passwd";
        welcomed(client.get(door).basic_auth("user", Some("passwd")), "user").await;
        welcomed(client.get(door).auth(basic("user", "passwd")), "user").await;
        let url = httpbin.url(door).replace("http://", "http://user:passwd@");
        welcomed(client.get(url), "user").await;
        let everywhere = httpbin.builder().auth(basic("user", "passwd")).build().expect("a client");
        welcomed(everywhere.get(door), "user").await;
        welcomed(everywhere.get("/hidden-basic-auth/user/passwd"), "user").await;
        assert_eq!(sent(everywhere.get(door).no_auth()).await.status(), 401);
        // Colons in the password, characters beyond ASCII in both.
        let strange = client.get("/basic-auth/j%C3%BCrgen/a:b%20%E2%82%AC");
        welcomed(strange.basic_auth("jürgen", Some("a:b €")), "jürgen").await;
    })
    .await;
}

#[tokio::test]
async fn wrong_basic_credentials_do_not() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let door = "/basic-auth/user/passwd";
        for request in [
            client.get(door),
            client.get(door).basic_auth("user", Some("wrong")),
            client.get(door).basic_auth("user", None),
            client.get(door).basic_auth("other", Some("passwd")),
        ] {
            let refused = sent(request).await;
            assert_eq!(refused.status(), 401);
            let asked = refused.fields().get_str("www-authenticate");
            assert_eq!(asked, Some("Basic realm=\"Fake Realm\""));
        }
        // The hidden one does not ask, so whoever waits to be asked stays outside.
        let hidden = "/hidden-basic-auth/user/passwd";
        assert_eq!(sent(client.get(hidden)).await.status(), 404);
        let shy = AnyAuth::new("user", "passwd").expect("credentials");
        assert_eq!(sent(client.get(hidden).auth(shy)).await.status(), 404);
    })
    .await;
}

#[tokio::test]
async fn a_bearer_is_believed() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let refused = sent(client.get("/bearer")).await;
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.fields().get_str("www-authenticate"), Some("Bearer"));
        let value = told(client.get("/bearer").bearer_auth("mF_9.B5f-4.1JqM"), 200).await;
        assert_eq!(value, json!({"authenticated": true, "token": "mF_9.B5f-4.1JqM"}));
        let always = httpbin.builder().auth(Bearer::new("abc==").expect("a token"));
        let value = told(always.build().expect("a client").get("/bearer"), 200).await;
        assert_eq!(value["token"], "abc==");
    })
    .await;
}

#[tokio::test]
async fn digest_in_every_quality_and_algorithm() {
    let Some(httpbin) = Httpbin::start() else { return };
    deadline(async {
        // Anything else than the two names offers both.
        for quality in ["auth", "auth-int", "either"] {
            for algorithm in ["MD5", "SHA-256", "unknown"] {
                let door = format!("/digest-auth/{quality}/user/passwd/{algorithm}");
                let digest = Digest::new("user", "passwd").expect("credentials");
                let client = httpbin.builder().auth(digest).build().expect("a client");
                let first = welcomed(client.get(&door), "user").await;
                assert_eq!(challenges(&first), 1, "{door}");
                // The second one knows the nonce already, whatever it carries.
                let second = welcomed(client.get(&door).body("some content"), "user").await;
                assert_eq!(challenges(&second), 0, "{door}");
            }
        }
    })
    .await;
}

/// RFC 7616 has SHA-512-256, which is another function than SHA-512.
#[tokio::test]
async fn digest_by_an_algorithm_of_no_standard_is_passed_over() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let digest = Digest::new("user", "passwd").expect("credentials");
        let door = "/digest-auth/auth/user/passwd/SHA-512";
        let refused = sent(client.get(door).auth(digest)).await;
        assert_eq!((refused.status().as_u16(), challenges(&refused)), (401, 0));
        let asked = refused.fields().get_str("www-authenticate").expect("a challenge");
        assert!(asked.contains("SHA-512"), "{asked}");
    })
    .await;
}

#[tokio::test]
async fn digest_with_a_wrong_password_ends_after_one_answer() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for door in ["/digest-auth/auth/user/passwd", "/digest-auth/auth-int/user/passwd/SHA-256"] {
            let digest = Digest::new("user", "wrong").expect("credentials");
            let refused = sent(client.get(door).auth(digest)).await;
            assert_eq!((refused.status().as_u16(), challenges(&refused)), (401, 1));
            assert_eq!(sent(client.get(door)).await.status(), 401);
            // Basic is not what was asked for, and not given either.
            let basic = Basic::new("user", "passwd").expect("credentials");
            assert_eq!(sent(client.get(door).auth(basic)).await.status(), 401);
        }
    })
    .await;
}

#[tokio::test]
async fn whichever_scheme_is_asked_for_is_answered() {
    let Some(httpbin) = Httpbin::start() else { return };
    deadline(async {
        for door in ["/basic-auth/user/passwd", "/digest-auth/auth/user/passwd/SHA-256"] {
            let any = AnyAuth::new("user", "passwd").expect("credentials");
            let client = httpbin.builder().auth(any).build().expect("a client");
            assert_eq!(challenges(&welcomed(client.get(door), "user").await), 1, "{door}");
            // From now on it is known what is wanted.
            assert_eq!(challenges(&welcomed(client.get(door), "user").await), 0, "{door}");
        }
    })
    .await;
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().resolve("httpbin.test", [([127, 0, 0, 1], 0).into()]);
    let client = client.build().expect("a client");
    let there = httpbin.url("/headers").replace("127.0.0.1", "httpbin.test");
    deadline(async {
        for (target, kept) in [("/headers", true), (&*there, false)] {
            for request in [
                client.get("/redirect-to").basic_auth("user", Some("passwd")),
                client.get("/redirect-to").bearer_auth("token"),
                client.get("/redirect-to").auth(Bearer::new("token").expect("a token")),
            ] {
                let value = told(request.query(&[("url", target)]), 200).await;
                assert_eq!(value["headers"]["Authorization"].is_string(), kept, "{value:#}");
            }
        }
    })
    .await;
}

/// `stale_after` counts in a cookie, so this needs a jar.
#[cfg(feature = "cookies")]
#[tokio::test]
async fn a_stale_nonce_is_replaced_without_asking_anybody() {
    let Some(httpbin) = Httpbin::start() else { return };
    let digest = Digest::new("user", "passwd").expect("credentials");
    let client = httpbin.builder().auth(digest).cookies(wireline::Jar::new());
    let client = client.build().expect("a client");
    deadline(async {
        let door = "/digest-auth/auth/user/passwd/MD5/2";
        let mut asked = Vec::new();
        for _ in 0..6 {
            asked.push(challenges(&welcomed(client.get(door), "user").await));
        }
        // Once at the beginning, and again whenever two answers have been given.
        assert_eq!(asked[0], 1);
        assert!(asked[1..].contains(&0) && asked[1..].contains(&1), "{asked:?}");
    })
    .await;
}
