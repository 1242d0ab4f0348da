//! A proxy, as a connection through it knows it: where it is, how it is spoken to, and what only it is told.
//!
//! All of it is part of the pool's key (S-45, S-46): two connections through proxies that differ in any of this are never
//! exchanged for one another. What it is *used* for, forwarding or a tunnel, is the [`Route`](super::Route)'s.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use crate::message::{Fields, Scheme, Uri};
use crate::net::{BoxedWire, Secure};

/// A proxy.
#[derive(Clone)]
pub struct Via {
    /// What it speaks.
    pub kind: ViaKind,
    /// Its host and the credentials for it, in a URI of the scheme `http` or `https`; no more of it counts.
    pub uri: Uri,
    /// The port connected to.
    pub port: u16,
    /// What it is told in every request that is made to it.
    pub fields: Fields,
    /// TLS to the proxy itself, if it is not that of the request.
    pub secure: Option<Arc<dyn Secure>>,
    /// Tells the credentials that answer its challenges from others; 0 is none.
    pub credentials: u64,
    /// Whether it is asked for tunnels in HTTP/1.0.
    pub old: bool,
    /// The SOCKS proxy that leads to it.
    pub before: Option<Arc<Via>>,
}

/// What a proxy speaks.
#[derive(Clone, Copy)]
pub enum ViaKind {
    /// HTTP, in clear.
    Http,
    /// HTTP under TLS.
    Https,
    /// SOCKS5.
    Socks5 {
        /// Asks for the connection.
        handshake: Handshake,
        /// Whether names are looked up here, so that the proxy sees addresses only.
        local_dns: bool,
    },
    /// SOCKS4, or SOCKS4a where names are not looked up here.
    Socks4 {
        /// Asks for the connection.
        handshake: Handshake,
        /// Whether names are looked up here, as IPv4 addresses.
        local_dns: bool,
    },
}

/// Asks the SOCKS proxy at the other end of a wire for a connection to a host and a port, with user name and password
/// if there are some. What comes out carries the connection that was asked for.
pub type Handshake = fn(BoxedWire, String, u16, Option<Login>) -> Shaking;

/// User name and password.
pub type Login = (Vec<u8>, Vec<u8>);

/// A handshake under way.
pub type Shaking = Pin<Box<dyn Future<Output = io::Result<BoxedWire>> + Send>>;

impl Via {
    /// Whether the proxy speaks HTTP.
    pub fn is_http(&self) -> bool {
        self.kind.socks().is_none()
    }

    /// In clear or not.
    pub fn scheme(&self) -> Scheme {
        match self.kind {
            ViaKind::Https => Scheme::Https,
            _ => Scheme::Http,
        }
    }
}

impl ViaKind {
    /// The scheme of the proxy's URL.
    pub fn name(self) -> &'static str {
        match self {
            ViaKind::Http => "http",
            ViaKind::Https => "https",
            ViaKind::Socks5 { local_dns: true, .. } => "socks5",
            ViaKind::Socks5 { local_dns: false, .. } => "socks5h",
            ViaKind::Socks4 { local_dns: true, .. } => "socks4",
            ViaKind::Socks4 { local_dns: false, .. } => "socks4a",
        }
    }

    /// How it is asked for a connection, and whether names are looked up here, if it speaks SOCKS.
    pub fn socks(self) -> Option<(Handshake, bool)> {
        match self {
            ViaKind::Http | ViaKind::Https => None,
            ViaKind::Socks5 { handshake, local_dns } | ViaKind::Socks4 { handshake, local_dns } => {
                Some((handshake, local_dns))
            }
        }
    }
}

impl PartialEq for Via {
    fn eq(&self, other: &Via) -> bool {
        let identity = |via: &Via| via.secure.as_ref().map(|secure| secure.identity());
        self.port == other.port
            && self.kind.name() == other.kind.name()
            && self.uri == other.uri
            && self.fields == other.fields
            && self.credentials == other.credentials
            && self.old == other.old
            && self.before == other.before
            && identity(self) == identity(other)
    }
}

impl Eq for Via {}

/// `http://127.0.0.1:3128`: no credentials.
impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.kind.name(), self.uri.host_text(), self.port)
    }
}

impl fmt::Debug for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Via({self})")
    }
}
