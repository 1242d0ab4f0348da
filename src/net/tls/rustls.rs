//! The TLS plug: rustls, with `ring` and Mozilla's roots unless told otherwise.
//!
//! In: trust, once; then wires and server names. Out: wires with TLS on them, or a [`TlsError`]
//! that names the cause. It offers TLS 1.2 and 1.3 and by ALPN `http/1.1` only, sends no SNI for IP
//! addresses (RFC 6066 §3 knows none), and keeps one session store for each [`Rustls`]: a session
//! is never resumed under another trust than it was made under. No early data, ever: it can be
//! replayed.
//!
//! rustls' own `ClientConfig::builder()` is not used, because it panics in a program where two
//! crypto providers happen to be compiled in. A provider the process has installed is taken;
//! without one it is `ring`.

use std::future::ready;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, InvalidMessage, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::net::stream::BoxedWire;

use super::rustls_wire::RustlsWire;
use super::secure::{Secure, Securing, TlsError, TlsErrorKind, next_identity};

/// The one protocol this crate speaks, under its registered ALPN name (RFC 7301 §6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// One set of TLS settings. Clones share it, sessions and identity included.
#[derive(Clone, Debug)]
pub struct Rustls {
    config: Arc<ClientConfig>,
    identity: u64,
}

impl Rustls {
    /// Trusts Mozilla's roots as they were when this program was built.
    ///
    /// Errors: the crypto provider the process has installed supports no TLS 1.2 or 1.3.
    pub fn webpki() -> Result<Self, TlsError> {
        Self::with_roots(mozilla())
    }

    /// Trusts the certificates in `pem` and nobody else.
    ///
    /// Errors: there is no certificate in it, or one that cannot be read.
    pub fn with_roots_pem(pem: &[u8]) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        add(&mut roots, pem)?;
        Self::with_roots(roots)
    }

    /// Trusts Mozilla's roots and the certificates in `pem`.
    ///
    /// Errors: there is no certificate in it, or one that cannot be read.
    pub fn with_added_roots_pem(pem: &[u8]) -> Result<Self, TlsError> {
        let mut roots = mozilla();
        add(&mut roots, pem)?;
        Self::with_roots(roots)
    }

    /// Takes any settings of rustls: client certificates, pinning, key logs, another provider.
    ///
    /// The ALPN list is replaced by `http/1.1`, the one protocol that can be spoken afterwards.
    /// Everything else is kept, the session store too: do not give two configs with different
    /// verifiers the same store. Each call makes settings of its own for the pool, so keep the
    /// value (or its clones) rather than making it anew.
    pub fn with_config(config: Arc<ClientConfig>) -> Self {
        let mut config = Arc::unwrap_or_clone(config);
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        config.enable_early_data = false;
        Self { config: Arc::new(config), identity: next_identity() }
    }

    fn with_roots(roots: RootCertStore) -> Result<Self, TlsError> {
        let provider = CryptoProvider::get_default()
            .cloned()
            .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| settings("the crypto provider is unusable", error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self::with_config(Arc::new(config)))
    }
}

fn mozilla() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

fn add(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), TlsError> {
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|e| settings("a root certificate is no PEM", e))?;
        roots.add(certificate).map_err(|e| settings("a root certificate cannot be used", e))?;
    }
    if roots.len() == before {
        return Err(settings("no root certificate given", "no BEGIN CERTIFICATE in the PEM text"));
    }
    Ok(())
}

fn settings(
    message: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> TlsError {
    let source = io::Error::new(io::ErrorKind::InvalidInput, source);
    TlsError::new(TlsErrorKind::Settings, format!("{message}: {source}"), source)
}

impl Secure for Rustls {
    fn secure(&self, server_name: &str, wire: BoxedWire) -> Securing {
        let name = match parse_name(server_name) {
            Ok(name) => name,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let shown = server_name.to_owned();
        let connecting = TlsConnector::from(self.config.clone()).connect(name, wire);
        Box::pin(async move {
            match connecting.await {
                Ok(stream) => Ok(Box::new(RustlsWire::new(stream)) as BoxedWire),
                Err(error) => Err(explain(error, &shown)),
            }
        })
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}

/// The name to prove, without brackets and without a zone, which means something on this machine
/// only (RFC 6874 §3).
fn parse_name(host: &str) -> Result<ServerName<'static>, TlsError> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let bare = bare.split_once('%').map_or(bare, |(ip, _zone)| ip);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(ServerName::IpAddress(ip.into()));
    }
    ServerName::try_from(bare.to_owned()).map_err(|error| {
        let shown = &host.as_bytes()[..host.len().min(100)];
        let message = format!("\"{}\" can be in no certificate", shown.escape_ascii());
        let source = io::Error::new(io::ErrorKind::InvalidInput, error);
        TlsError::new(TlsErrorKind::BadServerName, message, source)
    })
}

/// Says what a failed handshake means.
fn explain(error: io::Error, host: &str) -> TlsError {
    use TlsErrorKind as Kind;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let (kind, what) = match inner {
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            (Kind::Closed, "the peer closed the connection during the TLS handshake")
        }
        None => (Kind::Io, "the connection failed during the TLS handshake"),
        Some(rustls::Error::InvalidCertificate(reason)) => certificate(reason),
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            (Kind::NotTls, "the peer does not speak TLS")
        }
        Some(rustls::Error::AlertReceived(_)) => {
            (Kind::Alert, "the peer refused the TLS handshake")
        }
        Some(_) => (Kind::Protocol, "the TLS handshake failed"),
    };
    let message = match inner {
        Some(inner) => format!("{what} with {host}: {}", printable(&inner.to_string())),
        None => format!("{what} with {host}: {error}"),
    };
    TlsError::new(kind, message, error)
}

fn certificate(reason: &CertificateError) -> (TlsErrorKind, &'static str) {
    use CertificateError as E;
    match reason {
        E::Expired | E::ExpiredContext { .. } => {
            (TlsErrorKind::Expired, "the certificate has expired")
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            (TlsErrorKind::NotYetValid, "the certificate is not valid yet")
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            (TlsErrorKind::WrongName, "the certificate is for another name")
        }
        E::UnknownIssuer => {
            (TlsErrorKind::UnknownIssuer, "the certificate's issuer is not trusted")
        }
        _ => (TlsErrorKind::BadCertificate, "the certificate cannot be accepted"),
    }
}

/// Names out of a certificate are the peer's words: no control characters, and not without end.
fn printable(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_50_brackets_and_zones_are_no_part_of_the_name() {
        for ip in ["::1", "[::1]", "[::1%eth0]", "::1%25eth0"] {
            assert!(matches!(parse_name(ip), Ok(ServerName::IpAddress(_))), "{ip}");
        }
        for name in ["example.com", "a_b.test", "example.com."] {
            assert!(matches!(parse_name(name), Ok(ServerName::DnsName(_))), "{name}");
        }
        for name in ["", "[example", "a..b", "a b"] {
            assert_eq!(parse_name(name).unwrap_err().kind(), TlsErrorKind::BadServerName, "{name}");
        }
    }

    #[test]
    fn settings_are_told_apart_and_roots_are_wanted() {
        let one = Rustls::webpki().unwrap();
        assert_eq!(one.identity(), one.clone().identity());
        assert_ne!(one.identity(), Rustls::webpki().unwrap().identity());
        assert_eq!(Rustls::with_roots_pem(b"").unwrap_err().kind(), TlsErrorKind::Settings);
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(Rustls::with_roots_pem(broken).unwrap_err().kind(), TlsErrorKind::Settings);
    }
}
