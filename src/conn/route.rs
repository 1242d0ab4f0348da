//! Where a connection leads, and everything that tells it from any other: the pool's key.
//!
//! Two requests may share a connection only if they would have built the same one. Each bug of the class *key too
//! small* (S-45, S-46, S-50) was a field missing here, so whatever changes how a connection is made is a field of
//! [`Route`]; settings that are fixed for a client are not, because a pool belongs to one client.
//!
//! [`RouteView`] borrows from the request's URI, so that finding a kept connection allocates nothing; [`Route`] is what
//! the pool keeps.
//!
//! A connection to a forward proxy leads to the proxy, whatever is asked of it, so that all origins share it. A tunnel
//! leads to its origin.

use std::fmt;
use std::sync::Arc;

use crate::message::{Scheme, Uri};

use super::via::Via;

/// A way to an origin, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    scheme: Scheme,
    host: Box<str>,
    zone: Option<Box<str>>,
    port: u16,
    identity: Identity,
    /// Behind a pointer: most routes are direct.
    passage: Option<Box<Passage>>,
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
    /// What it is made with.
    pub identity: Identity,
    /// The proxy it leads to or through.
    pub passage: Option<&'a Passage>,
}

/// What a connection is made with: each number tells one set of settings from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The TLS settings; `None` in clear.
    pub secure: Option<u64>,
    /// The [`Means`](super::Means): who finds addresses, how sockets are made.
    pub means: u64,
}

/// How a proxy is used.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The proxy.
    pub via: Arc<Via>,
    /// The identity of the TLS settings for the proxy itself; without meaning for one in clear.
    pub secure: Option<u64>,
    /// The route leads through it to the origin, and not to it.
    pub tunnel: bool,
}

impl<'a> RouteView<'a> {
    /// The direct way to the origin of `uri`, with the TLS settings of that identity if it is https.
    #[inline]
    pub fn direct(uri: &'a Uri, identity: Identity) -> RouteView<'a> {
        let scheme = uri.scheme();
        let secure = identity.secure.filter(|_| scheme == Scheme::Https);
        let (host, zone, port) = (uri.host(), uri.zone(), uri.port());
        RouteView {
            scheme,
            host,
            zone,
            port,
            identity: Identity { secure, ..identity },
            passage: None,
        }
    }

    /// The way to the origin of `uri`, or to the proxy if that forwards.
    pub fn through(passage: &'a Passage, uri: &'a Uri, identity: Identity) -> RouteView<'a> {
        let via = &passage.via;
        let direct = RouteView::direct(uri, identity);
        let route = match passage.tunnel {
            true => direct,
            false => RouteView {
                scheme: via.scheme(),
                host: via.uri.host(),
                zone: via.uri.zone(),
                port: via.port,
                identity: Identity { secure: passage.secured(), ..identity },
                passage: None,
            },
        };
        RouteView { passage: Some(passage), ..route }
    }

    /// The proxy a connection has to be made through.
    pub fn tunnel(&self) -> Option<&'a Passage> {
        self.passage.filter(|passage| passage.tunnel)
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
        let Identity { secure, means } = self.identity;
        let hash = mix(hash, secure.unwrap_or_default() ^ means.rotate_left(32));
        match self.passage {
            None => hash,
            Some(passage) => {
                mix(hash, u64::from(passage.via.port) << 1 | u64::from(passage.tunnel))
            }
        }
    }

    /// Whether `route` is this one.
    pub fn is(&self, route: &Route) -> bool {
        self.port == route.port
            && self.host == &*route.host
            && self.scheme == route.scheme
            && self.identity == route.identity
            && self.zone == route.zone.as_deref()
            && match (&self.passage, &route.passage) {
                (None, None) => true,
                (Some(passage), Some(kept)) => **passage == **kept,
                _ => false,
            }
    }

    /// A copy to keep.
    pub fn to_route(self) -> Route {
        Route {
            scheme: self.scheme,
            host: self.host.into(),
            zone: self.zone.map(Into::into),
            port: self.port,
            identity: self.identity,
            passage: self.passage.cloned().map(Box::new),
        }
    }
}

impl Route {
    /// The proxy it leads through, or to.
    pub fn proxy(&self) -> Option<&Via> {
        self.passage.as_ref().map(|passage| &*passage.via)
    }
}

impl Passage {
    /// The identity of the TLS settings, where there is TLS.
    fn secured(&self) -> Option<u64> {
        self.secure.filter(|_| self.via.scheme() == Scheme::Https)
    }
}

/// Mostly the proxies are one and the same value, and nothing needs to be compared.
impl PartialEq for Passage {
    fn eq(&self, other: &Passage) -> bool {
        self.tunnel == other.tunnel
            && self.secured() == other.secured()
            && (Arc::ptr_eq(&self.via, &other.via) || self.via == other.via)
    }
}

impl Eq for Passage {}

impl fmt::Display for RouteView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The other end: `https://[fe80::1%eth0]:443`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Route { scheme, host, zone, port, .. } = self;
        match (zone, host.contains(':')) {
            (Some(zone), _) => write!(f, "{}://[{host}%{zone}]:{port}", scheme.as_str()),
            (None, true) => write!(f, "{}://[{host}]:{port}", scheme.as_str()),
            (None, false) => write!(f, "{}://{host}:{port}", scheme.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::via::{Handshake, ViaKind};
    use crate::message::Fields;
    use crate::net::{BoxedWire, Secure, Securing};

    /// Those TLS settings, and always the same means.
    fn with(secure: Option<u64>) -> Identity {
        Identity { secure, means: 7 }
    }

    /// Change one field, expect another key. A new field belongs into this list.
    #[test]
    fn s_45_every_field_is_part_of_the_key() {
        let base = RouteView {
            scheme: Scheme::Https,
            host: "fe80::1",
            zone: Some("eth0"),
            port: 443,
            identity: with(Some(1)),
            passage: None,
        };
        let others = [
            RouteView { scheme: Scheme::Http, ..base },
            RouteView { host: "fe80::2", ..base },
            RouteView { zone: Some("eth1"), ..base },
            RouteView { zone: None, ..base },
            RouteView { port: 8443, ..base },
            RouteView { identity: with(Some(2)), ..base },
            RouteView { identity: with(None), ..base },
            RouteView { identity: Identity { means: 8, ..with(Some(1)) }, ..base },
        ];
        let route = base.to_route();
        assert!(base.is(&route));
        for other in others {
            assert!(!other.is(&route), "{other:?}");
            assert!(other.is(&other.to_route()));
        }
    }

    fn via(uri: &str) -> Via {
        let uri = Uri::parse(uri).expect("a URI");
        let (kind, port) = (ViaKind::Http, uri.port());
        Via {
            kind,
            uri,
            port,
            fields: Fields::new(),
            secure: None,
            credentials: 0,
            old: false,
            before: None,
        }
    }

    struct Named(u64);

    impl Secure for Named {
        fn secure(&self, _: &str, _: BoxedWire) -> Securing {
            unreachable!("no handshake here")
        }

        fn identity(&self) -> u64 {
            self.0
        }
    }

    /// The same for the proxy: whatever a connection through it depends on, credentials first (S-46).
    #[test]
    fn s_45_everything_about_a_proxy_is_part_of_the_key() {
        let handshake: Handshake = |wire, _, _, _| Box::pin(std::future::ready(Ok(wire)));
        let socks = |local_dns| ViaKind::Socks5 { handshake, local_dns };
        let socks4 = |local_dns| ViaKind::Socks4 { handshake, local_dns };
        let uri = |text: &str| Uri::parse(text).expect("a URI");
        let mut fields = Fields::new();
        fields.append("x", "1").expect("a field");
        let base = via("http://u:p@proxy.test:3128/");
        let vias = [
            Via { kind: ViaKind::Https, ..base.clone() },
            Via { kind: socks(true), ..base.clone() },
            Via { kind: socks(false), ..base.clone() },
            Via { uri: uri("http://u:p@other.test:3128/"), ..base.clone() },
            Via { uri: uri("http://u:q@proxy.test:3128/"), ..base.clone() },
            Via { uri: uri("http://v:p@proxy.test:3128/"), ..base.clone() },
            Via { uri: uri("http://proxy.test:3128/"), ..base.clone() },
            Via { port: 3129, ..base.clone() },
            Via { fields, ..base.clone() },
            Via { secure: Some(Arc::new(Named(1))), ..base.clone() },
            Via { secure: Some(Arc::new(Named(2))), ..base.clone() },
            Via { credentials: 1, ..base.clone() },
            Via { credentials: 2, ..base.clone() },
            Via { kind: socks4(true), ..base.clone() },
            Via { kind: socks4(false), ..base.clone() },
            Via { old: true, ..base.clone() },
            Via { before: Some(Arc::new(base.clone())), ..base.clone() },
            Via { before: Some(Arc::new(via("http://other.test/"))), ..base.clone() },
        ];
        let origin = uri("https://a.test/");
        let through = |via| Passage { via, secure: Some(1), tunnel: true };
        let base = through(Arc::new(base));
        let (direct, base) = (
            RouteView::direct(&origin, with(Some(1))),
            RouteView::through(&base, &origin, with(Some(1))),
        );
        let mut seen = vec![direct.to_route(), base.to_route()];
        assert!(!direct.is(&seen[1]) && !base.is(&seen[0]));
        for via in vias {
            let copy = through(Arc::new(via.clone()));
            let passage = through(Arc::new(via));
            let route = RouteView::through(&passage, &origin, with(Some(1)));
            assert!(!seen.iter().any(|kept| route.is(kept)), "{passage:?}");
            seen.push(route.to_route());
            let copy = RouteView::through(&copy, &origin, with(Some(1)));
            assert!(copy.is(&route.to_route()), "{passage:?}: its content counts");
            assert_eq!(copy.hash(1), route.hash(1));
        }
    }

    /// And so is how it is used, and under which TLS settings.
    #[test]
    fn s_45_the_use_of_a_proxy_is_part_of_the_key() {
        let https = Arc::new(Via { kind: ViaKind::Https, ..via("https://proxy.test/") });
        let passage =
            |secure, tunnel| Passage { via: Arc::clone(&https), secure: Some(secure), tunnel };
        let passages = [passage(1, false), passage(2, false), passage(1, true), passage(2, true)];
        // The proxy itself, so that its own way and the one to it look alike.
        let target = Uri::parse("https://proxy.test/").expect("a URI");
        let mut uses = vec![RouteView::direct(&target, with(Some(1)))];
        uses.extend(
            passages.iter().map(|passage| RouteView::through(passage, &target, with(Some(1)))),
        );
        uses.push(RouteView::through(&passages[3], &target, with(Some(2))));
        for (n, one) in uses.iter().enumerate() {
            for (m, other) in uses.iter().enumerate() {
                assert_eq!(one.is(&other.to_route()), n == m, "{n} and {m}");
            }
        }
    }

    #[test]
    fn all_origins_share_a_proxy_that_forwards() {
        let via = Arc::new(via("http://user:hunter2@proxy.test:3128/"));
        let passage = |secure| Passage { via: Arc::clone(&via), secure, tunnel: false };
        let (one, two) = (passage(Some(1)), passage(Some(2)));
        let uris =
            ["http://a.test/", "http://b.test:81/"].map(|uri| Uri::parse(uri).expect("a URI"));
        let route = RouteView::through(&one, &uris[0], with(Some(7)));
        assert_eq!((route.host, route.port, route.identity), ("proxy.test", 3128, with(None)));
        assert!(
            route.is(&RouteView::through(&two, &uris[1], with(None)).to_route()),
            "no TLS, no settings"
        );
        assert!(route.tunnel().is_none());
        let shown = format!("{route:?} {via}");
        assert!(shown.contains("http://proxy.test:3128") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn s_50_the_zone_is_in_the_key_and_not_in_the_name() {
        let uri = Uri::parse("http://[fe80::1%25eth0]/").expect("a zone");
        let route = RouteView::direct(&uri, with(Some(7)));
        assert_eq!((route.host, route.zone, route.identity), ("fe80::1", Some("eth0"), with(None)));
    }

    #[test]
    fn the_hash_depends_on_seed_host_port_and_settings() {
        let view = |host, port, secure| RouteView {
            scheme: Scheme::Http,
            host,
            zone: None,
            port,
            identity: with(secure),
            passage: None,
        };
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
