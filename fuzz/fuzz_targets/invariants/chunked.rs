//! The chunked coding, by [`ChunkedDecoder`] and its encoder.
//!
//! - The decoder and the oracle below come to the same end at the same byte, with the same content and trailers,
//!   however the input is cut. What follows the end is not touched.
//! - A step uses no more bytes than it was given. A step that hands out nothing has used all of them, or waits inside the
//!   trailer section. Content is never an empty piece.
//! - What the encoder makes of any content in any pieces decodes to that content.

use std::mem::{Discriminant, discriminant};

use wireline::h1::chunked::{Chunk, ChunkedDecoder, write_chunk_size, write_last_chunk};
use wireline::h1::{Limits, Violation};
use wireline::message::Fields;

use super::cuts::{self, Dice};
use super::head::pairs;
use super::{oracle, settings};

/// What became of a body.
#[derive(Debug, Clone, PartialEq)]
struct Body {
    content: Vec<u8>,
    end: End,
}

#[derive(Debug, Clone, PartialEq)]
enum End {
    Complete {
        used: usize,
        trailers: Vec<(String, Vec<u8>)>,
    },
    Incomplete,
    /// The oracle does not know the kind.
    Refused(Option<Discriminant<Violation>>),
}

/// Panics unless everything above holds for `data`.
pub fn hold(data: &[u8]) {
    for (limits, _) in settings() {
        let whole = decode(&[data], &limits);
        for pieces in cuts::cuts(data) {
            assert_eq!(decode(&pieces, &limits), whole, "cut into {} pieces", pieces.len());
        }
        let kindless = match whole.end {
            End::Refused(_) => Body { end: End::Refused(None), ..whole },
            _ => whole,
        };
        assert_eq!(kindless, naive(data, &limits));
    }
    round_trip(data);
}

fn decode(pieces: &[&[u8]], limits: &Limits) -> Body {
    let mut decoder = ChunkedDecoder::new(limits);
    let (mut content, mut buffer, mut used) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let taken = match decoder.decode(&buffer) {
                Err(violation) => {
                    let end = End::Refused(Some(discriminant(&violation)));
                    return Body { content, end };
                }
                Ok(Chunk::End { consumed, trailers }) => {
                    assert!(consumed <= buffer.len());
                    let (used, trailers) = (used + consumed, pairs(&trailers));
                    return Body { content, end: End::Complete { used, trailers } };
                }
                Ok(Chunk::Data { consumed, data }) => {
                    assert!(!data.is_empty() && data.len() <= consumed);
                    assert_eq!(data, &buffer[consumed - data.len()..consumed]);
                    content.extend_from_slice(data);
                    consumed
                }
                Ok(Chunk::More { consumed }) => {
                    used += consumed;
                    buffer.drain(..consumed);
                    break;
                }
            };
            used += taken;
            buffer.drain(..taken);
        }
    }
    Body { content, end: End::Incomplete }
}

/// The oracle: what all of `data` means, read with the end in sight.
fn naive(data: &[u8], limits: &Limits) -> Body {
    let (mut content, mut at, mut extensions) = (Vec::new(), 0, 0);
    let end = loop {
        let (size, length) = match size_line(&data[at..], limits.extension_bytes - extensions) {
            Part::Whole((size, extension), length) => {
                extensions += extension;
                (size, length)
            }
            Part::Begun => break End::Incomplete,
            Part::Wrong => break End::Refused(None),
        };
        at += length;
        if size == 0 {
            break trailers(data, at, limits);
        }
        let rest = &data[at..];
        // A size that no address space holds is a size of which not everything is here.
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        content.extend_from_slice(&rest[..size.min(rest.len())]);
        let Some(after) = rest.get(size..) else { break End::Incomplete };
        if !b"\r\n".starts_with(&after[..after.len().min(2)]) {
            break End::Refused(None);
        }
        if after.len() < 2 {
            break End::Incomplete;
        }
        at += size + 2;
    };
    Body { content, end }
}

/// An element at the front of some bytes: whole and so long, or as far as it goes, or something else.
enum Part<T> {
    Whole(T, usize),
    Begun,
    Wrong,
}

/// `chunk-size [ chunk-ext ] CRLF`: the size and how many bytes of extension it has, the first `;` aside.
fn size_line(bytes: &[u8], room: usize) -> Part<(u64, usize)> {
    let end = bytes.iter().position(|b| matches!(b, b'\r' | b'\n'));
    let text = &bytes[..end.unwrap_or(bytes.len())];
    let digits = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let size = match std::str::from_utf8(&text[..digits]).unwrap_or_default() {
        "" => None,
        digits => u64::from_str_radix(digits, 16).ok().filter(|&size| size < 1 << 63),
    };
    let after = &text[digits..];
    let blanks = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let extension = match &after[blanks..] {
        [] => blanks,
        [b';', value @ ..] if value.iter().all(|&b| oracle::is_text(b)) => blanks + value.len(),
        _ => return Part::Wrong,
    };
    let blanks_alone = blanks > 0 && blanks == after.len();
    if digits > 16 || extension > room {
        return Part::Wrong;
    }
    match (size, end.map(|end| &bytes[end..])) {
        // Not even a first digit.
        (None, None) if text.is_empty() => Part::Begun,
        (None, _) => Part::Wrong,
        (Some(_), None) => Part::Begun,
        (Some(_), Some(_)) if blanks_alone => Part::Wrong,
        (Some(_), Some([b'\r'])) => Part::Begun,
        (Some(size), Some([b'\r', b'\n', ..])) => Part::Whole((size, extension), text.len() + 2),
        (Some(_), Some(_)) => Part::Wrong,
    }
}

/// `trailer-section CRLF`.
fn trailers(data: &[u8], at: usize, limits: &Limits) -> End {
    let rest = &data[at..];
    let Some((lines, crlf, length)) = oracle::section(rest) else {
        let full = rest.len() >= limits.trailer_bytes;
        return if full { End::Refused(None) } else { End::Incomplete };
    };
    let all_crlf = crlf && lines.iter().all(|line| line.1);
    // The empty section is no section, so no limit counts it.
    let fits = length <= limits.trailer_bytes || lines.is_empty();
    match oracle::fields(&lines) {
        Some(mut fields) if all_crlf && fits && fields.len() <= limits.trailer_fields => {
            fields.retain(|(name, _)| !dropped(&name.to_ascii_lowercase()));
            End::Complete { used: at + length, trailers: fields }
        }
        _ => End::Refused(None),
    }
}

/// RFC 9110 §6.5.1: framing, routing, request modifiers, authentication, content format, response control.
fn dropped(name: &str) -> bool {
    let framing = ["content-length", "transfer-encoding", "trailer", "te"];
    let routing = ["host", "connection", "keep-alive", "upgrade"];
    let secrets = ["authorization", "cookie", "set-cookie", "www-authenticate"];
    let proxy = ["proxy-authorization", "proxy-authenticate"];
    let format = ["content-encoding", "content-type", "content-range"];
    let control = ["age", "cache-control", "date", "expires", "location", "retry-after", "vary"];
    let lists: [&[&str]; 6] = [&framing, &routing, &secrets, &proxy, &format, &control];
    lists.iter().any(|list| list.contains(&name))
}

/// `content` in pieces through the encoder and back.
fn round_trip(content: &[u8]) {
    let mut coded = Vec::new();
    // An empty piece would be the last chunk: the caller skips it (S-12).
    let mut dice = Dice::of(content);
    for piece in cuts::pieces(content, 40, &mut dice).into_iter().filter(|p| !p.is_empty()) {
        write_chunk_size(piece.len(), &mut coded);
        coded.extend_from_slice(piece);
        coded.extend_from_slice(b"\r\n");
    }
    let mut trailers = Fields::new();
    trailers.append("Checksum", "1").expect("a field");
    write_last_chunk(&trailers, &mut coded);
    let end = End::Complete { used: coded.len(), trailers: pairs(&trailers) };
    let expected = Body { content: content.to_vec(), end };
    coded.extend_from_slice(b"surplus");
    for pieces in cuts::cuts(&coded) {
        assert_eq!(decode(&pieces, &Limits::default()), expected);
    }
}
