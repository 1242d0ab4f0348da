//! What a failed handshake means, in words that help.
//!
//! rustls' error and what the server had shown in; a [`TlsError`] out: which kind of trouble, with whom, the names and
//! dates that matter, and the way out. The peer's words are escaped and cut.

use std::io;

use rustls::{
    AlertDescription, CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved,
    ProtocolVersion,
};

use super::certificate::{Certificate, shown, shown_up_to};
use super::verifier::Refused;
use crate::net::tls::secure::{TlsError, TlsErrorKind};

/// How much of rustls' own text is told, which may list many of the peer's names.
const LONGEST: usize = 300;

/// What matters about our own side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours {
    /// A client certificate is shown to servers that ask for one.
    pub(super) certificate: bool,
    /// The one version that is allowed, where it is one.
    pub(super) only: Option<ProtocolVersion>,
}

/// Says what a failed handshake with `host` means.
pub(super) fn handshake(
    error: io::Error,
    host: &str,
    ours: Ours,
    refused: Option<Refused>,
) -> TlsError {
    use TlsErrorKind as Kind;
    let host = shown(host);
    let Some(inner) = inside(&error) else {
        let (kind, what) = match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                (Kind::Closed, "the peer closed the connection during the TLS handshake")
            }
            _ => (Kind::Io, "the connection failed during the TLS handshake"),
        };
        return TlsError::new(kind, format!("{what} with {host}: {error}"), error);
    };
    let mut told = shown_up_to(LONGEST, &inner.to_string());
    let (kind, what) = match inner {
        rustls::Error::InvalidCertificate(reason) => {
            let leaf = refused.as_ref().and_then(|refused| refused.chain.first());
            let leaf = leaf.and_then(|der| Certificate::parse(der));
            let pin = refused.as_ref().and_then(|refused| refused.pin);
            if let Some(detail) = detail(reason, leaf.as_ref()) {
                told = detail;
            }
            match pin {
                Some(pin) => {
                    told = format!("its key is {pin}");
                    (Kind::PinMismatch, "the server's public key is not one of the pinned ones")
                }
                None => certificate(reason, leaf.as_ref()),
            }
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            (Kind::NotTls, "the peer does not speak TLS")
        }
        rustls::Error::AlertReceived(received) => alert(*received, ours),
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => version(ours),
        rustls::Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol) => {
            (Kind::NoHttp1, "the peer speaks another protocol than HTTP/1.1")
        }
        _ => (Kind::Protocol, "the TLS handshake failed"),
    };
    let chain = refused.map(|refused| refused.chain).unwrap_or_default();
    let hint = match inner {
        rustls::Error::InvalidCertificate(reason) if is_authority(reason) => Some(
            "the server needs one with CA:FALSE in its basicConstraints; until then, pin its key",
        ),
        _ => hint(kind, ours),
    };
    TlsError::new(kind, format!("{what} with {host}: {told}"), error)
        .with_peer_certificates(chain)
        .with_hint(hint)
}

/// The same for an error after the handshake. A TLS 1.3 server that refuses the client's certificate does so here: the
/// client has finished by then (RFC 8446 §4.4.2.4).
pub(super) fn later(error: io::Error, ours: Ours) -> io::Error {
    let Some(inner) = inside(&error) else { return error };
    let (kind, what) = match inner {
        rustls::Error::AlertReceived(received) => alert(*received, ours),
        _ => (TlsErrorKind::Protocol, "the peer broke the TLS protocol"),
    };
    let message = format!("{what}: {}", shown_up_to(LONGEST, &inner.to_string()));
    let kind_of_io = error.kind();
    io::Error::new(kind_of_io, TlsError::new(kind, message, error).with_hint(hint(kind, ours)))
}

fn inside(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
}

fn certificate(
    reason: &CertificateError,
    leaf: Option<&Certificate>,
) -> (TlsErrorKind, &'static str) {
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
        E::UnknownIssuer if leaf.is_some_and(Certificate::is_self_issued) => {
            (TlsErrorKind::SelfSigned, "the certificate is self-signed and not trusted")
        }
        E::UnknownIssuer => {
            (TlsErrorKind::UnknownIssuer, "the certificate's issuer is not trusted")
        }
        E::Revoked => (TlsErrorKind::Revoked, "the certificate is revoked"),
        E::UnknownRevocationStatus => {
            (TlsErrorKind::Revoked, "no revocation list covers the certificate")
        }
        _ if is_authority(reason) => (
            TlsErrorKind::BadCertificate,
            "the certificate is for an authority and not for a server",
        ),
        _ => (TlsErrorKind::BadCertificate, "the certificate cannot be accepted"),
    }
}

/// What `openssl req -x509` makes unless told otherwise. OpenSSL takes it; webpki does not, and has no other name for it
/// than its own.
fn is_authority(reason: &CertificateError) -> bool {
    matches!(reason, CertificateError::Other(error) if error.to_string() == "CaUsedAsEndEntity")
}

/// What was expected, and what the certificate says instead.
fn detail(reason: &CertificateError, leaf: Option<&Certificate>) -> Option<String> {
    use CertificateError as E;
    let leaf = leaf?;
    let issuer = leaf.issuer();
    Some(match reason {
        E::NotValidForNameContext { expected, .. } => {
            let names = some(leaf.names());
            format!("expected {}, presented {names}, issued by {issuer}", expected.to_str())
        }
        E::Expired | E::ExpiredContext { .. } => {
            format!("valid until {}, issued by {issuer}", leaf.not_after())
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            format!("valid from {}, issued by {issuer}", leaf.not_before())
        }
        E::UnknownIssuer => format!("for {}, issued by {issuer}", some(leaf.names())),
        _ => return None,
    })
}

/// The first few names.
fn some(names: &[String]) -> String {
    const MOST: usize = 5;
    let first: Vec<_> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().saturating_sub(MOST) {
        0 if first.is_empty() => "no name".to_owned(),
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn alert(received: AlertDescription, ours: Ours) -> (TlsErrorKind, &'static str) {
    use AlertDescription as A;
    match received {
        A::CertificateRequired => {
            (TlsErrorKind::ClientCertificate, "the peer wants a client certificate")
        }
        A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied => {
            (TlsErrorKind::ClientCertificate, "the peer refused the client certificate")
        }
        A::ProtocolVersion => version(ours),
        A::HandshakeFailure => (
            TlsErrorKind::Alert,
            "the peer finds no cipher suite in common, or wants a client certificate",
        ),
        A::NoApplicationProtocol => {
            (TlsErrorKind::NoHttp1, "the peer speaks another protocol than HTTP/1.1")
        }
        _ => (TlsErrorKind::Alert, "the peer refused the TLS handshake"),
    }
}

fn version(ours: Ours) -> (TlsErrorKind, &'static str) {
    let what = match ours.only {
        Some(ProtocolVersion::TLSv1_2) => "the peer refuses TLS 1.2, the only version allowed here",
        Some(ProtocolVersion::TLSv1_3) => "the peer refuses TLS 1.3, the only version allowed here",
        _ => "the peer speaks neither TLS 1.2 nor TLS 1.3",
    };
    (TlsErrorKind::Version, what)
}

/// Where the way out depends on our own settings; else the kind knows it.
fn hint(kind: TlsErrorKind, ours: Ours) -> Option<&'static str> {
    match kind {
        TlsErrorKind::ClientCertificate if ours.certificate => Some(
            "is the client certificate still valid, and issued by an authority this server trusts, \
             with its intermediate certificates in the PEM text?",
        ),
        TlsErrorKind::Version if ours.only.is_some() => {
            Some("allow the other version with `min_version` and `max_version`")
        }
        _ => None,
    }
}
