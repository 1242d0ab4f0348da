//! What the peer did wrong, and what the caller did wrong: the museum of attacks.
//!
//! In goes the evidence (the offending bytes); out comes a value that names the rule that was broken, in
//! words that can be shown to a person. Evidence is cut to [`Excerpt::MAX`] bytes and escaped when
//! shown, so bytes of the peer never reach a terminal or a log raw. Nothing here decides anything: the
//! readers do, and every reader stops at its first [`Violation`].
#![cfg_attr(feature = "client", doc = "\nNext: [`net`](crate::net)")]

use std::fmt;

/// Bytes of the peer, kept as evidence: at most [`Excerpt::MAX`] of them, shown escaped.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Box<[u8]>);

impl Excerpt {
    /// How many bytes are kept.
    pub const MAX: usize = 100;

    /// Keeps the first [`Excerpt::MAX`] bytes.
    pub fn new(bytes: &[u8]) -> Excerpt {
        Excerpt(bytes[..bytes.len().min(Excerpt::MAX)].into())
    }

    /// The bytes kept, not escaped.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the peer did wrong. After one of these the connection is closed: nothing that follows on it can
/// be attributed to a message any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The first bytes are not `HTTP/1.`: another protocol, HTTP/0.9, or the middle of something else.
    NotHttp(Excerpt),
    /// The status line has no three-digit code from 100 to 999 (§4), or one switched off by `Tolerance`.
    Status(Excerpt),
    /// A line of the head is not `name ":" OWS value OWS` (§5): the ground on which smuggling grows, because
    /// two parsers read such a line differently.
    Head(Excerpt, &'static str),
    /// The head is larger than `Limits::head_bytes`: memory would be the peer's to spend.
    HeadTooLarge(usize),
    /// More field lines than `Limits::fields` (or `trailer_fields`).
    TooManyFields(usize),
    /// More interim responses than `Limits::interim`: an endless `103` keeps a client busy for free.
    TooManyInterim(u32),
    /// `101 Switching Protocols` to a request that asked for no upgrade (RFC 9110 §15.2.2).
    UnaskedSwitch,
    /// A switch of protocols before the request was complete: the rest of it would be read as the other protocol.
    EarlySwitch,
    /// A `Content-Length` that is not `1*DIGIT` below 2⁶³, or several that are not the same (§6.3 rule 5):
    /// whoever believes the other number reads the rest as the next response.
    ContentLength(Excerpt),
    /// A `Transfer-Encoding` that is not exactly one `chunked` (§6.1, §6.3 rule 4).
    TransferEncoding(Excerpt),
    /// `Transfer-Encoding` in HTTP/1.0, which knew no such thing (§6.1): an intermediary passed it on blindly.
    TransferEncodingInHttp10,
    /// A chunk size that is not `1*HEXDIG`, is larger than 2⁶³ − 1, or has more than sixteen digits (§7.1).
    ChunkSize(Excerpt),
    /// Chunk data not followed by CRLF, or a chunk line not ended by CRLF (§7.1): CVE-2025-43859's class.
    ChunkEnd(Excerpt),
    /// A control byte in a chunk extension (§7.1.1).
    ChunkExtension(Excerpt),
    /// More extension bytes in one body than `Limits::extension_bytes`: CVE-2023-39326's class.
    ExtensionsTooLarge(usize),
    /// A line of the trailer section is not a field line ended by CRLF (§7.1.2).
    Trailer(Excerpt, &'static str),
    /// The trailer section is larger than `Limits::trailer_bytes`.
    TrailersTooLarge(usize),
    /// The stream ended before the message did (§8). Never taken for the end of a message.
    Incomplete(Incomplete),
}

/// Where an incomplete message stopped (§8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomplete {
    /// Before its first byte: an empty reply.
    Nothing,
    /// Inside the head; the bytes are the last ones that came.
    Head(Excerpt),
    /// Inside content framed by `Content-Length`; so many bytes are missing.
    Length {
        /// Bytes promised and not received.
        missing: u64,
    },
    /// Inside the chunked coding, the last chunk and the final CRLF included.
    Chunked,
}

impl Violation {
    /// Whether a limit of ours was exceeded, as opposed to the grammar broken.
    pub fn is_limit(&self) -> bool {
        use Violation::*;
        matches!(
            self,
            HeadTooLarge(_)
                | TooManyFields(_)
                | TooManyInterim(_)
                | ExtensionsTooLarge(_)
                | TrailersTooLarge(_)
        )
    }

    /// Whether the stream ended too early.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Violation::Incomplete(_))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Violation::*;
        match self {
            NotHttp(seen) => {
                write!(f, "the reply does not start with HTTP/1.0 or HTTP/1.1 but with {seen}")?;
                match seen.as_bytes() {
                    // A TLS record: alert (21) or handshake (22), then a version byte 3.
                    [0x15 | 0x16, 0x03, ..] => {
                        f.write_str("; this looks like TLS: the URL probably wants https://")
                    }
                    [b'H', b'T', b'T', b'P', b'/', b'2', ..] => {
                        f.write_str("; the server speaks HTTP/2, this client only HTTP/1.1")
                    }
                    _ => Ok(()),
                }
            }
            Status(line) => write!(f, "the status line has no valid status code: {line}"),
            Head(line, why) => write!(f, "malformed head ({why}): {line}"),
            HeadTooLarge(limit) => {
                write!(f, "the head is larger than {limit} bytes (limit `head_bytes`)")
            }
            TooManyFields(limit) => {
                write!(f, "more than {limit} field lines (limits `fields`, `trailer_fields`)")
            }
            TooManyInterim(limit) => {
                write!(f, "more than {limit} interim responses (limit `interim`)")
            }
            UnaskedSwitch => f.write_str("101 Switching Protocols, but no upgrade was asked for"),
            EarlySwitch => {
                f.write_str("the server switched protocols before the request was complete")
            }
            ContentLength(value) => {
                write!(f, "Content-Length is not one number or several equal ones: {value}")
            }
            TransferEncoding(value) => {
                write!(f, "Transfer-Encoding is not exactly `chunked`: {value}")
            }
            TransferEncodingInHttp10 => f.write_str("Transfer-Encoding in an HTTP/1.0 response"),
            ChunkSize(line) => write!(f, "malformed chunk size: {line}"),
            ChunkEnd(seen) => write!(f, "expected CRLF after a chunk, found {seen}"),
            ChunkExtension(line) => write!(f, "control byte in a chunk extension: {line}"),
            ExtensionsTooLarge(limit) => {
                write!(f, "chunk extensions larger than {limit} bytes (limit `extension_bytes`)")
            }
            Trailer(line, why) => write!(f, "malformed trailer ({why}): {line}"),
            TrailersTooLarge(limit) => {
                write!(
                    f,
                    "the trailer section is larger than {limit} bytes (limit `trailer_bytes`)"
                )
            }
            Incomplete(part) => fmt::Display::fmt(part, f),
        }
    }
}

impl std::error::Error for Violation {}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Incomplete::Nothing => f.write_str("the server closed without sending a byte"),
            Incomplete::Head(tail) => write!(f, "the stream ended inside the head, after {tail}"),
            Incomplete::Length { missing } => {
                write!(f, "the stream ended {missing} bytes before the announced Content-Length")
            }
            Incomplete::Chunked => f.write_str("the stream ended before the last chunk"),
        }
    }
}

/// What the caller asked for that cannot be sent. Found before the first byte leaves, or, for content that does
/// not keep its promised length, before the promise is broken on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// `Content-Length` or `Transfer-Encoding` set by hand that contradicts the content (S-10).
    Framing(Excerpt),
    /// A `Host` that is not `host [":" port]`, or more than one (RFC 9110 §7.2).
    Host(Excerpt),
    /// A request-target with a space, a control or a non-ASCII byte (§3.2).
    Target(Excerpt),
    /// More content than the announced length.
    ContentTooLong {
        /// Bytes announced.
        announced: u64,
    },
    /// Content ended before the announced length.
    ContentTooShort {
        /// Bytes still owed.
        missing: u64,
    },
    /// Trailers on content that is not sent chunked have no place to go (§7.1.2).
    TrailersWithoutChunked,
    /// Content of unknown length in an HTTP/1.0 request, which has no chunked coding (§6.1).
    ChunkedInHttp10,
    /// `Proxy-Authorization` set by hand in a request that goes to an origin, not to a proxy (RFC 9110 §11.7.2).
    ProxyAuthorization,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misuse::Framing(value) => {
                write!(
                    f,
                    "a framing field set by hand contradicts the body: {value}; leave it to the client"
                )
            }
            Misuse::Host(value) => write!(f, "not a valid Host field: {value}"),
            Misuse::Target(value) => write!(f, "not a valid request-target: {value}"),
            Misuse::ContentTooLong { announced } => {
                write!(f, "the body is longer than the {announced} bytes announced")
            }
            Misuse::ContentTooShort { missing } => {
                write!(f, "the body ended {missing} bytes before its announced length")
            }
            Misuse::TrailersWithoutChunked => {
                f.write_str("trailers need a body of unknown length (chunked)")
            }
            Misuse::ChunkedInHttp10 => {
                f.write_str("a body of unknown length cannot be sent in HTTP/1.0; give its length")
            }
            Misuse::ProxyAuthorization => f.write_str(
                "Proxy-Authorization would reach the origin: this request is not read by a proxy; give a proxy its \
                 credentials with `Proxy::basic_auth` or `Proxy::auth`",
            ),
        }
    }
}

impl std::error::Error for Misuse {}
