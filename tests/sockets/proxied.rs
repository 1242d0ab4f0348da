//! S-106 with a proxy: the proxy is judged, and whatever it is asked to connect to, as far as that is known here.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use wireline::client::Proxy;
use wireline::net::{AddressClass, Purpose};
use wireline::{Client, Connector, Delivery, Error};

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, quiet};

/// Judges like `deny_private`, but lets the proxy be inside. Names that only the proxy looks up are `unseen`.
fn with_proxy(proxy: &str, unseen: bool) -> Client {
    let connector = Connector::new().address_policy(move |candidate| match candidate.address {
        Some(_) => candidate.is_public() || candidate.purpose == Purpose::Proxy,
        None => unseen,
    });
    let connector = connector.resolve("inside.test", [SocketAddr::from(([10, 0, 0, 7], 0))]);
    quiet().connector(&connector).proxy(Proxy::new(proxy)).build().expect("settings")
}

async fn refused(client: &Client, url: &str) -> Error {
    let error = deadline(client.get(url).send()).await.expect_err(url);
    assert!(error.is_denied() && error.is_connect(), "{url}: {error:?}");
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert!(error.to_string().starts_with(&format!("GET {url}: ")), "{error}");
    error
}

#[tokio::test]
async fn s_106_a_proxy_inside_is_refused_too() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.set_nonblocking(true).expect("no waiting");
    let proxy = format!("http://{}", listener.local_addr().expect("bound"));
    let client = quiet().deny_private().proxy(Proxy::new(&*proxy)).build().expect("settings");
    // What cannot be encrypted does not come as far as a proxy.
    let urls = ["http://1.1.1.1/", "https://1.1.1.1/"];
    for url in &urls[..if cfg!(feature = "tls") { 2 } else { 1 }] {
        let error = refused(&client, url).await;
        let denial = error.denial().expect("a denial");
        assert_eq!(denial.purpose, Purpose::Proxy);
        assert_eq!((&*denial.host, denial.class), ("127.0.0.1", Some(AddressClass::Loopback)));
        assert!(error.is_proxy() && error.to_string().contains(&proxy), "{error}");
    }
    assert_eq!(listener.accept().expect_err("untouched").kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn s_106_addresses_behind_a_proxy_are_judged_as_they_are_without_one() {
    let get = "GET http://1.1.1.1/ HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n";
    let player = Player::script().expect(get).play(OK).open().start();
    let client = with_proxy(&player.url(""), false);
    for (url, ip) in [
        ("http://169.254.169.254/", "169.254.169.254"),
        ("https://169.254.169.254/", "169.254.169.254"),
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1"),
    ] {
        let error = refused(&client, url).await;
        let denial = error.denial().expect("a denial");
        assert_eq!(denial.purpose, Purpose::BehindProxy, "{error}");
        let address = denial.address.expect("an address");
        assert_eq!(address.ip().to_string(), ip);
        assert!(!error.is_proxy(), "the proxy was not asked: {error}");
    }
    deadline(client.get("http://1.1.1.1/").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn s_106_redirects_through_a_proxy_are_judged() {
    let reply = "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(reply).open().start();
    let client = with_proxy(&player.url(""), false);
    let error = deadline(client.get("http://1.1.1.1/").send()).await.expect_err("inside");
    assert!(error.is_denied() && error.history().len() == 1, "{error}");
    player.finish();
}

/// The proxy would see the address, and nobody here.
#[tokio::test]
async fn s_106_names_for_the_proxy_to_look_up_are_refused_unless_a_rule_says_otherwise() {
    let get = "GET http://inside.test/ HTTP/1.1\r\nHost: inside.test\r\n\r\n";
    let player = Player::script().expect(get).play(OK).open().start();
    let strict = with_proxy(&player.url(""), false);
    for url in ["http://inside.test/", "https://inside.test/"] {
        let error = refused(&strict, url).await;
        let denial = error.denial().expect("a denial");
        assert_eq!((denial.address, denial.purpose), (None, Purpose::BehindProxy));
        assert!(error.to_string().contains("inside.test: refused"), "{error}");
        assert!(error.to_string().contains("only the proxy would look the name up"), "{error}");
    }
    let trusting = with_proxy(&player.url(""), true);
    deadline(trusting.get("http://inside.test/").send()).await.expect("an answer");
    player.finish();
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn s_106_names_looked_up_here_for_socks_are_judged_by_their_address() {
    use wireline::Phase;
    let player = Player::script().expect_close().close().start();
    let client = with_proxy(&format!("socks5://{}", player.address()), false);
    let error = refused(&client, "http://inside.test/").await;
    let denial = error.denial().expect("a denial");
    assert_eq!((&*denial.host, denial.purpose), ("inside.test", Purpose::BehindProxy));
    assert_eq!(denial.address, Some(SocketAddr::from(([10, 0, 0, 7], 80))));
    assert_eq!(error.phase(), Phase::Resolve);
    assert!(error.to_string().contains("10.0.0.7, an address of inside.test"), "{error}");
    assert_eq!(player.finish().leftovers, [b""], "not a word to the proxy");
}
