//! What a client sets and a request may set for itself.
//!
//! The sockets of the policies are here: each is an `Option` that is `None` until somebody asks for it, so that a request
//! which uses none of them pays a comparison. What fills a socket is a file of its own, most behind a feature.

use std::sync::Arc;
use std::time::Duration;

use crate::conn::{BoxError, Pace};
use crate::h1::{Limits, Tolerance};
use crate::message::Uri;
use crate::net::Secure;

use super::auth::authenticate::{Authenticate, Sign};
use super::codings::choice::Codings;
use super::connector::Connector;
use super::cookies::store::CookieStore;
use super::defaults::{
    CONNECT_TIMEOUT, DRAIN_LIMIT, DRAIN_TIMEOUT, EXPECT_TIMEOUT, MAX_BODY, POOL_TIMEOUT,
    READ_TIMEOUT, WRITE_TIMEOUT,
};
use super::proxies::choice::Proxies;
use super::redirect_policy::RedirectPolicy;
use super::retry_policy::Retry;
use super::telling::listen::Listen;

/// The settings of one request: the client's, or its own.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) timeouts: Timeouts,
    /// Other clocks, and rates; `None` until somebody asks for one.
    pub(crate) pace: Option<Arc<Pace>>,
    pub(crate) limits: Limits,
    pub(crate) tolerance: Tolerance,
    pub(crate) max_body: u64,
    pub(crate) drain: Drain,
    pub(crate) redirect: RedirectPolicy,
    /// TLS; `None` in a build or a client without.
    pub(crate) secure: Option<Secured>,
    /// Makes connections in place of the client's.
    pub(crate) connector: Option<Connector>,
    /// A status of 400 and above is an error.
    pub(crate) raise: bool,
    /// Content codings to ask for and to undo.
    pub(crate) codings: Option<Codings>,
    pub(crate) cookies: Option<Arc<dyn CookieStore>>,
    pub(crate) auth: Option<Arc<dyn Authenticate>>,
    pub(crate) sign: Option<Arc<dyn Sign>>,
    pub(crate) retry: Option<Arc<Retry>>,
    /// The way is direct without them.
    pub(crate) proxy: Option<Proxies>,
    pub(crate) on_event: Option<Arc<dyn Listen>>,
    /// Makes credentials of the userinfo of a URL.
    pub(crate) userinfo: Userinfo,
}

/// The value of `Authorization` that the userinfo of a URL stands for.
pub(crate) type Userinfo = fn(&Uri) -> Result<Option<String>, BoxError>;

/// The clocks of one request. `None` is no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<Duration>,
    pub(crate) read: Option<Duration>,
    pub(crate) write: Option<Duration>,
    pub(crate) pool: Option<Duration>,
    pub(crate) total: Option<Duration>,
    pub(crate) expect: Duration,
}

/// How far a body that nobody wants is read so that its connection can be used again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drain {
    /// At most so much of it.
    pub(crate) bytes: usize,
    /// And for no longer, where one waits at all.
    pub(crate) wait: Duration,
}

/// TLS settings and what tells them from others in the pool's key, asked for once.
#[derive(Clone)]
pub(crate) struct Secured {
    pub(crate) secure: Arc<dyn Secure>,
    pub(crate) identity: u64,
}

impl Secured {
    pub(crate) fn new(secure: Arc<dyn Secure>) -> Secured {
        let identity = secure.identity();
        Secured { secure, identity }
    }
}

impl Settings {
    /// Whether nothing is added to a request, nothing asked of its response, and the way direct.
    pub(crate) fn is_plain(&self) -> bool {
        self.adds_nothing() && self.retry.is_none() && self.proxy.is_none()
    }

    /// Whether nothing is added to a request for its origin.
    pub(crate) fn adds_nothing(&self) -> bool {
        self.cookies.is_none()
            && self.auth.is_none()
            && self.sign.is_none()
            && self.codings.is_none()
    }

    /// What the userinfo of a proxy's URL stands for, if it has one.
    pub(crate) fn login(&self, proxy: &Uri) -> Result<Option<String>, BoxError> {
        if proxy.userinfo().is_some() { (self.userinfo)(proxy) } else { Ok(None) }
    }

    /// The identity of the TLS settings.
    pub(crate) fn secure_identity(&self) -> Option<u64> {
        self.secure.as_ref().map(|secured| secured.identity)
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            timeouts: Timeouts::default(),
            pace: None,
            limits: Limits::default(),
            tolerance: Tolerance::default(),
            max_body: MAX_BODY,
            drain: Drain { bytes: DRAIN_LIMIT, wait: DRAIN_TIMEOUT },
            redirect: RedirectPolicy::default(),
            secure: None,
            connector: None,
            raise: false,
            codings: None,
            cookies: None,
            auth: None,
            sign: None,
            retry: None,
            proxy: None,
            on_event: None,
            userinfo: no_userinfo,
        }
    }
}

/// In a build without base64.
fn no_userinfo(_: &Uri) -> Result<Option<String>, BoxError> {
    Err("credentials in a URL need the feature `auth`; to send none, take them out or use `no_auth`".into())
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Some(CONNECT_TIMEOUT),
            read: Some(READ_TIMEOUT),
            write: Some(WRITE_TIMEOUT),
            pool: Some(POOL_TIMEOUT),
            total: None,
            expect: EXPECT_TIMEOUT,
        }
    }
}
