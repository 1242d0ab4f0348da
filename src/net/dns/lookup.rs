//! The door to name resolution: what is no name never gets to a resolver.
//!
//! In: a host as it stands in a URL. Out: a [`Resolution`]. IP addresses answer for themselves,
//! what can be no host name is refused with a reason, and only the rest is a question.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::resolve::{DnsErrorKind, Resolution, Resolve, addresses, failed};
use super::system;

/// Looks `host` up: an IP address answers for itself, a name goes to `resolver`.
///
/// `host` may stand in brackets, end in a dot, and carry a zone behind an IPv6 address
/// (`fe80::1%3`, or `%eth0` as the operating system calls it). What can be no name of a host, such
/// as `%2e` or the IPv4 notations of other times (`127.1`, `0x7f000001`), is answered with
/// [`DnsErrorKind::BadName`] and reaches no resolver: getaddrinfo would take it for an address.
pub fn lookup(resolver: &dyn Resolve, host: &str, port: u16) -> Resolution {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return addresses(host, vec![SocketAddr::new(ip, port)]);
    }
    if let Some((ip, zone)) = bare.split_once('%')
        && let Ok(ip) = ip.parse::<Ipv6Addr>()
    {
        return zoned(host, ip, zone, port);
    }
    match check_name(bare) {
        Ok(()) => resolver.resolve(bare, port),
        Err(reason) => failed(DnsErrorKind::BadName, host, Some(reason.into())),
    }
}

/// A number is the zone's index; a name has to be translated by getaddrinfo, which asks no server.
fn zoned(host: &str, ip: Ipv6Addr, zone: &str, port: u16) -> Resolution {
    if let Ok(index) = zone.parse() {
        return addresses(host, vec![SocketAddrV6::new(ip, port, 0, index).into()]);
    }
    let known =
        !zone.is_empty() && zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if !known {
        return failed(DnsErrorKind::BadName, host, Some("no name of a network interface".into()));
    }
    system::ask(format!("{ip}%{zone}"), port)
}

/// What can be the name of a host: letters, digits, `-`, `_` (met in the wild), dots between
/// labels.
///
/// A last label of digits only, or one that starts like a hexadecimal number, is refused: it would
/// be read as IPv4 by getaddrinfo, past every check that was made on the text.
fn check_name(host: &str) -> Result<(), &'static str> {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.is_empty() {
        return Err("the name is empty");
    }
    if !name.is_ascii() {
        return Err("not ASCII: write the name in its xn-- form");
    }
    if name.len() > 253 {
        return Err("longer than 253 bytes");
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err("two dots in a row, or one in front");
        }
        if label.len() > 63 {
            return Err("a label is longer than 63 bytes");
        }
        if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err("a byte no host name has");
        }
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X")
    {
        return Err("ends like an IPv4 address but is none of the form a.b.c.d");
    }
    Ok(())
}

/// What can be a name of DNS: visible ASCII in labels of 1 to 63 bytes, 253 in all, or `.` alone. RFC 2181 §11 allows
/// any byte; what is left out here is what text cannot show or would have to escape. An IP address is no question.
#[cfg(feature = "dns")]
pub(super) fn check_query(text: &str) -> Result<(), &'static str> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() {
        return if text == "." { Ok(()) } else { Err("the name is empty") };
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err("an IP address; `reverse` asks for its names");
    }
    if name.len() > 253 {
        return Err("longer than 253 bytes");
    }
    if name.split('.').any(str::is_empty) {
        return Err("two dots in a row, or one in front");
    }
    if name.split('.').any(|label| label.len() > 63) {
        return Err("a label is longer than 63 bytes");
    }
    if !name.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        return Err("a space, a backslash, or a byte that is not visible ASCII");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_103_what_can_be_no_name_says_why() {
        for name in
            ["example.com", "EXAMPLE.com.", "a_b.test", "xn--example-.com", "1.example", "x"]
        {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let long = "a".repeat(64);
        let longer = "a.".repeat(127) + "a";
        let bad = [
            "",
            ".",
            "a..b",
            ".a",
            "ex%2Fample.com",
            "b\u{fc}cher.test",
            "a b",
            "a\0b",
            "a:80",
            &long,
            &longer,
        ];
        for name in bad {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn s_104_old_notations_of_ipv4_are_no_names() {
        let old = [
            "127.1",
            "2130706433",
            "017700000001",
            "0x7f.1",
            "0x7f000001",
            "1.2.3.4.5",
            "0X7F.0x1",
            "1.2.3.4.",
        ];
        for name in old {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[cfg(feature = "dns")]
    #[test]
    fn names_of_dns_are_more_than_names_of_hosts() {
        let long = "a".repeat(64);
        for name in [".", "_25._tcp.a.test.", "0/25.2.0.192.in-addr.arpa", "*.a.test", "1.2.3"] {
            assert_eq!(check_query(name), Ok(()), "{name}");
        }
        for name in ["", "a..b", ".a", "a b", "a\\.b", "b\u{fc}.test", "127.0.0.1", "::1", &long] {
            assert!(check_query(name).is_err(), "{name:?}");
        }
    }
}
