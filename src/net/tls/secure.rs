//! The socket a TLS library is plugged into.
//!
//! In: a connected [`Wire`](crate::net::Wire) and the name the server has to prove. Out: a wire whose
//! bytes are encrypted, or a [`TlsError`] that says what to do about it. This file knows no TLS
//! library; the plug this crate comes with is `Rustls`, behind the feature `tls`.
//!
//! Next: [`conn`](crate::conn), where a wire meets the grammar.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::net::stream::BoxedWire;

/// A handshake under way.
pub type Securing = Pin<Box<dyn Future<Output = Result<BoxedWire, TlsError>> + Send>>;

/// One set of TLS settings: trust, client certificate, versions, sessions.
///
/// An implementation offers `http/1.1` and nothing else by ALPN, keeps the sessions it resumes to
/// itself, and its wires make one attempt to send close_notify when they are dropped
/// (RFC 9112 §9.8: "Clients MUST send a closure alert before closing the connection").
pub trait Secure: Send + Sync {
    /// Starts the handshake on `wire`.
    ///
    /// `server_name` is a host name or an IP address as in a URL; brackets and a zone are tolerated
    /// and are no part of the name. Dropping the future closes the wire. No deadline: the caller's.
    fn secure(&self, server_name: &str, wire: BoxedWire) -> Securing;

    /// Tells these settings from all others of this process, for as long as it runs.
    ///
    /// Connections made under different identities are never exchanged for one another.
    fn identity(&self) -> u64;
}

/// A number no other settings in this process have: what [`Secure::identity`] should be made of.
pub fn next_identity() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Why there is no TLS connection.
#[derive(Debug)]
pub struct TlsError {
    kind: TlsErrorKind,
    message: String,
    hint: Option<&'static str>,
    peer_certificates: Vec<Vec<u8>>,
    source: io::Error,
}

/// What kind of trouble it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsErrorKind {
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not begun.
    NotYetValid,
    /// The certificate is for other names.
    WrongName,
    /// Nobody we trust vouches for the certificate.
    UnknownIssuer,
    /// The certificate vouches for itself, and it is not among those we trust.
    SelfSigned,
    /// The certificate is revoked, or on no list that could say so.
    Revoked,
    /// The server's public key is none of the pinned ones.
    PinMismatch,
    /// The certificate is malformed, wrongly signed, or for another purpose.
    BadCertificate,
    /// The peer wants a client certificate, or another one than it was given.
    ClientCertificate,
    /// The peer speaks none of the versions of TLS that are allowed.
    Version,
    /// The peer speaks other protocols than HTTP/1.1, such as HTTP/2 alone.
    NoHttp1,
    /// The peer does not speak TLS.
    NotTls,
    /// The peer refused and said why in an alert.
    Alert,
    /// The peer broke the protocol, or there is nothing both sides can do.
    Protocol,
    /// The peer closed the connection in the middle of the handshake.
    Closed,
    /// The wire underneath failed.
    Io,
    /// The host can stand in no certificate.
    BadServerName,
    /// The settings are unusable: no root certificate, no common cipher suite, a broken key.
    Settings,
}

impl TlsError {
    /// An error of that kind. `message` is one line without a full stop.
    pub fn new(kind: TlsErrorKind, message: impl Into<String>, source: io::Error) -> Self {
        let (hint, peer_certificates) = (None, Vec::new());
        Self { kind, message: message.into(), hint, peer_certificates, source }
    }

    /// The same error with another way out than the usual one of its kind.
    pub fn with_hint(mut self, hint: impl Into<Option<&'static str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same error with what the server has shown.
    pub fn with_peer_certificates(mut self, chain: Vec<Vec<u8>>) -> Self {
        self.peer_certificates = chain;
        self
    }

    /// What kind of trouble it was.
    pub fn kind(&self) -> TlsErrorKind {
        self.kind
    }

    /// What happened, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The certificates that were refused, DER, the server's own first; empty where it was not about them. Nothing has
    /// proved what they say. `Certificate::parse` makes them readable (feature `tls`).
    pub fn peer_certificates(&self) -> &[Vec<u8>] {
        &self.peer_certificates
    }

    /// What usually helps, where something usually does.
    pub fn hint(&self) -> Option<&'static str> {
        self.hint.or_else(|| self.usual_hint())
    }

    fn usual_hint(&self) -> Option<&'static str> {
        Some(match self.kind {
            TlsErrorKind::Expired => {
                "the server's owner has to renew it; is this machine's clock right?"
            }
            TlsErrorKind::NotYetValid => "is this machine's clock right?",
            TlsErrorKind::WrongName => "is the host in the URL the one the certificate is for?",
            TlsErrorKind::UnknownIssuer => {
                "a private or self-signed authority has to be added to the trusted roots; \
                 a public server may have forgotten its intermediate certificate"
            }
            TlsErrorKind::SelfSigned => {
                "is this the server you mean? then add the certificate to the trusted roots, or pin its key"
            }
            TlsErrorKind::PinMismatch => {
                "if the server's owner has changed the key, pin the new one; if not, somebody is in between"
            }
            TlsErrorKind::ClientCertificate => {
                "give a certificate and its key to `client_certificate_pem`"
            }
            TlsErrorKind::NoHttp1 => {
                "HTTP/1.1 has to be switched on in the server, or a proxy that speaks it put in front"
            }
            TlsErrorKind::Version => "the server's TLS is out of date and cannot be used safely",
            TlsErrorKind::NotTls => "this port answers in plain text; use http:// or another port",
            TlsErrorKind::Closed => "is this a TLS port?",
            _ => return None,
        })
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.hint() {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_differ() {
        assert_ne!(next_identity(), next_identity());
    }

    #[test]
    fn the_hint_follows_the_message() {
        let source = io::Error::from(io::ErrorKind::InvalidData);
        let error = TlsError::new(TlsErrorKind::NotTls, "the peer does not speak TLS", source);
        assert_eq!(
            error.to_string(),
            "the peer does not speak TLS \
             (this port answers in plain text; use http:// or another port)"
        );
    }
}
