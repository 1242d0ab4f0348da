//! Where a connection leads, and everything that tells it from any other: the pool's key.
//!
//! Two requests may share a connection only if they would have built the same one. Each bug of the class *key too
//! small* (S-45, S-46, S-50) was a field missing here, so whatever changes how a connection is made is a field of
//! [`Route`]; settings that are fixed for a client are not, because a pool belongs to one client.
//!
//! [`RouteView`] borrows from the request's URI, so that finding a kept connection allocates nothing; [`Route`] is what
//! the pool keeps.

use std::fmt;

use crate::message::{Scheme, Uri};

/// A way to an origin, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    scheme: Scheme,
    host: Box<str>,
    zone: Option<Box<str>>,
    port: u16,
    /// The identity of the TLS settings; `None` in clear.
    secure: Option<u64>,
}

/// A way to an origin, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteView<'a> {
    /// In clear or not. Part of the key although the port mostly tells.
    pub scheme: Scheme,
    /// Lower case, without brackets or zone.
    pub host: &'a str,
    /// The zone of a link-local address: the same address on another interface is another host (S-50).
    pub zone: Option<&'a str>,
    /// The port connected to.
    pub port: u16,
    /// The identity of the TLS settings; `None` in clear.
    pub secure: Option<u64>,
}

impl<'a> RouteView<'a> {
    /// The direct way to the origin of `uri`, with the TLS settings of that identity if it is https.
    pub fn direct(uri: &'a Uri, secure: Option<u64>) -> RouteView<'a> {
        let scheme = uri.scheme();
        let secure = secure.filter(|_| scheme == Scheme::Https);
        RouteView { scheme, host: uri.host(), zone: uri.zone(), port: uri.port(), secure }
    }

    /// A hash of the whole key: eight bytes of the host at a time, mixed with a seed that strangers do not know.
    pub fn hash(&self, seed: u64) -> u64 {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(ODD).rotate_left(29);
        let (words, tail) = self.host.as_bytes().as_chunks::<8>();
        let mut hash = mix(seed, u64::from(self.port) << 8 | self.host.len() as u64);
        for word in words {
            hash = mix(hash, u64::from_le_bytes(*word));
        }
        for &byte in tail {
            hash = mix(hash, byte.into());
        }
        mix(hash, self.secure.unwrap_or_default())
    }

    /// Whether `route` is this one.
    pub fn is(&self, route: &Route) -> bool {
        self.port == route.port
            && self.host == &*route.host
            && self.scheme == route.scheme
            && self.secure == route.secure
            && self.zone == route.zone.as_deref()
    }

    /// A copy to keep.
    pub fn to_route(self) -> Route {
        Route {
            scheme: self.scheme,
            host: self.host.into(),
            zone: self.zone.map(Into::into),
            port: self.port,
            secure: self.secure,
        }
    }
}

impl fmt::Display for RouteView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Change one field, expect another key. A new field belongs into this list.
    #[test]
    fn s_45_every_field_is_part_of_the_key() {
        let base = RouteView {
            scheme: Scheme::Https,
            host: "fe80::1",
            zone: Some("eth0"),
            port: 443,
            secure: Some(1),
        };
        let others = [
            RouteView { scheme: Scheme::Http, ..base },
            RouteView { host: "fe80::2", ..base },
            RouteView { zone: Some("eth1"), ..base },
            RouteView { zone: None, ..base },
            RouteView { port: 8443, ..base },
            RouteView { secure: Some(2), ..base },
            RouteView { secure: None, ..base },
        ];
        let route = base.to_route();
        assert!(base.is(&route));
        for other in others {
            assert!(!other.is(&route), "{other:?}");
            assert!(other.is(&other.to_route()));
        }
    }

    #[test]
    fn s_50_the_zone_is_in_the_key_and_not_in_the_name() {
        let uri = Uri::parse("http://[fe80::1%25eth0]/").expect("a zone");
        let route = RouteView::direct(&uri, Some(7));
        assert_eq!((route.host, route.zone, route.secure), ("fe80::1", Some("eth0"), None));
    }

    #[test]
    fn the_hash_depends_on_seed_host_port_and_settings() {
        let view =
            |host, port, secure| RouteView { scheme: Scheme::Http, host, zone: None, port, secure };
        let all = [
            view("example.com", 80, None).hash(1),
            view("example.com", 80, None).hash(2),
            view("example.con", 80, None).hash(1),
            view("xxample.com", 80, None).hash(1),
            view("example.com", 81, None).hash(1),
            view("example.com", 80, Some(3)).hash(1),
        ];
        for (n, hash) in all.iter().enumerate() {
            assert!(!all[..n].contains(hash), "number {n}");
        }
        assert_eq!(all[0], view("example.com", 80, None).hash(1));
    }
}
