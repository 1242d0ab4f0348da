//! Who answers: [`Scheme`], [`Host`] and the [`Origin`] they form with a port (RFC 9110 §4.3.1).
//!
//! Text goes in and canonical values come out: names in lower case, addresses as addresses, so
//! that two of them are the same exactly if they compare equal. A pool may key on them.
//! Nothing is looked up, decoded or converted: a name outside ASCII is refused, an `xn--` name
//! passes as it is, a final dot is kept (`example.com.` is another origin than `example.com`).
//!
//! Next: [`uri`](super::uri)

use super::authority::{self, HostPort};
use super::invalid::InvalidUri;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

/// `http` or `https`; the crate speaks no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Plain TCP, port 80.
    Http,
    /// TLS, port 443.
    Https,
}

impl Scheme {
    /// The port when a URI names none (§4.2.1, §4.2.2).
    #[inline]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// `http` or `https`.
    #[inline]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A host in canonical form: a name in lower case or an IP address.
///
/// `Display` writes it as in a URI, IPv6 in brackets with its zone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Host(Kind);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Kind {
    Name(Box<str>),
    V4(Ipv4Addr),
    V6(Ipv6Addr, Option<Box<str>>),
}

impl Host {
    /// Reads a host as it stands in a URI: a name, a dotted quad, or an IPv6 address in brackets,
    /// with `%25` before its zone if it has one.
    ///
    /// # Errors
    ///
    /// Brackets around anything else; a percent sign elsewhere; IPv4 in any notation but four
    /// decimal numbers (`127.1`, `0x7f.1`, `2130706433`); an empty name; characters that no host
    /// has, those outside ASCII among them.
    pub fn parse(text: &str) -> Result<Self, InvalidUri> {
        let read = authority::host(text)?;
        Ok(Self::from_text(text, read).0)
    }

    /// Reads `host [ ":" port ]`, which is what a `Host` field holds (§7.2), what CONNECT asks for
    /// and what a proxy is named by. Userinfo is refused. An empty port is no port.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and ports that are not a number from 1 to 65535.
    pub fn parse_with_port(text: &str) -> Result<(Self, Option<u16>), InvalidUri> {
        let read = authority::host_port(text, 0..text.len())?;
        Ok(Self::from_text(text, read))
    }

    /// The name, if it is one.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Name(name) => Some(name),
            Kind::V4(_) | Kind::V6(..) => None,
        }
    }

    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.0 {
            Kind::Name(_) => None,
            Kind::V4(address) => Some(IpAddr::V4(address)),
            Kind::V6(address, _) => Some(IpAddr::V6(address)),
        }
    }

    /// The zone of an IPv6 address: `eth0` in `[fe80::1%25eth0]`. It belongs to this machine: it
    /// tells two hosts apart here and is never sent (RFC 6874 §4).
    pub fn zone(&self) -> Option<&str> {
        match &self.0 {
            Kind::V6(_, zone) => zone.as_deref(),
            Kind::Name(_) | Kind::V4(_) => None,
        }
    }

    fn from_text(text: &str, read: HostPort) -> (Self, Option<u16>) {
        let zone = match read.ip {
            Some(IpAddr::V6(_)) => &text[read.zone..read.host.end - 1],
            _ => "",
        };
        (Self::from_parts(&text[read.host], read.ip, zone), read.port)
    }

    /// From what `authority` has read.
    pub(super) fn from_parts(name: &str, ip: Option<IpAddr>, zone: &str) -> Self {
        Self(match ip {
            None => Kind::Name(name.to_ascii_lowercase().into_boxed_str()),
            Some(IpAddr::V4(address)) => Kind::V4(address),
            Some(IpAddr::V6(address)) if zone.is_empty() => Kind::V6(address, None),
            Some(IpAddr::V6(address)) => Kind::V6(address, Some(zone.into())),
        })
    }
}

impl FromStr for Host {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        Self::from_parts("", Some(address), "")
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Name(name) => f.write_str(name),
            Kind::V4(address) => write!(f, "{address}"),
            Kind::V6(address, None) => write!(f, "[{address}]"),
            Kind::V6(address, Some(zone)) => write!(f, "[{address}%25{zone}]"),
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({self})")
    }
}

/// Scheme, host and port: who is responsible for a URI (§4.3.1).
///
/// `Display` leaves a default port out: `https://example.com`, `https://example.com:8443`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Origin {
    /// Puts an origin together.
    pub fn new(scheme: Scheme, host: Host, port: u16) -> Self {
        Self { scheme, host, port }
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, which is the scheme's default if the URI named none.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}
