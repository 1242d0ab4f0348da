//! The one reader of absolute URIs: where each part is, and whether anything has to be rewritten.
//!
//! Text goes in, offsets come out, nothing is allocated unless something has to be rewritten.
//! Two tables decide about each byte: one look-up a byte before the path, one after.

use super::authority::{self, HostPort};
use super::invalid::{InvalidUri, UriProblem};
use super::origin::Scheme;
use super::percent;
use std::fmt::Write as _;

/// The longest text that is read. curl draws the line there too.
pub(super) const MAX_LEN: usize = 8_000_000;

/// Where everything is in a text that has been read but may still need normalizing.
pub(super) struct Parts {
    pub(super) scheme: Scheme,
    pub(super) authority: HostPort,
    pub(super) path: usize,
    pub(super) path_end: usize,
    pub(super) query_end: usize,
    /// Whether a byte of userinfo, path, query or fragment needs percent-encoding.
    needs_encoding: bool,
}

impl Parts {
    pub(super) fn read(text: &str) -> Result<Self, InvalidUri> {
        if text.len() > MAX_LEN {
            return Err(InvalidUri::too_long());
        }
        let (scheme, start) = read_scheme(text)?;
        let (mut host, mut path) = (start, text.len());
        let mut seen = 0;
        for (at, &byte) in text.as_bytes().iter().enumerate().skip(start) {
            let class = CLASS[byte as usize];
            if class & STOP == 0 {
                seen |= class;
                continue;
            }
            match byte {
                b'/' | b'?' | b'#' => {
                    path = at;
                    break;
                }
                b'@' => host = at + 1,
                b'\\' => return Err(InvalidUri::new(UriProblem::Backslash, text, at..at + 1)),
                _ => return Err(InvalidUri::new(UriProblem::ControlByte, text, at..at + 1)),
            }
        }
        let authority = authority::host_port(text, host..path)?;
        let (mut path_end, mut query_end) = (text.len(), text.len());
        for (at, &byte) in text.as_bytes().iter().enumerate().skip(path) {
            let class = CLASS[byte as usize];
            if class & PATH_STOP == 0 {
                seen |= class;
                continue;
            }
            match byte {
                b'?' => path_end = path_end.min(at),
                b'#' => query_end = query_end.min(at),
                _ => return Err(InvalidUri::new(UriProblem::ControlByte, text, at..at + 1)),
            }
        }
        path_end = path_end.min(query_end);
        Ok(Self {
            scheme,
            authority,
            path,
            path_end,
            query_end,
            needs_encoding: seen & ENCODE != 0,
        })
    }

    /// Whether nothing but the case of scheme and host has to change.
    pub(super) fn is_normal(&self, text: &str) -> bool {
        let port = &text.as_bytes()[self.authority.host.end..self.path];
        !self.needs_encoding
            && self.path < self.path_end
            && !matches!(port, [b':'] | [b':', b'0', ..])
    }

    /// The same URI, rewritten so that reading it again finds it normal.
    pub(super) fn normalized(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 32);
        let userinfo = &text[self.scheme.as_str().len() + 3..self.authority.host.start];
        out.push_str(self.scheme.as_str());
        out.push_str("://");
        percent::encode_into(&mut out, userinfo, |byte| byte == b' ');
        out.push_str(&text[self.authority.host.clone()]);
        if let Some(port) = self.authority.port {
            let _ = write!(out, ":{port}"); // a String takes everything
        }
        if self.path == self.path_end {
            out.push('/');
        }
        percent::encode_into(&mut out, &text[self.path..], |byte| byte == b' ');
        out
    }
}

/// A byte that ends a part of the authority, or may not be there.
const STOP: u8 = 1;
/// The same for path, query and fragment.
const PATH_STOP: u8 = 2;
/// A byte that has to be percent-encoded.
const ENCODE: u8 = 4;
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            0..=0x1F | 0x7F | b'?' | b'#' => STOP | PATH_STOP,
            b'/' | b'@' | b'\\' => STOP,
            b' ' | 0x80.. => ENCODE,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Refuses text with a control character in it.
pub(super) fn refuse_controls(text: &str) -> Result<(), InvalidUri> {
    match text.bytes().position(|byte| byte.is_ascii_control()) {
        None => Ok(()),
        Some(at) => Err(InvalidUri::new(UriProblem::ControlByte, text, at..at + 1)),
    }
}

/// The length of `scheme` if `text` begins with `scheme ":"` (RFC 3986 §3.1:
/// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`).
pub(super) fn scheme_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let len = bytes.iter().position(|byte| !is_inside(byte))?;
    (bytes[len] == b':' && bytes[0].is_ascii_alphabetic()).then_some(len)
}

/// The scheme, and where the authority begins.
#[inline]
fn read_scheme(text: &str) -> Result<(Scheme, usize), InvalidUri> {
    let bytes = text.as_bytes();
    if bytes.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"http://")) {
        Ok((Scheme::Http, 7))
    } else if bytes.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"https://")) {
        Ok((Scheme::Https, 8))
    } else {
        Err(not_a_scheme(text))
    }
}

/// Says what stands there instead of `http://` or `https://`.
#[cold]
fn not_a_scheme(text: &str) -> InvalidUri {
    let (problem, part) = match scheme_len(text) {
        None => (UriProblem::NoScheme, 0..text.len()),
        Some(len) => match (&text[..len], text.as_bytes().get(len + 1)) {
            // A host and its port.
            (_, Some(b'0'..=b'9')) => (UriProblem::NoScheme, 0..text.len()),
            (scheme, _) if scheme.eq_ignore_ascii_case("http") => (UriProblem::NoAuthority, 0..len),
            (scheme, _) if scheme.eq_ignore_ascii_case("https") => {
                (UriProblem::NoAuthority, 0..len)
            }
            _ => (UriProblem::UnsupportedScheme, 0..len),
        },
    };
    InvalidUri::new(problem, text, part)
}
