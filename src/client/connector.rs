//! What connections are made with: who finds addresses, which are fixed, how sockets are made and raced.
//!
//! In go choices; out comes a value that is cheap to clone and has an identity: connections made by one connector are
//! never lent to a request that brings another one (S-45). TLS is apart ([`Secure`](crate::net::Secure)), and so are
//! proxies.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::conn::Means;
use crate::net::{ConnectOptions, ConnectTo, Overrides, Resolve, Shared, next_identity};

/// How connections are made. Clones are the same connector, and share connections; a changed one is another.
///
/// A client has one, made of what its builder was told. A request may bring its own: make it once and clone it, because
/// connections are reused only by requests with the same one.
///
/// ```
/// use wireline::{Client, Connector};
///
/// let staging = Connector::new().resolve("example.com", ["192.0.2.7:0".parse().unwrap()]);
/// let client = Client::new();
/// let request = client.get("https://example.com/").connector(&staging);
/// ```
#[derive(Clone)]
pub struct Connector {
    means: Arc<Means>,
}

impl Connector {
    /// With the defaults: the resolver of the build, no fixed address, [`ConnectOptions::default`].
    pub fn new() -> Connector {
        let (resolver, connect) = (Overrides::new(default_resolver()), ConnectOptions::default());
        let (connect_to, identity) = (ConnectTo::default(), next_identity());
        Connector { means: Arc::new(Means { resolver, connect_to, connect, identity }) }
    }

    /// Finds addresses in another way than the default (`dns`: [`dns::Resolver`](crate::dns); without it: getaddrinfo). Requests that need
    /// the same name at the same time share one look-up, as with the default. Fixed addresses stay in front of it.
    pub fn resolver(self, resolver: impl Resolve + 'static) -> Self {
        self.change(|means| means.resolver.put_behind(Arc::new(Shared::new(resolver))))
    }

    /// Fixes the addresses of a host, in front of any resolver and of `localhost` too; `*` is every host that is not fixed
    /// by itself. A later call for the same host replaces an earlier one. Port 0 in an address means the URL's port. Proxies
    /// are found the same way. A URL with an IP address needs no resolver: that is a case for
    /// [`connect_to`](Self::connect_to).
    pub fn resolve(self, host: &str, addresses: impl Into<Vec<SocketAddr>>) -> Self {
        self.change(|means| means.resolver.insert(host, None, addresses.into()))
    }

    /// The same for one port, before what [`resolve`](Self::resolve) says of all: curl's `--resolve host:port:addresses`.
    pub fn resolve_port(
        self,
        host: &str,
        port: u16,
        addresses: impl Into<Vec<SocketAddr>>,
    ) -> Self {
        self.change(|means| means.resolver.insert(host, Some(port), addresses.into()))
    }

    /// Takes back what was fixed: for one port ([`resolve_port`](Self::resolve_port)), or with `None` for all others
    /// ([`resolve`](Self::resolve)).
    pub fn unresolve(self, host: &str, port: Option<u16>) -> Self {
        self.change(|means| means.resolver.remove(host, port))
    }

    /// Connects to `to_host` and `to_port` for URLs with `host` and `port`: curl's `--connect-to`. An empty host in front
    /// fits any, an empty one behind keeps the URL's; the same for ports and `None`. The first rule that fits is followed,
    /// in the order they were given, and only that one.
    ///
    /// `Host`, the name in TLS, cookies and credentials stay the URL's. `to_host` is looked up like any other, fixed
    /// addresses included. Where a proxy is used, it is the one that is told to connect there, by a tunnel.
    ///
    /// ```
    /// # use wireline::Connector;
    /// // One of the servers behind a name, with that name's certificate.
    /// let third = Connector::new().connect_to("example.com", Some(443), "web3.example.com", Some(8443));
    /// ```
    pub fn connect_to(
        self,
        host: &str,
        port: Option<u16>,
        to_host: &str,
        to_port: Option<u16>,
    ) -> Self {
        self.change(|means| means.connect_to.push(host, port, to_host, to_port))
    }

    /// How sockets are made and raced.
    pub fn options(self, options: ConnectOptions) -> Self {
        self.change(|means| means.connect = options)
    }

    pub(super) fn means(&self) -> &Means {
        &self.means
    }

    /// Another connector, with an identity of its own.
    pub(super) fn change(mut self, change: impl FnOnce(&mut Means)) -> Self {
        let means = Arc::make_mut(&mut self.means);
        means.identity = next_identity();
        change(means);
        self
    }
}

impl Default for Connector {
    fn default() -> Connector {
        Connector::new()
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("connect", &self.means.connect).finish_non_exhaustive()
    }
}

#[cfg(feature = "dns")]
fn default_resolver() -> Arc<dyn Resolve> {
    Arc::new(Shared::new(crate::net::Resolver::from_system()))
}

#[cfg(not(feature = "dns"))]
fn default_resolver() -> Arc<dyn Resolve> {
    Arc::new(Shared::new(crate::net::SystemResolver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_45_a_changed_connector_is_another_one() {
        let one = Connector::new();
        assert_eq!(one.means().identity, one.clone().means().identity);
        let other = one.clone().options(ConnectOptions::default());
        assert_ne!(one.means().identity, other.means().identity);
        assert_ne!(one.means().identity, Connector::new().means().identity);
    }
}
