//! Source addresses, and the order they lead to (RFC 6724).

use std::net::{IpAddr, SocketAddr};

use wireline::net::{AddressPolicy, ConnectOptions, source};

use crate::network::{at, cable, inside, racing, run};

/// An interface with these addresses, and everything behind it.
fn home(ips: &[&str]) {
    cable();
    for ip in ips {
        let nodad = if ip.contains(':') { "nodad" } else { "" };
        run(&format!("ip addr add {ip} dev cable {nodad}"));
    }
    run("ip -4 route add default dev cable");
    run("ip -6 route add default dev cable");
}

/// In which order these would be tried, if all failed at once.
async fn order(ips: &[&str], options: ConnectOptions) -> String {
    let addresses: Vec<SocketAddr> = ips.iter().map(|ip| at(ip)).collect();
    let options = ConnectOptions { policy: AddressPolicy::new(|_| false), ..options };
    let (outcome, log) = racing(&addresses, &options).await;
    assert!(outcome.is_err());
    let tried: Vec<_> = log.attempts.iter().map(|try_| try_.address.ip().to_string()).collect();
    tried.join(" ")
}

fn bound(ip: &str) -> ConnectOptions {
    let local_address = ip.parse::<IpAddr>().unwrap().into();
    ConnectOptions { local_address, ..ConnectOptions::default() }
}

fn from(ip: &str) -> Option<String> {
    let source = source(at(ip), &ConnectOptions::default());
    source.map(|source| source.to_string())
}

#[test]
fn the_system_says_from_where() {
    inside("order::the_system_says_from_where", &[], async || {
        home(&["10.0.0.1/24", "2001:db8:a::1/64", "fd00:a::1/64", "2002:a00:1::1/64"]);
        run("ip -6 route add 2001:db8:b::/48 dev cable src fd00:a::1");
        for (to, expected) in [
            ("192.0.2.1", "10.0.0.1"),
            ("127.0.0.9", "127.0.0.1"),
            ("::1", "::1"),
            ("2001:db8:ffff::1", "2001:db8:a::1"),
            ("fd00:ffff::1", "fd00:a::1"),
            ("2002:a00:2::1", "2002:a00:1::1"),
            ("2001:db8:b::1", "fd00:a::1"),
        ] {
            assert_eq!(from(to).as_deref(), Some(expected), "{to}");
        }
        let (other, bound) = ("fd00:a::1".parse().unwrap(), bound("fd00:a::1"));
        assert_eq!(source(at("2001:db8:ffff::1"), &bound), Some(other), "bound to it");
        assert_eq!(source(at("192.0.2.1"), &bound), None, "the other family");
    });
}

#[test]
fn native_addresses_of_both_families() {
    inside("order::native_addresses_of_both_families", &[], async || {
        home(&["10.0.0.1/24", "2001:db8:a::1/64"]);
        let tried = order(&["192.0.2.1", "2001:db8:ffff::1"], ConnectOptions::default()).await;
        assert_eq!(tried, "2001:db8:ffff::1 192.0.2.1");
        // Unique local, and we have no such address: rule 5 puts it behind IPv4.
        let tried = order(&["fd00:b::1", "192.0.2.1"], ConnectOptions::default()).await;
        assert_eq!(tried, "192.0.2.1 fd00:b::1");
        let all = ["fd00:b::1", "2001:db8:f::1", "2001:db8:f::2", "192.0.2.1"];
        let tried = order(&all, ConnectOptions::default()).await;
        assert_eq!(tried, "2001:db8:f::1 192.0.2.1 2001:db8:f::2 fd00:b::1");
        let twice = ConnectOptions { first_family_count: 2, ..ConnectOptions::default() };
        let tried = order(&all, twice).await;
        assert_eq!(tried, "2001:db8:f::1 2001:db8:f::2 192.0.2.1 fd00:b::1");
        let unsorted = ConnectOptions { sort: false, ..ConnectOptions::default() };
        let tried = order(&all, unsorted).await;
        assert_eq!(tried, "fd00:b::1 192.0.2.1 2001:db8:f::1 2001:db8:f::2");
    });
}

/// A network whose only IPv6 is a tunnel's: native IPv4 is better (rules 5 and 6).
#[test]
fn a_tunnels_ipv6_is_not_preferred() {
    inside("order::a_tunnels_ipv6_is_not_preferred", &[], async || {
        home(&["10.0.0.1/24", "2002:a00:1::1/64"]);
        for six in ["2001:db8:ffff::1", "2002:a00:2::1"] {
            let tried = order(&[six, "192.0.2.1"], ConnectOptions::default()).await;
            assert_eq!(tried, format!("192.0.2.1 {six}"));
        }
    });
}

/// Rule 9, for IPv6 only.
#[test]
fn the_nearer_prefix_goes_first() {
    inside("order::the_nearer_prefix_goes_first", &[], async || {
        home(&["10.0.0.1/24", "2001:db8:a::1/64"]);
        let six = ["2001:db8:ffff::1", "2001:db8:a:1::1", "2001:db8:a::9", "2001:db8:a::5"];
        let tried = order(&six, ConnectOptions::default()).await;
        assert_eq!(tried, "2001:db8:a::9 2001:db8:a::5 2001:db8:a:1::1 2001:db8:ffff::1");
        let four = ["192.0.2.1", "10.0.0.9", "10.0.0.5"];
        assert_eq!(order(&four, ConnectOptions::default()).await, four.join(" "));
    });
}

/// A bound address leaves one family usable.
#[test]
fn an_address_of_ours_decides_the_family() {
    inside("order::an_address_of_ours_decides_the_family", &[], async || {
        home(&["10.0.0.1/24", "2001:db8:a::1/64"]);
        let both = ["192.0.2.1", "2001:db8:ffff::1"];
        let tried = order(&both, bound("10.0.0.1")).await;
        assert_eq!(tried, "192.0.2.1 2001:db8:ffff::1");
        let tried = order(&both, bound("2001:db8:a::1")).await;
        assert_eq!(tried, "2001:db8:ffff::1 192.0.2.1");
    });
}

/// So does an interface: the other one has IPv4 alone.
#[test]
fn an_interface_decides_the_family() {
    inside("order::an_interface_decides_the_family", &[], async || {
        home(&["10.0.0.1/24", "2001:db8:a::1/64"]);
        run("ip addr add 10.1.0.1/24 dev end");
        run("ip -4 route add default dev end metric 9");
        let through = |name: &str| ConnectOptions {
            interface: Some(name.into()),
            ..ConnectOptions::default()
        };
        let own = source(at("192.0.2.1"), &through("end"));
        assert_eq!(own, Some("10.1.0.1".parse().unwrap()));
        assert_eq!(source(at("192.0.2.1"), &through("none")), None);
        let both = ["192.0.2.1", "2001:db8:ffff::1"];
        let tried = order(&both, through("end")).await;
        assert_eq!(tried, "192.0.2.1 2001:db8:ffff::1");
        let tried = order(&both, through("cable")).await;
        assert_eq!(tried, "2001:db8:ffff::1 192.0.2.1");
    });
}
