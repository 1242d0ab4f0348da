//! The TLS plug: rustls, with `ring` and Mozilla's roots unless told otherwise.
//!
//! In: settings, once; then wires and server names. Out: wires with TLS on them, or a [`TlsError`]
//! that names the cause. It offers TLS 1.2 and 1.3 and by ALPN `http/1.1` only, sends no SNI for IP
//! addresses (RFC 6066 §3 knows none), and keeps one session store for each [`Rustls`]: a session
//! is never resumed under another trust than it was made under. No early data, ever: it can be
//! replayed.
//!
//! rustls' own `ClientConfig::builder()` is not used, because it panics in a program where two
//! crypto providers happen to be compiled in. A provider the process has installed is taken;
//! without one it is `ring`.

use std::fmt;
use std::future::ready;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use crate::net::stream::BoxedWire;

use super::explain::{Ours, handshake};
use super::verifier::{Notes, Verifier};
use super::wire::RustlsWire;
use crate::net::tls::secure::{Secure, Securing, TlsError, TlsErrorKind, next_identity};

/// The one protocol this crate speaks, under its registered ALPN name (RFC 7301 §6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// One set of TLS settings. Clones share it, sessions and identity included; two that were built apart share nothing,
/// not even where they were told the same.
#[derive(Clone)]
pub struct Rustls {
    config: Arc<ClientConfig>,
    identity: u64,
    ours: Ours,
    notes: Notes,
    /// What it takes to send another name than the one to prove.
    masked: Option<Arc<Masked>>,
}

/// The name in the SNI has nothing to do with the name to prove.
pub(super) struct Masked {
    /// The name to send.
    pub(super) sent: ServerName<'static>,
    /// Verifies under the name in the URL, once it knows it; `None` where the name to prove is always the same.
    pub(super) verifier: Option<Verifier>,
}

impl Rustls {
    /// Takes any settings of rustls: its own verifier, cipher suites, another crypto provider, ECH.
    ///
    /// The ALPN list is replaced by `http/1.1`, the one protocol that can be spoken afterwards.
    /// Everything else is kept, the session store too: do not give two configs with different
    /// verifiers the same store. Each call makes settings of its own for the pool, so keep the
    /// value (or its clones) rather than making it anew.
    pub fn with_config(config: Arc<ClientConfig>) -> Self {
        let certificate = config.client_auth_cert_resolver.has_certs();
        let ours = Ours { certificate, only: None };
        Self::from_parts(Arc::unwrap_or_clone(config), ours, Notes::default(), None)
    }

    pub(super) fn from_parts(
        mut config: ClientConfig,
        ours: Ours,
        notes: Notes,
        masked: Option<Masked>,
    ) -> Self {
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        config.enable_early_data = false;
        let (config, identity) = (Arc::new(config), next_identity());
        Self { config, identity, ours, notes, masked: masked.map(Arc::new) }
    }

    /// The settings of one handshake, and the name rustls is told.
    fn plan(&self, name: ServerName<'static>) -> (Arc<ClientConfig>, ServerName<'static>) {
        let Some(masked) = &self.masked else { return (self.config.clone(), name) };
        let sent = masked.sent.clone();
        let Some(verifier) = &masked.verifier else { return (self.config.clone(), sent) };
        // Sessions are kept under the name that was sent, so one that was proved for one host would be resumed for
        // another: none are.
        let mut config = (*self.config).clone();
        let verifier = Verifier { name: Some(name), ..verifier.clone() };
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        config.resumption = Resumption::disabled();
        (Arc::new(config), sent)
    }
}

impl Secure for Rustls {
    fn secure(&self, server_name: &str, wire: BoxedWire) -> Securing {
        let name = match parse_name(server_name) {
            Ok(name) => name,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let shown = server_name.to_owned();
        let (config, name) = self.plan(name);
        let connecting = TlsConnector::from(config).connect(name, wire);
        let (ours, notes) = (self.ours, self.notes.clone());
        Box::pin(async move {
            match connecting.await {
                Ok(stream) => Ok(Box::new(RustlsWire::new(stream, ours)) as BoxedWire),
                // Still inside the poll in which the verifier may have left its note.
                Err(error) => Err(handshake(error, &shown, ours, notes.take())),
            }
        })
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}

/// The name to prove, without brackets and without a zone, which means something on this machine
/// only (RFC 6874 §3).
pub(super) fn parse_name(host: &str) -> Result<ServerName<'static>, TlsError> {
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

/// The identity alone: the rest may be secret.
impl fmt::Debug for Rustls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rustls").field("identity", &self.identity).finish_non_exhaustive()
    }
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
