//! Where the URLs lead and whom to trust: the same for all three ways, told to each in its own terms.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};
use wireline::dns::{Resolver, Shared};
use wireline::net::Rustls;
use wireline::{Client, Uri};

use super::outcome::BoxError;

pub struct Setting {
    pub servers: Servers,
    pub roots: RootCertStore,
}

/// How hosts are found.
pub enum Servers {
    /// As this machine finds them.
    Real,
    /// One name server knows them, and they are all the same one.
    Embedded { name_server: SocketAddr, server: SocketAddr },
}

impl Setting {
    /// The internet.
    pub fn real() -> Setting {
        let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        Setting { servers: Servers::Real, roots }
    }

    /// A client without a past: no connection, no answer of DNS, no TLS session.
    pub fn client(&self) -> Result<Client, BoxError> {
        let builder = Client::builder()
            .header("user-agent", USER_AGENT)
            // Three ways can be compared only if they do the same, and `h1` follows nothing.
            .max_redirects(0)
            .secure(Rustls::with_config(self.tls()?));
        let builder = match self.servers {
            Servers::Real => builder,
            Servers::Embedded { name_server, .. } => {
                let resolver = Resolver::builder().name_servers([name_server]).build()?;
                // A hundred requests to a new host ask once.
                builder.resolver(Shared::new(resolver))
            }
        };
        Ok(builder.build()?)
    }

    /// The addresses of a host, for code that blocks. getaddrinfo knows nothing of an embedded name server.
    #[expect(clippy::disallowed_methods, reason = "a thread of its own may block on getaddrinfo")]
    pub fn addresses(&self, uri: &Uri) -> io::Result<Vec<SocketAddr>> {
        match self.servers {
            Servers::Real => Ok((uri.host(), uri.port()).to_socket_addrs()?.collect()),
            Servers::Embedded { server, .. } => Ok(vec![server]),
        }
    }

    /// TLS settings with a session store of their own.
    pub fn tls(&self) -> Result<Arc<ClientConfig>, BoxError> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

/// Some servers answer nobody who does not say a name.
pub const USER_AGENT: &str = concat!("wireline-gather/", env!("CARGO_PKG_VERSION"));

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
