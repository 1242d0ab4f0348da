//! Who stands between.

use super::auth::Scheme;
use super::request::lines;
use crate::plan::options::Id;
use crate::plan::said::{Files, Said, Wrong};

/// The proxy, and what it is told.
#[derive(Debug, Default)]
pub struct Proxy {
    /// The last of `-x`, `--proxy1.0`, `--socks…`; empty turns the environment's off.
    pub chosen: Option<Chosen>,
    /// `--preproxy`.
    pub before: Option<String>,
    /// `--noproxy`.
    pub except: Option<String>,
    /// `-U`.
    pub user: Option<String>,
    /// The last of `--proxy-basic`, `--proxy-digest`, `--proxy-anyauth`.
    pub scheme: Scheme,
    /// `-p` is `--proxytunnel`.
    pub tunnel: bool,
    /// `--proxy-header`, in order.
    pub fields: Vec<String>,
    /// `--proxy-insecure`.
    pub insecure: bool,
    /// `--proxy-cacert`.
    pub cacert: Option<std::path::PathBuf>,
    /// `--suppress-connect-headers`.
    pub quiet_connect: bool,
    /// `--haproxy-protocol`.
    pub haproxy: bool,
    /// `--haproxy-clientip`.
    pub haproxy_client: Option<String>,
}

/// A proxy, and by which option it was named: that says how it is spoken to where the URL has no scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub url: String,
    pub by: Id,
}

impl Proxy {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none, a file that cannot be read.
    pub fn take(&mut self, said: &Said, files: &mut dyn Files) -> Result<bool, Wrong> {
        match said.id {
            Id::Proxy
            | Id::Proxy10
            | Id::Socks4
            | Id::Socks4a
            | Id::Socks5
            | Id::Socks5Hostname => {
                self.chosen = Some(Chosen { url: said.text()?.to_owned(), by: said.id });
            }
            Id::Preproxy => self.before = Some(said.text()?.to_owned()),
            Id::NoProxy => self.except = Some(said.text()?.to_owned()),
            Id::ProxyUser => self.user = Some(said.text()?.to_owned()),
            Id::ProxyDigest if said.on => self.scheme = Scheme::Digest,
            Id::ProxyAnyAuth if said.on => self.scheme = Scheme::Any,
            Id::ProxyBasic | Id::ProxyDigest | Id::ProxyAnyAuth => self.scheme = Scheme::Basic,
            Id::ProxyTunnel => self.tunnel = said.on,
            Id::ProxyHeader => self.fields.extend(lines(said, files)?),
            Id::ProxyInsecure => self.insecure = said.on,
            Id::ProxyCaCert => self.cacert = Some(said.raw().into()),
            Id::SuppressConnectHeaders => self.quiet_connect = said.on,
            Id::HaproxyProtocol => self.haproxy = said.on,
            Id::HaproxyClientIp => {
                (self.haproxy, self.haproxy_client) = (true, Some(said.text()?.to_owned()));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
