//! Whether the server is who it should be: rustls' own verification, and what was asked for in addition or in its place.
//!
//! In: a chain of certificates and a name. Out: yes, or rustls' error; and, because that error says little about what
//! had been shown, a [`Refused`] for whoever runs the handshake. Signatures of the handshake are always checked, except
//! where any certificate will do: there they would prove nothing.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::hash::Hash;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::Certificate;
use super::pin::{Pin, hashed};

/// Verifies for one set of settings.
#[derive(Clone)]
pub(super) struct Verifier {
    pub(super) trust: Trust,
    /// The name to prove in place of the one in the URL.
    pub(super) name: Option<ServerName<'static>>,
    pub(super) pins: Arc<Pins>,
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) notes: Notes,
}

/// Who is believed.
#[derive(Clone)]
pub(super) enum Trust {
    /// Those for whom a root vouches, under the name that was asked for.
    Full(Arc<WebPkiServerVerifier>),
    /// Those for whom a root vouches, under any name.
    AnyName(Arc<RootCertStore>),
    /// Everybody.
    Anybody,
}

/// The keys one of which the server has to have; none means any.
pub(super) struct Pins {
    pub(super) keys: Vec<Pin>,
    pub(super) sha256: Option<&'static dyn Hash>,
}

/// What was shown and not accepted.
#[derive(Debug)]
pub(super) struct Refused {
    /// DER, the server's own certificate first.
    pub(super) chain: Vec<Vec<u8>>,
    /// The server's key, where the pins were the reason.
    pub(super) pin: Option<Pin>,
}

/// From the verifier to the future that runs the handshake. rustls calls the former inside one poll of the latter, so
/// the thread tells whose note it is; it is taken in the same poll.
#[derive(Clone, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<(ThreadId, Refused)>>>);

impl Notes {
    fn leave(&self, refused: Refused) {
        drop(self.take());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((thread::current().id(), refused));
    }

    /// The note this thread has left.
    pub(super) fn take(&self) -> Option<Refused> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = thread::current().id();
        let place = notes.iter().position(|(left_by, _)| *left_by == thread)?;
        Some(notes.swap_remove(place).1)
    }
}

impl Verifier {
    /// Whether it makes no difference who the server is.
    fn is_open(&self) -> bool {
        matches!(self.trust, Trust::Anybody) && self.pins.keys.is_empty()
    }

    fn check(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        let name = self.name.as_ref().unwrap_or(name);
        match &self.trust {
            Trust::Full(verifier) => verifier
                .verify_server_cert(certificate, intermediates, name, stapled, now)
                .map(|_| ()),
            Trust::AnyName(roots) => verify_server_cert_signed_by_trust_anchor(
                &ParsedCertificate::try_from(certificate)?,
                roots,
                intermediates,
                now,
                self.provider.signature_verification_algorithms.all,
            ),
            Trust::Anybody => Ok(()),
        }
    }
}

impl Pins {
    /// The key of `certificate`, if it is none of these.
    fn miss(&self, certificate: &CertificateDer<'_>) -> Result<Option<Pin>, Error> {
        let Some(sha256) = self.sha256.filter(|_| !self.keys.is_empty()) else { return Ok(None) };
        let certificate = Certificate::parse(certificate).ok_or(CertificateError::BadEncoding)?;
        let pin = hashed(sha256, certificate.public_key());
        Ok((!self.keys.contains(&pin)).then_some(pin))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let refuse = |pin| {
            let chain = std::iter::once(certificate).chain(intermediates);
            let chain = chain.map(|certificate| certificate.to_vec()).collect();
            self.notes.leave(Refused { chain, pin });
        };
        self.check(certificate, intermediates, name, stapled, now).inspect_err(|_| refuse(None))?;
        match self.pins.miss(certificate).inspect_err(|_| refuse(None))? {
            None => Ok(ServerCertVerified::assertion()),
            Some(pin) => {
                refuse(Some(pin));
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.is_open() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.is_open() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trust = match self.trust {
            Trust::Full(_) => "full",
            Trust::AnyName(_) => "any name",
            Trust::Anybody => "anybody",
        };
        f.debug_struct("Verifier")
            .field("trust", &trust)
            .field("name", &self.name)
            .field("pins", &self.pins.keys)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_taken_by_the_thread_that_left_it() {
        let notes = Notes::default();
        let refused = |byte| Refused { chain: vec![vec![byte]], pin: None };
        notes.leave(refused(1));
        let elsewhere = notes.clone();
        let other = std::thread::spawn(move || {
            assert!(elsewhere.take().is_none());
            elsewhere.leave(refused(2));
            elsewhere.take().map(|refused| refused.chain)
        });
        assert_eq!(other.join().unwrap(), Some(vec![vec![2]]));
        notes.leave(refused(3));
        assert_eq!(notes.take().map(|refused| refused.chain), Some(vec![vec![3]]));
        assert!(notes.take().is_none() && notes.0.lock().unwrap().is_empty());
    }
}
