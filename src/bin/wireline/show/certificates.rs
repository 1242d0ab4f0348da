//! The server's certificates as text, for `%{certs}`: what people ask for of each, and all of it as PEM.

use std::fmt::Write as _;

use wireline::tls::rustls::Certificate;

use super::facts::Facts;

/// How many the server has shown.
pub fn count(facts: &Facts) -> usize {
    chain(facts).len()
}

/// Each certificate of the chain, the server's own first.
pub fn text(facts: &Facts) -> String {
    chain(facts).iter().map(|der| one(der)).collect()
}

fn chain(facts: &Facts) -> &[Vec<u8>] {
    let tls = facts.connection().and_then(|connection| connection.tls.as_ref());
    tls.map_or(&[], |tls| &tls.peer_certificates)
}

fn one(der: &[u8]) -> String {
    let mut text = String::new();
    if let Some(about) = Certificate::parse(der) {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "Subject:{}\nIssuer:{}\nStart date:{}\nExpire date:{}\n",
            about.subject(),
            about.issuer(),
            about.not_before(),
            about.not_after(),
        );
    }
    text + &pem(der)
}

fn pem(der: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in der.chunks(48) {
        for three in line.chunks(3) {
            let bits = (0..3).fold(0_usize, |bits, at| {
                bits << 8 | usize::from(three.get(at).copied().unwrap_or_default())
            });
            for at in 0..4 {
                let letter = char::from(LETTERS[bits >> (18 - 6 * at) & 63]);
                text.push(if at <= three.len() { letter } else { '=' });
            }
        }
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_has_lines_and_padding() {
        let text = |der: &[u8]| pem(der).lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(text(b"Hello, world")[1], "SGVsbG8sIHdvcmxk");
        assert_eq!(text(b"Hello, worl")[1], "SGVsbG8sIHdvcmw=");
        assert_eq!(text(b"Hello, wor")[1], "SGVsbG8sIHdvcg==");
        let long = text(&[0; 50]);
        assert_eq!((long[1].len(), long[2].as_str(), long.len()), (64, "AAA=", 4));
    }
}
