//! Which addresses a client or a request may connect to, and how a refusal is told from other errors.

use crate::conn::DialCause;
use crate::net::{AddressPolicy, Candidate, Denial};

use super::builder::ClientBuilder;
use super::connector::Connector;
use super::error::{Cause, Error};

impl Connector {
    /// Connects to addresses of the internet only: never to this machine, its networks, or a cloud's metadata service,
    /// whatever a URL, a name, a redirect or a proxy leads to ([`AddressPolicy::public`]). A proxy is judged like any
    /// host. A name that only a proxy would look up is refused, because nobody here sees its address.
    ///
    /// Added to what was said before; [`options`](Self::options) replaces it all.
    pub fn deny_private(self) -> Self {
        self.police(AddressPolicy::public())
    }

    /// Asks `rule` about every address before it is connected to, in the first request, in redirects, and for proxies;
    /// also about names that only a proxy will look up ([`Candidate::address`] is `None` then). What it says `false` to is
    /// refused before a byte is sent; other addresses of the same host are tried. It must not block.
    ///
    /// Added to what was said before: all rules have to agree.
    ///
    /// ```
    /// use wireline::Connector;
    /// use wireline::net::Purpose;
    ///
    /// // Like `deny_private`, with a proxy inside that may look names up.
    /// let outward = Connector::new().address_policy(|candidate| {
    ///     candidate.is_public() || candidate.purpose == Purpose::Proxy || candidate.address.is_none()
    /// });
    /// ```
    pub fn address_policy(
        self,
        rule: impl Fn(&Candidate<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.police(AddressPolicy::with(rule))
    }

    fn police(self, more: AddressPolicy) -> Self {
        self.change(|means| {
            let policy = std::mem::take(&mut means.connect.policy);
            means.connect.policy = policy.and(more);
        })
    }
}

impl ClientBuilder {
    /// Connects to addresses of the internet only: see [`Connector::deny_private`]. A request that brings a connector
    /// brings its rules too, in place of these.
    pub fn deny_private(mut self) -> Self {
        self.connector = self.connector.deny_private();
        self
    }

    /// Asks `rule` about every address before it is connected to: see [`Connector::address_policy`].
    pub fn address_policy(
        mut self,
        rule: impl Fn(&Candidate<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.connector = self.connector.address_policy(rule);
        self
    }
}

impl Error {
    /// Nothing but the address policy stands in the way: every address there was has been refused, and nothing was sent.
    /// It is [`is_connect`](Self::is_connect) too.
    pub fn is_denied(&self) -> bool {
        self.denial().is_some()
    }

    /// What the address policy has refused; of several addresses the first.
    pub fn denial(&self) -> Option<&Denial> {
        match self.cause() {
            Cause::Dial(DialCause::Connect(error)) => error.denial(),
            _ => None,
        }
    }
}
