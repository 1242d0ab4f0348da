//! Destination address selection (RFC 6724 §6): which of several addresses is the best one to try.
//!
//! In: a destination, and the source address the system would send from, if it knows a way at all.
//! Out: a [`Rank`]; the smaller one is the better one, and equal ones keep their order. It asks
//! nobody; who asks the system for the source is [`source`](super::source).
//!
//! The rules that are here, in the RFC's order: 1 (avoid unusable destinations), 2 (prefer matching
//! scope), 5 (prefer matching label), 6 (prefer higher precedence), 8 (prefer smaller scope),
//! 9 (longest matching prefix), 10 (else leave the order unchanged). What is left out, and why:
//!
//! - 3, 4 and 7 (deprecated addresses, home addresses, native transport) need to know more about an
//!   interface than its address, which no portable call tells.
//! - 9 is for IPv6 only. With IPv4 it compares bits that mean nothing behind a NAT, and it undoes
//!   the rotation by which a name server spreads its clients over equal servers.
//! - RFC 8305 §4 allows a rule between 8 and 9 for what is known from earlier connections. This
//!   crate keeps no such memory.
//!
//! The policy table is the RFC's default one. An administrator's own (`/etc/gai.conf`) is honoured
//! by getaddrinfo alone: who has one asks the system's resolver and switches sorting off.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv6Addr};

/// How good a destination is: the smallest is tried first.
///
/// The fields are the rules, in their order: a field decides only among those equal in all before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    unusable: bool,
    other_scope: bool,
    other_label: bool,
    precedence: Reverse<u8>,
    scope: u8,
    common_prefix: Reverse<u32>,
}

/// Ranks `destination`, which would be reached from `source`; `None` if it cannot be reached.
///
/// ```
/// use wireline::net::rank;
///
/// let ip = |text: &str| text.parse().unwrap();
/// let v6 = rank(ip("2001:db8::1"), Some(ip("2001:db8::2")));
/// let v4 = rank(ip("192.0.2.1"), Some(ip("192.0.2.2")));
/// let without_route = rank(ip("2001:db8::1"), None);
/// assert!(v6 < v4 && v4 < without_route);
/// ```
pub fn rank(destination: IpAddr, source: Option<IpAddr>) -> Rank {
    let to = as_v6(destination);
    let from = source.map(as_v6);
    let policy = Policy::of(to);
    let is_v4 = to.to_ipv4_mapped().is_some();
    Rank {
        unusable: from.is_none(),
        other_scope: from.is_none_or(|from| scope(from) != scope(to)),
        other_label: from.is_none_or(|from| Policy::of(from).label != policy.label),
        precedence: Reverse(policy.precedence),
        scope: scope(to),
        common_prefix: Reverse(from.filter(|_| !is_v4).map_or(0, |from| common_prefix(from, to))),
    }
}

/// §3.2: "IPv4 addresses are represented as IPv4-mapped addresses".
fn as_v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

const LINK_LOCAL: u8 = 0x2;
const SITE_LOCAL: u8 = 0x5;
const GLOBAL: u8 = 0xe;

/// §3.1 and §3.2. Loopback counts as link-local; private IPv4 and unique local IPv6 are global.
fn scope(ip: Ipv6Addr) -> u8 {
    if let Some(ip) = ip.to_ipv4_mapped() {
        return if ip.is_loopback() || ip.is_link_local() { LINK_LOCAL } else { GLOBAL };
    }
    let [first, ..] = ip.segments();
    match first {
        0xff00.. => (first & 0xf) as u8,
        0xfe80..=0xfebf => LINK_LOCAL,
        0xfec0..=0xfeff => SITE_LOCAL,
        _ if ip.is_loopback() => LINK_LOCAL,
        _ => GLOBAL,
    }
}

/// §5: "CommonPrefixLen(S, D)" looks only at S's prefix, "the portion of the address not including
/// the interface ID". Interface IDs are 64 bits (RFC 4291 §2.5.1).
fn common_prefix(from: Ipv6Addr, to: Ipv6Addr) -> u32 {
    (from.to_bits() ^ to.to_bits()).leading_zeros().min(64)
}

/// A line of the policy table.
struct Policy {
    prefix: Ipv6Addr,
    length: u32,
    precedence: u8,
    label: u8,
}

/// §2.1, the default policy table, the longest prefix first.
const POLICIES: [Policy; 8] = [
    line([0, 0, 0, 0, 0, 0, 0, 1], 128, 50, 0),
    line([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, 35, 4),
    line([0, 0, 0, 0, 0, 0, 0, 0], 96, 1, 3),
    line([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, 5, 5),
    line([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, 30, 2),
    line([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16, 1, 12),
    line([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, 1, 11),
    line([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, 3, 13),
];

/// `::/0`.
const ANY_OTHER: Policy = line([0; 8], 0, 40, 1);

const fn line(prefix: [u16; 8], length: u32, precedence: u8, label: u8) -> Policy {
    let [a, b, c, d, e, f, g, h] = prefix;
    Policy { prefix: Ipv6Addr::new(a, b, c, d, e, f, g, h), length, precedence, label }
}

impl Policy {
    fn of(ip: Ipv6Addr) -> &'static Policy {
        let common = |line: &Policy| (ip.to_bits() ^ line.prefix.to_bits()).leading_zeros();
        POLICIES.iter().find(|line| common(line) >= line.length).unwrap_or(&ANY_OTHER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line: the better pair of destination and source, then the worse one; `-` is no source.
    const BETTER: &[(&str, &str, &str)] = &[
        ("1: usable", "192.0.2.1 192.0.2.9", "2001:db8::1 -"),
        ("1: usable, whatever else", "3ffe::1 ::1", "::1 -"),
        ("2: scope", "192.0.2.1 192.0.2.9", "2001:db8::1 fe80::1"),
        ("2: scope", "2001:db8::1 2001:db8::2", "192.0.2.1 169.254.13.78"),
        ("5: label", "2002:c633:6401::1 2002:c633:6401::2", "2001:db8::1 2002:c633:6401::2"),
        ("5: label", "192.0.2.1 192.0.2.9", "2001:db8::1 2001:0:1::2"),
        ("5: label", "192.0.2.1 192.0.2.9", "fd00::1 2001:db8::2"),
        ("6: native before IPv4", "2001:db8::1 2001:db8::2", "10.1.2.3 10.1.2.4"),
        ("6: loopback first", "::1 ::1", "127.0.0.1 127.0.0.1"),
        ("6: IPv4 before 6to4", "10.1.2.3 10.1.2.4", "2002:c633:6401::1 2002:c633:6401::2"),
        ("6: IPv4 before Teredo", "10.1.2.3 10.1.2.4", "2001::1 2001::2"),
        ("6: IPv4 before unique local", "10.1.2.3 10.1.2.4", "fd00::1 fd00::2"),
        ("6: native before unique local", "2001:db8::1 2001:db8::2", "fd00::1 fd00::2"),
        ("6: unique local before the old experiment", "fd00::1 fd00::2", "3ffe::1 3ffe::2"),
        ("8: smaller scope", "fe80::1 fe80::2", "2001:db8::1 2001:db8::2"),
        ("9: prefix", "2001:db8:1::1 2001:db8:1::2", "2001:db8:3ffe::1 2001:db8:3f44::2"),
    ];

    /// Pairs the rules have nothing to say about: the resolver's order stays (rule 10).
    const EQUAL: &[(&str, &str, &str)] = &[
        (
            "9 ends where the interface begins",
            "2001:db8::1 2001:db8::2",
            "2001:db8::f000 2001:db8::2",
        ),
        ("9 is not for IPv4", "192.0.2.1 192.0.2.9", "198.51.100.1 192.0.2.9"),
        ("private is global", "10.1.2.3 10.1.2.4", "198.51.100.1 10.1.2.4"),
        ("nor for mapped ones", "::ffff:192.0.2.1 ::ffff:192.0.2.9", "198.51.100.1 192.0.2.9"),
    ];

    fn read(pair: &str) -> Rank {
        let (to, from) = pair.split_once(' ').unwrap();
        rank(to.parse().unwrap(), (from != "-").then(|| from.parse().unwrap()))
    }

    #[test]
    fn each_rule_decides() {
        for (rule, better, worse) in BETTER {
            assert!(read(better) < read(worse), "rule {rule}: {better} before {worse}");
        }
        for (why, one, other) in EQUAL {
            assert_eq!(read(one), read(other), "{why}");
        }
    }

    #[test]
    fn the_table_is_read_by_its_longest_prefix() {
        for (ip, precedence, label) in [
            ("::1", 50, 0),
            ("::2", 1, 3),
            ("::ffff:1.2.3.4", 35, 4),
            ("::fffe:1.2.3.4", 40, 1),
            ("2001::1", 5, 5),
            ("2001:1::1", 40, 1),
            ("2002::1", 30, 2),
            ("fcff::1", 3, 13),
            ("fdff::1", 3, 13),
            ("fe80::1", 40, 1),
            ("feff::1", 1, 11),
            ("3ffe::1", 1, 12),
            ("3fff::1", 40, 1),
        ] {
            let policy = Policy::of(ip.parse().unwrap());
            assert_eq!((policy.precedence, policy.label), (precedence, label), "{ip}");
        }
    }
}
