//! Whose cookies: the host of a URL in canonical form, and how far a `Domain` attribute may reach.
//!
//! In: a [`Uri`] and an attribute. Out: the host that owns the cookie and whether the names below it share it. The
//! `Host` field is never asked (S-76), an address never shares (S-72), and a name is lower-cased and loses its final dot
//! before anything is compared.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::message::{Host, Scheme, Uri};

use super::cookie::CookieRefusal;

/// A request as far as cookies are concerned.
pub(crate) struct Place<'a> {
    /// "The canonicalized request-host" (RFC 6265bis §5.1.2): lower case, no final dot, no brackets.
    pub(crate) host: String,
    pub(crate) is_address: bool,
    /// Whether the connection is what §5.7 calls "secure".
    pub(crate) secure: bool,
    pub(crate) path: &'a str,
}

impl<'a> Place<'a> {
    /// `None` if the host is a name with an empty label. `https` is secure, and the own machine if it is trusted:
    /// "most user agents consider […] 'localhost' to be trusted host" (§5.8.3).
    pub(crate) fn of(uri: &'a Uri, trust_loopback: bool) -> Option<Place<'a>> {
        let host = canonical(Some(uri.host()), uri.ip(), uri.zone())?;
        let loopback = || match uri.ip() {
            Some(address) => address.is_loopback(),
            None => host == "localhost" || host.ends_with(".localhost"),
        };
        let secure = uri.scheme() == Scheme::Https || (trust_loopback && loopback());
        Some(Place { is_address: uri.ip().is_some(), secure, path: uri.path(), host })
    }

    /// The host a file speaks of, as if the cookie came from there over a secure connection. `None` if it is no host.
    pub(crate) fn of_file(domain: &str) -> Option<Place<'static>> {
        let host = if domain.contains(':') {
            Host::parse(&format!("[{}]", domain.replace('%', "%25")))
        } else {
            Host::parse(domain)
        };
        let host = host.ok()?;
        let is_address = host.ip().is_some();
        let host = canonical(host.name(), host.ip(), host.zone())?;
        Some(Place { host, is_address, secure: true, path: "/" })
    }
}

/// One spelling for each host, without an empty label.
fn canonical(name: Option<&str>, address: Option<IpAddr>, zone: Option<&str>) -> Option<String> {
    match (address, zone) {
        (Some(address), None) => Some(address.to_string()),
        (Some(address), Some(zone)) => Some(format!("{address}%{zone}")),
        (None, _) => {
            let name = name?;
            let name = name.strip_suffix('.').unwrap_or(name);
            (!name.split('.').any(str::is_empty)).then(|| name.to_ascii_lowercase())
        }
    }
}

/// "The string is a suffix of the other, the last character […] that is not included […] is a '.' character, and the
/// string is a host name (i.e., not an IP address)", or both are identical (§5.1.3). The caller knows of addresses.
pub(crate) fn domain_matches(host: &str, domain: &str) -> bool {
    match host.strip_suffix(domain) {
        Some(rest) => rest.is_empty() || rest.ends_with('.'),
        None => false,
    }
}

/// Which domains cookies may be shared in.
#[derive(Default)]
pub(crate) struct Parents {
    allowed: BTreeSet<String>,
    /// Knows public suffixes. Without it no parent is trusted but those that are allowed.
    pub(crate) is_public_suffix: Option<SuffixList>,
}

/// Whether strangers register names right below a domain.
type SuffixList = Box<dyn Fn(&str) -> bool + Send + Sync>;

impl Parents {
    /// Allows cookies for `domain` and all names below it.
    pub(crate) fn allow(&mut self, domain: &str) -> Result<(), String> {
        let name = domain.strip_prefix('.').unwrap_or(domain);
        let name = name.strip_suffix('.').unwrap_or(name);
        let shown = || domain.bytes().take(100).collect::<Vec<u8>>().escape_ascii().to_string();
        let host = Host::parse(name).map_err(|error| format!("\"{}\": {error}", shown()))?;
        match host.name() {
            Some(name) if name.contains('.') && !name.split('.').any(str::is_empty) => {
                self.allowed.insert(name.to_owned());
                Ok(())
            }
            _ => Err(format!(
                "cookies cannot be shared below \"{}\": it takes a name of two labels or more, such as example.com",
                shown()
            )),
        }
    }

    /// §5.7 steps 7 to 10: the cookie's domain, and its host-only-flag.
    ///
    /// Where nothing tells whether a parent is a public suffix, the cookie is kept for the host that set it, which is
    /// less than was asked for and never more.
    pub(crate) fn reach(
        &self,
        place: &Place<'_>,
        attribute: Option<&str>,
    ) -> Result<(String, bool), CookieRefusal> {
        let alone = Ok((place.host.clone(), true));
        let domain = attribute.unwrap_or_default();
        if domain.is_empty() {
            return alone;
        }
        let is_host = domain == place.host;
        if place.is_address {
            return if is_host { alone } else { Err(CookieRefusal::ForeignDomain) };
        }
        let allowed = self.allowed.iter().any(|parent| domain_matches(domain, parent));
        if !allowed && self.is_suffix(domain) {
            // Step 9: "If the domain-attribute is identical to the request-host-canonical: Let the domain-attribute be
            // the empty string. Otherwise: Abort this algorithm and ignore the cookie entirely."
            return if is_host { alone } else { Err(CookieRefusal::PublicSuffix) };
        }
        if !domain_matches(&place.host, domain) {
            return Err(CookieRefusal::ForeignDomain);
        }
        if is_host || allowed || self.is_public_suffix.is_some() {
            return Ok((domain.to_owned(), false));
        }
        alone
    }

    /// A single label is a public suffix, whatever is known of others. A final dot hides nothing (CVE-2022-27779).
    fn is_suffix(&self, domain: &str) -> bool {
        let name = domain.trim_end_matches('.');
        !name.contains('.')
            || self.is_public_suffix.as_ref().is_some_and(|is_suffix| is_suffix(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(uri: &str) -> Option<String> {
        Place::of(&Uri::parse(uri).unwrap(), false).map(|place| place.host)
    }

    #[test]
    fn hosts_are_canonical() {
        for (uri, expected) in [
            ("http://Example.COM/", Some("example.com")),
            ("http://example.com./", Some("example.com")),
            ("http://127.0.0.1:8080/", Some("127.0.0.1")),
            ("http://[0:0::0:1]/", Some("::1")),
            ("http://[fe80::1%25eth0]/", Some("fe80::1%eth0")),
            ("http://localhost/", Some("localhost")),
        ] {
            assert_eq!(host(uri).as_deref(), expected, "{uri}");
        }
        // Whether the URL is refused or the jar looks away: no cookies.
        for uri in ["http://./", "http://a..b/", "http://example.com../", "http://.a/"] {
            assert!(Uri::parse(uri).is_err() || host(uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn only_https_is_secure_unless_loopback_is_trusted() {
        for (uri, strict, trusting) in [
            ("https://example.com/", true, true),
            ("http://example.com/", false, false),
            ("http://localhost/", false, true),
            ("http://LOCALHOST./", false, true),
            ("http://app.localhost/", false, true),
            ("http://127.8.9.10/", false, true),
            ("http://[::1]/", false, true),
            ("http://notlocalhost/", false, false),
            ("http://localhost.example/", false, false),
            ("http://128.0.0.1/", false, false),
        ] {
            let uri = Uri::parse(uri).unwrap();
            let secure = |trust| Place::of(&uri, trust).unwrap().secure;
            assert_eq!((secure(false), secure(true)), (strict, trusting), "{uri}");
        }
    }

    #[test]
    fn domains_match_at_label_boundaries() {
        for (host, domain, expected) in [
            ("example.com", "example.com", true),
            ("www.example.com", "example.com", true),
            ("a.b.example.com", "example.com", true),
            ("badexample.com", "example.com", false),
            ("example.com", "www.example.com", false),
            ("example.com.evil", "example.com", false),
        ] {
            assert_eq!(domain_matches(host, domain), expected, "{host} {domain}");
        }
    }

    #[test]
    fn what_cannot_be_allowed() {
        let mut parents = Parents::default();
        for domain in
            ["com", "com.", ".com", "", ".", "localhost", "127.0.0.1", "[::1]", "a..b", "a b.c"]
        {
            assert!(parents.allow(domain).is_err(), "{domain}");
        }
        assert!(parents.allowed.is_empty());
        parents.allow(".Example.COM.").unwrap();
        assert!(parents.allowed.contains("example.com"));
    }
}
