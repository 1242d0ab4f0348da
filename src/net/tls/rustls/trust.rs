//! Certificates and keys out of files, and the roots they make.
//!
//! PEM or DER in, as the caller has read it; what rustls takes out, or a [`TlsError`] of the kind
//! [`Settings`](TlsErrorKind::Settings) that says which of them is unusable and why. No file is opened here, except
//! where the machine's own roots are asked for, and a key is never shown.

use std::io;

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::net::tls::secure::{TlsError, TlsErrorKind};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Mozilla's roots as they were when this crate was built.
pub(super) fn mozilla() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

/// The certificates in `pem`, of which there is at least one. `what` they are is for the error.
pub(super) fn certificates(
    pem: &[u8],
    what: &str,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| unusable(&format!("{what} is no PEM"), error))?;
    match read.is_empty() {
        true => Err(unusable(
            &format!("no {what} given"),
            "no BEGIN CERTIFICATE in the PEM text; DER has to be given as DER",
        )),
        false => Ok(read),
    }
}

/// The lists in `pem`, of which there is at least one.
pub(super) fn revocation_lists(
    pem: &[u8],
) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| unusable("the revocation list is no PEM", error))?;
    match read.is_empty() {
        true => Err(unusable("no revocation list given", "no BEGIN X509 CRL in the PEM text")),
        false => Ok(read),
    }
}

/// The first private key in `pem`: PKCS #8, PKCS #1 or SEC 1.
pub(super) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    // "ENCRYPTED PRIVATE KEY" is PKCS #8 (RFC 5958); "Proc-Type: 4,ENCRYPTED" is the form before it (RFC 1421).
    let has = |mark: &[u8]| pem.windows(mark.len()).any(|window| window == mark);
    if has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"4,ENCRYPTED") {
        return Err(unusable(
            "the client's private key is encrypted",
            "take the passphrase off first, as `openssl pkey -in KEY -out PLAIN` does",
        ));
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        PemError::NoItemsFound => unusable(
            "no private key given",
            "no BEGIN PRIVATE KEY, BEGIN RSA PRIVATE KEY or BEGIN EC PRIVATE KEY in the PEM text",
        ),
        error => unusable("the client's private key is no PEM", error),
    })
}

/// Adds one root that somebody chose: it has to be usable.
pub(super) fn add(
    roots: &mut RootCertStore,
    certificate: CertificateDer<'static>,
) -> Result<(), TlsError> {
    roots.add(certificate).map_err(|error| unusable("a root certificate cannot be used", error))
}

/// Adds what this machine trusts. Some of it may be unusable, all of it may not.
#[cfg(feature = "native-roots")]
pub(super) fn add_native(roots: &mut RootCertStore) -> Result<(), TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(());
    }
    let why = found.errors.first().map(ToString::to_string);
    let why = why.unwrap_or_else(|| format!("{ignored} certificates found, none of them usable"));
    Err(unusable("this machine has no root certificates", why))
}

/// Settings that cannot be used, and why.
pub(super) fn unusable(message: &str, source: impl Into<BoxError>) -> TlsError {
    let source = io::Error::new(io::ErrorKind::InvalidInput, source);
    TlsError::new(TlsErrorKind::Settings, format!("{message}: {source}"), source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        for (error, word) in [
            (certificates(b"", "root certificate").unwrap_err(), "no root certificate given"),
            (revocation_lists(b"").unwrap_err(), "X509 CRL"),
            (private_key(b"").unwrap_err(), "no private key given"),
        ] {
            assert_eq!(error.kind(), TlsErrorKind::Settings);
            assert!(error.message().contains(word), "{error}");
        }
    }

    #[test]
    fn an_encrypted_key_is_an_error_that_says_so() {
        for pem in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGb\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\nMIGb\n\
             -----END RSA PRIVATE KEY-----\n",
        ] {
            let error = private_key(pem.as_bytes()).unwrap_err();
            assert!(error.message().contains("is encrypted"), "{error}");
        }
    }
}
