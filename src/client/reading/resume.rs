//! Going on where a response broke off: `Range` and `If-Range` out, 206, 200 or 416 back (RFC 9110 §13.1.5, §14).
//!
//! What is already there and a strong [`Validator`] go in; out comes which of three things the server did. Two halves are
//! only ever put together if the server says, in so many words, that the second begins where the first ends and belongs
//! to the same version; whatever else it says is an error. Several ranges in one response are never asked for and refused.

use crate::client::error::{Cause, Error};
use crate::client::request::RequestBuilder;
use crate::client::response::Response;
use crate::conn::Phase;
use crate::h1::digits::decimal;
use crate::message::{Fields, StatusCode, header};

use super::validator::{Validator, is_coded};

/// What the server made of a request to go on.
#[derive(Debug)]
pub enum Resumed {
    /// The body goes on at the offset.
    Continued {
        /// The response; its body is the rest, or the beginning of the rest.
        response: Response,
        /// The length of the whole, if the server knows it. Reach it before you call anything complete.
        length: Option<u64>,
    },
    /// The body is the whole from its first byte: it has changed since, or the server knows no ranges. What was there
    /// before is worth nothing.
    Restarted(Response),
    /// There is nothing behind the offset: what was there is the whole.
    Complete,
}

impl RequestBuilder {
    /// Asks for what comes behind the first `offset` bytes, if the content is still that of `validator`, and for all of it
    /// otherwise. Asks for content that is not coded, because offsets count bytes of what is sent. An offset of 0 asks for
    /// everything as it is.
    ///
    /// What came back is told by [`Response::resumed`], for which
    /// [`raise_for_status`](RequestBuilder::raise_for_status) is switched off here.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     for reply in [
    /// #         "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 5\r\n\r\nwh",
    /// #         "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/5\r\nContent-Length: 3\r\n\r\nole",
    /// #     ] {
    /// #         let (mut peer, _) = server.accept().unwrap();
    /// #         peer.read(&mut [0; 4096]).unwrap();
    /// #         peer.write_all(reply.as_bytes()).unwrap();
    /// #     }
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// use wireline::client::reading::resume::Resumed;
    ///
    /// let mut response = client.get(&url).send().await?;
    /// let validator = response.validator().expect("a strong ETag");
    /// let mut content = Vec::new();
    /// while let Ok(Some(piece)) = response.chunk().await {
    ///     content.extend_from_slice(&piece);
    /// }
    /// // Two bytes have come, then the connection broke.
    /// let offset = content.len() as u64;
    /// let response = client.get(&url).resume(offset, &validator).send().await?;
    /// let rest = match response.resumed(offset, &validator)? {
    ///     Resumed::Continued { response, .. } => response.bytes().await?,
    ///     Resumed::Restarted(response) => {
    ///         content.clear();
    ///         response.bytes().await?
    ///     }
    ///     Resumed::Complete => Default::default(),
    /// };
    /// content.extend_from_slice(&rest);
    /// assert_eq!(content, b"whole");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume(self, offset: u64, validator: &Validator) -> RequestBuilder {
        let builder = self.identity().choose(|choices| choices.settings.raise = false);
        builder.change(|request| {
            if offset == 0 {
                return Ok(());
            }
            let range = format!("bytes={offset}-");
            request.fields.set("Range", range).map_err(Error::build)?;
            request.fields.set("If-Range", validator.as_str()).map_err(Error::build)
        })
    }

    /// Asks for content as it is, unless the caller has asked otherwise.
    pub(crate) fn identity(self) -> RequestBuilder {
        let plain = self.choose(|choices| choices.settings.codings = None);
        plain.change(|request| match request.fields.contains(header::ACCEPT_ENCODING) {
            true => Ok(()),
            false => request.fields.append("Accept-Encoding", "identity").map_err(Error::build),
        })
    }
}

impl Response {
    /// What the server made of [`RequestBuilder::resume`], with the same `offset` and `validator`.
    ///
    /// # Errors
    /// [`Error::is_status`] for a status that is an error, 416 not among them if it says that nothing is missing.
    /// [`Error::is_decode`] for what cannot be put together with what is there: a `Content-Range` that is missing, broken
    /// or not the one asked for, another version, several ranges, coded content.
    pub fn resumed(self, offset: u64, validator: &Validator) -> Result<Resumed, Error> {
        let status = self.status();
        let length = self.content_length();
        let made = match status {
            StatusCode::PARTIAL_CONTENT => continued(self.fields(), length, offset, validator),
            StatusCode::RANGE_NOT_SATISFIABLE if offset > 0 => complete(self.fields(), offset),
            _ if status.is_client_error() || status.is_server_error() => {
                return self.error_for_status().map(Resumed::Restarted);
            }
            StatusCode::OK if is_coded(self.fields()) => Err("the content is coded".to_owned()),
            StatusCode::OK => Ok(Made::Restarted),
            _ => Err("which says nothing of ranges".to_owned()),
        };
        match made {
            Ok(Made::Continued(length)) => Ok(Resumed::Continued { response: self, length }),
            Ok(Made::Restarted) => Ok(Resumed::Restarted(self)),
            Ok(Made::Complete) => Ok(Resumed::Complete),
            Err(why) => {
                let why = format!("{status} does not go on at byte {offset}: {why}");
                Err(self.context(Error::new(Cause::Decode(why.into()), Phase::Decode)))
            }
        }
    }
}

enum Made {
    Continued(Option<u64>),
    Restarted,
    Complete,
}

/// 206: everything it says must fit what was asked and what is there.
fn continued(
    fields: &Fields,
    content_length: Option<u64>,
    offset: u64,
    validator: &Validator,
) -> Result<Made, String> {
    let kind = fields.get(header::CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(b"multipart/byteranges") {
        return Err("it has several ranges".into());
    }
    let (first, last, length) = match one_range(fields)? {
        ContentRange::Part { first, last, length } => (first, last, length),
        ContentRange::Unsatisfied { .. } => return Err("its Content-Range is that of a 416".into()),
    };
    if first != offset || offset == 0 {
        return Err(format!("it begins at byte {first}"));
    }
    // `last` is at least `first` and below 2⁶³.
    if content_length.is_some_and(|content| content != last - first + 1) {
        return Err(format!("bytes {first}-{last} are not as many as Content-Length says"));
    }
    if is_coded(fields) {
        return Err("the content is coded".into());
    }
    if validator.contradicts(fields) {
        return Err(format!("it is of another version than {}", validator.as_str()));
    }
    Ok(Made::Continued(length))
}

/// 416: complete if nothing is behind the offset.
fn complete(fields: &Fields, offset: u64) -> Result<Made, String> {
    match one_range(fields)? {
        ContentRange::Unsatisfied { length } if length == offset => Ok(Made::Complete),
        ContentRange::Unsatisfied { length } => Err(format!("the whole has {length} bytes")),
        ContentRange::Part { .. } => Err("its Content-Range is that of a 206".into()),
    }
}

/// `Content-Range`, of bytes (§14.4).
#[derive(Debug, PartialEq, Eq)]
enum ContentRange {
    Part { first: u64, last: u64, length: Option<u64> },
    Unsatisfied { length: u64 },
}

fn one_range(fields: &Fields) -> Result<ContentRange, String> {
    let mut values = fields.get_all(header::CONTENT_RANGE);
    let value = values.next().ok_or("it has no Content-Range")?;
    let shown = || value.get(..value.len().min(100)).unwrap_or_default().escape_ascii();
    if values.next().is_some() {
        return Err("it has several Content-Ranges".into());
    }
    content_range(value).ok_or_else(|| format!("its Content-Range is \"{}\"", shown()))
}

/// "A Content-Range field value is invalid if it contains a range-resp that has a last-pos value less than its first-pos
/// value, or a complete-length value less than or equal to its last-pos value."
fn content_range(value: &[u8]) -> Option<ContentRange> {
    let (unit, value) = value.split_at_checked(5)?;
    let value = value.strip_prefix(b" ")?;
    let slash = value.iter().position(|&byte| byte == b'/')?;
    let (range, length) = (value.get(..slash)?, value.get(slash + 1..)?);
    if !unit.eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    if range == b"*" {
        return Some(ContentRange::Unsatisfied { length: decimal(length)? });
    }
    let dash = range.iter().position(|&byte| byte == b'-')?;
    let (first, last) = (decimal(range.get(..dash)?)?, decimal(range.get(dash + 1..)?)?);
    let length = if length == b"*" { None } else { Some(decimal(length)?) };
    let sound = first <= last && length.is_none_or(|length| last < length);
    sound.then_some(ContentRange::Part { first, last, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_to_the_letter() {
        let part = |first, last, length| Some(ContentRange::Part { first, last, length });
        for (value, expected) in [
            ("bytes 42-1233/1234", part(42, 1233, Some(1234))),
            ("Bytes 42-1233/*", part(42, 1233, None)),
            ("bytes 0-0/1", part(0, 0, Some(1))),
            ("bytes */1234", Some(ContentRange::Unsatisfied { length: 1234 })),
            ("bytes */*", None),
            ("bytes 42-41/1234", None),
            ("bytes 42-1234/1234", None),
            ("bytes 42-1233", None),
            ("bytes=42-1233/1234", None),
            ("bytes: 42-1233/1234", None),
            ("bytes  42-1233/1234", None),
            ("bytes +42-1233/1234", None),
            ("bytes -42/1234", None),
            ("bytes 42-/1234", None),
            ("bytes 1-2/3/4", None),
            ("bytes 99999999999999999999-99999999999999999999/*", None),
            ("pages 1-2/3", None),
            ("byte", None),
            ("", None),
        ] {
            assert_eq!(content_range(value.as_bytes()), expected, "{value}");
        }
    }
}
