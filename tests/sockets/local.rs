//! Our end of a connection: addresses by family, ports by range.

use std::net::{IpAddr, TcpListener};

use wireline::net::{ConnectOptions, LocalAddress};
use wireline::{Client, Connector};

use crate::endpoints::live;
use crate::options::connected;
use crate::support::player::Player;
use crate::support::{deadline, has_ipv6};
use crate::talk::{OK, quiet};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn from(local: LocalAddress) -> ConnectOptions {
    ConnectOptions { local_address: local, ..ConnectOptions::default() }
}

#[tokio::test]
async fn each_family_has_its_own_address() {
    let (four, address) = live("127.0.0.2").expect("a loopback address");
    let both = LocalAddress::from(ip("127.0.0.9")).and(ip("::1"));
    let stream = connected(address, from(both)).await.expect("a connection");
    assert_eq!(stream.local_addr().expect("bound").ip(), ip("127.0.0.9"));
    assert_eq!(four.accept().expect("a connection").1.ip(), ip("127.0.0.9"));
    if let Some((_six, address)) = live("::1") {
        let stream = connected(address, from(both)).await.expect("a connection");
        assert_eq!(stream.local_addr().expect("bound").ip(), ip("::1"));
    }
}

#[tokio::test]
async fn a_family_without_an_address_of_ours_is_not_connected_to() {
    let (_four, address) = live("127.0.0.2").expect("a loopback address");
    let error = connected(address, from(ip("::1").into())).await.expect_err("IPv4");
    assert!(error.contains("127.0.0.2") && error.contains("`local_address` has none for IPv4"));
    if has_ipv6() {
        let (_six, address) = live("::1").expect("IPv6");
        let error = connected(address, from(ip("127.0.0.9").into())).await.expect_err("IPv6");
        assert!(error.contains("`local_address` has none for IPv6"), "{error}");
    }
}

#[tokio::test]
async fn an_address_that_is_not_ours_is_named() {
    let (_four, address) = live("127.0.0.2").expect("a loopback address");
    let error = connected(address, from(ip("192.0.2.1").into())).await.expect_err("not ours");
    assert!(error.contains("cannot set `local_address` to 192.0.2.1: "), "{error}");
}

/// Connections of a connector with an address of its own are no others' (S-45).
#[tokio::test]
async fn s_45_a_client_and_a_request_each_come_from_where_they_were_told() {
    let player = Player::script().expect_head().play(OK).open().expect_head().play(OK).open();
    let player = player.start();
    let client = quiet().local_address(ip("127.0.0.8")).build().expect("settings");
    let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert_eq!(response.connection().local.map(|end| end.ip()), Some(ip("127.0.0.8")));
    let other = Connector::new().local_address(ip("127.0.0.9"));
    let request = client.get(player.url("/")).connector(&other);
    let response = deadline(request.send()).await.expect("an answer");
    assert_eq!(response.connection().local.map(|end| end.ip()), Some(ip("127.0.0.9")));
    assert!(!response.is_reused());
    player.finish();
}

#[tokio::test]
async fn of_a_range_of_ports_the_first_free_one_is_taken() {
    let player = Player::script().expect_head().play(OK).open().start();
    // Somebody else has the first one.
    let taken = TcpListener::bind("127.0.0.9:0").expect("a free port");
    let first = taken.local_addr().expect("bound").port().min(u16::MAX - 200);
    let taken = TcpListener::bind(("127.0.0.9", first)).map_or(taken, |other| other);
    let connector =
        Connector::new().local_address(ip("127.0.0.9")).local_ports(first..=first + 200);
    let request = Client::new().get(player.url("/")).connector(&connector);
    let response = deadline(request.send()).await.expect("an answer");
    let local = response.connection().local.expect("an address");
    assert_eq!(local.ip(), ip("127.0.0.9"));
    assert!((first + 1..=first + 200).contains(&local.port()), "{first}: {local}");
    player.finish();
    drop(taken);
}

#[tokio::test]
async fn a_port_alone_leaves_the_address_to_the_kernel() {
    let (_four, address) = live("127.0.0.2").expect("a loopback address");
    let port = {
        let probe = TcpListener::bind("0.0.0.0:0").expect("a free port");
        probe.local_addr().expect("bound").port()
    };
    let options = ConnectOptions { local_ports: Some(port..=u16::MAX), ..Default::default() };
    let stream = connected(address, options).await.expect("a connection");
    let local = stream.local_addr().expect("bound");
    assert!(local.port() >= port && local.ip().is_loopback(), "{local}");
}

#[tokio::test]
async fn a_range_without_a_free_port_is_named() {
    let (_four, address) = live("127.0.0.2").expect("a loopback address");
    let taken = TcpListener::bind("127.0.0.9:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port();
    let range = |ports| ConnectOptions { local_ports: Some(ports), ..from(ip("127.0.0.9").into()) };
    let error = connected(address, range(port..=port)).await.expect_err("taken");
    let expected = format!(
        "cannot set `local_ports` to {port} to {port} at 127.0.0.9: Address already in use"
    );
    assert!(error.contains(&expected), "{error}");
    #[expect(clippy::reversed_empty_ranges, reason = "that is the mistake")]
    let error = connected(address, range(9..=8)).await.expect_err("no port at all");
    assert!(error.contains("`local_ports` to 9 to 8 at 127.0.0.9: the range is empty"), "{error}");
}
