//! What a certificate says of itself (RFC 5280 §4.1), for people to read.
//!
//! DER in, as in [`TlsInfo::peer_certificates`](crate::net::TlsInfo::peer_certificates) or
//! [`TlsError::peer_certificates`](crate::net::tls::secure::TlsError::peer_certificates); names and dates out. It verifies
//! nothing: whether any of it is true has been decided elsewhere. The words are those of whoever made the certificate,
//! so control characters are escaped and each is cut at 100 characters.

use std::net::IpAddr;

use super::der::{BOOLEAN, Element, Elements, OBJECT, OCTETS, SEQUENCE, SET};

/// Names a certificate may list before the rest is left out.
const MOST_NAMES: usize = 100;

/// How much of one word is shown, in characters.
const MOST_SHOWN: usize = 100;

/// `id-ce-subjectAltName` (RFC 5280 §4.2.1.6).
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

/// The contents of one certificate that a person would ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    subject: String,
    issuer: String,
    names: Vec<String>,
    not_before: String,
    not_after: String,
    self_issued: bool,
    public_key: Vec<u8>,
}

impl Certificate {
    /// Reads one certificate in DER; `None` if it is none.
    pub fn parse(der: &[u8]) -> Option<Certificate> {
        let signed = Elements(der).take(SEQUENCE)?;
        let mut fields = signed.elements().take(SEQUENCE)?.elements();
        const VERSION: u8 = 0xa0;
        fields.accept(VERSION);
        let (_serial, _algorithm) = (fields.next()?, fields.take(SEQUENCE)?);
        let issuer = fields.take(SEQUENCE)?;
        let mut validity = fields.take(SEQUENCE)?.elements();
        let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
        let subject = fields.take(SEQUENCE)?;
        let public_key = fields.take(SEQUENCE)?.whole.to_vec();
        Some(Certificate {
            subject: distinguished(subject)?,
            issuer: distinguished(issuer)?,
            names: alternative_names(fields).unwrap_or_default(),
            not_before,
            not_after,
            self_issued: subject.whole == issuer.whole,
            public_key,
        })
    }

    /// Whom it is about, such as `C=DE, O=Example, CN=www.example.com`. Often empty today.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Who vouches for it, in the same form.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The host names and IP addresses it is for, at most 100 of them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The beginning of its time, such as `2026-01-31 23:59:59 UTC`.
    pub fn not_before(&self) -> &str {
        &self.not_before
    }

    /// The end of its time, in the same form.
    pub fn not_after(&self) -> &str {
        &self.not_after
    }

    /// Whether it names itself as its issuer: a root, or a certificate somebody signed alone.
    pub fn is_self_issued(&self) -> bool {
        self.self_issued
    }

    /// Its `SubjectPublicKeyInfo` in DER: what a [`Pin`](super::pin::Pin) is made of.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

/// A distinguished name (RFC 5280 §4.1.2.4), in the order in which it is written down.
fn distinguished(name: Element<'_>) -> Option<String> {
    let mut shown = String::new();
    let mut sets = name.elements();
    while let Some(set) = sets.accept(SET) {
        let mut pairs = set.elements();
        while let Some(pair) = pairs.accept(SEQUENCE) {
            let mut pair = pair.elements();
            let (object, value) = (pair.take(OBJECT)?, pair.next()?);
            if shown.len() < 4 * MOST_SHOWN {
                let comma = if shown.is_empty() { "" } else { ", " };
                let key = key(object.content);
                shown.push_str(&format!("{comma}{key}={}", text(value)));
            }
        }
    }
    Some(shown)
}

/// The short name of an attribute (RFC 4519 §2), or its number in hexadecimal.
fn key(object: &[u8]) -> String {
    let known = match object {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        _ => return object.iter().take(20).map(|byte| format!("{byte:02x}")).collect(),
    };
    known.to_owned()
}

/// A string of any of ASN.1's kinds: BMPString is UTF-16, the others are ASCII, UTF-8 or nearly so.
fn text(value: Element<'_>) -> String {
    const BMP: u8 = 0x1e;
    if value.tag != BMP {
        return shown(&String::from_utf8_lossy(value.content));
    }
    let units = value.content.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    shown(&char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>())
}

/// Somebody else's words: nothing that moves a cursor, and not without end.
pub(super) fn shown(words: &str) -> String {
    shown_up_to(MOST_SHOWN, words)
}

/// The same with another limit, in characters.
pub(super) fn shown_up_to(most: usize, words: &str) -> String {
    let mut shown = String::new();
    for c in words.chars().take(most) {
        match c {
            // Letters without width, and those that turn the direction of writing.
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(c.escape_unicode());
            }
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    if words.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5).
fn time(value: Element<'_>) -> Option<String> {
    const UTC: u8 = 0x17;
    let digits = std::str::from_utf8(value.content).ok()?.strip_suffix('Z')?;
    let whole = match value.tag {
        // "Where YY is greater than or equal to 50, the year SHALL be interpreted as 19YY".
        UTC if *digits.as_bytes().first()? >= b'5' => format!("19{digits}"),
        UTC => format!("20{digits}"),
        _ => digits.to_owned(),
    };
    let sound = whole.len() == 14 && whole.bytes().all(|digit| digit.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| whole.get(range).unwrap_or_default();
    sound.then(|| {
        let (date, time) =
            ([part(0..4), part(4..6), part(6..8)], [part(8..10), part(10..12), part(12..14)]);
        format!("{} {} UTC", date.join("-"), time.join(":"))
    })
}

/// The names in the extension of that name, out of what follows the public key.
fn alternative_names(mut fields: Elements<'_>) -> Option<Vec<String>> {
    const EXTENSIONS: u8 = 0xa3;
    let extensions = loop {
        let field = fields.next()?;
        if field.tag == EXTENSIONS {
            break field;
        }
    };
    let mut extensions = extensions.elements().take(SEQUENCE)?.elements();
    while let Some(extension) = extensions.accept(SEQUENCE) {
        let mut parts = extension.elements();
        let object = parts.take(OBJECT)?;
        parts.accept(BOOLEAN);
        let value = parts.take(OCTETS)?;
        if object.content == ALTERNATIVE_NAMES {
            return general_names(Elements(value.content).take(SEQUENCE)?);
        }
    }
    None
}

fn general_names(list: Element<'_>) -> Option<Vec<String>> {
    const DNS_NAME: u8 = 0x82;
    const IP_ADDRESS: u8 = 0x87;
    let mut names = Vec::new();
    let mut list = list.elements();
    while let Some(name) = list.next() {
        match name.tag {
            _ if names.len() == MOST_NAMES => break,
            DNS_NAME => names.push(shown(&String::from_utf8_lossy(name.content))),
            IP_ADDRESS => names.extend(address(name.content)),
            _ => {}
        }
    }
    Some(names)
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let sixteen = || <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| sixteen()).map(|ip| ip.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn made() -> Vec<u8> {
        let names = ["a.test", "*.b.test", "127.0.0.1", "::1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(1999, 12, 31);
        params.not_after = date_time_ymd(2051, 2, 3);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Zoë\u{1b}[2J");
        params.distinguished_name.push(DnType::CommonName, "x".repeat(150));
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn what_is_in_it_is_told_and_cannot_hurt() {
        let certificate = Certificate::parse(&made()).unwrap();
        let subject = format!("O=Zoë\\u{{1b}}[2J, CN={}…", "x".repeat(100));
        assert_eq!(certificate.subject(), subject);
        assert_eq!(certificate.issuer(), subject);
        assert!(certificate.is_self_issued());
        assert_eq!(certificate.names(), ["a.test", "*.b.test", "127.0.0.1", "::1"]);
        assert_eq!(certificate.not_before(), "1999-12-31 00:00:00 UTC");
        assert_eq!(certificate.not_after(), "2051-02-03 00:00:00 UTC");
        let (head, _) = certificate.public_key().split_at(2);
        assert_eq!(head, [0x30, 0x59], "the SubjectPublicKeyInfo of a key on P-256");
    }

    /// Anything a peer may send: every prefix, and every byte turned to its opposite.
    #[test]
    fn no_bytes_can_upset_it() {
        let whole = made();
        for cut in 0..whole.len() {
            assert_eq!(Certificate::parse(&whole[..cut]), None, "cut at {cut}");
        }
        let mut changed = whole.clone();
        let mut readable = 0;
        for place in 0..whole.len() {
            for value in [0, 0x7f, 0x80, 0x84, 0xff, !whole[place]] {
                changed[place] = value;
                readable += usize::from(Certificate::parse(&changed).is_some());
            }
            changed[place] = whole[place];
        }
        assert!(readable > 0, "most of a certificate is not looked at");
        assert_eq!(Certificate::parse(&changed), Certificate::parse(&whole));
    }

    #[test]
    fn a_text_of_two_bytes_a_letter() {
        let name = [0x1e, 0x04, 0x00, 0x41, 0x20, 0xac];
        assert_eq!(text(Elements(&name).next().unwrap()), "A€");
    }
}
