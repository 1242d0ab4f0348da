//! The authority of a URI: `[ userinfo "@" ] host [ ":" port ]` (RFC 3986 §3.2).
//!
//! One linear reader for everything that names a host: URIs, `Location`s, a `Host` field the
//! caller set, a proxy's address. Two parsers that disagree about where the host begins are how
//! requests reach the wrong server (`http://a@b@c/`, `http://h\@e/`), so there is only this one.
//! It allocates nothing, decodes nothing, and answers with offsets into what it was given.

use super::invalid::{InvalidUri, UriProblem};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Where the host and the port are, and what the host is.
pub(super) struct HostPort {
    /// The host with its brackets and zone.
    pub(super) host: Range<usize>,
    /// What it is if it is no name.
    pub(super) ip: Option<IpAddr>,
    /// The zone without its `%25`; empty if there is none.
    pub(super) zone: Range<usize>,
    /// Whether there is a letter that has to become lower case.
    pub(super) has_upper: bool,
    /// `None` also if the port is empty, as in `http://h:/`.
    pub(super) port: Option<u16>,
}

/// Reads `host [ ":" port ]`, which is all of `part` in `text`.
#[inline]
pub(super) fn host_port(text: &str, part: Range<usize>) -> Result<HostPort, InvalidUri> {
    let bytes = &text.as_bytes()[part.clone()];
    let host_len = match bytes.first() {
        Some(b'[') => match bytes.iter().position(|&byte| byte == b']') {
            Some(bracket) => bracket + 1,
            None => return Err(InvalidUri::new(UriProblem::NotIpv6, text, part)),
        },
        _ => bytes.iter().position(|&byte| byte == b':').unwrap_or(bytes.len()),
    };
    let host_end = part.start + host_len;
    let mut read = host(text, part.start..host_end)?;
    read.port = match &bytes[host_len..] {
        [] | [b':'] => None,
        [b':', digits @ ..] => match port(digits) {
            Some(port) => Some(port),
            None => return Err(InvalidUri::new(UriProblem::BadPort, text, host_end + 1..part.end)),
        },
        _ => return Err(InvalidUri::new(UriProblem::NotIpv6, text, part)),
    };
    Ok(read)
}

/// Reads a host, which is all of `part` in `text`. The port is `None`.
#[inline]
pub(super) fn host(text: &str, part: Range<usize>) -> Result<HostPort, InvalidUri> {
    let bytes = &text.as_bytes()[part.clone()];
    if let [b'[', inner @ .., b']'] = bytes {
        return bracketed(text, part, inner.len());
    }
    let seen = bytes.iter().fold(0, |seen, &byte| seen | HOST[byte as usize]);
    if seen & BAD != 0 || bytes.is_empty() {
        return Err(bad_name(text, part));
    }
    let ip = if ends_in_number(bytes) {
        match text[part.clone()].parse::<Ipv4Addr>() {
            Ok(address) => Some(IpAddr::V4(address)),
            Err(_) => return Err(InvalidUri::new(UriProblem::NotIpv4, text, part)),
        }
    } else {
        None
    };
    Ok(HostPort {
        zone: part.end..part.end,
        host: part,
        ip,
        has_upper: seen & UPPER != 0,
        port: None,
    })
}

/// The bytes of a reg-name (RFC 3986 §3.2.2) without `pct-encoded`: what a percent sign in a
/// host decodes to is a way to smuggle a `/` or a dot past a check.
const HOST: [u8; 256] = {
    let mut table = [BAD; 256];
    let mut byte = 0;
    while byte < 256 {
        match byte as u8 {
            b'A'..=b'Z' => table[byte] = UPPER,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => table[byte] = 0,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {
                table[byte] = 0;
            }
            _ => {}
        }
        byte += 1;
    }
    table
};
const BAD: u8 = 1;
const UPPER: u8 = 2;

/// Whether some resolver would read the name as an address: its last label, a final dot aside, is
/// decimal or `0x` and hex. `127.1`, `0x7f.1`, `017700000001` and `2130706433` all mean
/// 127.0.0.1 to `inet_aton`, which is a way around a check of the host.
fn ends_in_number(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    if !name.last().is_some_and(|last| last.is_ascii_hexdigit() || matches!(last, b'x' | b'X')) {
        return false;
    }
    let label = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    match label {
        [b'0', b'x' | b'X', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

/// `"[" IPv6address [ "%25" ZoneID ] "]"` (RFC 6874), `inner` bytes between the brackets.
fn bracketed(text: &str, part: Range<usize>, inner: usize) -> Result<HostPort, InvalidUri> {
    let start = part.start + 1;
    let inner = &text[start..start + inner];
    let percent = inner.find('%').unwrap_or(inner.len());
    let (address, zone) = inner.split_at(percent);
    let zone_is_good = match zone.strip_prefix("%25") {
        Some(name) => !name.is_empty() && name.bytes().all(super::percent::is_unreserved),
        None => zone.is_empty(),
    };
    let Ok(ip) = address.parse::<Ipv6Addr>() else {
        return Err(InvalidUri::new(UriProblem::NotIpv6, text, part));
    };
    if !zone_is_good {
        return Err(InvalidUri::new(UriProblem::BadZone, text, part));
    }
    let zone_start = if zone.is_empty() { part.end - 1 } else { start + percent + 3 };
    Ok(HostPort {
        zone: zone_start..part.end - 1,
        host: part,
        ip: Some(IpAddr::V6(ip)),
        has_upper: address.bytes().any(|byte| byte.is_ascii_uppercase()),
        port: None,
    })
}

/// `port = *DIGIT`, leading zeros allowed, 1 to 65535.
#[inline]
fn port(digits: &[u8]) -> Option<u16> {
    let mut port = 0u32;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        port = port * 10 + u32::from(digit - b'0');
        if port > u32::from(u16::MAX) {
            return None;
        }
    }
    if port == 0 { None } else { u16::try_from(port).ok() }
}

/// Says what is wrong with a name that has a bad byte or none at all.
#[cold]
fn bad_name(text: &str, part: Range<usize>) -> InvalidUri {
    let bytes = &text.as_bytes()[part.clone()];
    let at = bytes.iter().position(|&byte| HOST[byte as usize] & BAD != 0);
    let problem = match at.map(|at| bytes[at]) {
        None => UriProblem::NoHost,
        Some(b'%') => UriProblem::PercentInHost,
        Some(b'\\') => UriProblem::Backslash,
        Some(0x80..) => UriProblem::NonAsciiHost,
        Some(byte) if byte.is_ascii_control() => UriProblem::ControlByte,
        Some(_) => UriProblem::BadHostByte,
    };
    InvalidUri::new(problem, text, part)
}
