//! [`Uri`]: an `http` or `https` URI, read once, in one pass, into one string.
//!
//! What people type goes in; what comes out can be sent without a second look. Spaces and
//! characters outside ASCII are percent-encoded, scheme and host become lower case, an empty path
//! becomes `/`, an empty port and a port's leading zeros go away. Everything else stays as typed:
//! `%7e` stays `%7e`, `/a/../b` stays `/a/../b`, `:80` stays, so that a signature computed over the
//! URI is still right. Control characters are never encoded away, they are an error: somebody
//! tried something.
//!
//! It never holds another scheme, an empty host, a host that two parsers could read differently,
//! or port 0, and it never prints its userinfo: `Display` and `Debug` leave it out. Only
//! [`Uri::as_str`] and [`Uri::userinfo`] show it.
//!
//! Next: [`percent`]

use super::authority::HostPort;
use super::invalid::InvalidUri;
use super::origin::{Host, Origin, Scheme};
use super::parts::{self, Parts};
use super::percent;
use core::net::IpAddr;
use std::borrow::Cow;
use std::fmt;
use std::hash;
use std::str::FromStr;

/// An absolute `http` or `https` URI (RFC 9110 §4.2), with optional userinfo and fragment.
///
/// ```text
/// https://user:pw@[fe80::1%25eth0]:8443/path?query#fragment
///         userinfo host    zone     port path query fragment
/// ```
///
/// Two of them are equal if their texts are: `http://h/` and `http://h:80/` are not. Compare
/// [`origin`](Self::origin)s where that matters.
#[derive(Clone)]
pub struct Uri {
    text: String,
    ip: Option<IpAddr>,
    scheme: Scheme,
    /// The effective one.
    port: u16,
    /// Where the host begins, after any `@`.
    host: u32,
    /// Where the zone begins, after `%25`; where the host ends, before any `]`, if there is none.
    zone: u32,
    /// Where the host has ended, brackets included.
    host_end: u32,
    /// Where the path begins, after the port.
    path: u32,
    /// Where the path ends, at the `?` if there is a query.
    path_end: u32,
    /// Where the query ends, at the `#` if there is a fragment.
    query_end: u32,
}

impl Uri {
    /// The longest URI that is read, before and after percent-encoding. curl draws the line there
    /// too; no server takes a tenth of it.
    pub const MAX_LEN: usize = parts::MAX_LEN;

    /// Moves it out of where it is. What stays there leads nowhere and must not be used again.
    #[inline]
    #[allow(dead_code, reason = "only the client moves requests")]
    pub(crate) fn take(&mut self) -> Self {
        let text = std::mem::take(&mut self.text);
        Self { text, ..*self }
    }

    /// Reads an absolute URI. Spaces around it are ignored. One allocation.
    ///
    /// # Errors
    ///
    /// See [`UriProblem`](super::UriProblem). The error never shows what may be a password.
    pub fn parse(text: &str) -> Result<Self, InvalidUri> {
        let text = trim(text);
        let parts = Parts::read(text)?;
        if parts.is_normal(text) {
            return Ok(Self::new(text.to_owned(), parts));
        }
        let text = parts.normalized(text);
        let parts = Parts::read(&text)?;
        Ok(Self::new(text, parts))
    }

    /// All of it, userinfo and fragment included.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// User name and password as they stand in the URI, still percent-encoded (see
    /// [`percent::decode`]). The last `@` of the authority ends them, the first `:` parts them;
    /// `None` also if there is nothing before the `@`.
    pub fn userinfo(&self) -> Option<(&str, Option<&str>)> {
        let userinfo = self.slice(self.scheme_end(), self.host).strip_suffix('@')?;
        match userinfo.split_once(':') {
            _ if userinfo.is_empty() => None,
            Some((user, password)) => Some((user, Some(password))),
            None => Some((userinfo, None)),
        }
    }

    /// The host in lower case, to be looked up or connected to: without brackets or zone.
    pub fn host(&self) -> &str {
        match self.ip {
            Some(IpAddr::V6(_)) if self.has_zone() => self.slice(self.host + 1, self.zone - 3),
            Some(IpAddr::V6(_)) => self.slice(self.host + 1, self.zone),
            _ => self.slice(self.host, self.host_end),
        }
    }

    /// The host as it stands in a `Host` field: in brackets if it is an IPv6 address, never with
    /// its zone. Allocates only if it has a zone.
    pub fn host_text(&self) -> Cow<'_, str> {
        if self.has_zone() {
            Cow::Owned(["[", self.host(), "]"].concat())
        } else {
            Cow::Borrowed(self.slice(self.host, self.host_end))
        }
    }

    /// The zone of an IPv6 address. It is for this machine alone and never sent.
    pub fn zone(&self) -> Option<&str> {
        self.has_zone().then(|| self.slice(self.zone, self.host_end - 1))
    }

    /// The address, if the host is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// The port to connect to: the one named, or the scheme's default.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port, if the URI names one.
    pub fn explicit_port(&self) -> Option<u16> {
        (self.host_end < self.path).then_some(self.port)
    }

    /// What the `Host` field says (RFC 9110 §7.2): [`host_text`](Self::host_text), and the port
    /// unless it is the scheme's default. Never userinfo. Allocates only if there is a zone.
    pub fn authority_text(&self) -> Cow<'_, str> {
        let is_default = self.port == self.scheme.default_port();
        match (is_default, self.has_zone()) {
            (true, _) => self.host_text(),
            (false, false) => Cow::Borrowed(self.slice(self.host, self.path)),
            (false, true) => {
                Cow::Owned([&self.host_text(), self.slice(self.host_end, self.path)].concat())
            }
        }
    }

    /// The path; at least `/`.
    pub fn path(&self) -> &str {
        self.slice(self.path, self.path_end)
    }

    /// The query without its `?`; `Some("")` if there is a `?` and nothing after it.
    pub fn query(&self) -> Option<&str> {
        (self.path_end < self.query_end).then(|| self.slice(self.path_end + 1, self.query_end))
    }

    /// Path and query as the request line has them (origin-form, RFC 9112 §3.2.1).
    pub fn path_and_query(&self) -> &str {
        self.slice(self.path, self.query_end)
    }

    /// The fragment without its `#`. It stays with the client.
    pub fn fragment(&self) -> Option<&str> {
        self.text[self.query_end as usize..].strip_prefix('#')
    }

    /// Scheme, host and port, canonical. Allocates if the host is a name.
    pub fn origin(&self) -> Origin {
        let host = Host::from_parts(self.host(), self.ip, self.zone().unwrap_or_default());
        Origin::new(self.scheme, host, self.port)
    }

    /// Sets or removes the fragment; spaces and characters outside ASCII are percent-encoded.
    ///
    /// # Errors
    ///
    /// A control character in it, or a URI that becomes too long; the URI is unchanged then.
    pub fn set_fragment(&mut self, fragment: Option<&str>) -> Result<(), InvalidUri> {
        let mut tail = String::new();
        if let Some(fragment) = fragment {
            parts::refuse_controls(fragment)?;
            tail.push('#');
            percent::encode_into(&mut tail, fragment, |byte| byte == b' ');
        }
        self.replace_tail("", &tail)
    }

    /// The same URI without user name and password.
    pub fn without_userinfo(mut self) -> Self {
        let cut = self.host - self.scheme_end();
        self.text.replace_range(self.scheme_end() as usize..self.host as usize, "");
        self.host -= cut;
        self.zone -= cut;
        self.host_end -= cut;
        self.path -= cut;
        self.path_end -= cut;
        self.query_end -= cut;
        self
    }

    /// Adds `key=value` to the query, everything but unreserved characters percent-encoded; a
    /// space becomes `%20`. What the query held before stays as typed.
    ///
    /// # Errors
    ///
    /// Only that the URI becomes too long; it is unchanged then.
    pub fn push_query_pair(&mut self, key: &str, value: &str) -> Result<(), InvalidUri> {
        let mut pair = String::with_capacity(key.len() + value.len() + 16);
        pair.push_str(match self.query() {
            None => "?",
            Some("") => "",
            Some(_) => "&",
        });
        percent::encode_into(&mut pair, key, |byte| !percent::is_unreserved(byte));
        pair.push('=');
        percent::encode_into(&mut pair, value, |byte| !percent::is_unreserved(byte));
        let fragment = self.text[self.query_end as usize..].to_owned();
        self.replace_tail(&pair, &fragment)
    }

    /// From a text and what has been read in it.
    fn new(mut text: String, parts: Parts) -> Self {
        let HostPort { host, ip, zone, has_upper, port, end } = parts.authority;
        if !parts.scheme_is_lower {
            text[..parts.scheme.as_str().len()].make_ascii_lowercase();
        }
        if has_upper {
            text[host.start..zone].make_ascii_lowercase();
        }
        // No offset is greater than MAX_LEN.
        Self {
            text,
            ip,
            scheme: parts.scheme,
            port: port.unwrap_or(parts.scheme.default_port()),
            host: host.start as u32,
            zone: zone as u32,
            host_end: host.end as u32,
            path: end as u32,
            path_end: parts.path_end as u32,
            query_end: parts.query_end as u32,
        }
    }

    /// Replaces what follows the query by `query`, which then belongs to it, and `fragment`.
    fn replace_tail(&mut self, query: &str, fragment: &str) -> Result<(), InvalidUri> {
        let query_end = self.query_end as usize + query.len();
        if query_end + fragment.len() > Self::MAX_LEN {
            return Err(InvalidUri::too_long());
        }
        self.text.truncate(self.query_end as usize);
        self.text.push_str(query);
        self.text.push_str(fragment);
        self.query_end = query_end as u32;
        Ok(())
    }

    /// The authority as it stands in the text, userinfo included.
    pub(super) fn raw_authority(&self) -> &str {
        self.slice(self.scheme_end(), self.path)
    }

    fn has_zone(&self) -> bool {
        matches!(self.ip, Some(IpAddr::V6(_))) && self.zone + 1 < self.host_end
    }

    fn scheme_end(&self) -> u32 {
        match self.scheme {
            Scheme::Http => 7,
            Scheme::Https => 8,
        }
    }

    fn slice(&self, start: u32, end: u32) -> &str {
        &self.text[start as usize..end as usize]
    }
}

/// Cuts spaces off, which are rare enough to look for them first.
#[inline]
fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b' ', ..] | [.., b' '] => text.trim_matches(' '),
        _ => text,
    }
}

/// Without userinfo.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slice(0, self.scheme_end()))?;
        f.write_str(&self.text[self.host as usize..])
    }
}

/// Without userinfo.
impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({self})")
    }
}

impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Uri {}

impl hash::Hash for Uri {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl FromStr for Uri {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for Uri {
    type Error = InvalidUri;

    fn try_from(text: &str) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Uri {
    type Error = InvalidUri;

    fn try_from(text: String) -> Result<Self, InvalidUri> {
        Self::parse(&text)
    }
}

impl TryFrom<&String> for Uri {
    type Error = InvalidUri;

    fn try_from(text: &String) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl From<&Uri> for Uri {
    fn from(uri: &Uri) -> Self {
        uri.clone()
    }
}

/// Only absolute ones: a path alone has no origin.
impl TryFrom<&http::Uri> for Uri {
    type Error = InvalidUri;

    fn try_from(uri: &http::Uri) -> Result<Self, InvalidUri> {
        Self::parse(&uri.to_string())
    }
}

impl TryFrom<http::Uri> for Uri {
    type Error = InvalidUri;

    fn try_from(uri: http::Uri) -> Result<Self, InvalidUri> {
        Self::try_from(&uri)
    }
}

/// Without userinfo, which `http::Uri` would show in its `Debug`, and without the fragment, which
/// it cannot hold. Fails for characters it does not take, such as `<`, and beyond 64 KiB.
impl TryFrom<&Uri> for http::Uri {
    type Error = http::uri::InvalidUri;

    fn try_from(uri: &Uri) -> Result<Self, Self::Error> {
        let (scheme, rest) = (uri.slice(0, uri.scheme_end()), uri.slice(uri.host, uri.query_end));
        Self::try_from([scheme, rest].concat())
    }
}
