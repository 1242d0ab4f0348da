//! [`Cookie`]: what a jar keeps of one cookie, and [`CookieRefusal`]: why it did not keep another.
//!
//! A value of a cookie is whatever the server sent, byte for byte: nothing is decoded, unquoted or escaped (RFC 6265bis
//! §5.6, "a user agent MUST NOT decode these sequences"). It is a secret, and `Debug` never shows it.

use std::fmt;
use std::time::SystemTime;

/// A cookie in a [`Jar`](crate::client::Jar).
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) domain: String,
    pub(crate) path: String,
    pub(crate) host_only: bool,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) expires: Option<SystemTime>,
}

impl Cookie {
    /// Its name, which may be empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value as it was sent, quotes and percent signs included.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The host it belongs to, in lower case; an IPv6 address without brackets.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether only that host gets it, or the names below it too.
    pub fn is_host_only(&self) -> bool {
        self.host_only
    }

    /// Requests to this path and below carry it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is for `https` alone.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether it was marked `HttpOnly`. There are no scripts here to hide it from: the mark is kept for files.
    pub fn is_http_only(&self) -> bool {
        self.http_only
    }

    /// What it said of requests from other sites. Kept and not enforced: a client has no site it comes from.
    pub fn same_site(&self) -> SameSite {
        self.same_site
    }

    /// When it ends; `None` for one that ends with the session, which is whenever the caller says so.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// "A cookie is 'expired' if the cookie has an expiry date in the past." (§5.7)
    pub(crate) fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// §5.7 step 23: "the same name, domain, host-only-flag, and path".
    pub(crate) fn replaces(&self, other: &Cookie) -> bool {
        (&self.name, &self.path, self.host_only) == (&other.name, &other.path, other.host_only)
            && self.domain == other.domain
    }
}

/// Without the value.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie")
            .field("name", &self.name)
            .field("value", &format_args!("[hidden]"))
            .field("domain", &self.domain)
            .field("host_only", &self.host_only)
            .field("path", &self.path)
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("same_site", &self.same_site)
            .field("expires", &self.expires)
            .finish()
    }
}

/// The `SameSite` attribute (§5.6.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// Not said, or in words that mean nothing.
    #[default]
    Default,
    /// Sent whatever the site; only with `Secure`.
    None,
    /// Sent from other sites with top-level navigations only.
    Lax,
    /// Never sent from other sites.
    Strict,
}

/// Why a cookie was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CookieRefusal {
    /// A control character other than a tab (§5.6 step 1).
    Control,
    /// Bytes that are no UTF-8. The draft lets servers send ASCII only.
    NotUtf8,
    /// Neither name nor value (§5.7 step 2).
    Empty,
    /// Name and value together are longer than 4096 bytes (§5.6 step 5).
    TooLong,
    /// `Domain` is neither the host nor a parent of it (§5.7 step 10), or the host is an address.
    ForeignDomain,
    /// `Domain` is a public suffix, such as `com` or `co.uk` (§5.7 step 9).
    PublicSuffix,
    /// `Secure`, but it came over a connection that is not (§5.7 step 13).
    NotSecure,
    /// It would have replaced or shadowed a `Secure` cookie, and came over a connection that is not (§5.7 step 16).
    WouldCoverSecure,
    /// `SameSite=None` without `Secure` (§5.7 step 19).
    SameSiteNone,
    /// Its name begins with `__Secure-` or `__Host-`, and it is not what that promises (§5.7 steps 20 to 22).
    Prefix,
    /// A line or entry of a file that does not look like a cookie.
    Malformed,
}

impl fmt::Display for CookieRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "the cookie holds a control character",
            Self::NotUtf8 => "the cookie is not UTF-8",
            Self::Empty => "the cookie has neither name nor value",
            Self::TooLong => "name and value are longer than 4096 bytes",
            Self::ForeignDomain => "its Domain is neither the host that sent it nor a parent of it",
            Self::PublicSuffix => {
                "its Domain is a public suffix: it would reach other people's hosts"
            }
            Self::NotSecure => "it is Secure, but came over plain http",
            Self::WouldCoverSecure => "it came over plain http and would cover a Secure cookie",
            Self::SameSiteNone => "SameSite=None needs Secure",
            Self::Prefix => "it does not keep what the prefix of its name promises",
            Self::Malformed => "this does not look like a cookie",
        })
    }
}

impl std::error::Error for CookieRefusal {}

/// Whether `byte` is a "CTL character excluding HTAB": %x00-08 / %x0A-1F / %x7F.
pub(crate) fn is_control(byte: u8) -> bool {
    byte != b'\t' && byte.is_ascii_control()
}
