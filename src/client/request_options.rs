//! What a request may choose otherwise than its client.
//!
//! Whatever changes how a connection is made is part of the pool's key, so a request with other TLS settings never gets
//! a connection that was made without them (S-45).

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use crate::conn::BoxError;
use crate::h1::{Limits, Tolerance};
use crate::net::Secure;

use super::auth::authenticate::{Authenticate, Draft, Sign};
use super::connector::Connector;
use super::cookies::store::CookieStore;
use super::error::Error;
use super::prepare::{carry, prepare};
use super::proxies::proxied::choose_way;
use super::redirect_policy::{Follow, Redirect};
use super::request::RequestBuilder;
use super::retry_policy::Retry;
use super::settings::Secured;
use super::telling::event::Event;
use super::telling::listen::add;

impl RequestBuilder {
    /// For everything, from `send` to the last byte of the body. Replaces the client's.
    pub fn timeout(self, total: impl Into<Option<Duration>>) -> Self {
        self.choose(|choices| choices.settings.timeouts.total = total.into())
    }

    /// For DNS, TCP and TLS together, should a connection have to be made. Replaces the client's.
    pub fn connect_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.choose(|choices| choices.settings.timeouts.connect = timeout.into())
    }

    /// Between two bytes received. Replaces the client's.
    pub fn read_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.choose(|choices| choices.settings.timeouts.read = timeout.into())
    }

    /// Between two bytes accepted by the kernel. Replaces the client's.
    pub fn write_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.choose(|choices| choices.settings.timeouts.write = timeout.into())
    }

    /// Waiting for a place in the pool. Replaces the client's.
    pub fn pool_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.choose(|choices| choices.settings.timeouts.pool = timeout.into())
    }

    /// How long the body is held back after `Expect: 100-continue`. Replaces the client's.
    pub fn expect_timeout(self, timeout: Duration) -> Self {
        self.choose(|choices| choices.settings.timeouts.expect = timeout)
    }

    /// Sizes of the response's head and framing that are refused. Replaces the client's.
    pub fn limits(self, limits: Limits) -> Self {
        self.choose(|choices| choices.settings.limits = limits)
    }

    /// Liberties the server may take. Replaces the client's.
    pub fn tolerance(self, tolerance: Tolerance) -> Self {
        self.choose(|choices| choices.settings.tolerance = tolerance)
    }

    /// Bytes that `bytes()`, `text()` and `json()` buffer at most. Replaces the client's.
    pub fn max_body(self, bytes: u64) -> Self {
        self.choose(|choices| choices.settings.max_body = bytes)
    }

    /// Secures the connection in another way than the client. It is shared only with requests whose settings have the
    /// same [`Secure::identity`], so keep one value for all of them.
    pub fn secure(self, secure: Arc<dyn Secure>) -> Self {
        self.choose(|choices| choices.settings.secure = Some(Secured::new(secure)))
    }

    /// Makes the connection with `connector` in place of the client's. It is shared only with requests that bring the
    /// same one, so make one for all of them.
    pub fn connector(self, connector: &Connector) -> Self {
        self.choose(|choices| choices.settings.connector = Some(connector.clone()))
    }

    /// Tries again what failed, as `retry` says. Replaces the client's.
    pub fn retry(self, retry: Retry) -> Self {
        self.choose(|choices| choices.settings.retry = Some(Arc::new(retry)))
    }

    /// Tells `listener` everything that happens to this request, after the client's listeners, who are told all the same.
    pub fn on_event(self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.choose(|choices| add(&mut choices.settings.on_event, listener))
    }

    /// Tells the client's listeners nothing of this request, nor those it was given so far.
    pub fn no_events(self) -> Self {
        self.choose(|choices| choices.settings.on_event = None)
    }

    /// Whether a status of 400 and above is an error. Replaces the client's.
    pub fn raise_for_status(self, raise: bool) -> Self {
        self.choose(|choices| choices.settings.raise = raise)
    }

    /// Redirects followed. Replaces the client's; 0 hands them out.
    pub fn max_redirects(self, count: u32) -> Self {
        self.choose(|choices| choices.settings.redirect.most = count)
    }

    /// Whether a redirect may lead from https to http. Replaces the client's.
    pub fn allow_downgrade(self, allow: bool) -> Self {
        self.choose(|choices| choices.settings.redirect.allow_downgrade = allow)
    }

    /// Whether a followed redirect tells where it came from. Replaces the client's.
    pub fn referer(self, send: bool) -> Self {
        self.choose(|choices| choices.settings.redirect.referer = send)
    }

    /// Asks `decide` about every redirect that the other rules allow. Replaces the client's.
    pub fn on_redirect(
        self,
        decide: impl Fn(&Redirect<'_>) -> Follow + Send + Sync + 'static,
    ) -> Self {
        self.choose(|choices| choices.settings.redirect.decide = Some(Arc::new(decide)))
    }

    /// Keeps the cookies of this request in `store`, in place of the client's.
    pub fn cookie_store(self, store: impl CookieStore + 'static) -> Self {
        self.choose(|choices| choices.settings.cookies = Some(Arc::new(store)))
    }

    /// Neither sends nor keeps the client's cookies.
    pub fn no_cookies(self) -> Self {
        self.choose(|choices| choices.settings.cookies = None)
    }

    /// Credentials for this request, in place of the client's.
    pub fn auth(self, credentials: impl Authenticate + 'static) -> Self {
        self.choose(|choices| choices.settings.auth = Some(Arc::new(credentials)))
    }

    /// Does not use the client's credentials, nor those in the URL.
    pub fn no_auth(self) -> Self {
        self.choose(|choices| choices.settings.auth = Some(Arc::new(Nobody)))
    }

    /// Signs this request, in place of the client's signer.
    pub fn sign(self, signer: impl Sign + 'static) -> Self {
        self.choose(|choices| choices.settings.sign = Some(Arc::new(signer)))
    }

    /// Switches one automatic line off: `Host`, `User-Agent`, `Accept`, `Accept-Encoding`, `Authorization`, `Cookie`, any
    /// default of the client, or the `Content-Length: 0` of a POST without content. A line set by hand is sent all the
    /// same, and the framing of content cannot be switched off.
    pub fn without(self, name: impl AsRef<str>) -> Self {
        match HeaderName::from_bytes(name.as_ref().as_bytes()) {
            Ok(name) => self.choose(|choices| choices.without.push(name)),
            Err(error) => self.change(|_| Err(Error::build(error))),
        }
    }

    /// Sends the request's own fields in their order, `Host` included, and none of the client's. What policies add
    /// (cookies, credentials, signatures) and the framing come behind them; what is missing of `Host` comes first.
    /// [`without`](Self::without) switches each of these off.
    pub fn verbatim(self) -> Self {
        self.choose(|choices| choices.verbatim = true)
    }

    /// Where fields of these names stand, in this order and in front of all others, whoever adds them: for requests whose
    /// [credentials](Self::auth) or cookies are to stand elsewhere than behind the fields set by hand. Fields of one name
    /// keep their order, and so do those that are not named. `Host` has its place by itself unless it was set by hand.
    pub fn field_order(self, names: &[&str]) -> Self {
        let order: Arc<[Box<str>]> = names.iter().map(|&name| name.into()).collect();
        self.choose(|choices| choices.order = Some(order))
    }

    /// The head that `send` would write now, from the request line to the empty line: byte for byte, secrets included. What
    /// a challenge, a redirect or a retry changes is not in it.
    ///
    /// # Errors
    /// Those with which `send` would fail before sending.
    pub fn wire_preview(&self) -> Result<Vec<u8>, Error> {
        self.look(|client, request| {
            let settings = request.settings(client.config());
            let defaults = &client.config().fields;
            let mut carried = carry(request, settings, defaults)?;
            let way = choose_way(client.config(), request, &mut carried, None)?;
            let carried = carried.as_ref().unwrap_or(defaults);
            let prepared = prepare(request, way.as_deref(), settings, carried, true)?;
            request.head_bytes(way.as_deref(), prepared.as_ref().unwrap_or(carried))
        })
    }
}

/// Has no credentials.
struct Nobody;

impl Authenticate for Nobody {
    fn authorize(&self, _: &Draft<'_>) -> Result<Option<String>, BoxError> {
        Ok(None)
    }
}
