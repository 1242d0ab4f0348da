//! Which proxies a client uses, and what a request chooses otherwise.

use crate::client::builder::ClientBuilder;
use crate::client::error::Error;
use crate::client::request::RequestBuilder;
use crate::client::settings::Settings;

use super::choice::Proxies;

impl ClientBuilder {
    /// Sends requests through a [`Proxy`](crate::client::Proxy), or through the one that [`Proxies`] choose. Replaces an earlier
    /// one. By default every way is direct, whatever the environment says.
    pub fn proxy(mut self, proxies: impl Into<Proxies>) -> Self {
        let proxies = proxies.into();
        if let Err(error) = check(&proxies, &self.settings) {
            self.refuse(error);
        }
        self.settings.proxy = Some(proxies);
        self
    }
}

impl RequestBuilder {
    /// Sends this request through a [`Proxy`](crate::client::Proxy), or through the one that [`Proxies`] choose, redirects
    /// included. Replaces the client's.
    pub fn proxy(self, proxies: impl Into<Proxies>) -> Self {
        let proxies = proxies.into();
        self.choose(|choices| choices.settings.proxy = Some(proxies))
    }

    /// Sends this request directly, whatever proxies the client uses.
    pub fn no_proxy(self) -> Self {
        self.choose(|choices| choices.settings.proxy = None)
    }
}

/// Whatever can be known to be wrong before there is a request.
fn check(proxies: &Proxies, settings: &Settings) -> Result<(), Error> {
    for proxy in proxies.known() {
        let via = proxy.via().map_err(Error::build)?;
        if via.is_http() {
            settings.login(&via.uri).map_err(Error::build)?;
        }
    }
    Ok(())
}
