//! Between http and https: S-60 where nothing but the scheme changes, and S-67.

use wireline::{Client, ClientBuilder};

use crate::schemes_stage::Scheme::{self, Http, Https};
use crate::schemes_stage::Stage;
use crate::support::deadline;

/// Answers the n-th connection by the n-th scheme and location (`{port}` is ours); an empty location is 200.
async fn stage(script: &[(Scheme, &str)]) -> (ClientBuilder, Stage) {
    let lines = |to: &str| match to {
        "" => String::new(),
        to => format!("Location: {to}\r\n"),
    };
    let script: Vec<_> = script.iter().map(|(scheme, to)| (*scheme, lines(to))).collect();
    crate::schemes_stage::stage(&["a.test"], &script).await
}

async fn go(client: &Client, url: String) -> Result<wireline::Response, wireline::Error> {
    let get = client.get(url).header("Authorization", "Basic x").header("X-Kept", "1");
    deadline(get.send()).await
}

const WITH: &str = "Authorization: Basic x\r\nX-Kept: 1\r\n\r\n";

fn head(path: &str, port: u16, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a.test:{port}\r\n{fields}")
}

#[tokio::test]
async fn s_60_from_http_to_https_on_the_same_port() {
    let (client, stage) = stage(&[(Http, "https://a.test:{port}/x"), (Https, "")]).await;
    let (client, port) = (client.build().expect("sound settings"), stage.port);
    let response = go(&client, format!("http://a.test:{port}/")).await.expect("an answer");
    assert!(response.connection().tls.is_some());
    let heads = stage.heads().await;
    assert_eq!(heads, [head("/", port, WITH), head("/x", port, "X-Kept: 1\r\n\r\n")]);
}

#[tokio::test]
async fn s_60_from_https_to_http_on_the_same_port() {
    let (client, stage) = stage(&[(Https, "http://a.test:{port}/x"), (Http, "")]).await;
    let client = client.allow_downgrade(true).build().expect("sound settings");
    let port = stage.port;
    let response = go(&client, format!("https://a.test:{port}/")).await.expect("an answer");
    assert!(response.connection().tls.is_none());
    assert_eq!(response.timings().tls, None, "the connection of this response has none");
    let heads = stage.heads().await;
    assert_eq!(heads, [head("/", port, WITH), head("/x", port, "X-Kept: 1\r\n\r\n")]);
}

#[tokio::test]
async fn s_61_up_and_on_within_https() {
    let (client, stage) =
        stage(&[(Http, "https://a.test:{port}/x"), (Https, "/y"), (Https, "/z"), (Https, "")])
            .await;
    let (client, port) = (client.build().expect("sound settings"), stage.port);
    go(&client, format!("http://a.test:{port}/")).await.expect("an answer");
    let heads = stage.heads().await;
    for later in &heads[1..] {
        assert!(!later.contains("Authorization"), "{later}");
    }
    assert_eq!(heads.len(), 4);
}

/// The same for credentials that are not written into the request but given by the client, up, down and back again.
#[tokio::test]
async fn s_60_credentials_of_the_client_stay_with_the_scheme() {
    for (first, second) in [("http", "https"), ("https", "http")] {
        let to = |scheme: &str| format!("{scheme}://a.test:{{port}}/x");
        let scheme = |name: &str| if name == "http" { Http } else { Https };
        let way = [
            (scheme(first), to(second)),
            (scheme(second), to(first)),
            (scheme(first), String::new()),
        ];
        let way = way.each_ref().map(|(scheme, to)| (*scheme, to.as_str()));
        let (client, stage) = stage(&way).await;
        let bearer = wireline::client::Bearer::new("t").expect("a token");
        let client = client.allow_downgrade(true).auth(bearer).build();
        let get = client.expect("sound settings").get(format!("{first}://a.test:{}/", stage.port));
        deadline(get.send()).await.expect("an answer");
        let heads = stage.heads().await;
        let with: Vec<_> =
            heads.iter().map(|head| head.contains("Authorization: Bearer t")).collect();
        assert_eq!(with, [true, false, false], "{heads:?}");
    }
}

#[tokio::test]
async fn the_same_origin_in_https_keeps_credentials() {
    let (client, stage) = stage(&[(Https, "//A.test:{port}/x"), (Https, "")]).await;
    let (client, port) = (client.build().expect("sound settings"), stage.port);
    go(&client, format!("https://a.test:{port}/")).await.expect("an answer");
    let heads = stage.heads().await;
    assert_eq!(heads, [head("/", port, WITH), head("/x", port, WITH)]);
}

#[tokio::test]
async fn s_67_a_downgrade_is_refused() {
    let (client, stage) =
        stage(&[(Https, "http://user:hunter2@a.test:{port}/x"), (Http, "")]).await;
    let (client, port) = (client.build().expect("sound settings"), stage.port);
    let error = go(&client, format!("https://a.test:{port}/")).await.expect_err("refused");
    assert!(error.is_redirect(), "{error}");
    let told = error.to_string();
    assert!(told.contains("from https to") && told.contains("`allow_downgrade`"), "{told}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert_eq!(error.url().map(|url| url.to_string()), Some(format!("https://a.test:{port}/")));
    assert!(!stage.heads.is_finished(), "the second connection is still awaited");
    stage.heads.abort();
}
