//! The heads of messages: [`RequestHead`] and [`ResponseHead`], with everything above the floor of
//! this one put together.
//!
//! A head is control data plus a header section (RFC 9110 §6.2, §6.3); what follows it on the
//! wire is no part of it. A method cannot hold a space or a line break ([`Method`] is a token by
//! construction), a version is one of five constants, and the reason phrase is kept as received
//! because some servers put the explanation there, and nowhere else.
//!
//! Next: [`h1`](crate::h1)

use super::fields::Fields;
use super::uri::Uri;
use http::{Method, StatusCode, Version};
use std::fmt;

/// What is asked: method, target, version and header section of a request.
#[derive(Debug, Clone)]
pub struct RequestHead {
    /// The method (§9).
    pub method: Method,
    /// The target. Userinfo and fragment are part of it but never go on the wire.
    pub uri: Uri,
    /// `HTTP/1.1` unless changed.
    pub version: Version,
    /// The header section as the caller wants it. It need not have a `Host`.
    pub fields: Fields,
}

impl RequestHead {
    /// A head with no fields, for HTTP/1.1.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, version: Version::HTTP_11, fields: Fields::new() }
    }
}

/// What is answered: version, status, reason phrase and header section of a response.
#[derive(Debug, Clone)]
pub struct ResponseHead {
    /// The version the server speaks.
    pub version: Version,
    /// The status code (§15).
    pub status: StatusCode,
    /// What the server wrote after it.
    pub reason: Reason,
    /// The header section.
    pub fields: Fields,
}

impl ResponseHead {
    /// A head with the usual phrase for its status and no fields, for HTTP/1.1.
    pub fn new(status: StatusCode) -> Self {
        let reason = Reason(Phrase::Known(status.canonical_reason().unwrap_or_default()));
        Self { version: Version::HTTP_11, status, reason, fields: Fields::new() }
    }

    /// The head as the peer wrote it, byte for byte: status line, field lines, empty line. A folded line is in it as one
    /// line, because its folds were replaced by spaces before anything was read (RFC 9112 §5.2).
    ///
    /// It does not follow what is done to [`fields`](Self::fields) later; `None` for a head that was made here, and where
    /// that would not be known any more. Not escaped: whatever the peer wanted it to be.
    pub fn received(&self) -> Option<&[u8]> {
        let text = self.fields.received()?;
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        let mut ends = lines.scan(0, |end, line| {
            *end += line.len();
            Some((line, *end))
        });
        let (_, end) = ends.find(|(line, _)| matches!(line, [b'\n'] | [b'\r', b'\n']))?;
        text.get(..end)
    }
}

/// A reason phrase, as received: bytes, meant for people, to be ignored by programs (RFC 9112 §4).
///
/// The usual phrase of a status costs nothing, any other one allocation. `Display` and `Debug`
/// escape it and show at most 100 bytes, since it is whatever the peer wanted it to be.
#[derive(Clone)]
pub struct Reason(Phrase);

#[derive(Clone)]
enum Phrase {
    Known(&'static str),
    Other(Box<[u8]>),
}

impl Reason {
    /// How many bytes `Display` and `Debug` show.
    const SHOWN: usize = 100;

    /// The phrase that came with `status`.
    #[inline]
    pub fn new(status: StatusCode, phrase: &[u8]) -> Self {
        match status.canonical_reason() {
            Some(usual) if usual.as_bytes() == phrase => Self(Phrase::Known(usual)),
            _ if phrase.is_empty() => Self(Phrase::Known("")),
            _ => Self(Phrase::Other(phrase.into())),
        }
    }

    /// The phrase; empty if the server sent none.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Phrase::Known(usual) => usual.as_bytes(),
            Phrase::Other(bytes) => bytes,
        }
    }
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Reason {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_bytes();
        write!(f, "{}", bytes[..bytes.len().min(Self::SHOWN)].escape_ascii())
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_01_a_method_is_a_token() {
        for bad in [&b"GET / HTTP/1.1\r\nX: y\r\nA"[..], b"", b"G T", b"GET\n", b"G\x00", b"G:"] {
            assert!(Method::from_bytes(bad).is_err(), "{}", bad.escape_ascii());
        }
        assert!(Method::from_bytes(b"M-SEARCH").is_ok());
    }

    #[test]
    fn s_02_a_version_is_one_of_a_few_constants() {
        let uri = Uri::parse("http://h/").unwrap();
        assert_eq!(RequestHead::new(Method::GET, uri).version, Version::HTTP_11);
        assert_eq!(format!("{:?}", Version::HTTP_10), "HTTP/1.0"); // no constructor takes a string
    }

    #[test]
    fn s_110_a_reason_is_kept_as_received_and_shown_escaped() {
        let reason = Reason::new(StatusCode::NOT_FOUND, b"\x1b]0;owned\x07 \xff");
        assert_eq!(reason.as_bytes(), b"\x1b]0;owned\x07 \xff");
        assert_eq!(format!("{reason}"), "\\x1b]0;owned\\x07 \\xff");
        assert_eq!(format!("{reason:?}"), "\"\\x1b]0;owned\\x07 \\xff\"");
        assert_eq!(Reason::new(StatusCode::OK, &[b'a'; 5000]).to_string().len(), 100);
    }

    #[test]
    fn the_usual_phrase_is_not_copied() {
        assert!(matches!(Reason::new(StatusCode::OK, b"OK").0, Phrase::Known("OK")));
        assert!(matches!(Reason::new(StatusCode::OK, b"").0, Phrase::Known("")));
        assert_eq!(Reason::new(StatusCode::OK, b"Fine").as_bytes(), b"Fine");
        assert_eq!(ResponseHead::new(StatusCode::OK).reason, Reason::new(StatusCode::OK, b"OK"));
    }
}
