//! What a content coding is to those who undo it: a name, and a decoder that is fed slices.
//!
//! In: coded bytes, as many as have come. Out: decoded bytes, as many as fit into the memory that is offered. A decoder
//! never waits, never writes more than it is offered, and allocates nothing that grows with the content.

use std::fmt;

/// A content coding (RFC 9110 §8.4.1) that can be undone, if its feature is compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coding {
    /// `gzip` (RFC 1952), also under its old name `x-gzip`. Feature `gzip`.
    Gzip,
    /// `deflate`: the zlib format (RFC 1950), or bare deflate data (RFC 1951) as some servers send. Feature `gzip`.
    Deflate,
    /// `br` (RFC 7932). Feature `brotli`.
    Brotli,
    /// `zstd` (RFC 8878), windows of at most 8 MiB (RFC 9659). Feature `zstd`.
    Zstd,
}

impl Coding {
    /// All of them, in the order they are offered in.
    pub(crate) const EVERY: [Coding; 4] =
        [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

    /// Its name in `Content-Encoding` and `Accept-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// The feature of this crate that undoes it.
    pub(crate) fn feature(self) -> &'static str {
        match self {
            Coding::Gzip | Coding::Deflate => "gzip",
            Coding::Brotli => "brotli",
            Coding::Zstd => "zstd",
        }
    }

    /// "All content codings are case-insensitive" (§8.4.1); "a recipient SHOULD consider "x-gzip" to be equivalent to
    /// "gzip"" (§8.4.1.3).
    pub(crate) fn named(name: &[u8]) -> Option<Coding> {
        let name = if name.eq_ignore_ascii_case(b"x-gzip") { b"gzip" } else { name };
        Coding::EVERY.into_iter().find(|coding| name.eq_ignore_ascii_case(coding.name().as_bytes()))
    }
}

/// A coding that is compiled in.
pub(crate) struct Compiled {
    pub(crate) coding: Coding,
    pub(crate) start: fn() -> Box<dyn Decode>,
}

/// A decoder of one body.
pub(crate) trait Decode: Send + Sync {
    /// Decodes from the front of `input` into the front of `output`, neither of which is promised to be long. Where it
    /// neither takes nor gives anything, it needs more input. Input behind the end of the coded content is a fault.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault>;

    /// Whether nothing is missing, if this was all. Asked only when some input has been taken.
    fn is_complete(&self) -> bool;
}

/// How far one call got.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
}

/// What is wrong with coded content, or too much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "which of them can be met depends on the codings compiled in")]
pub(crate) enum Fault {
    /// Not what the coding's format allows; never a byte of the peer's.
    Malformed(&'static str),
    /// The framing ended, the coded content did not.
    Truncated,
    /// Bytes behind the end of the coded content.
    Trailing,
    /// A window larger than may be kept.
    Window,
    /// More decoded content than this many times the coded bytes.
    Ratio(u32),
    /// This many coded bytes in a row that held no content.
    Idle(u64),
    /// This many codings over each other, and how many may be.
    Chain(usize, usize),
}

impl Fault {
    /// A limit of ours, not an error in the content.
    pub(crate) fn is_limit(self) -> bool {
        match self {
            Fault::Window | Fault::Ratio(_) | Fault::Idle(_) | Fault::Chain(..) => true,
            Fault::Malformed(_) | Fault::Truncated | Fault::Trailing => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Malformed(what) => f.write_str(what),
            Fault::Truncated => f.write_str("the coded content is cut off"),
            Fault::Trailing => f.write_str("bytes behind the end of the coded content"),
            Fault::Window => f.write_str("needs a window larger than 8 MiB (RFC 9659)"),
            Fault::Ratio(most) => write!(
                f,
                "decoded content more than {most} times as long as what was received; raise `Codings::max_ratio` if that \
                 is what it is"
            ),
            Fault::Idle(most) => write!(f, "{most} coded bytes in a row without any content"),
            Fault::Chain(count, most) => write!(
                f,
                "{count} content codings over each other, at most {most} are undone; raise `Codings::max_chain`, or take \
                 the body without `decompress`"
            ),
        }
    }
}

/// A fault, and the coding it was met in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodingError {
    pub(crate) coding: Option<Coding>,
    pub(crate) fault: Fault,
}

impl fmt::Display for CodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.coding {
            Some(coding) => write!(f, "content coding {}: {}", coding.name(), self.fault),
            None => self.fault.fmt(f),
        }
    }
}

impl std::error::Error for CodingError {}
