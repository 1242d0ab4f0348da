//! The policies a client can be given: redirects, retries, credentials, cookies, what counts as an error.

use std::sync::Arc;

use super::auth::authenticate::{Authenticate, Sign};
use super::builder::ClientBuilder;
use super::cookies::store::CookieStore;
use super::redirect_policy::{Follow, Redirect};
use super::retry_policy::Retry;
use super::telling::event::Event;
use super::telling::listen::add;

impl ClientBuilder {
    /// Redirects followed; [`MAX_REDIRECTS`](super::redirect_policy::MAX_REDIRECTS) by default, 0 hands them out.
    pub fn max_redirects(mut self, count: u32) -> Self {
        self.settings.redirect.most = count;
        self
    }

    /// Whether a redirect may lead from https to http. Refused by default (S-67).
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.settings.redirect.allow_downgrade = allow;
        self
    }

    /// Whether a followed redirect tells where it came from: the URL without userinfo and fragment to the same origin,
    /// the origin alone to another, nothing from https to http (S-69). Off by default.
    pub fn referer(mut self, send: bool) -> Self {
        self.settings.redirect.referer = send;
        self
    }

    /// Asks `decide` about every redirect that the other rules allow. It decides about following only: what travels is
    /// not its choice.
    pub fn on_redirect(
        mut self,
        decide: impl Fn(&Redirect<'_>) -> Follow + Send + Sync + 'static,
    ) -> Self {
        self.settings.redirect.decide = Some(Arc::new(decide));
        self
    }

    /// Keeps cookies in `store`. None are kept by default.
    pub fn cookie_store(mut self, store: impl CookieStore + 'static) -> Self {
        self.settings.cookies = Some(Arc::new(store));
        self
    }

    /// Credentials for every request of this client that has none of its own. They go to every origin that is asked,
    /// but not along with a redirect to another one: give them to requests where that is too wide.
    pub fn auth(mut self, credentials: impl Authenticate + 'static) -> Self {
        self.settings.auth = Some(Arc::new(credentials));
        self
    }

    /// Signs every request.
    pub fn sign(mut self, signer: impl Sign + 'static) -> Self {
        self.settings.sign = Some(Arc::new(signer));
        self
    }

    /// Tries again what failed, as `retry` says. By default only what is certain to do no harm is repeated, once, when a
    /// kept connection turns out to be closed.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.settings.retry = Some(Arc::new(retry));
        self
    }

    /// Tells `listener` everything that happens to the requests of this client, while it happens: see [`event`](super::telling::event).
    /// Called more than once, it adds listeners, who are told in that order.
    pub fn on_event(mut self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        add(&mut self.settings.on_event, listener);
        self
    }

    /// Whether a status of 400 and above is an error, as [`Response::error_for_status`](super::Response::error_for_status)
    /// makes it one. The error keeps the response. Off by default.
    pub fn raise_for_status(mut self, raise: bool) -> Self {
        self.settings.raise = raise;
        self
    }
}
