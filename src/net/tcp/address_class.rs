//! What kind of address an address is, by the special-purpose registries of IANA (RFC 6890).
//!
//! In: an IP address. Out: its [`AddressClass`], as a pure function of its bits. An IPv6 address that carries an IPv4 one
//! has the class of that, because a packet to it ends up there. Nothing is looked up: a prefix that only one network
//! uses for translation, or an address that is public and yet inside some company, cannot be told from any other.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kind of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressClass {
    /// None of the others: an address of the internet.
    Public,
    /// This machine: 127.0.0.0/8, `::1`.
    Loopback,
    /// "This network": 0.0.0.0/8 and `::`, which most systems connect to themselves.
    Unspecified,
    /// A network of its own: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918).
    Private,
    /// The same in IPv6: fc00::/7 (RFC 4193).
    UniqueLocal,
    /// The same, deprecated: fec0::/10 (RFC 3879).
    SiteLocal,
    /// One link: 169.254.0.0/16, fe80::/10.
    LinkLocal,
    /// Inside a provider, for carrier-grade NAT: 100.64.0.0/10 (RFC 6598).
    Shared,
    /// Where a cloud tells a machine its secrets: 169.254.169.254, `fd00:ec2::254`, 100.100.100.200, 168.63.129.16 and
    /// their like, some of which look public.
    Metadata,
    /// Many machines: 224.0.0.0/4, ff00::/8.
    Multicast,
    /// All machines of a network: 255.255.255.255.
    Broadcast,
    /// For examples: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20.
    Documentation,
    /// For measurements between machines: 198.18.0.0/15, 2001:2::/48.
    Benchmarking,
    /// For protocols: 192.0.0.0/24, 192.88.99.0/24, the rest of 2001::/23, the discard prefixes 100::/64 and
    /// 100:0:0:1::/64.
    Protocol,
    /// IPv6 inside IPv4 by way of a server that the address names: 2001::/32 (RFC 4380).
    Teredo,
    /// A translator of this network, which may lead anywhere: 64:ff9b:1::/48 (RFC 8215), `::ffff:0:0:0/96` (RFC 2765).
    Translator,
    /// Segments of a route inside one network: 5f00::/16 (RFC 9602).
    SegmentRouting,
    /// Not given out: 240.0.0.0/4, and what of IPv6 is not in 2000::/3.
    Reserved,
}

impl AddressClass {
    /// The class of `ip`.
    pub fn of(ip: IpAddr) -> AddressClass {
        if METADATA.contains(&ip) {
            return AddressClass::Metadata;
        }
        match ip {
            IpAddr::V4(ip) => of_v4(ip),
            IpAddr::V6(ip) => match carried(ip) {
                Some(ip) => AddressClass::of(ip.into()),
                None => of_v6(ip),
            },
        }
    }
}

/// `loopback`, `a private address`: what stands behind "is".
impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AddressClass::Public => "public",
            AddressClass::Loopback => "loopback",
            AddressClass::Unspecified => "unspecified",
            AddressClass::Private => "private",
            AddressClass::UniqueLocal => "unique local",
            AddressClass::SiteLocal => "site-local",
            AddressClass::LinkLocal => "link-local",
            AddressClass::Shared => "shared by a carrier-grade NAT",
            AddressClass::Metadata => "a cloud's metadata service",
            AddressClass::Multicast => "multicast",
            AddressClass::Broadcast => "broadcast",
            AddressClass::Documentation => "for documentation",
            AddressClass::Benchmarking => "for benchmarking",
            AddressClass::Protocol => "for protocols",
            AddressClass::Teredo => "Teredo",
            AddressClass::Translator => "a local translator's",
            AddressClass::SegmentRouting => "for segment routing",
            AddressClass::Reserved => "reserved",
        })
    }
}

/// Amazon (with its containers), Google, Azure, Oracle, Alibaba, Scaleway. Azure's lies in public space.
const METADATA: [IpAddr; 10] = [
    v4(169, 254, 169, 254),
    v4(169, 254, 170, 2),
    v4(169, 254, 170, 23),
    v4(168, 63, 129, 16),
    v4(192, 0, 0, 192),
    v4(100, 100, 100, 200),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23]),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]),
    v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42]),
];

const fn v4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8]) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h))
}

/// The IPv4 address a packet to this IPv6 address ends up at, where the address says so.
pub fn carried(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low), // ::ffff:0:0/96, mapped
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,                // unspecified, loopback
        [0, 0, 0, 0, 0, 0, high, low] => v4(high, low),      // ::/96, compatible
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low), // NAT64, RFC 6052
        [0x2002, high, low, ..] => v4(high, low),            // 6to4, RFC 3056
        // ISATAP, RFC 5214 §6.1: an ending that is possible under every prefix, and leads nowhere else than the prefix does.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] if of_v6(ip) == AddressClass::Public => {
            v4(high, low)
        }
        _ => None,
    }
}

fn of_v4(ip: Ipv4Addr) -> AddressClass {
    match ip.octets() {
        [0, ..] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [100, 64..=127, ..] => AddressClass::Shared,
        [169, 254, ..] => AddressClass::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressClass::Documentation,
        [192, 0, 0, _] | [192, 88, 99, _] => AddressClass::Protocol,
        [198, 18 | 19, ..] => AddressClass::Benchmarking,
        [224..=239, ..] => AddressClass::Multicast,
        [255, 255, 255, 255] => AddressClass::Broadcast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn of_v6(ip: Ipv6Addr) -> AddressClass {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 1, ..] => AddressClass::Translator,
        [0x100, 0, 0, 0 | 1, ..] => AddressClass::Protocol,
        [0x2001, 0, ..] => AddressClass::Teredo,
        [0x2001, 2, 0, ..] => AddressClass::Benchmarking,
        [0x2001, 0..=0x1ff, ..] => AddressClass::Protocol,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressClass::Documentation,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        [0x5f00, ..] => AddressClass::SegmentRouting,
        [0xfc00..=0xfdff, ..] => AddressClass::UniqueLocal,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xfec0..=0xfeff, ..] => AddressClass::SiteLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        _ => AddressClass::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::AddressClass::*;
    use super::*;

    /// Each range by its first and last address, and the neighbours outside.
    const TABLE: &[(AddressClass, &str)] = &[
        (Unspecified, "0.0.0.0 0.0.0.1 0.255.255.255 ::"),
        (Public, "1.0.0.0 1.1.1.1 9.255.255.255 11.0.0.0 93.184.215.14"),
        (Private, "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255"),
        (Public, "172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0"),
        (Shared, "100.64.0.0 100.127.255.255"),
        (Public, "100.63.255.255 100.128.0.0"),
        (Loopback, "127.0.0.0 127.0.0.1 127.255.255.255 ::1"),
        (Public, "126.255.255.255 128.0.0.0"),
        (LinkLocal, "169.254.0.0 169.254.169.253 169.254.169.255 169.254.255.255"),
        (Public, "169.253.255.255 169.255.0.0"),
        (Metadata, "169.254.169.254 169.254.170.2 169.254.170.23 100.100.100.200 168.63.129.16"),
        (Metadata, "192.0.0.192 fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fd00:42::42"),
        (Public, "168.63.129.15 168.63.129.17"),
        (Protocol, "192.0.0.0 192.0.0.255 192.88.99.0 192.88.99.255"),
        (Public, "191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0"),
        (Documentation, "192.0.2.0 192.0.2.255 198.51.100.0 198.51.100.255 203.0.113.255"),
        (Public, "198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0"),
        (Benchmarking, "198.18.0.0 198.19.255.255 2001:2::1 2001:2:0:ffff::"),
        (Public, "198.17.255.255 198.20.0.0"),
        (Multicast, "224.0.0.0 239.255.255.255 ff00:: ff02::1 ffff:ffff::"),
        (Public, "223.255.255.255"),
        (Reserved, "240.0.0.0 255.255.255.254"),
        (Broadcast, "255.255.255.255"),
        // Carried: mapped, compatible, NAT64, 6to4, ISATAP.
        (Public, "::ffff:1.1.1.1 ::1.1.1.1 64:ff9b::1.1.1.1 2002:101:101::1"),
        (Loopback, "::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1 64:ff9b::127.0.0.1 2002:7f00:1::"),
        (Metadata, "::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: ::a83f:8110"),
        (Private, "::ffff:10.0.0.1 ::10.0.0.1 64:ff9b::192.168.0.1 2002:ac10:1::1"),
        (Private, "2600::5efe:10.0.0.1 2600::200:5efe:10.0.0.1"),
        // An ISATAP ending under a prefix that is special itself.
        (UniqueLocal, "fd00::5efe:1.1.1.1 fdff::200:5efe:1.1.1.1"),
        (LinkLocal, "fe80::5efe:1.1.1.1 fe80::200:5efe:1.1.1.1"),
        (Translator, "64:ff9b:1:a00:0:5efe:101:101"),
        (Teredo, "2001:0:a00:1:0:5efe:101:101"),
        (Multicast, "ff02::5efe:1.1.1.1"),
        (LinkLocal, "::ffff:169.254.1.1 64:ff9b::169.254.1.1"),
        (Shared, "::ffff:100.64.0.1 64:ff9b::100.64.0.1"),
        (Unspecified, "::ffff:0.0.0.0 64:ff9b:: ::2 ::ffff 2002::"),
        (Broadcast, "::ffff:255.255.255.255"),
        // Local translators.
        (Translator, "64:ff9b:1:: 64:ff9b:1:fffe::1 64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        (Translator, "::ffff:0:10.0.0.1 ::ffff:0:1.1.1.1"),
        (Reserved, "64:ff9b:2:: 64:ff9b:0:0:0:1:1.1.1.1 64:ff9a::1.1.1.1 0:0:0:0:1::"),
        // IPv6 proper.
        (Protocol, "100:: 100::1 100::ffff:ffff:ffff:ffff 100:0:0:1::"),
        (
            Reserved,
            "100:0:0:2:: 100:1:: 200:: 1fff:ffff:: 4000:: 5eff:: 5f01:: fbff:: fe00:: fe7f::",
        ),
        (Teredo, "2001:: 2001:0:ffff:ffff:ffff:ffff:ffff:ffff"),
        (Protocol, "2001:1::1 2001:2:1:: 2001:10:: 2001:20:: 2001:30:: 2001:1ff:ffff::"),
        (Documentation, "2001:db8:: 2001:db8:ffff:: 3fff:: 3fff:fff:ffff::"),
        (
            Public,
            "2000:: 2001:200:: 2001:db7:: 2001:db9:: 2003:: 2606:4700::1111 3ffe:: 3fff:1000::",
        ),
        (SegmentRouting, "5f00:: 5f00:ffff::1"),
        (UniqueLocal, "fc00:: fd00::1 fd00:ec2::253 fdff:ffff::"),
        (LinkLocal, "fe80:: fe80::1 febf:ffff::"),
        (SiteLocal, "fec0:: fec0::1 feff:ffff::"),
    ];

    #[test]
    fn s_106_every_range_and_its_neighbours() {
        for (class, addresses) in TABLE {
            for text in addresses.split(' ') {
                let ip: IpAddr = text.parse().expect(text);
                assert_eq!(AddressClass::of(ip), *class, "{text}");
            }
        }
    }

    /// The standard library's own opinion, where it has a stable one.
    #[test]
    fn s_106_nothing_the_standard_library_calls_special_is_public() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..200_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let ip = Ipv4Addr::from(u32::try_from(seed >> 32).expect("32 bits"));
            let special = ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_documentation()
                || ip.is_multicast()
                || ip.is_broadcast();
            let public = AddressClass::of(ip.into()) == Public;
            assert!(!(special && public), "{ip}");
            assert_eq!(AddressClass::of(ip.to_ipv6_mapped().into()) == Public, public, "{ip}");
            assert_eq!(AddressClass::of(ip.to_ipv6_compatible().into()) == Public, public, "{ip}");
        }
    }
}
