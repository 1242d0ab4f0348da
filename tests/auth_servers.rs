//! Credentials against servers that others have written: Basic against nginx, Digest against Apache, which gives out a
//! nonce for every request if it is told so.
#![cfg(feature = "digest")]

#[path = "support/apache.rs"]
mod apache;
mod support;

use apache::Apache;
use md5::{Digest as _, Md5};
use support::deadline;
use support::nginx::Nginx;
use wireline::client::{AnyAuth, Basic, Digest, Netrc};
use wireline::{Client, Response};

const REALM: &str = "a \"quiet\" place";

fn digest(password: &str) -> Digest {
    Digest::new("Mufasa", password).expect("credentials")
}

async fn get(client: &Client, url: String) -> Response {
    deadline(client.get(url).send()).await.expect("an answer")
}

/// Everything under `/many` may use a nonce often, under `/once` only once.
fn apache() -> Option<Apache> {
    Apache::start(|folder| {
        let here = folder.display();
        let secret = format!("Mufasa:{REALM}:Circle of Life");
        let hash: String = Md5::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(folder.join("htdigest"), format!("Mufasa:{REALM}:{hash}\n"))
            .expect("a file");
        for path in ["many", "once"] {
            std::fs::create_dir_all(folder.join("www").join(path)).expect("a folder");
            std::fs::write(folder.join("www").join(path).join("a b"), path).expect("a document");
        }
        let guard = |path: &str, lifetime: &str| {
            format!(
                "<Location /{path}>\nAuthType Digest\nAuthName \"a \\\"quiet\\\" place\"\nAuthUserFile {here}/htdigest\n\
                 AuthDigestProvider file\nAuthDigestDomain /{path}\nAuthDigestNonceLifetime {lifetime}\n\
                 Require valid-user\n</Location>\n"
            )
        };
        format!("DocumentRoot {here}/www\n{}{}", guard("many", "300"), guard("once", "0"))
    })
}

#[tokio::test]
async fn apache_lets_digest_in() {
    let Some(apache) = apache() else { return };
    for path in ["many", "once"] {
        let client = Client::builder().auth(digest("Circle of Life")).build().expect("a client");
        for round in 0..4 {
            let response = get(&client, apache.url(&format!("/{path}/a b?x=%22{round}"))).await;
            assert_eq!(response.status(), 200);
            // Only the first request has to be asked who it is: later ones count on, or take the nonce of the last answer.
            assert_eq!(response.attempts().len(), usize::from(round == 0), "{path} {round}");
            assert_eq!(deadline(response.text()).await.expect("a body"), path);
        }
        let any = AnyAuth::new("Mufasa", "Circle of Life").expect("credentials");
        let client = Client::builder().auth(any).build().expect("a client");
        assert_eq!(get(&client, apache.url(&format!("/{path}/a b"))).await.status(), 200);
    }
}

#[tokio::test]
async fn apache_keeps_the_wrong_password_out() {
    let Some(apache) = apache() else { return };
    let client = Client::builder().auth(digest("guess")).build().expect("a client");
    for _ in 0..2 {
        let response = get(&client, apache.url("/many/a b")).await;
        assert_eq!((response.status().as_u16(), response.attempts().len()), (401, 1));
    }
}

#[tokio::test]
async fn nginx_lets_basic_in() {
    let nginx = Nginx::start(1, |ports, folder| {
        std::fs::write(folder.join("passwords"), "J\u{f6}rg:{PLAIN}open s\u{e9}same:\n")
            .expect("a file");
        std::fs::create_dir_all(folder.join("www")).expect("a folder");
        std::fs::write(folder.join("www/a"), "in").expect("a document");
        let here = folder.display();
        format!(
            "server {{ listen 127.0.0.1:{}; root {here}/www; auth_basic quiet; auth_basic_user_file {here}/passwords; }}",
            ports[0]
        )
    });
    let Some(nginx) = nginx else { return };
    let status =
        |client: Client, url: String| async move { get(&client, url).await.status().as_u16() };
    let url = nginx.url("/a");
    let plain = Client::new();
    assert_eq!(status(plain.clone(), url.clone()).await, 401);
    let named = url.replace("//", "//J\u{f6}rg:open%20s\u{e9}same@");
    assert_eq!(status(plain.clone(), named).await, 200);
    let wrong = plain.get(&url).basic_auth("J\u{f6}rg", Some("open"));
    assert_eq!(deadline(wrong.send()).await.expect("an answer").status(), 401);
    let basic = Basic::new("J\u{f6}rg", "open s\u{e9}same").expect("credentials");
    let any = AnyAuth::new("J\u{f6}rg", "open s\u{e9}same").expect("credentials");
    let netrc = "machine 127.0.0.1 login J\u{f6}rg password \"open s\u{e9}same\"";
    let netrc = Netrc::parse(netrc).expect("a netrc");
    for builder in
        [Client::builder().auth(basic), Client::builder().auth(any), Client::builder().auth(netrc)]
    {
        assert_eq!(status(builder.build().expect("a client"), url.clone()).await, 200);
    }
}
