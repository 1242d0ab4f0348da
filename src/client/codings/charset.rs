//! Bytes become text: which charset they are in, and what it makes of them.
//!
//! In: a body, its `Content-Type`, what the caller takes for granted. Out: a string, with U+FFFD for what the charset does
//! not know, or the name of a charset that is not known here. UTF-8, UTF-16, US-ASCII and ISO-8859-1 are always known; the
//! feature `charset` adds those of the web. It changes nothing about the others: `iso-8859-1` stays what its name says,
//! although browsers take it for windows-1252.

use crate::client::reading::parameters;
use crate::message::{Fields, header};

/// A charset that a body may be in.
pub(crate) enum Charset {
    /// US-ASCII is in it.
    Utf8,
    Utf16Le,
    Utf16Be,
    /// ISO-8859-1: the first 256 code points.
    Latin1,
    Other(Other),
}

/// A charset of a feature.
pub(crate) type Other = Box<dyn Fn(&[u8]) -> String + Send + Sync>;

type Finder = fn(&[u8]) -> Option<Other>;

/// Finders of further charsets, a line a feature.
static FINDERS: &[Finder] = &[
    #[cfg(feature = "charset")]
    super::encodings::find,
];

impl Charset {
    /// The charset of that name.
    ///
    /// # Errors
    /// The name, escaped and cut, and the way out.
    pub(crate) fn named(label: &[u8]) -> Result<Charset, String> {
        match label.trim_ascii().to_ascii_lowercase().as_slice() {
            b"utf-8" | b"utf8" | b"us-ascii" | b"ascii" => Ok(Charset::Utf8),
            // Without a mark it is little-endian on the web, whatever RFC 2781 says.
            b"utf-16" | b"utf-16le" => Ok(Charset::Utf16Le),
            b"utf-16be" => Ok(Charset::Utf16Be),
            b"iso-8859-1" | b"latin1" | b"iso_8859-1" | b"l1" => Ok(Charset::Latin1),
            other => {
                let found = FINDERS.iter().find_map(|find| find(other));
                found.map(Charset::Other).ok_or_else(|| unknown(other))
            }
        }
    }

    /// The text of `bytes`; a byte order mark knows better (WHATWG Encoding §6) and is no part of it.
    pub(crate) fn decode(&self, bytes: &[u8]) -> String {
        match (bytes, self) {
            ([0xef, 0xbb, 0xbf, rest @ ..], _) => utf_8(rest),
            ([0xff, 0xfe, rest @ ..], _) => utf_16(rest, u16::from_le_bytes),
            ([0xfe, 0xff, rest @ ..], _) => utf_16(rest, u16::from_be_bytes),
            (bytes, Charset::Utf8) => utf_8(bytes),
            (bytes, Charset::Utf16Le) => utf_16(bytes, u16::from_le_bytes),
            (bytes, Charset::Utf16Be) => utf_16(bytes, u16::from_be_bytes),
            (bytes, Charset::Latin1) => bytes.iter().map(|&byte| char::from(byte)).collect(),
            (bytes, Charset::Other(decode)) => decode(bytes),
        }
    }
}

fn unknown(label: &[u8]) -> String {
    let name = label.get(..100).unwrap_or(label).escape_ascii();
    let hint = if FINDERS.is_empty() { "build with the feature `charset`, or " } else { "" };
    format!("charset \"{name}\" is not known here; {hint}take `bytes()` and decode them")
}

/// The `charset` parameter of `Content-Type` (RFC 9110 §8.3.2).
pub(crate) fn declared(fields: &Fields) -> Option<String> {
    let value = fields.get(header::CONTENT_TYPE)?;
    let begin = value.iter().position(|&byte| byte == b';')?;
    let parameters = parameters::parse(&mut value.get(begin..)?, None);
    parameters::find(&parameters, "charset").map(str::to_owned)
}

fn utf_8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let decoded = char::decode_utf16(pairs.iter().map(|&pair| unit(pair)));
    let decoded = decoded.map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    // Half a unit at the end is one more thing that is not known.
    decoded.chain(rest.first().map(|_| char::REPLACEMENT_CHARACTER)).collect()
}
