//! The way of one request: through which proxy, and whether the proxy is asked to forward or to step aside.

use std::sync::Arc;

use crate::client::auth::authenticate::Authenticate;
use crate::client::error::Error;
use crate::client::settings::Settings;
use crate::conn::{Identity, Passage, RouteView, Via};
use crate::message::{Method, Scheme, Uri};
use crate::net::Secure;

use super::proxy::Proxy;

/// A way that is not direct.
#[derive(Clone)]
pub(crate) struct Way {
    proxy: Proxy,
    passage: Passage,
}

impl Way {
    /// The way through `proxy` for a request with that method to `uri`. `aside`: whether a proxy that could forward has
    /// to step aside all the same, as for another protocol, which is between the two ends.
    ///
    /// # Errors
    /// A proxy that could not be understood; an address that means something on this machine only.
    pub(crate) fn new(
        proxy: Proxy,
        method: &Method,
        uri: &Uri,
        aside: bool,
        settings: &Settings,
    ) -> Result<Way, Error> {
        let via = Arc::clone(proxy.via().map_err(Error::build)?);
        if uri.zone().is_some() {
            return Err(Error::build(format!(
                "{uri} names a network interface of this machine, which is nothing to a proxy; reach it with `no_proxy`"
            )));
        }
        let forward = uri.scheme() == Scheme::Http
            && via.is_http()
            && method != Method::CONNECT
            && !aside
            && !proxy.always_tunnels();
        let own = via.secure.as_ref().map(|secure| secure.identity());
        let secure = own.or_else(|| settings.secure_identity());
        Ok(Way { proxy, passage: Passage { via, secure, tunnel: !forward } })
    }

    /// What connections know of the proxy.
    pub(crate) fn via(&self) -> &Via {
        &self.passage.via
    }

    /// Whether the request is sent to the proxy, in absolute-form, and not through it.
    pub(crate) fn is_forward(&self) -> bool {
        !self.passage.tunnel
    }

    /// Whether names are looked up here, and the proxy gets their addresses.
    pub(crate) fn looks_up_here(&self) -> bool {
        self.via().kind.socks().is_some_and(|(_, local_dns)| local_dns)
    }

    /// Whether both lead a request to the same reader.
    pub(crate) fn is(&self, other: &Way) -> bool {
        self.passage == other.passage
    }

    /// What answers the proxy's challenges.
    pub(crate) fn credentials(&self) -> Option<&dyn Authenticate> {
        self.proxy.credentials()
    }

    /// TLS to the proxy itself.
    pub(crate) fn secure<'a>(&'a self, settings: &'a Settings) -> Option<&'a dyn Secure> {
        let own = self.passage.via.secure.as_deref();
        own.or_else(|| settings.secure.as_ref().map(|secured| &*secured.secure))
    }

    /// The pool's key for `uri`.
    pub(crate) fn route<'a>(&'a self, uri: &'a Uri, identity: Identity) -> RouteView<'a> {
        RouteView::through(&self.passage, uri, identity)
    }
}
