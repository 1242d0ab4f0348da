//! A response head: bytes in, [`ResponseHead`] out. httparse reads it once, when it is whole.
//!
//! [`HeadReader`] waits for the end of the head, counting bytes against the limit as they arrive and refusing at once
//! what cannot become HTTP/1. Then one pass of httparse checks every line, and two allocations keep the result.
//! Guards around httparse: it would skip blank lines before the status line and read the status code `099`.
//!
//! Next: [`super::framing`]

use std::mem::MaybeUninit;

use http::{StatusCode, Version};
use httparse::{Header, ParserConfig, Response, Status};

use crate::message::{Reason, ResponseHead};

use super::limits::{Limits, Tolerance};
use super::section::{EndFinder, LineEnds, index, unfold};
use super::violation::{Excerpt, Incomplete, Violation};

/// Waits for the end of one head.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeadReader {
    end: EndFinder,
}

impl HeadReader {
    /// The head at the front of `input` and its length in bytes, or `None` while its end has not come. Call
    /// again with the same bytes and more behind them.
    ///
    /// # Errors
    /// A [`Violation`] as soon as the bytes cannot become a head within the limits.
    #[inline]
    pub fn read(
        &mut self,
        input: &[u8],
        limits: &Limits,
        tolerance: &Tolerance,
    ) -> Result<Option<(usize, ResponseHead)>, Violation> {
        starts_as_http1(input)?;
        if self.end.scanned() == 0
            && let Some(whole) = parse_whole(input, limits, tolerance)
        {
            return Ok(Some(whole));
        }
        let (length, ends) = match self.end.find(input) {
            Some(found) => found,
            None if input.len() >= limits.head_bytes => {
                return Err(Violation::HeadTooLarge(limits.head_bytes));
            }
            None => return Ok(None),
        };
        if length > limits.head_bytes {
            return Err(Violation::HeadTooLarge(limits.head_bytes));
        }
        let head = parse(&input[..length], ends, limits, tolerance)?;
        Ok(Some((length, head)))
    }

    /// What is wrong when the stream ends and `input` is all that came.
    pub fn cut_off(&self, input: &[u8]) -> Violation {
        let tail = &input[input.len().saturating_sub(Excerpt::MAX)..];
        Violation::Incomplete(match tail {
            [] => Incomplete::Nothing,
            tail => Incomplete::Head(Excerpt::new(tail)),
        })
    }

    /// How many bytes have been looked at so far.
    pub fn scanned(&self) -> usize {
        self.end.scanned()
    }
}

/// The common case, a well-formed head that came in one piece without folds: httparse finds its end by itself. Whatever
/// is not that, errors included, takes the long way, so that the verdict is the same however the bytes are cut.
fn parse_whole(
    input: &[u8],
    limits: &Limits,
    tolerance: &Tolerance,
) -> Option<(usize, ResponseHead)> {
    if !tolerance.bare_lf {
        return None;
    }
    let within = &input[..input.len().min(limits.head_bytes)];
    parse_lines(within, limits, tolerance).ok()
}

/// Refuses what cannot begin a `status-line` (§4) from the first byte on, instead of waiting for a line end
/// that another protocol never sends.
fn starts_as_http1(input: &[u8]) -> Result<(), Violation> {
    const START: &[u8] = b"HTTP/1.";
    let seen = &input[..input.len().min(START.len())];
    if START.starts_with(seen) { Ok(()) } else { Err(Violation::NotHttp(Excerpt::new(input))) }
}

fn parse(
    text: &[u8],
    ends: LineEnds,
    limits: &Limits,
    tolerance: &Tolerance,
) -> Result<ResponseHead, Violation> {
    if ends.bare_lf && !tolerance.bare_lf {
        return Err(Violation::Head(Excerpt::new(text), "a line does not end in CRLF"));
    }
    if !ends.folded {
        return exactly(text, parse_lines(text, limits, tolerance));
    }
    if !tolerance.obs_fold {
        return Err(Violation::Head(Excerpt::new(text), "a folded line"));
    }
    // §2.2: "A recipient that receives whitespace between the start-line and the first header field MUST either
    // reject the message as invalid or consume each whitespace-preceded line". We reject.
    let mut lines = text.split_inclusive(|&b| b == b'\n').skip(1);
    if let Some(line @ [b' ' | b'\t', ..]) = lines.next() {
        return Err(Violation::Head(Excerpt::new(line), "white space after the status line"));
    }
    let unfolded = unfold(text);
    exactly(&unfolded, parse_lines(&unfolded, limits, tolerance))
}

/// The end was found before the parser ran; if they disagree, nobody knows where the head ends.
fn exactly(
    text: &[u8],
    parsed: Result<(usize, ResponseHead), Violation>,
) -> Result<ResponseHead, Violation> {
    match parsed? {
        (length, head) if length == text.len() => Ok(head),
        _ => Err(Violation::Head(Excerpt::new(text), "its end is ambiguous")),
    }
}

/// One pass of httparse over a head that has no folds.
fn parse_lines(
    text: &[u8],
    limits: &Limits,
    tolerance: &Tolerance,
) -> Result<(usize, ResponseHead), Violation> {
    // Room for the default limit lies uninitialized on the stack; a raised limit pays for a heap array.
    if limits.fields <= Limits::FIELDS {
        let mut room = [const { MaybeUninit::<Header<'_>>::uninit() }; Limits::FIELDS];
        parse_into(&mut room[..limits.fields], text, limits, tolerance)
    } else {
        let lines = text.iter().filter(|&&b| b == b'\n').count();
        let mut room = vec![MaybeUninit::uninit(); limits.fields.min(lines)];
        parse_into(&mut room, text, limits, tolerance)
    }
}

fn parse_into<'t>(
    room: &mut [MaybeUninit<Header<'t>>],
    text: &'t [u8],
    limits: &Limits,
    tolerance: &Tolerance,
) -> Result<(usize, ResponseHead), Violation> {
    let mut response = Response::new(&mut []);
    let parsed =
        ParserConfig::default().parse_response_with_uninit_headers(&mut response, text, room);
    let length = match parsed {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Err(Violation::Head(Excerpt::new(text), "it has no end")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Violation::TooManyFields(limits.fields));
        }
        Err(error) => return Err(blame(text, error)),
    };
    let text = &text[..length];
    let (Some(minor), Some(code)) = (response.version, response.code) else {
        return Err(Violation::Head(Excerpt::new(text), "no status line"));
    };
    let version = if minor == 0 { Version::HTTP_10 } else { Version::HTTP_11 };
    let status = status(code, tolerance).ok_or_else(|| Violation::Status(first_line(text)))?;
    let reason = Reason::new(status, reason_phrase(text));
    let fields = index(text, response.headers);
    Ok((length, ResponseHead { version, status, reason, fields }))
}

/// `status-code = 3DIGIT` (§4): 100–999, because `http::StatusCode` and RFC 9110 §15 know no `099`.
fn status(code: u16, tolerance: &Tolerance) -> Option<StatusCode> {
    let status = StatusCode::from_u16(code).ok()?;
    (code <= 599 || tolerance.status_above_599).then_some(status)
}

/// What stands behind `HTTP/1.1 200 ` in a status line that httparse has accepted.
fn reason_phrase(text: &[u8]) -> &[u8] {
    const BEFORE: usize = "HTTP/1.1 200".len();
    let behind = text.get(BEFORE..).unwrap_or_default();
    let end = behind.iter().position(|&b| matches!(b, b'\r' | b'\n')).unwrap_or(behind.len());
    let phrase = &behind[..end];
    phrase.strip_prefix(b" ").unwrap_or(phrase)
}

/// Names the rule and shows the line, which httparse's error does not say.
fn blame(text: &[u8], error: httparse::Error) -> Violation {
    use httparse::Error;
    let why = match error {
        Error::Status => return Violation::Status(first_line(text)),
        Error::Version => return Violation::NotHttp(Excerpt::new(text)),
        Error::HeaderName => "a field name is not a token directly followed by a colon",
        Error::HeaderValue => "a control byte in a field value",
        Error::NewLine => "a CR without LF",
        Error::Token | Error::TooManyHeaders => "a byte that may not stand there",
    };
    Violation::Head(offending_line(text), why)
}

/// The first line that is not well-formed by itself, found by asking httparse about each; only on the way to an error.
fn offending_line(text: &[u8]) -> Excerpt {
    let mut lines = text.split_inclusive(|&b| b == b'\n').skip(1);
    let bad = lines.find(|line| {
        let alone = [line, &b"\r\n"[..]].concat();
        httparse::parse_headers(&alone, &mut [httparse::EMPTY_HEADER; 1]).is_err()
    });
    bad.map_or_else(|| first_line(text), Excerpt::new)
}

fn first_line(text: &[u8]) -> Excerpt {
    Excerpt::new(text.split_inclusive(|&b| b == b'\n').next().unwrap_or_default())
}
