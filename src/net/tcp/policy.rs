//! Which addresses may be connected to, decided on the address and not on the name.
//!
//! In: an address that is about to be tried. Out: yes or no. A check of the URL's host is no
//! protection against requests forged through the client (SSRF): the name may be rebound between
//! the check and the connection, and a redirect or a proxy brings names nobody checked. So the
//! question is asked for every attempt, after resolution, with the very address that goes into
//! `connect`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// A rule about addresses; the default allows all.
#[derive(Clone, Default)]
pub struct AddressPolicy(Option<Rule>);

type Rule = Arc<dyn Fn(SocketAddr) -> bool + Send + Sync>;

impl AddressPolicy {
    /// Every address is allowed.
    pub const fn any() -> Self {
        Self(None)
    }

    /// Only addresses of the public internet: none that is loopback, private, link-local, shared,
    /// reserved, multicast or for documentation, nor an IPv6 address that carries such an IPv4 one
    /// (mapped, compatible, NAT64, 6to4).
    pub fn public() -> Self {
        Self::new(|address| is_public(address.ip()))
    }

    /// The addresses for which `rule` says `true`. It gets them as they were resolved; it must not
    /// block.
    pub fn new(rule: impl Fn(SocketAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(rule)))
    }

    /// Whether `address` may be connected to.
    pub fn allows(&self, address: SocketAddr) -> bool {
        self.0.as_ref().is_none_or(|rule| rule(address))
    }
}

impl fmt::Debug for AddressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "AddressPolicy(rule)" } else { "AddressPolicy(any)" })
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match carried(ip) {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
    }
}

/// The IPv4 special-purpose registry (RFC 6890), "globally reachable: false", plus multicast.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(a == 0 // this network
        || ip.is_private()
        || (a == 100 && b & 0xc0 == 64) // shared, RFC 6598
        || ip.is_loopback()
        || ip.is_link_local() // the clouds' metadata services live at 169.254.169.254
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || ip.is_documentation()
        || (a == 192 && b == 88 && c == 99) // 6to4 relays, deprecated
        || (a == 198 && b & 0xfe == 18) // benchmarking
        || a >= 224) // multicast, reserved, broadcast
}

/// Global unicast is 2000::/3; of that, what is not the internet is taken out.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    a & 0xe000 == 0x2000
        && !(a == 0x2001 && b < 0x200) // protocol assignments, Teredo, benchmarking
        && !(a == 0x2001 && b == 0xdb8) // documentation
        && !(a == 0x3fff && b < 0x1000) // documentation, RFC 9637
}

/// The IPv4 address a packet to this IPv6 address ends up at.
fn carried(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = ip.segments();
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low), // ::ffff:0:0/96, mapped
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low), // ::/96, compatible
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low), // NAT64, RFC 6052
        [0x2002, high, low, ..] => v4(high, low),            // 6to4, RFC 3056
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_106_public_means_public_however_it_is_written() {
        let policy = AddressPolicy::public();
        let allows = |ip: &str| policy.allows(SocketAddr::new(ip.parse().unwrap(), 80));
        for ip in [
            "1.1.1.1",
            "93.184.215.14",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(allows(ip), "{ip}");
        }
        for ip in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:169.254.169.254",
            "::ffff:7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "::127.0.0.1",
        ] {
            assert!(!allows(ip), "{ip}");
        }
        assert!(AddressPolicy::any().allows("127.0.0.1:80".parse().unwrap()));
    }
}
