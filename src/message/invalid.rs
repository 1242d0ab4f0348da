//! [`InvalidUri`]: what is wrong with a URI, where, and the bytes in question.
//!
//! The message is safe to log: bytes are escaped, at most 100 are shown, and nothing that may be
//! part of a user name or password is shown at all. A password with a `/` in it makes the rest of
//! the URI look like a port or a path, so whatever stands before any `@` counts as secret.
//!
//! Next: [`origin`](super::origin)

use std::fmt;
use std::ops::Range;

/// Why a string is not a URI this crate can send a request to.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidUri {
    problem: UriProblem,
    position: usize,
    excerpt: Option<Box<str>>,
}

/// The kinds of [`InvalidUri`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UriProblem {
    /// More than [8 000 000 bytes](super::Uri::MAX_LEN), before or after percent-encoding.
    TooLong,
    /// No scheme: `example.com/path` instead of `http://example.com/path`.
    NoScheme,
    /// A scheme other than `http` and `https`.
    UnsupportedScheme,
    /// `http:` not followed by `//`.
    NoAuthority,
    /// The host is empty (RFC 9110 §4.2.1: MUST reject).
    NoHost,
    /// A control character: tab, CR, LF, NUL and the like. Nothing may hide one.
    ControlByte,
    /// A backslash before the path. Some parsers read it as `/` and find another host.
    Backslash,
    /// A host outside ASCII; its `xn--` form is needed.
    NonAsciiHost,
    /// A percent sign in a host: a name is not decoded (RFC 9110 §4.2.3 has no use for it).
    PercentInHost,
    /// A character no host has, such as a space.
    BadHostByte,
    /// A host that ends in a number and is no dotted quad: `127.1`, `0x7f.1`, `2130706433`.
    NotIpv4,
    /// Brackets around something else than an IPv6 address.
    NotIpv6,
    /// A zone identifier that is not `%25` and unreserved characters (RFC 6874).
    BadZone,
    /// A port that is not a number from 1 to 65535.
    BadPort,
}

impl InvalidUri {
    /// How many bytes an error shows.
    const SHOWN: usize = 100;

    /// What kind of mistake it is.
    pub fn problem(&self) -> UriProblem {
        self.problem
    }

    /// Where it is, in bytes from the start of what was parsed. For a relative reference that is
    /// the URI it resolved to.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The offending part of `text`, shown unless it could belong to userinfo.
    #[cold]
    pub(super) fn new(problem: UriProblem, text: &str, part: Range<usize>) -> Self {
        let bytes = text.as_bytes();
        let position = part.start;
        let maybe_userinfo = bytes.get(position..).is_none_or(|rest| rest.contains(&b'@'));
        let excerpt = match bytes.get(part) {
            Some(part) if !part.is_empty() && !maybe_userinfo => {
                let cut = &part[..part.len().min(Self::SHOWN)];
                Some(cut.escape_ascii().to_string().into_boxed_str())
            }
            _ => None,
        };
        Self { problem, position, excerpt }
    }

    #[cold]
    pub(super) fn too_long() -> Self {
        Self { problem: UriProblem::TooLong, position: 0, excerpt: None }
    }
}

impl UriProblem {
    fn text(self) -> &'static str {
        match self {
            Self::TooLong => "it is longer than 8000000 bytes",
            Self::NoScheme => "it does not start with http:// or https://",
            Self::UnsupportedScheme => "the scheme is neither http nor https",
            Self::NoAuthority => "the scheme is not followed by //",
            Self::NoHost => "it has no host",
            Self::ControlByte => "it contains a control character",
            Self::Backslash => "it contains a backslash before the path",
            Self::NonAsciiHost => "the host is not ASCII; write it in its xn-- form",
            Self::PercentInHost => "the host contains a percent sign",
            Self::BadHostByte => "the host contains a character no host has",
            Self::NotIpv4 => "the host ends in a number but is no IPv4 address of four numbers",
            Self::NotIpv6 => "the brackets do not hold an IPv6 address",
            Self::BadZone => "the zone of the IPv6 address is not written as %25 and its name",
            Self::BadPort => "the port is not a number from 1 to 65535",
        }
    }
}

impl fmt::Display for InvalidUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid URI at byte {}: {}", self.position, self.problem.text())?;
        match &self.excerpt {
            Some(excerpt) => write!(f, ": \"{excerpt}\""),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for InvalidUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvalidUri({self})")
    }
}

impl std::error::Error for InvalidUri {}

/// So that `TryInto<Uri, Error: Into<InvalidUri>>` takes a `Uri` as well as a string.
impl From<std::convert::Infallible> for InvalidUri {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
