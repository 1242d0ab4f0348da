//! TLS through a proxy and TLS to it: two handshakes, two names, two verifications (S-82).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use wireline::client::Proxy;
use wireline::net::{Rustls, TlsError, TlsErrorKind};
use wireline::{Client, ClientBuilder, Error, Phase};

use crate::certs::Authority;
use crate::pairs::OPEN;
use crate::support::deadline;
use crate::talk::{OK, quiet};

/// The authorities of both ends: neither vouches for the other's.
struct Trust {
    proxy: Authority,
    origin: Authority,
}

/// A proxy on one connection, the origin behind it played by the same task. What came, head after head.
struct Stage {
    address: SocketAddr,
    heads: JoinHandle<io::Result<Vec<String>>>,
}

impl Trust {
    fn new() -> Trust {
        Trust { proxy: Authority::new(), origin: Authority::new() }
    }

    /// A client that trusts the origin's authority.
    fn client(&self) -> ClientBuilder {
        quiet().roots_pem(&self.origin.pem())
    }

    fn of_proxy(&self) -> Rustls {
        Rustls::with_roots_pem(&self.proxy.pem()).expect("roots")
    }
}

/// `outer`: the proxy's certificate, if it speaks TLS. `inner`: the origin's, behind a CONNECT; without it the proxy
/// answers itself. So many requests are answered in the end.
async fn stage(outer: Option<ServerConfig>, inner: Option<ServerConfig>, requests: usize) -> Stage {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("bound");
    let heads = tokio::spawn(async move {
        let (socket, _) = listener.accept().await?;
        match outer {
            None => play(socket, inner, requests).await,
            Some(outer) => {
                let stream = TlsAcceptor::from(Arc::new(outer)).accept(socket).await?;
                play(stream, inner, requests).await
            }
        }
    });
    Stage { address, heads }
}

async fn play(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    inner: Option<ServerConfig>,
    requests: usize,
) -> io::Result<Vec<String>> {
    let Some(inner) = inner else { return answer(stream, requests).await };
    let mut heads = vec![head(&mut stream).await?];
    stream.write_all(OPEN.as_bytes()).await?;
    stream.flush().await?;
    let stream = TlsAcceptor::from(Arc::new(inner)).accept(stream).await?;
    heads.push(format!("sni {:?}", stream.get_ref().1.server_name().unwrap_or_default()));
    heads.extend(answer(stream, requests).await?);
    Ok(heads)
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    requests: usize,
) -> io::Result<Vec<String>> {
    let mut heads = Vec::new();
    for _ in 0..requests {
        heads.push(head(&mut stream).await?);
        stream.write_all(OK.as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(heads)
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

impl Stage {
    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    async fn heads(self) -> Vec<String> {
        deadline(self.heads).await.expect("no panic").expect("the stage comes to its end")
    }
}

const CONNECT: &str = "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n";
const GET: &str = "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n";

async fn get(client: &Client) -> Result<bool, Error> {
    let response = deadline(client.get("https://a.test/x").send()).await?;
    assert!(response.connection().tls.is_some() && response.connection().proxy.is_some());
    Ok(response.is_reused())
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_the_origin_proves_its_name() {
    let trust = Trust::new();
    let origin = trust.origin.issue(&["a.test"]).server(&["http/1.1"]);
    let stage = stage(None, Some(origin), 2).await;
    let client = trust.client().proxy(Proxy::new(stage.url("http"))).build().expect("settings");
    assert!(!get(&client).await.expect("an answer"));
    assert!(get(&client).await.expect("an answer"), "a tunnel is kept like any connection");
    assert_eq!(stage.heads().await, [CONNECT, "sni \"a.test\"", GET, GET]);
}

#[tokio::test]
async fn tls_to_the_proxy_and_tls_inside_it() {
    let trust = Trust::new();
    let outer = trust.proxy.issue(&["127.0.0.1"]).server(&["http/1.1"]);
    let inner = trust.origin.issue(&["a.test"]).server(&["http/1.1"]);
    let stage = stage(Some(outer), Some(inner), 3).await;
    let proxy = Proxy::new(stage.url("https")).secure(trust.of_proxy());
    let client = trust.client().proxy(proxy).build().expect("settings");
    for reused in [false, true, true] {
        assert_eq!(get(&client).await.expect("an answer"), reused);
    }
    assert_eq!(stage.heads().await, [CONNECT, "sni \"a.test\"", GET, GET, GET]);
}

#[tokio::test]
async fn http_is_forwarded_under_the_proxys_tls() {
    let trust = Trust::new();
    let outer = trust.proxy.issue(&["127.0.0.1"]).server(&[]);
    let stage = stage(Some(outer), None, 2).await;
    let proxy = Proxy::new(stage.url("https")).secure(trust.of_proxy());
    let client = trust.client().proxy(proxy).build().expect("settings");
    for host in ["a", "b"] {
        let response = deadline(client.get(format!("http://{host}.test/")).send()).await;
        assert_eq!(response.expect("an answer").is_reused(), host == "b");
    }
    let absolute = |host| format!("GET http://{host}.test/ HTTP/1.1\r\nHost: {host}.test\r\n\r\n");
    assert_eq!(stage.heads().await, [absolute("a"), absolute("b")]);
}

/// Without settings of its own the proxy is verified by those of the request, never not at all.
#[tokio::test]
async fn s_82_the_proxys_certificate_is_verified_for_the_proxys_name() {
    let trust = Trust::new();
    let named = |names: &[&str]| trust.proxy.issue(names).server(&[]);
    for (outer, secure, expected) in [
        (named(&["a.test"]), Some(trust.of_proxy()), TlsErrorKind::WrongName),
        (named(&["127.0.0.1"]), None, TlsErrorKind::UnknownIssuer),
        (
            trust.proxy.issue_expired(&["127.0.0.1"]).server(&[]),
            Some(trust.of_proxy()),
            TlsErrorKind::Expired,
        ),
    ] {
        for url in ["https://a.test/x", "http://a.test/x"] {
            let stage = stage(Some(outer.clone()), None, 1).await;
            let mut proxy = Proxy::new(stage.url("https"));
            if let Some(secure) = &secure {
                proxy = proxy.secure(secure.clone());
            }
            let client = trust.client().proxy(proxy).build().expect("settings");
            let error = deadline(client.get(url).send()).await.expect_err("not verified");
            assert!(error.is_tls() && error.is_proxy(), "{error}");
            assert_eq!((error.phase(), kind(&error)), (Phase::Tls, Some(expected)));
            let shown = format!("the TLS handshake (proxy {}): ", stage.url("https"));
            assert!(error.to_string().contains(&shown), "{error}");
            assert!(deadline(stage.heads).await.expect("no panic").is_err(), "nothing was sent");
        }
    }
}

#[tokio::test]
async fn s_82_a_good_proxy_does_not_vouch_for_the_origin() {
    let trust = Trust::new();
    for (inner, expected) in [
        (trust.origin.issue(&["b.test"]).server(&[]), TlsErrorKind::WrongName),
        (trust.proxy.issue(&["a.test"]).server(&[]), TlsErrorKind::UnknownIssuer),
    ] {
        let outer = trust.proxy.issue(&["127.0.0.1", "a.test"]).server(&[]);
        let stage = stage(Some(outer), Some(inner), 1).await;
        let proxy = Proxy::new(stage.url("https")).secure(trust.of_proxy());
        let client = trust.client().proxy(proxy).build().expect("settings");
        let error = get(&client).await.expect_err("not verified");
        assert!(error.is_tls() && !error.is_proxy(), "{error}");
        assert_eq!((error.phase(), kind(&error)), (Phase::Tls, Some(expected)));
        assert!(deadline(stage.heads).await.expect("no panic").is_err(), "nothing was sent");
    }
}

fn kind(error: &Error) -> Option<TlsErrorKind> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<TlsError>().map(TlsError::kind)
}

/// Every look-up leads to the next stage.
struct Next(std::sync::Mutex<std::vec::IntoIter<SocketAddr>>);

impl wireline::net::Resolve for Next {
    fn resolve(&self, host: &str, _: u16) -> wireline::net::Resolution {
        let next = self.0.lock().expect("not poisoned").next();
        wireline::net::addresses(host, vec![next.expect("one stage a dial")])
    }
}

/// A request with other TLS settings does not get the tunnel of this one, be it the proxy's or the origin's that differ.
#[tokio::test]
async fn s_46_other_tls_settings_are_another_tunnel() {
    let trust = Trust::new();
    let inner = trust.origin.issue(&["a.test"]).server(&[]);
    let mut stages = Vec::new();
    let outer = trust.proxy.issue(&["proxy.test"]).server(&[]);
    for _ in 0..3 {
        stages.push(stage(Some(outer.clone()), Some(inner.clone()), 1).await);
    }
    let addresses: Vec<SocketAddr> = stages.iter().map(|stage| stage.address).collect();
    let next = Next(std::sync::Mutex::new(addresses.into_iter()));
    let proxy = |secure: &Rustls| Proxy::new("https://proxy.test").secure(secure.clone());
    let (one, two) = (trust.of_proxy(), trust.of_proxy());
    let client = trust.client().resolver(next).build().expect("settings");
    let other = Arc::new(Rustls::with_roots_pem(&trust.origin.pem()).expect("roots"));
    let url = "https://a.test/x";
    let first = deadline(client.get(url).proxy(proxy(&one)).send()).await.expect("an answer");
    let second = deadline(client.get(url).proxy(proxy(&two)).send()).await.expect("an answer");
    let third = client.get(url).proxy(proxy(&one)).secure(other);
    let third = deadline(third.send()).await.expect("an answer");
    assert!([first, second, third].iter().all(|response| !response.is_reused()));
}

/// From a forwarded request to a tunnelled one: the proxy hears its credentials twice, the origin never (S-64).
#[cfg(feature = "auth")]
#[tokio::test]
async fn s_64_a_redirect_from_http_to_https_through_one_proxy() {
    use crate::support::player::Player;
    use wireline::client::Proxies;
    let trust = Trust::new();
    let inner = trust.origin.issue(&["a.test"]).server(&[]);
    let stage = stage(None, Some(inner), 1).await;
    let forward = Player::script()
        .expect("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nProxy-Authorization: Basic dTpw\r\n\r\n")
        .play("HTTP/1.1 301 Moved\r\nLocation: https://a.test/x\r\nContent-Length: 0\r\n\r\n")
        .open()
        .start();
    let proxies = Proxies::new()
        .http(Proxy::new(forward.url("")).basic_auth("u", "p"))
        .https(Proxy::new(stage.url("http")).basic_auth("u", "p"));
    let client = trust.client().proxy(proxies).build().expect("settings");
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let connect = CONNECT.replace("\r\n\r\n", "\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
    assert_eq!(stage.heads().await, [&connect, "sni \"a.test\"", GET]);
    forward.finish();
}
