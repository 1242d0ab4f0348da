//! How a client is built: every setting that can be chosen, and what stands in where none is.
//!
//! A setting that cannot be understood is remembered and reported by `build`, so that a chain of calls needs no `?` in
//! between.

use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::h1::{Limits, Tolerance};
use crate::message::{Field, Fields, Uri};
use crate::net::{ConnectOptions, Resolve, Secure};
use crate::pool::{Pool, Rules};

use super::config::Config;
use super::connector::Connector;
use super::defaults::{IDLE_TIMEOUT, MAX_CONNECTIONS};
use super::error::Error;
use super::handle::Client;
use super::settings::{Secured, Settings};
#[cfg(not(feature = "tls"))]
use super::tls_absent as tls;
#[cfg(feature = "tls")]
use super::tls_draft as tls;

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use wireline::Client;
///
/// let client = Client::builder()
///     .base_url("https://api.example.com/v1/")
///     .header("user-agent", "demo/1.0")
///     .timeout(Duration::from_secs(20))
///     .max_connections(50)
///     .build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: Option<Uri>,
    fields: Fields,
    pub(super) settings: Settings,
    pub(super) tls: tls::Draft,
    pub(super) pool: Rules,
    pub(super) connector: Connector,
    /// The first setting that could not be understood; `build` reports it.
    error: Option<Error>,
}

impl Client {
    /// A client with the defaults.
    pub fn new() -> Client {
        ClientBuilder::new().finish()
    }

    /// Chooses other settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

impl Default for Client {
    fn default() -> Client {
        Client::new()
    }
}

impl ClientBuilder {
    fn new() -> ClientBuilder {
        ClientBuilder {
            base_url: None,
            fields: Fields::new(),
            settings: default_settings(),
            tls: tls::Draft::default(),
            pool: Rules::new(MAX_CONNECTIONS, IDLE_TIMEOUT),
            connector: Connector::new(),
            error: None,
        }
    }

    /// What relative URLs are relative to, by the rules of RFC 3986 §5.2; a path that should be kept ends in `/`.
    pub fn base_url(mut self, url: &str) -> Self {
        match Uri::parse(url) {
            Ok(url) => self.base_url = Some(url),
            Err(error) => self.refuse(Error::build(error)),
        }
        self
    }

    /// A field sent with every request that does not set one of the same name itself. Replaces an earlier one.
    /// `User-Agent` and `Accept` have defaults, which an empty value removes.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        if let Err(error) = self.fields.set(name, value) {
            self.refuse(Error::build(error));
        }
        self
    }

    /// The same for a field whose value is a secret: it is never shown, and never follows a redirect to another origin.
    pub fn sensitive_header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        if let Err(error) = self.fields.set_sensitive(name, value) {
            self.refuse(Error::build(error));
        }
        self
    }

    /// For everything: from `send` to the last byte of the body, redirects included. No limit by default.
    pub fn timeout(mut self, total: impl Into<Option<Duration>>) -> Self {
        self.settings.timeouts.total = total.into();
        self
    }

    /// For DNS, TCP and TLS together; [`CONNECT_TIMEOUT`](super::defaults::CONNECT_TIMEOUT) by default.
    pub fn connect_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.timeouts.connect = timeout.into();
        self
    }

    /// Between two bytes received; [`READ_TIMEOUT`](super::defaults::READ_TIMEOUT) by default. Runs from the end of the upload, and only while the
    /// caller is reading.
    pub fn read_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.timeouts.read = timeout.into();
        self
    }

    /// Between two bytes accepted by the kernel; [`WRITE_TIMEOUT`](super::defaults::WRITE_TIMEOUT) by default.
    pub fn write_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.timeouts.write = timeout.into();
        self
    }

    /// Waiting for a place in the pool; [`POOL_TIMEOUT`](super::defaults::POOL_TIMEOUT) by default.
    pub fn pool_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.timeouts.pool = timeout.into();
        self
    }

    /// How long a request with `Expect: 100-continue` holds its body back; [`EXPECT_TIMEOUT`](super::defaults::EXPECT_TIMEOUT) by default.
    pub fn expect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.expect = timeout;
        self
    }

    /// Sizes of a response's head and framing that are refused.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Liberties a server may take.
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.settings.tolerance = tolerance;
        self
    }

    /// Bytes that `bytes()`, `text()` and `json()` buffer at most; [`MAX_BODY`](super::defaults::MAX_BODY) by default. Streaming has no limit.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.settings.max_body = bytes;
        self
    }

    /// How sockets are made and raced, in place of all that was said of it before: [`deny_private`](Self::deny_private) and
    /// the rest of the address policy included, unless `options` have one.
    pub fn connect_options(mut self, options: ConnectOptions) -> Self {
        self.connector = self.connector.options(options);
        self
    }

    /// Fixes the addresses of a host, in front of any resolver. Port 0 in an address means the URL's port.
    pub fn resolve(mut self, host: &str, addresses: impl Into<Vec<SocketAddr>>) -> Self {
        self.connector = self.connector.resolve(host, addresses);
        self
    }

    /// The same for one port: [`Connector::resolve_port`].
    pub fn resolve_port(
        mut self,
        host: &str,
        port: u16,
        addresses: impl Into<Vec<SocketAddr>>,
    ) -> Self {
        self.connector = self.connector.resolve_port(host, port, addresses);
        self
    }

    /// Connects to another host and port than the URL's, with the URL's name: [`Connector::connect_to`].
    pub fn connect_to(
        mut self,
        host: &str,
        port: Option<u16>,
        to_host: &str,
        to_port: Option<u16>,
    ) -> Self {
        self.connector = self.connector.connect_to(host, port, to_host, to_port);
        self
    }

    /// Finds addresses in another way than the default (`dns`: [`dns::Resolver`](crate::dns); without it: getaddrinfo). Requests that need
    /// the same name at the same time share one look-up, as with the default.
    pub fn resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.connector = self.connector.resolver(resolver);
        self
    }

    /// Makes connections with all that `connector` says, in place of what was chosen so far.
    pub fn connector(mut self, connector: &Connector) -> Self {
        self.connector = connector.clone();
        self
    }

    /// Secures connections in another way than the default (`tls`: rustls with Mozilla's roots).
    pub fn secure(mut self, secure: impl Secure + 'static) -> Self {
        self.settings.secure = Some(Secured::new(Arc::new(secure)));
        self.tls = tls::Draft::default();
        self
    }

    /// The client.
    ///
    /// # Errors
    /// The first setting that could not be understood.
    pub fn build(mut self) -> Result<Client, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        mem::take(&mut self.tls).settle(&mut self.settings)?;
        Ok(self.finish())
    }

    /// The client, whatever could not be understood left out.
    fn finish(self) -> Client {
        let pool = Pool::new(self.pool);
        let mut settings = self.settings;
        settings.secure = settings.secure.or_else(|| tls::default_secure().map(Secured::new));
        let fields = with_defaults(&self.fields);
        let (base_url, connector) = (self.base_url, self.connector);
        Client::from_parts(Config { base_url, fields, settings, connector }, pool)
    }

    pub(super) fn refuse(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

/// What every client says of itself unless told otherwise: who it is, and that it takes anything.
fn with_defaults(chosen: &Fields) -> Fields {
    let agent = concat!("wireline/", env!("CARGO_PKG_VERSION")).as_bytes();
    let defaults = [("User-Agent", agent), ("Accept", b"*/*")];
    let defaults = defaults.map(|(name, value)| Field { name, value, sensitive: false });
    let is = |one: &Field<'_>, other: &Field<'_>| one.name.eq_ignore_ascii_case(other.name);
    let first =
        defaults.iter().map(|default| chosen.iter().find(|f| is(f, default)).unwrap_or(*default));
    let rest = chosen.iter().filter(|field| !defaults.iter().any(|default| is(field, default)));
    let mut fields = Fields::new();
    for field in first.filter(|field| !field.value.is_empty()).chain(rest) {
        let appended = fields.append_line(field);
        debug_assert!(appended.is_ok(), "{} was valid before", field.name);
    }
    fields
}

#[cfg(feature = "auth")]
fn default_settings() -> Settings {
    Settings { userinfo: super::auth::basic::of_userinfo, ..Settings::default() }
}

#[cfg(not(feature = "auth"))]
fn default_settings() -> Settings {
    Settings::default()
}
