//! The one reader of absolute URIs: where each part is, and whether anything has to be rewritten.
//!
//! Text goes in, offsets come out, nothing is allocated unless something has to be rewritten.
//! Without userinfo, and with nothing to rewrite, every byte is looked at once.

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
    pub(super) scheme_is_lower: bool,
    pub(super) authority: HostPort,
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
        let (scheme, is_lower, start) = read_scheme(text)?;
        // No userinfo is the common case. If there is some, this fails or stops short of the end.
        let (authority, mut needs_encoding) =
            match authority::host_port_prefix(text, start..text.len()) {
                Ok(read) if ends_authority(text, read.end) => (read, false),
                _ => read_userinfo(text, start)?,
            };
        let (mut path_end, mut query_end) = (text.len(), text.len());
        let path = authority.end;
        let mut at = path;
        loop {
            at = first(text, at, PATH_STOP);
            match text.as_bytes().get(at) {
                None => break,
                Some(b'?') => path_end = path_end.min(at),
                Some(b'#') => query_end = query_end.min(at),
                Some(b' ' | 0x80..) => needs_encoding = true,
                Some(_) => return Err(InvalidUri::new(UriProblem::ControlByte, text, at..at + 1)),
            }
            at += 1;
        }
        path_end = path_end.min(query_end);
        Ok(Self {
            scheme,
            scheme_is_lower: is_lower,
            authority,
            path_end,
            query_end,
            needs_encoding,
        })
    }

    /// Where the path begins.
    pub(super) fn path(&self) -> usize {
        self.authority.end
    }

    /// Whether nothing but the case of scheme and host has to change.
    pub(super) fn is_normal(&self, text: &str) -> bool {
        let port = &text.as_bytes()[self.authority.host.end..self.path()];
        !self.needs_encoding
            && self.path() < self.path_end
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
        if self.path() == self.path_end {
            out.push('/');
        }
        percent::encode_into(&mut out, &text[self.path()..], |byte| byte == b' ');
        out
    }
}

/// A byte that ends userinfo or authority, or may not be there.
const AUTHORITY_STOP: u8 = 1;
/// A byte in path, query or fragment that ends one of them, has to be percent-encoded, or may not
/// be there.
const PATH_STOP: u8 = 2;
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            0..=0x1F | 0x7F | b'?' | b'#' => AUTHORITY_STOP | PATH_STOP,
            b'/' | b'@' | b'\\' => AUTHORITY_STOP,
            b' ' | 0x80.. => PATH_STOP,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Where the first byte of that class is, from `start` on; the end of the text if there is none.
#[inline]
fn first(text: &str, start: usize, class: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() && CLASS[bytes[at] as usize] & class == 0 {
        at += 1;
    }
    at
}

#[inline]
fn ends_authority(text: &str, at: usize) -> bool {
    matches!(text.as_bytes().get(at), None | Some(b'/' | b'?' | b'#'))
}

/// The way for an authority that is more than host and port, or not even that. Also says whether
/// userinfo needs percent-encoding.
#[cold]
fn read_userinfo(text: &str, start: usize) -> Result<(HostPort, bool), InvalidUri> {
    let (mut host, mut at) = (start, start);
    loop {
        at = first(text, at, AUTHORITY_STOP);
        let problem = match text.as_bytes().get(at) {
            _ if ends_authority(text, at) => break,
            // The last one decides.
            Some(b'@') => {
                at += 1;
                host = at;
                continue;
            }
            Some(b'\\') => UriProblem::Backslash,
            _ => UriProblem::ControlByte,
        };
        return Err(InvalidUri::new(problem, text, at..at + 1));
    }
    let needs_encoding = text[start..host].bytes().any(|byte| matches!(byte, b' ' | 0x80..));
    Ok((authority::host_port(text, host..at)?, needs_encoding))
}

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

/// The scheme, whether it is in lower case already, and where the authority begins.
#[inline]
fn read_scheme(text: &str) -> Result<(Scheme, bool, usize), InvalidUri> {
    if text.starts_with("http://") {
        return Ok((Scheme::Http, true, 7));
    }
    if text.starts_with("https://") {
        return Ok((Scheme::Https, true, 8));
    }
    let starts_with = |scheme: &str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if starts_with("http://") {
        Ok((Scheme::Http, false, 7))
    } else if starts_with("https://") {
        Ok((Scheme::Https, false, 8))
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
