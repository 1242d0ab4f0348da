//! A public key that a server has to have: its SHA-256.
//!
//! A pin is about the key and not about the certificate, so it outlives renewals that keep the key (RFC 7469 §2.4 gives
//! the reasons). It is checked against the server's own certificate, not against those of its authorities, as curl's
//! `--pinnedpubkey` is.

use std::fmt;
use std::io;
use std::str::FromStr;

use rustls::crypto::hash::Hash;

use super::certificate::Certificate;
use super::provider::{provider, sha256};
use crate::net::tls::secure::{TlsError, TlsErrorKind};

/// What curl writes in front of the hash.
const PREFIX: &str = "sha256//";

/// 32 bytes in Base64 (RFC 4648 §4), and the padding that follows.
const DIGITS: usize = 43;

pub(super) const NO_SHA256: &str = "pins need a crypto provider with SHA-256";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The SHA-256 of a public key, of its `SubjectPublicKeyInfo` in DER.
///
/// ```
/// use wireline::tls::Pin;
///
/// let pin: Pin = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".parse()?;
/// assert_eq!(pin.as_bytes()[..3], [0xe3, 0xb0, 0xc4]);
/// # Ok::<(), wireline::tls::TlsError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin([u8; 32]);

impl Pin {
    /// The pin with this hash.
    pub fn from_bytes(hash: [u8; 32]) -> Pin {
        Pin(hash)
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The pin of a public key: a `SubjectPublicKeyInfo` in DER, such as `openssl pkey -pubout -outform der` writes.
    ///
    /// Errors: the crypto provider the process has installed has no SHA-256.
    pub fn of_public_key(der: &[u8]) -> Result<Pin, TlsError> {
        let sha256 = sha256(&provider()).ok_or_else(|| refused(NO_SHA256))?;
        Ok(hashed(sha256, der))
    }

    /// The pin of the key in a certificate in DER.
    ///
    /// Errors: it is no certificate, or the crypto provider has no SHA-256.
    pub fn of_certificate(der: &[u8]) -> Result<Pin, TlsError> {
        let certificate = Certificate::parse(der);
        let certificate = certificate.ok_or_else(|| refused("the certificate cannot be read"))?;
        Pin::of_public_key(certificate.public_key())
    }
}

pub(super) fn hashed(sha256: &dyn Hash, public_key: &[u8]) -> Pin {
    let mut hash = [0; 32];
    let output = sha256.hash(public_key);
    hash.iter_mut().zip(output.as_ref()).for_each(|(to, from)| *to = *from);
    Pin(hash)
}

/// `sha256//` and Base64, one pin; curl separates several by `;`.
impl FromStr for Pin {
    type Err = TlsError;

    fn from_str(text: &str) -> Result<Pin, TlsError> {
        let digits = text.strip_prefix(PREFIX).and_then(|text| text.strip_suffix('='));
        let digits = digits.filter(|digits| digits.len() == DIGITS);
        let pin = digits.and_then(|digits| decoded(digits.as_bytes()));
        pin.ok_or_else(|| {
            refused(
                "a pin is \"sha256//\" and the Base64 of 32 bytes, 44 characters with the \"=\"",
            )
        })
    }
}

/// The last digit carries four bits and two that have to be zero.
fn decoded(digits: &[u8]) -> Option<Pin> {
    let mut hash = [0; 32];
    let mut places = hash.iter_mut();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits {
        let value = ALPHABET.iter().position(|letter| letter == digit)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            *places.next()? = u8::try_from((bits >> count) & 0xff).ok()?;
        }
    }
    (bits & ((1 << count) - 1) == 0).then_some(Pin(hash))
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        for index in 0..DIGITS {
            let bit = |offset: usize| {
                let place = 6 * index + offset;
                let byte = self.0.get(place / 8).copied().unwrap_or_default();
                usize::from((byte >> (7 - place % 8)) & 1)
            };
            let value = (0..6).fold(0, |value, offset| (value << 1) | bit(offset));
            let letter = ALPHABET.get(value).copied().unwrap_or_default();
            write!(f, "{}", char::from(letter))?;
        }
        f.write_str("=")
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

fn refused(message: &'static str) -> TlsError {
    let source = io::Error::new(io::ErrorKind::InvalidInput, message);
    TlsError::new(TlsErrorKind::Settings, message, source)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-4: the empty message.
        let pin = Pin::of_public_key(b"").unwrap();
        assert_eq!(pin.to_string(), "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert!(Pin::of_certificate(b"").is_err());
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        for text in [
            "",
            "sha256//",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF-=",
            "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA=",
            "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSué=",
        ] {
            let error = text.parse::<Pin>().unwrap_err();
            assert_eq!(error.kind(), TlsErrorKind::Settings, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_pin_is_read_as_it_was_written(hash: [u8; 32]) {
            let pin = Pin::from_bytes(hash);
            prop_assert_eq!(pin.to_string().parse::<Pin>().unwrap(), pin);
        }

        #[test]
        fn any_text_is_a_pin_or_an_error(text in "(sha256//)?[A-Za-z0-9+/=é;]{0,50}") {
            let read = text.parse::<Pin>();
            prop_assert!(read.is_err() || read.unwrap().to_string() == text);
        }
    }
}
