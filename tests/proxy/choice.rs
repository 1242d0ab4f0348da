//! Which way a request takes: the client's rules, its own, and none.

use std::io::ErrorKind;
use std::net::TcpListener;

use wireline::Client;
use wireline::client::{Proxies, Proxy};
use wireline::net::{AddressPolicy, ConnectOptions};

use crate::pairs::{http, through};
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet};

const ABSOLUTE: &str = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n";
const ORIGIN: &str = "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";

#[tokio::test]
async fn a_request_chooses_for_itself() {
    let one = Player::script().expect(ABSOLUTE).play(OK).open().start();
    let two = Player::script().expect(ABSOLUTE).play(OK).open().start();
    let three = Player::script().expect(ORIGIN).play(OK).open().start();
    let client = through(http(&one));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    deadline(client.get("http://a.test/").proxy(http(&two)).send()).await.expect("an answer");
    deadline(client.get(three.url("/")).no_proxy().send()).await.expect("an answer");
    for player in [one, two, three] {
        player.finish();
    }
}

#[tokio::test]
async fn rules_and_no_rules() {
    let proxy = Player::script().expect(ABSOLUTE).play(OK).open().start();
    let origin = Player::script().expect(ORIGIN).play(OK).expect(ORIGIN).play(OK).open().start();
    let client = through(Proxies::new().direct("127.0.0.0/8").all(http(&proxy)));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    deadline(client.get(origin.url("/")).send()).await.expect("an answer");
    let only_https = Proxies::new().https(http(&proxy));
    deadline(client.get(origin.url("/")).proxy(only_https).send()).await.expect("an answer");
    proxy.finish();
    origin.finish();
}

#[tokio::test]
async fn the_environment_is_read_where_it_is_asked_for() {
    let proxy = Player::script().expect(ABSOLUTE).play(OK).open().start();
    let origin = Player::script().expect(ORIGIN).play(OK).open().start();
    let address = proxy.address().to_string();
    let vars = [("http_proxy", &*address), ("NO_PROXY", "127.0.0.1")];
    let client = through(Proxies::from_vars(vars));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    deadline(client.get(origin.url("/")).send()).await.expect("an answer");
    proxy.finish();
    origin.finish();
}

#[tokio::test]
async fn a_proxy_that_cannot_be_understood_is_no_direct_way() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("no waiting");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let vars = [("all_proxy", "gopher://user:hunter2@p")];
    for proxies in [Proxy::new("http://p/path").into(), Proxies::from_vars(vars)] {
        let error = quiet().proxy(proxies.clone()).build().expect_err("told at once");
        assert!(error.is_builder() && !format!("{error:?}").contains("hunter2"), "{error}");
        let sent = deadline(client().get(&url).proxy(proxies).send()).await;
        assert!(sent.expect_err("told when it is sent").is_builder());
    }
    let asked = Proxies::with(|_| Some(Proxy::new("nothing://")));
    let sent = deadline(client().get(&url).proxy(asked).send()).await;
    assert!(sent.expect_err("told when it is chosen").is_builder());
    let accepted = listener.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(accepted, Err(ErrorKind::WouldBlock), "connected all the same");
}

#[tokio::test]
async fn s_50_a_zone_means_nothing_to_a_proxy() {
    let client = through(Proxy::new("http://127.0.0.1:9"));
    let error = deadline(client.get("http://[fe80::1%25lo]/").send()).await.expect_err("no way");
    assert!(error.is_builder() && error.to_string().contains("no_proxy"), "{error}");
}

/// A proxy is no way around the address policy, for the addresses that are known here.
#[tokio::test]
async fn s_106_the_policy_holds_for_the_proxy_and_for_addresses_behind_it() {
    let player = Player::script().expect(ABSOLUTE).play(OK).open().start();
    let policed = |policy: AddressPolicy| -> Client {
        let options = ConnectOptions { policy, ..ConnectOptions::default() };
        quiet().connect_options(options).proxy(http(&player)).build().expect("settings")
    };
    let none = policed(AddressPolicy::public());
    let error = deadline(none.get("http://1.1.1.1/").send()).await.expect_err("a loopback proxy");
    assert!(error.is_proxy() && error.to_string().contains("address policy"), "{error}");
    let local = policed(AddressPolicy::with(|candidate| {
        // What has no address here is a name for the proxy to look up.
        candidate.address.is_none_or(|address| address.ip().is_loopback())
    }));
    deadline(local.get("http://a.test/").send()).await.expect("an answer");
    for scheme in ["http", "https"] {
        let inside = local.get(format!("{scheme}://169.254.169.254/")).send();
        let error = deadline(inside).await.expect_err("refused");
        assert!(error.to_string().contains("address policy"), "{error}");
    }
    player.finish();
}
