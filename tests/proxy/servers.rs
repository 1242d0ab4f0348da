//! Real proxies from Debian's packages, between this client and an origin of the test's: squid, tinyproxy, microsocks.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use wireline::client::Proxy;
use wireline::{Body, Client, Error, Response};

use crate::certs::Authority;
use crate::support::deadline;
use crate::support::proxies::{Door, PASSWORD, Proxied, USER};

/// An origin in both schemes: answers every request with the request.
struct Origin {
    http: u16,
    https: u16,
    authority: Authority,
}

impl Origin {
    async fn start() -> Origin {
        let authority = Authority::new();
        let config = authority.issue(&["127.0.0.1", "localhost"]).server(&["http/1.1"]);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (http, plain) = listen().await;
        let (https, secured) = listen().await;
        tokio::spawn(async move {
            while let Ok((socket, _)) = plain.accept().await {
                tokio::spawn(echo(socket));
            }
        });
        tokio::spawn(async move {
            while let Ok((socket, _)) = secured.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move { echo(acceptor.accept(socket).await?).await });
            }
        });
        Origin { http, https, authority }
    }

    fn client(&self, proxy: Proxy) -> Client {
        let client = Client::builder().roots_pem(&self.authority.pem()).proxy(proxy);
        client.build().expect("sound settings")
    }

    fn urls(&self, host: &str) -> [String; 2] {
        [format!("http://{host}:{}/a?b", self.http), format!("https://{host}:{}/a?b", self.https)]
    }
}

async fn listen() -> (u16, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    (listener.local_addr().expect("bound").port(), listener)
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    loop {
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            seen.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&seen).to_ascii_lowercase();
        if let Some((_, length)) = head.split_once("content-length: ") {
            let length = length.split("\r\n").next().and_then(|digits| digits.parse().ok());
            let mut body = vec![0; length.expect("a length")];
            stream.read_exact(&mut body).await?;
            seen.extend(body);
        } else if head.contains("transfer-encoding: chunked") {
            while !seen.ends_with(b"\r\n0\r\n\r\n") {
                seen.push(stream.read_u8().await?);
            }
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", seen.len());
        stream.write_all(&[head.as_bytes(), &seen].concat()).await?;
        stream.flush().await?;
    }
}

async fn text(sent: Result<Response, Error>) -> String {
    let response = sent.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(response.status(), 200);
    deadline(response.text()).await.expect("a body")
}

/// What every proxy must pass: both schemes, bodies, and no word of the credentials.
async fn serves(origin: &Origin, proxy: Proxy, host: &str) {
    let client = origin.client(proxy.clone());
    // tinyproxy closes what it forwarded on without a word, and a POST is not sent twice on a guess.
    let fresh = Client::builder().proxy(proxy).idle_timeout(std::time::Duration::ZERO);
    let fresh = fresh.build().expect("sound settings");
    for url in origin.urls(host) {
        let posts = if url.starts_with("http:") { &fresh } else { &client };
        for round in 0..3 {
            let echoed = text(deadline(client.get(&url).header("X-Mark", "1").send()).await).await;
            assert!(echoed.starts_with("GET /a?b HTTP/1.1\r\n"), "{url} {round}: {echoed}");
            assert!(echoed.to_lowercase().contains("\r\nx-mark: 1\r\n"), "{echoed}");
            assert!(!echoed.to_lowercase().contains("proxy-authorization"), "{echoed}");
        }
        let body = "0123456789".repeat(10_000);
        let posted = text(deadline(posts.post(&url).body(body.clone()).send()).await).await;
        assert!(posted.ends_with(&format!("\r\n\r\n{body}")), "{url}");
        let stream = Body::reader(io::Cursor::new(b"streamed".to_vec()), None);
        let posted = text(deadline(posts.post(&url).body(stream).send()).await).await;
        assert!(posted.contains("streamed"), "{url}: {posted}");
        let response = deadline(client.get(&url).send()).await.expect("an answer");
        assert!(response.connection().proxy.is_some());
        // A tunnel is kept as long as the origin keeps it.
        assert!(response.is_reused() || url.starts_with("http:"), "{url}");
    }
}

/// Whom the proxy does not know it does not serve: a 407 of its own in clear, no tunnel for https.
async fn refuses(origin: &Origin, proxy: Proxy) {
    let client = origin.client(proxy);
    let [http, https] = origin.urls("127.0.0.1");
    let response = deadline(client.get(http).send()).await.expect("the proxy's answer");
    assert!(matches!(response.status().as_u16(), 401 | 407), "{}", response.status());
    let error = deadline(client.get(https).send()).await.expect_err("no tunnel");
    let head = error.proxy_response().expect("a refusal");
    assert!(error.is_proxy() && matches!(head.status.as_u16(), 401 | 407), "{error}");
}

#[tokio::test]
async fn squid_serves_anyone() {
    let Some(squid) = Proxied::squid(Door::Open) else { return };
    let origin = Origin::start().await;
    let proxy = Proxy::new(squid.url("http"));
    serves(&origin, proxy.clone(), "127.0.0.1").await;
    serves(&origin, proxy.clone(), "localhost").await;
    let client = origin.client(proxy.tunnel(true));
    let [http, _] = origin.urls("127.0.0.1");
    let echoed = text(deadline(client.get(&http).send()).await).await;
    assert!(!echoed.to_lowercase().contains("\r\nvia: "), "a tunnel is no forwarding: {echoed}");
    // A port on which nobody listens.
    let (closed, listener) = listen().await;
    drop(listener);
    let error = deadline(client.get(format!("https://127.0.0.1:{closed}/")).send()).await;
    let error = error.expect_err("nobody there");
    assert_eq!(error.proxy_response().expect("a refusal").status, 503);
    assert!(error.is_transient());
}

#[tokio::test]
async fn squid_asks_for_basic() {
    let Some(squid) = Proxied::squid(Door::Basic) else { return };
    let origin = Origin::start().await;
    let proxy = || Proxy::new(squid.url("http"));
    refuses(&origin, proxy()).await;
    refuses(&origin, proxy().basic_auth(USER, "wrong")).await;
    serves(&origin, proxy().basic_auth(USER, PASSWORD), "127.0.0.1").await;
    let in_url = format!("http://{USER}:open%20sesame@127.0.0.1:{}", squid.port());
    serves(&origin, Proxy::new(in_url), "127.0.0.1").await;
}

#[cfg(feature = "digest")]
#[tokio::test]
async fn squid_asks_for_digest() {
    let digest = |password| wireline::client::Digest::new(USER, password).expect("sound");
    let Some(squid) = Proxied::squid(Door::Digest) else { return };
    let origin = Origin::start().await;
    let proxy = || Proxy::new(squid.url("http"));
    refuses(&origin, proxy()).await;
    refuses(&origin, proxy().auth(digest("wrong"))).await;
    serves(&origin, proxy().auth(digest(PASSWORD)), "127.0.0.1").await;
}

#[tokio::test]
async fn tinyproxy_asks_for_basic() {
    let Some(open) = Proxied::tinyproxy(Door::Open) else { return };
    let origin = Origin::start().await;
    serves(&origin, Proxy::new(open.url("http")), "127.0.0.1").await;
    let Some(tinyproxy) = Proxied::tinyproxy(Door::Basic) else { return };
    let proxy = || Proxy::new(tinyproxy.url("http"));
    refuses(&origin, proxy()).await;
    refuses(&origin, proxy().basic_auth(USER, "wrong")).await;
    serves(&origin, proxy().basic_auth(USER, "sesame"), "127.0.0.1").await;
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn microsocks_serves_names_and_addresses() {
    let Some(open) = Proxied::microsocks(Door::Open) else { return };
    let origin = Origin::start().await;
    serves(&origin, Proxy::new(open.url("socks5h")), "127.0.0.1").await;
    serves(&origin, Proxy::new(open.url("socks5h")), "localhost").await;
    serves(&origin, Proxy::new(open.url("socks5")), "localhost").await;
    let (closed, listener) = listen().await;
    drop(listener);
    let client = origin.client(Proxy::new(open.url("socks5h")));
    let error = deadline(client.get(format!("http://127.0.0.1:{closed}/")).send()).await;
    let error = error.expect_err("nobody there");
    assert!(error.is_proxy() && error.to_string().contains("refused"), "{error}");
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn microsocks_asks_for_a_password() {
    let Some(microsocks) = Proxied::microsocks(Door::Basic) else { return };
    let origin = Origin::start().await;
    let proxy = || Proxy::new(microsocks.url("socks5h"));
    serves(&origin, proxy().basic_auth(USER, PASSWORD), "127.0.0.1").await;
    for wrong in [proxy(), proxy().basic_auth(USER, "wrong")] {
        let client = origin.client(wrong);
        let error = deadline(client.get(&origin.urls("127.0.0.1")[0]).send()).await;
        assert!(error.expect_err("not let in").is_proxy());
    }
}
