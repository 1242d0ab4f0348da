//! JSON bodies, both ways.
//!
//! What cannot be parsed is shown: the line, the column, and a little of the body around the place. The parser's own words
//! may quote the peer at any length, so they are cut and escaped too (S-110).

use std::fmt::{self, Write};

use crate::conn::Phase;

use super::bodies::body::Body;
use super::bodies::replayable::Replayable;
use super::error::{Cause, Error};
use super::response::Response;

/// Bytes of the body shown before and behind the place.
const AROUND: usize = 50;
/// Bytes of the parser's words that are shown, from their beginning and from their end.
const WORDS: (usize, usize) = (64, 36);

impl Response {
    /// The whole body, parsed as JSON. A byte order mark in front of it is dropped.
    ///
    /// # Errors
    /// Those of [`Response::bytes`], and [`Error::is_decode`] with the line, the column and up to 100 bytes of the body
    /// around the place, or for content that is still in a content coding.
    ///
    /// ```no_run
    /// # async fn example(client: wireline::Client) -> Result<(), wireline::Error> {
    /// let names: Vec<String> = client.get("http://127.0.0.1:8080/names").send().await?.json().await?;
    /// # let _ = names;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn json<T: serde::de::DeserializeOwned>(mut self) -> Result<T, Error> {
        let bytes = self.content().await?;
        parse(&bytes).map_err(|error| self.in_context(error))
    }
}

/// A body of JSON.
pub(crate) fn body<T: serde::Serialize + ?Sized>(value: &T) -> Result<Body, Error> {
    let json = serde_json::to_vec(value).map_err(Error::build)?;
    Ok(Replayable::bytes(json, Some("application/json")).into())
}

/// Parses a whole body. "Implementations that parse JSON texts MAY ignore the presence of a byte order mark" (RFC 8259
/// §8.1).
fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| {
        let unparsed = Unparsed::new(&error, body);
        Error::new(Cause::Decode(Box::new(unparsed)), Phase::Decode)
    })
}

/// Why and where a body is not the JSON that was wanted.
#[derive(Debug)]
struct Unparsed {
    /// The parser's words, fit to be shown.
    why: String,
    line: usize,
    column: usize,
    /// The body around the place, escaped.
    before: String,
    behind: String,
}

impl Unparsed {
    fn new(error: &serde_json::Error, body: &[u8]) -> Unparsed {
        let (line, column) = (error.line(), error.column());
        let words = error.to_string();
        let words =
            words.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&words);
        let place = offset(body, line, column);
        let (before, behind) = body.split_at_checked(place).unwrap_or((body, &[]));
        let before = &before[before.len().saturating_sub(AROUND)..];
        let behind = &behind[..behind.len().min(AROUND)];
        let (before, behind) =
            (before.escape_ascii().to_string(), behind.escape_ascii().to_string());
        Unparsed { why: shown(words), line, column, before, behind }
    }
}

impl fmt::Display for Unparsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unparsed { why, line, column, before, behind } = self;
        write!(f, "{why} at line {line} column {column}")?;
        match (before.is_empty(), behind.is_empty()) {
            (true, true) => f.write_str(": the body is empty"),
            (false, true) => write!(f, ": the body ends with \"{before}\""),
            (true, false) => write!(f, ": the body begins with \"{behind}\""),
            (false, false) => write!(f, ": after \"{before}\", before \"{behind}\""),
        }
    }
}

impl std::error::Error for Unparsed {}

/// Where in `body` that line and column are. Lines count from 1; a column is the number of bytes up to the fault.
fn offset(body: &[u8], line: usize, column: usize) -> usize {
    let lines = body.split_inclusive(|&byte| byte == b'\n');
    let start: usize = lines.take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    // The byte that was not expected is shown behind the place and not before it.
    (start + column.saturating_sub(1)).min(body.len())
}

/// Control characters and what is not ASCII escaped, the middle left out if it is long.
fn shown(words: &str) -> String {
    let (first, last) = WORDS;
    let mut out = String::with_capacity(words.len().min(256));
    let mut escape = |part: &[u8]| {
        for &byte in part {
            match byte {
                b' '..=b'~' => out.push(char::from(byte)),
                other => {
                    let _ = write!(out, "{}", other.escape_ascii());
                }
            }
        }
    };
    let words = words.as_bytes();
    match words.split_at_checked(first) {
        Some((head, rest)) if rest.len() > last => {
            escape(head);
            escape(b" ... ");
            escape(&rest[rest.len() - last..]);
        }
        _ => escape(words),
    }
    out
}
