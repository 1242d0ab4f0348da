//! The authority of a URI: `[ userinfo "@" ] host [ ":" port ]` (RFC 3986 §3.2).
//!
//! One linear reader for everything that names a host: URIs, `Location`s, a `Host` field the
//! caller set, a proxy's address. Two parsers that disagree about where the host begins are how
//! requests reach the wrong server (`http://a@b@c/`, `http://h\@e/`), so there is only this one.
//! It allocates nothing, decodes nothing, and answers with offsets into what it was given.

use super::invalid::{InvalidUri, UriProblem};
use super::percent::is_unreserved;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Where the host and the port are, and what the host is.
pub(super) struct HostPort {
    /// The host with its brackets and zone.
    pub(super) host: Range<usize>,
    /// What it is if it is no name.
    pub(super) ip: Option<IpAddr>,
    /// Where the zone begins, after its `%25`; if there is none, where the host ends, before any
    /// bracket.
    pub(super) zone: usize,
    /// Whether there is a letter that has to become lower case.
    pub(super) has_upper: bool,
    /// `None` also if the port is empty, as in `http://h:/`.
    pub(super) port: Option<u16>,
    /// Where the port has ended.
    pub(super) end: usize,
}

/// Reads `host [ ":" port ]`, which is all of `part` in `text`.
pub(super) fn host_port(text: &str, part: Range<usize>) -> Result<HostPort, InvalidUri> {
    let read = host_port_prefix(text, part.clone())?;
    if read.end == part.end {
        return Ok(read);
    }
    Err(if read.host.end < read.end {
        InvalidUri::new(UriProblem::BadPort, text, read.host.end + 1..part.end)
    } else {
        bad_host(text, part, read.end)
    })
}

/// Reads a host, which is all of `text`.
pub(super) fn host(text: &str) -> Result<HostPort, InvalidUri> {
    let read = host_port(text, 0..text.len())?;
    if read.host.end < text.len() {
        return Err(InvalidUri::new(UriProblem::BadHostByte, text, 0..text.len()));
    }
    Ok(read)
}

/// Reads as much of `part` as is `host [ ":" port ]`. What follows, the caller has to judge.
#[inline]
pub(super) fn host_port_prefix(text: &str, part: Range<usize>) -> Result<HostPort, InvalidUri> {
    let mut read = match text.as_bytes().get(part.start) {
        Some(b'[') => bracketed(text, part.clone())?,
        _ => name(text, part.clone())?,
    };
    let Some((b':', rest)) = text.as_bytes()[read.end..part.end].split_first() else {
        return Ok(read);
    };
    let Some((port, digits)) = port(rest) else {
        return Err(InvalidUri::new(UriProblem::BadPort, text, read.end + 1..part.end));
    };
    read.port = port;
    read.end += 1 + digits;
    Ok(read)
}

/// Reads a name or a dotted quad.
#[inline]
fn name(text: &str, part: Range<usize>) -> Result<HostPort, InvalidUri> {
    let bytes = &text.as_bytes()[part.clone()];
    let mut has_upper = false;
    let mut len = 0;
    while let Some(&byte) = bytes.get(len) {
        match HOST[byte as usize] {
            GOOD => {}
            UPPER => has_upper = true,
            _ => break,
        }
        len += 1;
    }
    let host = part.start..part.start + len;
    if len == 0 {
        return Err(bad_host(text, part, host.end));
    }
    // Most names end in a letter beyond `f` and need no closer look.
    let ip = match bytes[len - 1] {
        b'g'..=b'w' | b'y' | b'z' => None,
        _ => match dotted_quad(&bytes[..len]) {
            None if ends_in_number(&bytes[..len]) => {
                return Err(InvalidUri::new(UriProblem::NotIpv4, text, host));
            }
            address => address.map(IpAddr::V4),
        },
    };
    Ok(HostPort { zone: host.end, end: host.end, host, ip, has_upper, port: None })
}

/// The bytes of a reg-name (RFC 3986 §3.2.2) without `pct-encoded`: what a percent sign in a
/// host decodes to is a way to smuggle a `/` or a dot past a check.
const HOST: [u8; 256] = {
    let mut table = [NOT_HOST; 256];
    let mut byte = 0;
    while byte < 256 {
        match byte as u8 {
            b'A'..=b'Z' => table[byte] = UPPER,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => table[byte] = GOOD,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {
                table[byte] = GOOD;
            }
            _ => {}
        }
        byte += 1;
    }
    table
};
const GOOD: u8 = 0;
const UPPER: u8 = 1;
const NOT_HOST: u8 = 2;

/// Whether some resolver would read the name as an address: its last label, a final dot aside, is
/// decimal or `0x` and hex. `127.1`, `0x7f.1`, `017700000001` and `2130706433` all mean
/// 127.0.0.1 to `inet_aton`, which is a way around a check of the host.
fn ends_in_number(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let start = name.iter().rposition(|&byte| byte == b'.').map_or(0, |dot| dot + 1);
    match &name[start..] {
        [b'0', b'x' | b'X', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

/// RFC 3986 §3.2.2: `IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet`, where an
/// octet has no leading zero: some would read it as octal.
fn dotted_quad(name: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0u8; 4];
    let (mut at, mut digits, mut value) = (0, 0, 0u16);
    for &byte in name {
        match byte {
            b'0'..=b'9' if digits == 0 || value > 0 => {
                value = value * 10 + u16::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return None;
                }
            }
            b'.' if digits > 0 && at < 3 => {
                octets[at] = value as u8;
                (at, digits, value) = (at + 1, 0, 0);
            }
            _ => return None,
        }
    }
    octets[3] = value as u8;
    (at == 3 && digits > 0).then(|| Ipv4Addr::from(octets))
}

/// `"[" IPv6address [ "%25" ZoneID ] "]"` (RFC 6874), with which `part` begins.
fn bracketed(text: &str, part: Range<usize>) -> Result<HostPort, InvalidUri> {
    let start = part.start + 1;
    let Some((inner, _)) = text[start..part.end].split_once(']') else {
        return Err(InvalidUri::new(UriProblem::NotIpv6, text, part));
    };
    let end = start + inner.len();
    let host = part.start..end + 1;
    let (address, zone) = match inner.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (inner, None),
    };
    let Ok(ip) = address.parse::<Ipv6Addr>() else {
        return Err(InvalidUri::new(UriProblem::NotIpv6, text, host));
    };
    let zone = match zone.map(|zone| zone.strip_prefix("25")) {
        None => end,
        Some(Some(name)) if !name.is_empty() && name.bytes().all(is_unreserved) => end - name.len(),
        Some(_) => return Err(InvalidUri::new(UriProblem::BadZone, text, host)),
    };
    let has_upper = address.bytes().any(|byte| byte.is_ascii_uppercase());
    let ip = Some(IpAddr::V6(ip));
    Ok(HostPort { end: host.end, host, ip, zone, has_upper, port: None })
}

/// `port = *DIGIT`, leading zeros allowed, 1 to 65535: the number, if there is a digit, and how
/// many digits there are.
#[inline]
fn port(bytes: &[u8]) -> Option<(Option<u16>, usize)> {
    let (mut port, mut len) = (0u32, 0);
    while let Some(&digit @ b'0'..=b'9') = bytes.get(len) {
        port = port * 10 + u32::from(digit - b'0');
        if port > u32::from(u16::MAX) {
            return None;
        }
        len += 1;
    }
    match (port, len) {
        (_, 0) => Some((None, 0)),
        (0, _) => None,
        (port, len) => Some((Some(port as u16), len)),
    }
}

/// Says what is wrong with the byte at `at`, which no host has, or with there being none.
#[cold]
fn bad_host(text: &str, part: Range<usize>, at: usize) -> InvalidUri {
    let problem = match text.as_bytes()[..part.end].get(at) {
        None | Some(b':') => UriProblem::NoHost,
        Some(_) if text.as_bytes()[part.start] == b'[' => UriProblem::NotIpv6,
        Some(b'%') => UriProblem::PercentInHost,
        Some(b'\\') => UriProblem::Backslash,
        Some(0x80..) => UriProblem::NonAsciiHost,
        Some(byte) if byte.is_ascii_control() => UriProblem::ControlByte,
        Some(_) => UriProblem::BadHostByte,
    };
    InvalidUri::new(problem, text, part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard library is as strict, so it can be the judge.
    #[test]
    fn s_104_dotted_quads_are_those_of_the_standard_library() {
        let agree = |text: &str| {
            assert_eq!(dotted_quad(text.as_bytes()), text.parse().ok(), "{text}");
        };
        for octet in 0..=1100 {
            for text in [format!("{octet}"), format!("0{octet}"), format!("00{octet}")] {
                agree(&format!("{text}.0.0.1"));
                agree(&format!("1.2.3.{text}"));
            }
        }
        for text in ["", ".", "1", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.4.5"] {
            agree(text);
        }
    }
}
