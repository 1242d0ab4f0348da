//! Between http and https: `Secure`, and S-74.
//!
//! One listener serves both schemes on one port, connection after connection, as the script says.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use wireline::{ClientBuilder, Jar};

use crate::certs::Authority;
use crate::support::deadline;
use crate::talk::quiet;

#[derive(Clone, Copy)]
enum Scheme {
    Http,
    Https,
}
use Scheme::{Http, Https};

/// The port, and the `cookie` fields that came; empty where there was none.
struct Stage {
    port: u16,
    client: ClientBuilder,
    cookies: JoinHandle<io::Result<Vec<String>>>,
}

/// Answers the n-th connection by the n-th scheme and these field lines (`{port}` is ours); a `Location` makes a 302.
async fn stage(script: &[(Scheme, &str)]) -> Stage {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let port = listener.local_addr().expect("bound").port();
    let authority = Authority::new();
    let identity = authority.issue(&["site.test", "www.site.test"]);
    let acceptor = TlsAcceptor::from(Arc::new(identity.server(&["http/1.1"])));
    let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
    let client = quiet()
        .roots_pem(&authority.pem())
        .allow_downgrade(true)
        .cookies(Jar::new().allow_parent("site.test").expect("two labels"))
        .resolve("site.test", [any_port])
        .resolve("www.site.test", [any_port]);
    let own =
        |(scheme, fields): &(Scheme, &str)| (*scheme, fields.replace("{port}", &port.to_string()));
    let script: Vec<_> = script.iter().map(own).collect();
    let cookies = tokio::spawn(async move {
        let mut cookies = Vec::new();
        for (scheme, fields) in script {
            let (socket, _) = listener.accept().await?;
            cookies.push(match scheme {
                Http => answer(socket, &fields).await?,
                Https => answer(acceptor.accept(socket).await?, &fields).await?,
            });
        }
        Ok(cookies)
    });
    Stage { port, client, cookies }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    fields: &str,
) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let status = if fields.contains("Location") { "302 Found" } else { "200 OK" };
    let reply =
        format!("HTTP/1.1 {status}\r\n{fields}Connection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(reply.as_bytes()).await?;
    stream.flush().await?;
    // Until the client has closed, which it does after `Connection: close`.
    stream.read_to_end(&mut Vec::new()).await?;
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let field = head.lines().find_map(|line| line.strip_prefix("Cookie: "));
    Ok(field.unwrap_or_default().to_owned())
}

/// Asks one URL after the other; what each was told, redirects included.
async fn told(script: &[(Scheme, &str)], urls: &[&str]) -> Vec<String> {
    let Stage { port, client, cookies } = stage(script).await;
    let client = client.build().expect("sound settings");
    for url in urls {
        let url = url.replace("{port}", &port.to_string());
        deadline(client.get(url).send()).await.expect("an answer");
    }
    deadline(cookies).await.expect("no panic").expect("served")
}

const SAFE: &str = "https://site.test:{port}/";
const PLAIN: &str = "http://site.test:{port}/";

/// Ports do not part cookies, and neither do schemes; `Secure` does.
#[tokio::test]
async fn secure_cookies_do_not_go_over_http() {
    let sets = "Set-Cookie: s=1; Secure\r\nSet-Cookie: p=2\r\n";
    let back = "Location: https://site.test:{port}/x\r\nSet-Cookie: s=3; Secure\r\n";
    let down = "Location: http://site.test:{port}/\r\n";
    let told =
        told(&[(Https, sets), (Https, down), (Http, back), (Https, "")], &[SAFE, SAFE]).await;
    assert_eq!(told, ["", "s=1; p=2", "p=2", "s=1; p=2"]);
}

/// S-74 (CVE-2025-9086): plain http neither replaces, nor shadows, nor removes a `Secure` cookie, not from a path below
/// nor from a host below.
#[tokio::test]
async fn s_74_http_leaves_secure_cookies_alone() {
    let sets = "Set-Cookie: sid=good; Secure; Path=/; Domain=site.test\r\n";
    for attack in [
        "sid=evil",
        "sid=evil; Path=/",
        "sid=evil; Path=/; Domain=site.test",
        "sid=evil; Path=/x",
        "sid=evil; Path=/; Secure",
        "sid=; Path=/; Domain=site.test; Max-Age=0",
        "sid=; Path=/; Domain=site.test; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        let evil = format!("Set-Cookie: {attack}\r\nSet-Cookie: other=1; Path=/\r\n");
        for from in ["http://site.test:{port}/", "http://www.site.test:{port}/"] {
            let script = [(Https, sets), (Http, evil.as_str()), (Https, "")];
            let told = told(&script, &[SAFE, from, "https://site.test:{port}/x"]).await;
            let kept = if from.contains("www") { "sid=good" } else { "sid=good; other=1" };
            assert_eq!(told, ["", "", kept], "{attack} from {from}");
        }
    }
}

/// S-74: the prefixes hold over the wire, in any case.
#[tokio::test]
async fn s_74_prefixes_are_kept() {
    let sets = "Set-Cookie: __Host-a=1; Secure; Path=/\r\nSet-Cookie: __Secure-a=1; Secure\r\n";
    let evil = "Set-Cookie: __HOST-a=2; Path=/\r\nSet-Cookie: __host-a=2; Secure; Path=/; Domain=site.test\r\n\
                Set-Cookie: __secure-b=2\r\nSet-Cookie: =__Host-a=2\r\nSet-Cookie: __Secure-a=2; Secure\r\n";
    let script = [(Https, sets), (Http, evil), (Https, evil), (Https, "")];
    let told = told(&script, &[SAFE, PLAIN, SAFE, SAFE]).await;
    assert_eq!(told[1..], ["", "__Host-a=1; __Secure-a=1", "__Host-a=1; __Secure-a=2"]);
}
