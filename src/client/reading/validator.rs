//! [`Validator`]: what tells one version of a resource from another, strongly enough to put two halves together
//! (RFC 9110 §8.8).
//!
//! Made from a response, or from text that was kept from one. It never holds a weak entity tag, nor a date that may be
//! weak: with those, the second half of one version would be appended to the first half of another, and nobody would know.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::client::response::Response;
use crate::message::{Fields, date, header};

/// A strong validator: an entity tag, or a date of modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validator {
    text: String,
}

impl Validator {
    /// An entity tag as it stands in `ETag`, quotes included. `None` if it is weak (`W/"…"`), "A client MUST NOT generate an
    /// If-Range header field containing an entity tag that is marked as weak" (§13.1.5), or none at all.
    pub fn etag(tag: &str) -> Option<Validator> {
        let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'))?;
        // etagc = %x21 / %x23-7E / obs-text (§8.8.3)
        let sound = !inner.contains(|c: char| c == '"' || c <= ' ' || c == '\x7f');
        sound.then(|| Validator { text: tag.to_owned() })
    }

    /// A date as it stands in `Last-Modified`. That it is strong is the caller's word: the resource had not changed for at
    /// least a second when it was received (§8.8.2.2). `None` if it is no date.
    pub fn last_modified(value: &str) -> Option<Validator> {
        seconds(value.as_bytes())?;
        Some(Validator { text: value.to_owned() })
    }

    /// What is sent as `If-Range`, to be kept beside a partial file.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The strong validator that these fields of a response give. "A client MUST NOT generate an If-Range header field
    /// containing an HTTP-date unless the client has no entity tag for the corresponding representation and the date is
    /// a strong validator" (§13.1.5). `None` for coded content: its tag is that of the coded bytes.
    pub(crate) fn of(fields: &Fields) -> Option<Validator> {
        if is_coded(fields) {
            return None;
        }
        if fields.contains(header::ETAG) {
            return Validator::etag(fields.get_str(header::ETAG)?);
        }
        let modified = fields.get_str(header::LAST_MODIFIED)?;
        let date = seconds(fields.get(header::DATE)?)?;
        // §8.8.2.2: "a Date value which is at least one second after the Last-Modified value".
        let strong = date > seconds(modified.as_bytes())?;
        strong.then(|| Validator { text: modified.to_owned() })
    }

    /// Whether a response that goes on says itself that it is of another version: a server that ignores `If-Range`.
    pub(crate) fn contradicts(&self, fields: &Fields) -> bool {
        let name = if self.text.starts_with('"') { header::ETAG } else { header::LAST_MODIFIED };
        fields.get(name).is_some_and(|value| value != self.text.as_bytes())
    }
}

impl Response {
    /// What to resume this response with, should it break off: see
    /// [`RequestBuilder::resume`](crate::client::RequestBuilder::resume). `None` if it has no validator that is strong enough.
    pub fn validator(&self) -> Option<Validator> {
        Validator::of(self.fields())
    }
}

/// An HTTP-date, in seconds since 1970. The year of now only matters to dates with two digits of theirs.
fn seconds(date: &[u8]) -> Option<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    date::parse(date, now)
}

/// Whether offsets would count bytes that nobody has.
pub(crate) fn is_coded(fields: &Fields) -> bool {
    let mut codings = fields.get_all(header::CONTENT_ENCODING);
    codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}
