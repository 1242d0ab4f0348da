//! The race through TLS: a port that answers is not yet a server that does.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use wireline::client::Proxy;
use wireline::net::{Attempt, AttemptOutcome, ConnectOptions, Race, Rustls, TlsErrorKind};
use wireline::{Client, ClientBuilder, Clock, Delivery, Error, Phase};

use crate::certs::Authority;
use crate::endpoints::{live, refused};
use crate::server::{Server, Tls, full, serve_at};
use crate::support::deadline;

const DELAY: Duration = Duration::from_millis(250);

/// An address that takes TCP connections and never says a word.
fn silent(ip: &str) -> (TcpListener, SocketAddr) {
    live(ip).expect("loopback has 127.0.0.0/8")
}

async fn bound(ip: &str) -> (tokio::net::TcpListener, SocketAddr) {
    let listener = tokio::net::TcpListener::bind((ip, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

/// An address that greets with `words` whoever connects, and hangs up.
async fn talkative(ip: &str, words: &'static [u8]) -> SocketAddr {
    let (listener, address) = bound(ip).await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(words).await;
            let _ = socket.shutdown().await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    });
    address
}

/// A server whose certificate is for `name`.
async fn server(authority: &Authority, ip: &str, name: &str) -> Server {
    let config = authority.issue(&[name]).server(&["http/1.1"]);
    serve_at(bound(ip).await.0, Tls::new(config), |_| async { Response::new(full("reached")) })
}

fn racing(race: Race) -> ConnectOptions {
    ConnectOptions { race, ..ConnectOptions::default() }
}

fn client(authority: &Authority, addresses: &[SocketAddr]) -> ClientBuilder {
    Client::builder()
        .roots_pem(&authority.pem())
        .resolve("two.test", addresses)
        .connect_options(racing(Race::Tls))
}

async fn get(client: ClientBuilder) -> Result<wireline::Response, Error> {
    deadline(client.build().expect("settings").get("https://two.test/").send()).await
}

/// The second address of two wins; what became of the first one.
async fn lost(authority: &Authority, first: SocketAddr) -> Attempt {
    let server = server(authority, "127.0.0.3", "two.test").await;
    let answer = get(client(authority, &[first, server.address])).await.expect("the second one");
    let info = answer.connection().clone();
    assert!(info.tls.is_some() && info.handshake.is_some() && info.connect.is_some(), "{info:?}");
    assert_eq!(info.remote, Some(server.address));
    let [lost, won] = &info.log.attempts[..] else { panic!("{:?}", info.log.attempts) };
    assert_eq!((lost.address, won.address), (first, server.address));
    assert_eq!(won.outcome, AttemptOutcome::Connected);
    assert_eq!(answer.text().await.expect("a body"), "reached");
    assert!(won.started >= lost.started);
    lost.clone()
}

#[tokio::test]
async fn an_address_that_is_silent_in_tls_is_passed() {
    let authority = Authority::new();
    let (_listener, silent) = silent("127.0.0.2");
    let server = server(&authority, "127.0.0.3", "two.test").await;
    let told = Arc::new(Mutex::new(String::new()));
    let listener = Arc::clone(&told);
    let client = client(&authority, &[silent, server.address])
        .on_event(move |event| listener.lock().unwrap().push_str(&format!("{event}\n")));
    let answer = get(client).await.expect("the second address");
    let told = told.lock().unwrap();
    assert!(told.contains(&format!("{silent}: given up in TLS")), "{told}");
    let [first, second] = &answer.connection().log.attempts[..] else { panic!("two attempts") };
    let AttemptOutcome::AbandonedInTls { connected } = first.outcome else { panic!("{first:?}") };
    assert_eq!(second.outcome, AttemptOutcome::Connected);
    // The delay begins anew when TCP is there.
    assert!(second.started >= first.started + connected + DELAY, "{first:?} {second:?}");
    assert_eq!(first.took, None);
}

/// What the option is for: without it the silent address has won, and time runs out.
#[tokio::test]
async fn without_the_option_the_silent_address_wins() {
    let authority = Authority::new();
    let (_listener, silent) = silent("127.0.0.2");
    let server = server(&authority, "127.0.0.3", "two.test").await;
    let client = client(&authority, &[silent, server.address])
        .connect_options(racing(Race::Tcp))
        .connect_timeout(Duration::from_millis(400));
    let error = get(client).await.expect_err("silence");
    assert_eq!((error.clock(), error.phase()), (Some(Clock::Connect), Phase::Tls));
    assert_eq!(error.connection().expect("how far it got").log.attempts.len(), 1);
}

#[tokio::test]
async fn an_address_that_does_not_speak_tls_is_passed() {
    let authority = Authority::new();
    let ssh = talkative("127.0.0.2", b"SSH-2.0-OpenSSH_9.9\r\n").await;
    let lost = lost(&authority, ssh).await;
    let AttemptOutcome::FailedInTls { kind, .. } = &lost.outcome else { panic!("{lost:?}") };
    assert_eq!(*kind, TlsErrorKind::NotTls);
    let text = lost.to_string();
    assert!(text.starts_with(&format!("{ssh}: TLS failed: ")) && text.ends_with(" ms"), "{text}");
}

#[tokio::test]
async fn an_address_that_hangs_up_is_passed() {
    let authority = Authority::new();
    let lost = lost(&authority, talkative("127.0.0.2", b"").await).await;
    assert!(matches!(lost.outcome, AttemptOutcome::FailedInTls { .. }), "{lost:?}");
}

/// The certificate that counts is the one of the connection that is used.
#[tokio::test]
async fn an_address_with_a_wrong_certificate_is_passed() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (issuer, name, expected) in [
        (&authority, "other.test", TlsErrorKind::WrongName),
        (&stranger, "two.test", TlsErrorKind::UnknownIssuer),
    ] {
        let wrong = server(issuer, "127.0.0.2", name).await;
        let lost = lost(&authority, wrong.address).await;
        let AttemptOutcome::FailedInTls { kind, .. } = lost.outcome else { panic!("{lost:?}") };
        assert_eq!(kind, expected);
    }
}

#[tokio::test]
async fn when_all_fail_each_is_told_with_its_reason() {
    let authority = Authority::new();
    let dead = refused("127.0.0.4");
    let wrong = server(&authority, "127.0.0.2", "other.test").await;
    let plain = talkative("127.0.0.3", b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let addresses = [dead.address, wrong.address, plain];
    let error = get(client(&authority, &addresses)).await.expect_err("nobody is right");
    assert!(error.is_tls() && error.is_connect() && !error.is_dns(), "{error:?}");
    assert!(!error.is_transient() && !error.is_proxy() && !error.is_timeout(), "{error:?}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Tls, Delivery::NotSent));
    let text = error.to_string();
    println!("{text}");
    assert!(text.contains("could not connect securely to any of 3 addresses: "), "{text}");
    for (address, reason) in
        [(dead.address, "refused"), (wrong.address, "TLS failed: "), (plain, "TLS failed: ")]
    {
        let at = text.find(&address.to_string()).unwrap_or_else(|| panic!("{address} in {text}"));
        let told = text[at..].split(" ms").next().unwrap();
        assert!(told.contains(reason) && told.contains(" after "), "{told}");
        assert_eq!(told.matches("127.0.0.").count(), 1, "one address with its own reason: {told}");
    }
    let attempts = &error.connection().expect("how far it got").log.attempts;
    assert!(matches!(attempts[0].outcome, AttemptOutcome::Failed { .. }), "{attempts:?}");
    assert!(matches!(attempts[1].outcome, AttemptOutcome::FailedInTls { .. }), "{attempts:?}");
}

#[tokio::test]
async fn when_time_is_up_the_silent_ones_are_named() {
    let authority = Authority::new();
    let (one, two) = (silent("127.0.0.2"), silent("127.0.0.3"));
    let client = client(&authority, &[one.1, two.1]).connect_timeout(Duration::from_millis(600));
    let error = get(client).await.expect_err("silence");
    assert_eq!((error.clock(), error.phase()), (Some(Clock::Connect), Phase::Tls));
    let text = error.to_string();
    for address in [one.1, two.1] {
        assert!(text.contains(&format!("{address}: connected after ")), "{text}");
    }
    assert!(text.contains("no end of TLS"), "{text}");
}

#[tokio::test]
async fn without_tls_it_is_the_plain_race() {
    let authority = Authority::new();
    let (listener, address) = bound("127.0.0.2").await;
    let _server =
        serve_at(listener, crate::server::Clear, |_| async { Response::new(full("reached")) });
    let client = client(&authority, &[address]).build().expect("settings");
    let answer = deadline(client.get("http://two.test/").send()).await.expect("an answer");
    assert_eq!(answer.connection().log.attempts[0].outcome, AttemptOutcome::Connected);
}

fn proxy(authority: &Authority) -> Proxy {
    let secure = Rustls::with_roots_pem(&authority.pem()).expect("roots");
    Proxy::new("https://two.test").secure(secure)
}

#[tokio::test]
async fn a_proxy_that_forwards_is_raced_through_its_tls() {
    let authority = Authority::new();
    let (_listener, silent) = silent("127.0.0.2");
    let server = server(&authority, "127.0.0.3", "two.test").await;
    let client = client(&authority, &[silent, server.address]).proxy(proxy(&authority));
    let client = client.build().expect("settings");
    let answer = deadline(client.get("http://origin.test/").send()).await.expect("the second");
    let info = answer.connection();
    assert_eq!((info.remote, info.log.attempts.len()), (Some(server.address), 2));
}

/// TLS with the proxy is raced; TLS with the origin goes through the tunnel that was opened.
#[tokio::test]
async fn a_proxy_with_a_tunnel_is_raced_through_its_own_tls() {
    let (authority, origin) = (Authority::new(), Authority::new());
    let (_listener, silent) = silent("127.0.0.2");
    let (listener, address) = bound("127.0.0.3").await;
    let outer = TlsAcceptor::from(Arc::new(authority.issue(&["two.test"]).server(&[])));
    let inner = TlsAcceptor::from(Arc::new(origin.issue(&["origin.test"]).server(&[])));
    let serving = tokio::spawn(async move {
        let mut stream = outer.accept(listener.accept().await?.0).await?;
        stream.read_exact(&mut [0; 7]).await?;
        while stream.read_u8().await? != b'\n' || stream.read_u8().await? != b'\r' {}
        stream.read_u8().await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        stream.flush().await?;
        let mut stream = inner.accept(stream).await?;
        stream.read_u8().await?;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
        stream.flush().await?;
        stream.read_to_end(&mut Vec::new()).await
    });
    let client = client(&authority, &[silent, address])
        .roots_pem(&origin.pem())
        .proxy(proxy(&authority))
        .build()
        .expect("settings");
    let answer = deadline(client.get("https://origin.test/").send()).await.expect("the second");
    let info = answer.connection();
    assert_eq!((info.remote, info.log.attempts.len()), (Some(address), 2));
    assert!(info.handshake.is_some(), "the origin's");
    let proxy = info.proxy.as_ref().expect("a proxy");
    assert!(proxy.tunnel.is_some());
    drop((answer, client));
    deadline(serving).await.expect("no panic").expect("to the end");
}
