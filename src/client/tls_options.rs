//! TLS for clients and requests (feature `tls`): the few settings that many need, and the door to all of them.

use std::sync::Arc;

use crate::net::{Rustls, RustlsBuilder};

use super::builder::ClientBuilder;
use super::error::Error;
use super::request::RequestBuilder;
use super::tls_draft::Draft;

/// All but [`tls`](ClientBuilder::tls) add to what it or they have chosen, and are an error of `build` behind
/// [`secure`](ClientBuilder::secure), whose settings are whole.
impl ClientBuilder {
    /// Secures connections as `settings` say, in place of what was chosen so far. `build` reports what cannot be used.
    pub fn tls(mut self, settings: RustlsBuilder) -> Self {
        self.tls = Draft(Some(Box::new(settings)));
        self
    }

    /// Trusts the certificates in `pem` and nobody else: see [`RustlsBuilder::roots_pem`].
    pub fn roots_pem(self, pem: &[u8]) -> Self {
        self.change(|tls| tls.roots_pem(pem))
    }

    /// Trusts the certificates in `pem` too: see [`RustlsBuilder::add_roots_pem`].
    pub fn add_roots_pem(self, pem: &[u8]) -> Self {
        self.change(|tls| tls.add_roots_pem(pem))
    }

    /// Shows this certificate to every server that asks for one: see [`RustlsBuilder::client_certificate_pem`].
    pub fn client_certificate_pem(self, chain: &[u8], key: &[u8]) -> Self {
        self.change(|tls| tls.client_certificate_pem(chain, key))
    }

    /// Accepts any certificate, and with it whoever is in between: see
    /// [`RustlsBuilder::danger_accept_invalid_certs`].
    pub fn danger_accept_invalid_certs(self, accept: bool) -> Self {
        // What nobody has chosen needs no switching off.
        if !accept && self.tls.0.is_none() {
            return self;
        }
        self.change(|tls| tls.danger_accept_invalid_certs(accept))
    }

    fn change(mut self, change: impl FnOnce(RustlsBuilder) -> RustlsBuilder) -> Self {
        // Nothing can be added to those settings, and to drop them would drop their pins and roots too.
        if self.tls.0.is_none() && self.settings.secure.is_some() {
            self.refuse(Error::build(
                "TLS was chosen by `secure`, and `roots_pem` and its like cannot change that; choose it by `tls`",
            ));
            return self;
        }
        let draft = self.tls.0.take().map_or_else(Rustls::builder, |draft| *draft);
        self.tls = Draft(Some(Box::new(change(draft))));
        self
    }
}

impl RequestBuilder {
    /// Secures the connection with `settings` in place of the client's. It is shared only with requests that bring the
    /// same value or a clone of it, so make one for all of them.
    pub fn tls(self, settings: &Rustls) -> Self {
        self.secure(Arc::new(settings.clone()))
    }
}
