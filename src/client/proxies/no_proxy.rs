//! Lists of hosts, as `NO_PROXY` has them.
//!
//! In go a list and a URL, out comes whether the list has its host. Nothing is looked up: a name is a name and an address
//! an address. There is no standard for this; what stands here is curl's reading of it, with Go's ranges and ports (S-83).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::message::Uri;

/// A list of hosts.
///
/// Its entries are separated by commas or spaces, upper and lower case and a final dot do not matter:
///
/// | entry | hosts |
/// |---|---|
/// | `example.com`, `.example.com`, `*.example.com` | `example.com` and all names below it, not `notexample.com` |
/// | `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]` | that address |
/// | `10.0.0.0/8`, `fd00::/8` | addresses of that range |
/// | any of the first two with `:8080` | only on that port (IPv6 in brackets then) |
/// | `*` | all |
///
/// What is none of these matches nothing.
///
/// ```
/// use wireline::Uri;
/// use wireline::client::NoProxy;
///
/// let list = NoProxy::parse("localhost, .example.com, 10.0.0.0/8");
/// assert!(list.contains(&Uri::parse("https://www.example.com/")?));
/// assert!(!list.contains(&Uri::parse("https://example.org/")?));
/// # Ok::<(), wireline::message::InvalidUri>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NoProxy {
    entries: Vec<(Hosts, Option<u16>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// In lower case, without dots in front and behind.
    Name(Box<str>),
    /// The first so many bits of an address.
    Range(IpAddr, u32),
    /// An address on one network interface.
    Zoned(IpAddr, Box<str>),
}

impl NoProxy {
    /// Reads a list.
    pub fn parse(list: &str) -> NoProxy {
        let separates = |c: char| c == ',' || c.is_ascii_whitespace();
        let entries = list.split(separates).filter(|entry| !entry.is_empty());
        NoProxy { entries: entries.filter_map(read).collect() }
    }

    /// Whether the host of `uri` is in the list, on the port the URI leads to.
    pub fn contains(&self, uri: &Uri) -> bool {
        let fits = |port: Option<u16>| port.is_none_or(|port| port == uri.port());
        self.entries.iter().any(|(hosts, port)| fits(*port) && hosts.contain(uri))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn read(entry: &str) -> Option<(Hosts, Option<u16>)> {
    if entry == "*" {
        return Some((Hosts::All, None));
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return range(unbracketed(network), bits).map(|range| (range, None));
    }
    // Before ports: most colons belong to IPv6.
    if let Some(address) = address(unbracketed(entry)) {
        return Some((address, None));
    }
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) => (host, Some(number(port)?)),
        None => (entry, None),
    };
    if let Some(address) = address(unbracketed(host)) {
        return Some((address, port));
    }
    let name = host.strip_prefix("*.").unwrap_or(host);
    let name = name.strip_prefix('.').unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name);
    let name = (!name.is_empty() && !name.contains(['[', ']', ':', '%', '*'])).then_some(name)?;
    Some((Hosts::Name(name.to_ascii_lowercase().into()), port))
}

fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}

fn address(text: &str) -> Option<Hosts> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        let ip = ip.to_canonical();
        return Some(Hosts::Range(ip, width(ip)));
    }
    let (ip, zone) = text.split_once('%')?;
    let zone = zone.strip_prefix("25").unwrap_or(zone);
    Some(Hosts::Zoned(ip.parse().ok()?, zone.into()))
}

fn range(network: &str, bits: &str) -> Option<Hosts> {
    let network: IpAddr = network.parse().ok()?;
    let bits = u32::from(number(bits)?);
    (bits <= width(network)).then_some(Hosts::Range(network, bits))
}

/// `FromStr` takes a plus sign.
fn number(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| u16::from_str(text).ok())?
}

fn width(ip: IpAddr) -> u32 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// An address as a number whose first bits are the address's.
fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()) << 96,
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl Hosts {
    fn contain(&self, uri: &Uri) -> bool {
        // 10.0.0.1 is 10.0.0.1 as ::ffff:10.0.0.1 too.
        let ip = uri.ip().map(|ip| ip.to_canonical());
        match (self, ip) {
            (Hosts::All, _) => true,
            (Hosts::Name(name), None) => is_below(uri.host(), name),
            (Hosts::Range(network, length), Some(ip)) => {
                let differs = bits(*network) ^ bits(ip);
                network.is_ipv4() == ip.is_ipv4()
                    && differs.checked_shr(128 - length).unwrap_or_default() == 0
            }
            (Hosts::Zoned(address, zone), Some(_)) => {
                uri.ip() == Some(*address) && uri.zone() == Some(zone)
            }
            // An address is no name, whatever its zone looks like (CVE-2025-22870).
            (Hosts::Name(_), Some(_)) | (Hosts::Range(..) | Hosts::Zoned(..), None) => false,
        }
    }
}

/// Whether `host` is `name` or ends in a dot and it. The host of a URI is in lower case.
fn is_below(host: &str, name: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl fmt::Debug for NoProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|(hosts, _)| hosts)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, inside: &[&str], outside: &[&str]) {
        let hosts = NoProxy::parse(list);
        for (urls, expected) in [(inside, true), (outside, false)] {
            for url in urls {
                let uri = Uri::parse(url).expect("a URL");
                assert_eq!(hosts.contains(&uri), expected, "{url} in \"{list}\"");
            }
        }
    }

    #[test]
    fn s_83_names_match_at_label_boundaries() {
        for list in
            ["example.com", ".example.com", "*.example.com", "EXAMPLE.com.", " ,a, Example.Com\t,"]
        {
            check(
                list,
                &["http://example.com", "https://a.b.EXAMPLE.com:81", "http://www.example.com./"],
                &[
                    "http://notexample.com",
                    "http://example.com.evil",
                    "http://com",
                    "http://1.2.3.4",
                ],
            );
        }
        check("com", &["http://a.com"], &["http://acom", "http://a.com.x"]);
        check("", &[], &["http://a"]);
        check(", ,", &[], &["http://a"]);
        assert!(NoProxy::parse(", ,").is_empty());
    }

    #[test]
    fn s_83_a_port_narrows() {
        let list = "example.com:8080 a.test:443 [::1]:81,10.0.0.1:82";
        check(
            list,
            &[
                "http://example.com:8080",
                "http://www.example.com:8080",
                "https://a.test",
                "http://[::1]:81",
                "http://10.0.0.1:82",
            ],
            &[
                "http://example.com",
                "http://a.test",
                "http://[::1]",
                "http://10.0.0.1",
                "https://example.com:80",
            ],
        );
        check("h:99999,h:+80,h:,h:x", &[], &["http://h", "http://h:80"]);
    }

    #[test]
    fn s_83_addresses_and_ranges() {
        check(
            "10.0.0.0/8",
            &["http://10.255.0.1"],
            &["http://11.0.0.1", "http://10.a", "http://[a00::]"],
        );
        check("192.0.2.1", &["http://192.0.2.1"], &["http://192.0.2.2", "http://192.0.2.1.test"]);
        check("0.0.0.0/0", &["http://8.8.8.8"], &["http://[::1]", "http://h"]);
        check("192.0.2.77/31", &["http://192.0.2.76"], &["http://192.0.2.78"]);
        let six = ["http://[2001:db8::1]", "http://[2001:DB8:0:0::1]:81"];
        for list in ["2001:db8::1", "[2001:db8::1]", "2001:db8::/32", "[2001:db8::]/32", "::/0"] {
            check(list, &six, &["http://1.2.3.4"]);
        }
        check("2001:db8::/127", &six[..1], &["http://[2001:db8::2]"]);
        check("10.0.0.0/8", &["http://[::ffff:10.1.1.1]"], &[]);
        check("::ffff:10.1.1.1", &["http://10.1.1.1"], &[]);
        for list in
            ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/+8", "::/129", "10/8", "h/8"]
        {
            check(list, &[], &["http://10.0.0.0", "http://[::]", "http://h"]);
        }
    }

    #[test]
    fn s_83_a_zone_is_no_name() {
        let zoned = "http://[::1%25.example.com]/";
        check("*.example.com .example.com example.com", &["http://a.example.com"], &[zoned]);
        check("::1", &[zoned, "http://[::1]"], &[]);
        check(
            "fe80::1%eth0",
            &["http://[fe80::1%25eth0]"],
            &["http://[fe80::1%25eth1]", "http://[fe80::1]"],
        );
        check("[fe80::1%25eth0]", &["http://[fe80::1%25eth0]"], &["http://[fe80::1]"]);
    }

    #[test]
    fn s_83_a_star_is_everything_and_only_alone() {
        check("a,*", &["http://h", "https://1.2.3.4:8", "http://[::1]"], &[]);
        check("**,a*,*a,*.*", &[], &["http://h", "http://a", "http://aa", "http://a.a"]);
    }
}
