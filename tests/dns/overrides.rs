//! What stands in front of DNS: fixed addresses, other places for hosts and ports, resolvers of the caller's own.

use std::net::SocketAddr;

use wireline::client::Proxy;
use wireline::dns::{DnsErrorKind, Resolution, Resolve, addresses, failed};
use wireline::net::AddressPolicy;
use wireline::{Client, Connector, Delivery};

use crate::support::deadline;
use crate::support::player::Player;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const TUNNEL: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

/// Knows nobody: what gets here was not fixed.
struct Nobody;

impl Resolve for Nobody {
    fn resolve(&self, host: &str, _: u16) -> Resolution {
        failed(DnsErrorKind::NxDomain, host, None)
    }
}

/// A player that expects a GET for that authority, and nothing else.
fn origin(authority: &str) -> Player {
    let get = format!("GET / HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    Player::script().expect(get).play(OK).open().start()
}

fn plain(connector: &Connector) -> Client {
    crate::talk::quiet().connector(connector).build().expect("a client")
}

async fn reaches(player: Player, client: &Client, url: &str) {
    let address = player.address();
    let response = deadline(client.get(url).send()).await.expect(url);
    assert_eq!(response.connection().remote, Some(address), "{url}");
    drop(response);
    player.finish();
}

async fn is_unknown(client: &Client, url: &str) {
    let error = deadline(client.get(url).send()).await.expect_err(url);
    assert!(error.is_dns() && error.to_string().contains("no such host"), "{error}");
    assert_eq!(error.delivery(), Delivery::NotSent);
}

#[tokio::test]
async fn addresses_of_one_port_of_all_ports_and_of_all_hosts() {
    let [one, all, any, any_port] =
        [origin("a.test:81"), origin("a.test"), origin("b.test"), origin("localhost:82")];
    let fixed = |player: &Player| vec![player.address()];
    let connector = Connector::new()
        .resolver(Nobody)
        .resolve_port("A.test", 81, fixed(&one))
        .resolve("a.test", fixed(&all))
        .resolve("*", fixed(&any))
        .resolve_port("*", 82, fixed(&any_port));
    let client = plain(&connector);
    reaches(one, &client, "http://a.test:81/").await;
    reaches(all, &client, "http://a.test/").await;
    reaches(any, &client, "http://b.test/").await;
    // Even `localhost`, as curl does it.
    reaches(any_port, &client, "http://localhost:82/").await;
}

#[tokio::test]
async fn what_was_fixed_can_be_taken_back() {
    let (one, two) = (origin("a.test"), origin("a.test:81"));
    let connector = Connector::new()
        .resolver(Nobody)
        .resolve("a.test", vec![one.address()])
        .resolve_port("a.test", 81, vec![two.address()]);
    let without = connector.clone().unresolve("A.TEST.", Some(81)).unresolve("b.test", None);
    reaches(one, &plain(&without), "http://a.test/").await;
    let without = connector.unresolve("a.test", None);
    reaches(two, &plain(&without), "http://a.test:81/").await;
    is_unknown(&plain(&without), "http://a.test/").await;
    is_unknown(&plain(&without.unresolve("a.test", Some(81))), "http://a.test:81/").await;
}

/// The request is the URL's, only the connection leads elsewhere; and what leads elsewhere is not shared.
#[tokio::test]
async fn a_url_is_connected_to_another_place() {
    let there = origin("a.test:8080");
    let (ip, port) = ("127.0.0.1", Some(there.address().port()));
    let connector = Connector::new()
        .resolver(Nobody)
        .connect_to("a.test", Some(80), "never.test", None)
        .connect_to("a.test", Some(8080), ip, port)
        .connect_to("", None, "never.test", None);
    reaches(there, &plain(&connector), "http://a.test:8080/").await;
    is_unknown(&plain(&connector), "http://a.test/").await;

    // An address in a URL as well, the port alone, and by a name that is fixed itself.
    let there = origin("[2001:db8::1]");
    let port = Some(there.address().port());
    let connector = Connector::new().resolver(Nobody);
    let by_ip = connector.clone().connect_to("[2001:db8::1]", None, "127.0.0.1", port);
    reaches(there, &plain(&by_ip), "http://[2001:db8::1]/").await;
    let there = origin("127.0.0.1:1");
    let port = Some(there.address().port());
    reaches(
        there,
        &plain(&connector.clone().connect_to("", Some(1), "", port)),
        "http://127.0.0.1:1/",
    )
    .await;
    let there = origin("a.test");
    let fixed = connector.connect_to("a.test", None, "b.test", Some(99));
    let fixed = fixed.resolve_port("b.test", 99, vec![there.address()]);
    reaches(there, &plain(&fixed), "http://a.test/").await;
}

#[tokio::test]
async fn s_45_another_place_is_another_connection() {
    let (here, there) = (origin("a.test"), origin("a.test"));
    let connector = Connector::new().resolve("a.test", vec![here.address()]);
    let client = plain(&connector);
    let port = Some(there.address().port());
    let other = connector.connect_to("a.test", None, "127.0.0.1", port);
    let get = || client.get("http://a.test/");
    let first = deadline(get().send()).await.expect("here");
    let second = deadline(get().connector(&other).send()).await.expect("there");
    assert_eq!(first.connection().remote, Some(here.address()));
    assert_eq!(second.connection().remote, Some(there.address()));
    drop((first, second));
    here.finish();
    there.finish();
}

#[tokio::test]
async fn s_106_another_place_is_judged_like_any_other() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = Some(listener.local_addr().expect("bound").port());
    let options =
        wireline::net::ConnectOptions { policy: AddressPolicy::public(), ..Default::default() };
    let connector =
        Connector::new().options(options).connect_to("192.0.2.1", None, "127.0.0.1", port);
    let through = Proxy::new("http://192.0.2.2:3128").tunnel(true);
    for client in [
        plain(&connector),
        crate::talk::quiet().connector(&connector).proxy(through).build().expect("a client"),
    ] {
        let error = deadline(client.get("http://192.0.2.1/").send()).await.expect_err("loopback");
        assert!(error.to_string().contains("address policy"), "{error}");
        assert_eq!(error.delivery(), Delivery::NotSent);
    }
    listener.set_nonblocking(true).expect("a flag");
    assert!(listener.accept().is_err(), "nobody has come");
}

/// The proxy is where it is, and is told where to go.
#[tokio::test]
async fn through_a_proxy_the_proxy_goes_there() {
    let connector = Connector::new()
        .resolver(Nobody)
        .connect_to("a.test", None, "b.test", Some(8080))
        .connect_to("127.0.0.1", None, "never.test", None)
        .connect_to("c.test", None, "::1", None);
    let client = |proxy: Proxy| {
        let builder = crate::talk::quiet().connector(&connector).proxy(proxy);
        builder.build().expect("a client")
    };
    for (url, connect, authority) in
        [("http://a.test/", "b.test:8080", "a.test"), ("http://c.test/", "[::1]:80", "c.test")]
    {
        let player = Player::script()
            .expect(format!("CONNECT {connect} HTTP/1.1\r\nHost: {connect}\r\n\r\n"))
            .play(TUNNEL)
            .expect(format!("GET / HTTP/1.1\r\nHost: {authority}\r\n\r\n"))
            .play(OK)
            .open()
            .start();
        let client = client(Proxy::new(player.url("")));
        deadline(client.get(url).send()).await.expect("an answer");
        player.finish();
    }
    // What leads nowhere else is forwarded as ever.
    let player =
        Player::script().expect("GET http://d.test/ HTTP/1.1\r\nHost: d.test\r\n\r\n").play(OK);
    let player = player.open().start();
    deadline(client(Proxy::new(player.url(""))).get("http://d.test/").send())
        .await
        .expect("an answer");
    player.finish();
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn socks_is_told_the_other_place() {
    let connector = Connector::new()
        .resolve_port("b.test", 80, vec![SocketAddr::from(([192, 0, 2, 7], 81))])
        .connect_to("a.test", None, "b.test", None);
    let named = b"\x05\x01\0\x03\x06b.test\0\x50".as_slice();
    let looked_up = b"\x05\x01\0\x01\xc0\0\x02\x07\0\x51".as_slice();
    for (scheme, connect) in [("socks5h", named), ("socks5", looked_up)] {
        let player = Player::script()
            .expect(b"\x05\x01\0")
            .play(b"\x05\0")
            .expect(connect)
            .play(b"\x05\0\0\x01\0\0\0\0\0\0")
            .expect("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
            .play(OK)
            .open()
            .start();
        let proxy = Proxy::new(format!("{scheme}://{}", player.address()));
        let client = crate::talk::quiet().connector(&connector).proxy(proxy);
        let client = client.build().expect("a client");
        deadline(client.get("http://a.test/").send()).await.expect(scheme);
        player.finish();
    }
}

/// The certificate has to be the URL's host's, wherever the connection leads.
#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_asks_for_the_name_of_the_url() {
    use crate::certs::Authority;
    use crate::server::{Tls, full, serve_with};

    deadline(async {
        let authority = Authority::new();
        let config = authority.issue(&["a.test"]).server(&["http/1.1"]);
        let page = |request: hyper::Request<hyper::body::Incoming>| async move {
            let host = request.headers()["host"].to_str().expect("ASCII").to_owned();
            hyper::Response::new(full(host))
        };
        let server = serve_with(Tls::new(config), page).await;
        let port = Some(server.address.port());
        let builder = Client::builder().roots_pem(&authority.pem());
        let builder = builder.resolver(Nobody).connect_to("", None, "127.0.0.1", port);
        let client = builder.build().expect("a client");
        let response = client.get("https://a.test/").send().await.expect("its certificate");
        assert_eq!(response.text().await.expect("a body"), "a.test");
        let error = client.get("https://b.test/").send().await.expect_err("not its certificate");
        assert!(error.is_tls(), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_resolver_of_ten_lines() {
    struct Inventory(SocketAddr);

    impl Resolve for Inventory {
        fn resolve(&self, host: &str, _: u16) -> Resolution {
            match host {
                "db.internal" => addresses(host, vec![self.0]),
                _ => failed(DnsErrorKind::NxDomain, host, None),
            }
        }
    }

    let there = origin("db.internal");
    let inventory = Inventory(there.address());
    let client = crate::talk::quiet().resolver(inventory).build().expect("a client");
    reaches(there, &client, "http://db.internal/").await;
    is_unknown(&client, "http://other.internal/").await;
}
