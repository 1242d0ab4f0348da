//! How a group's requests get there, and as whom: connector, TLS, proxies, credentials, cookies.
//!
//! In: a group. Out: what is made of it once, and put onto each of its requests. What groups have in common (cookies,
//! connectors and TLS settings that are the same) they share, because connections are shared only by the same ones.

use std::sync::OnceLock;
use std::time::Duration;

use wireline::message::Scheme;
use wireline::{Connector, RequestBuilder};

use crate::exit::Failed;
use crate::plan::Group;

use super::auth::Credentials;
use super::cookies;
use super::hop::Hop;
use super::proxy::Ways;
use super::shared::Run;

/// How long a connection may take to come about, unless it is said; curl's.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(300);

/// The fields that curl writes by itself, in its order.
const ORDER: [&str; 12] = [
    "Host",
    "Proxy-Authorization",
    "Authorization",
    "Range",
    "Content-Range",
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Referer",
    "Proxy-Connection",
    "Cookie",
    "Upgrade",
];

/// What one group needs.
pub struct Means<'a> {
    run: &'a Run,
    group: &'a Group,
    connector: Connector,
    ways: Ways,
    credentials: Credentials,
    order: Vec<&'static str>,
    /// `Set-Cookie` lines of files: of whichever host is asked first.
    lines: Vec<Vec<u8>>,
    first: OnceLock<()>,
}

impl<'a> Means<'a> {
    /// Reads what the group names: cookies, logins, proxies of the environment.
    ///
    /// # Errors
    /// Whatever cannot be understood or read, with curl's number.
    pub fn of(run: &'a Run, group: &'a Group) -> Result<Means<'a>, Failed> {
        let said = |name: &&str| *name != "Host" && group.request.says(name);
        Ok(Means {
            run,
            group,
            connector: run.made.connector(group)?,
            ways: Ways::of(run, group)?,
            credentials: Credentials::of(&group.auth)?,
            order: ORDER.into_iter().filter(|name| !said(name)).collect(),
            lines: cookies::load(&run.made.jar, &group.cookies),
            first: OnceLock::new(),
        })
    }

    /// The request with all of it.
    ///
    /// # Errors
    /// TLS settings that cannot be, a proxy that cannot be understood.
    pub fn apply(&self, request: RequestBuilder, hop: &Hop<'_>) -> Result<RequestBuilder, Failed> {
        let timeout = self.group.connect.timeout.unwrap_or(CONNECT_TIMEOUT);
        let mut request =
            request.connector(&self.connector).connect_timeout(timeout).field_order(&self.order);
        if hop.url.scheme() == Scheme::Https {
            request = request.tls(&self.run.made.tls(&self.group.tls)?);
        }
        request = self.ways.apply(request, &hop.url)?;
        self.first.get_or_init(|| {
            for line in &self.lines {
                // One that is refused says nothing about the others.
                let _ = self.run.made.jar.set(&hop.url, line);
            }
        });
        request = cookies::apply(request, &self.run.made.jar, self.group, hop);
        self.credentials.apply(request, self.group, hop)
    }

    /// Whether the credentials for this request are not known before it has been asked for once, and its content has to wait
    /// until they are.
    pub fn asks_first(&self, hop: &Hop<'_>) -> bool {
        hop.with_body && self.credentials.asks_first(&self.group.auth, hop)
    }

    /// Whether they are known now.
    pub fn has_been_told(&self, hop: &Hop<'_>) -> bool {
        self.credentials.has_been_told(hop)
    }

    /// Writes what is to outlive the run: cookies.
    pub fn finish(&self) {
        cookies::save(self.run, &self.group.cookies);
    }
}
