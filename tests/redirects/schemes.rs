//! Between http and https: S-60 where nothing but the scheme changes, and S-67.
//!
//! One listener serves both schemes on one port, connection after connection, as the script says.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use wireline::{Client, ClientBuilder};

use crate::certs::Authority;
use crate::support::deadline;
use crate::talk::quiet;

#[derive(Clone, Copy, PartialEq)]
enum Scheme {
    Http,
    Https,
}
use Scheme::{Http, Https};

/// The port, and the heads that came.
struct Stage {
    port: u16,
    client: ClientBuilder,
    heads: JoinHandle<io::Result<Vec<String>>>,
}

/// Answers the n-th connection by the n-th scheme and location (`{port}` is ours); an empty location is 200.
async fn stage(script: &[(Scheme, &str)]) -> Stage {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let port = listener.local_addr().expect("bound").port();
    let authority = Authority::new();
    let acceptor = TlsAcceptor::from(Arc::new(authority.issue(&["a.test"]).server(&["http/1.1"])));
    let any_port: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
    let client = quiet().roots_pem(&authority.pem()).resolve("a.test", [any_port]);
    let script: Vec<(Scheme, String)> = script
        .iter()
        .map(|(scheme, to)| (*scheme, to.replace("{port}", &port.to_string())))
        .collect();
    let heads = tokio::spawn(async move {
        let mut heads = Vec::new();
        for (scheme, location) in script {
            let (socket, _) = listener.accept().await?;
            heads.push(match scheme {
                Http => answer(socket, &location).await?,
                Https => answer(acceptor.accept(socket).await?, &location).await?,
            });
        }
        Ok(heads)
    });
    Stage { port, client, heads }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    location: &str,
) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let reply = match location {
        "" => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned(),
        to => format!(
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        ),
    };
    stream.write_all(reply.as_bytes()).await?;
    stream.flush().await?;
    // Until the client has closed, which it does after `Connection: close`.
    stream.read_to_end(&mut Vec::new()).await?;
    String::from_utf8(head).map_err(io::Error::other)
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
    let stage = stage(&[(Http, "https://a.test:{port}/x"), (Https, "")]).await;
    let (client, port) = (stage.client.build().expect("sound settings"), stage.port);
    let response = go(&client, format!("http://a.test:{port}/")).await.expect("an answer");
    assert!(response.connection().tls.is_some());
    let heads = deadline(stage.heads).await.expect("no panic").expect("served");
    assert_eq!(heads, [head("/", port, WITH), head("/x", port, "X-Kept: 1\r\n\r\n")]);
}

#[tokio::test]
async fn s_60_from_https_to_http_on_the_same_port() {
    let stage = stage(&[(Https, "http://a.test:{port}/x"), (Http, "")]).await;
    let client = stage.client.allow_downgrade(true).build().expect("sound settings");
    let port = stage.port;
    let response = go(&client, format!("https://a.test:{port}/")).await.expect("an answer");
    assert!(response.connection().tls.is_none());
    assert_eq!(response.timings().tls, None, "the connection of this response has none");
    let heads = deadline(stage.heads).await.expect("no panic").expect("served");
    assert_eq!(heads, [head("/", port, WITH), head("/x", port, "X-Kept: 1\r\n\r\n")]);
}

#[tokio::test]
async fn s_61_up_and_on_within_https() {
    let stage =
        stage(&[(Http, "https://a.test:{port}/x"), (Https, "/y"), (Https, "/z"), (Https, "")])
            .await;
    let (client, port) = (stage.client.build().expect("sound settings"), stage.port);
    go(&client, format!("http://a.test:{port}/")).await.expect("an answer");
    let heads = deadline(stage.heads).await.expect("no panic").expect("served");
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
        let stage = stage(&way).await;
        let bearer = wireline::client::Bearer::new("t").expect("a token");
        let client = stage.client.allow_downgrade(true).auth(bearer).build();
        let get = client.expect("sound settings").get(format!("{first}://a.test:{}/", stage.port));
        deadline(get.send()).await.expect("an answer");
        let heads = deadline(stage.heads).await.expect("no panic").expect("served");
        let with: Vec<_> =
            heads.iter().map(|head| head.contains("Authorization: Bearer t")).collect();
        assert_eq!(with, [true, false, false], "{heads:?}");
    }
}

#[tokio::test]
async fn the_same_origin_in_https_keeps_credentials() {
    let stage = stage(&[(Https, "//A.test:{port}/x"), (Https, "")]).await;
    let (client, port) = (stage.client.build().expect("sound settings"), stage.port);
    go(&client, format!("https://a.test:{port}/")).await.expect("an answer");
    let heads = deadline(stage.heads).await.expect("no panic").expect("served");
    assert_eq!(heads, [head("/", port, WITH), head("/x", port, WITH)]);
}

#[tokio::test]
async fn s_67_a_downgrade_is_refused() {
    let stage = stage(&[(Https, "http://user:hunter2@a.test:{port}/x"), (Http, "")]).await;
    let (client, port) = (stage.client.build().expect("sound settings"), stage.port);
    let error = go(&client, format!("https://a.test:{port}/")).await.expect_err("refused");
    assert!(error.is_redirect(), "{error}");
    let told = error.to_string();
    assert!(told.contains("from https to") && told.contains("`allow_downgrade`"), "{told}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert_eq!(error.url().map(|url| url.to_string()), Some(format!("https://a.test:{port}/")));
    assert!(!stage.heads.is_finished(), "the second connection is still awaited");
    stage.heads.abort();
}
