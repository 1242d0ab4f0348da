//! Sizes we refuse to exceed, and the liberties a peer may take: two small values, handed to every reader.
//!
//! Nothing here is global. A limit counts bytes as they arrive, before they are parsed, so splitting a head over
//! many segments does not stretch it (S-34).

/// Sizes a reader refuses to exceed. Exceeding one is a [`Violation`](super::Violation) that names the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one response head, status line and final empty line included.
    pub head_bytes: usize,
    /// Field lines in a head.
    pub fields: usize,
    /// Interim (1xx) responses before the final one.
    pub interim: u32,
    /// Bytes of the trailer section.
    pub trailer_bytes: usize,
    /// Field lines in the trailer section.
    pub trailer_fields: usize,
    /// Bytes of chunk extensions, all chunks of one body together.
    pub extension_bytes: usize,
}

impl Limits {
    /// 64 KiB: four times what common servers accept in requests, and a sixth of what hyper buffers.
    pub const HEAD_BYTES: usize = 64 * 1024;
    /// 256 lines: real heads have about 20; this many still parse into a stack array.
    pub const FIELDS: usize = 256;
    /// 16: a few `103 Early Hints` and a `100 Continue`, not a stream of them.
    pub const INTERIM: u32 = 16;
    /// 16 KiB: checksums and a timing summary are a few hundred bytes.
    pub const TRAILER_BYTES: usize = 16 * 1024;
    /// 64 lines, as for [`Limits::TRAILER_BYTES`].
    pub const TRAILER_FIELDS: usize = 64;
    /// 16 KiB: extensions are ignored, so a peer that sends many of them sends ballast.
    pub const EXTENSION_BYTES: usize = 16 * 1024;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head_bytes: Limits::HEAD_BYTES,
            fields: Limits::FIELDS,
            interim: Limits::INTERIM,
            trailer_bytes: Limits::TRAILER_BYTES,
            trailer_fields: Limits::TRAILER_FIELDS,
            extension_bytes: Limits::EXTENSION_BYTES,
        }
    }
}

/// Liberties the RFC lets a recipient grant, and one it does not, one named switch each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// A line of the head may end in a bare LF: "a recipient MAY recognize a single LF as a line terminator
    /// and ignore any preceding CR" (§2.2). On by default. Chunk lines and trailers always end in CRLF.
    pub bare_lf: bool,
    /// Folded field values are unfolded to one SP (§5.2: a user agent MUST). On by default; off refuses them.
    pub obs_fold: bool,
    /// Status codes 600–999: "a client that receives a response with an invalid status code SHOULD
    /// process the response as if it had a 5xx" (RFC 9110 §15). On by default; off refuses them.
    pub status_above_599: bool,
    /// No `Content-Length` is believed: content that is not chunked lasts until the server closes. For servers that say a
    /// wrong one. Off by default.
    pub ignore_content_length: bool,
}

impl Default for Tolerance {
    fn default() -> Tolerance {
        Tolerance {
            bare_lf: true,
            obs_fold: true,
            status_above_599: true,
            ignore_content_length: false,
        }
    }
}
