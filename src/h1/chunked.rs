//! The chunked transfer coding, both ways (§7.1). Written by hand: httparse's `parse_chunk_size(b"\r\n")` says *last
//! chunk*, and it lets a bare LF through in extensions; both have been security advisories elsewhere.
//!
//! [`ChunkedDecoder`] takes bytes and gives back slices of content without copying; where it stands between two bytes
//! is one [`State`]. Lines end in CRLF and in nothing else. Extensions are counted and ignored. The trailer section is
//! waited for whole, then parsed like a head, minus the fields that may not stand in it.
//!
//! ```text
//! chunked-body   = *chunk last-chunk trailer-section CRLF
//! chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
//! last-chunk     = 1*("0") [ chunk-ext ] CRLF
//! chunk-ext      = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
//! ```
//!
//! Next: [`super::content`]

use crate::message::Fields;

use super::digits::{Hex, hex_digit, write_hex};
use super::limits::Limits;
use super::trailers::TrailerReader;
use super::violation::{Excerpt, Violation};

/// Decodes one chunked body.
#[derive(Debug, Clone)]
pub struct ChunkedDecoder {
    state: State,
    /// Extension bytes the peer may still send.
    extension_room: usize,
    limits: Limits,
}

/// What the next byte may be: one variant per element of the grammar.
#[derive(Debug, Clone, Copy)]
enum State {
    /// A digit of `chunk-size`, or what ends it.
    Size(Hex),
    /// `BWS` behind the size: only more of it or `;` may follow.
    Blank(u64),
    /// Inside `chunk-ext`, up to CR.
    Extension(u64),
    /// The LF that ends the size line.
    SizeLf(u64),
    /// `chunk-data`, so many bytes (never 0).
    Data(u64),
    /// The CR behind `chunk-data`.
    DataCr,
    /// The LF behind `chunk-data`.
    DataLf,
    /// The trailer section and the final CRLF.
    Trailers(TrailerReader),
    /// Nothing: what follows belongs to no chunk.
    Done,
}

/// What one step of the decoder found. `consumed` bytes of the input are done with.
#[derive(Debug, PartialEq)]
pub enum Chunk<'a> {
    /// All input is understood as far as it goes; unconsumed bytes must be offered again with more behind them.
    More {
        /// Bytes done with.
        consumed: usize,
    },
    /// Content, always the last `data.len()` of the consumed bytes.
    Data {
        /// Bytes done with, the data included.
        consumed: usize,
        /// A piece of content, never empty.
        data: &'a [u8],
    },
    /// The body is complete.
    End {
        /// Bytes done with.
        consumed: usize,
        /// The trailer fields.
        trailers: Fields,
    },
}

impl ChunkedDecoder {
    /// A decoder before the first chunk.
    pub fn new(limits: &Limits) -> ChunkedDecoder {
        ChunkedDecoder {
            state: State::Size(Hex::default()),
            extension_room: limits.extension_bytes,
            limits: *limits,
        }
    }

    /// Decodes up to the next piece of content, the end of the body or the end of `input`.
    ///
    /// # Errors
    /// A [`Violation`] at the first byte that may not stand where it stands.
    pub fn decode<'a>(&mut self, input: &'a [u8]) -> Result<Chunk<'a>, Violation> {
        match self.plain_chunk(input) {
            Some(chunk) => Ok(chunk),
            None => self.decode_by_byte(input),
        }
    }

    /// The common case: the CRLF behind the last chunk, a size line without extension and the first data behind it are
    /// all here. Whatever is not that, faults included, goes byte by byte, to the same end.
    #[inline]
    fn plain_chunk<'a>(&mut self, input: &'a [u8]) -> Option<Chunk<'a>> {
        let line = match (self.state, input) {
            (State::DataCr, [b'\r', b'\n', line @ ..]) => line,
            (State::Size(size), line) if size == Hex::default() => line,
            _ => return None,
        };
        let (size, data) = plain_size(line)?;
        let take = usize::try_from(size).map_or(data.len(), |size| size.min(data.len()));
        self.state = match size - take as u64 {
            0 => State::DataCr,
            left => State::Data(left),
        };
        let consumed = input.len() - data.len() + take;
        Some(Chunk::Data { consumed, data: &data[..take] })
    }

    fn decode_by_byte<'a>(&mut self, input: &'a [u8]) -> Result<Chunk<'a>, Violation> {
        let mut at = 0;
        if let State::Done = self.state {
            return Ok(Chunk::End { consumed: 0, trailers: Fields::new() });
        }
        while let Some(&byte) = input.get(at) {
            self.state = match self.state {
                State::Data(left) => {
                    let rest = &input[at..];
                    let take =
                        usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    self.state = match left - take as u64 {
                        0 => State::DataCr,
                        left => State::Data(left),
                    };
                    return Ok(Chunk::Data { consumed: at + take, data: &rest[..take] });
                }
                State::Trailers(mut reader) => {
                    return Ok(match reader.read(&input[at..], &self.limits)? {
                        Some((length, trailers)) => {
                            self.state = State::Done;
                            Chunk::End { consumed: at + length, trailers }
                        }
                        None => {
                            self.state = State::Trailers(reader);
                            Chunk::More { consumed: at }
                        }
                    });
                }
                state => match self.step(state, byte) {
                    Some(next) => next,
                    None => return Err(self.refuse(state, &input[at..])),
                },
            };
            at += 1;
        }
        Ok(Chunk::More { consumed: at })
    }

    /// Where one byte of a chunk's lines leads; `None` if it may not stand here.
    #[inline]
    fn step(&mut self, state: State, byte: u8) -> Option<State> {
        Some(match (state, byte) {
            (State::Size(size), byte) => match (hex_digit(byte), byte) {
                (Some(digit), _) => State::Size(size.push(digit)?),
                (None, b'\r') => State::SizeLf(size.value()?),
                (None, b';') => State::Extension(size.value()?),
                // "BWS" before ";" is bad white space a recipient MUST parse (RFC 9110 §5.6.3).
                (None, b' ' | b'\t') => State::Blank(self.count_extension(size.value()?)?),
                _ => return None,
            },
            (State::Blank(size), b' ' | b'\t') => State::Blank(self.count_extension(size)?),
            (State::Blank(size), b';') => State::Extension(size),
            (State::Extension(size), b'\r') => State::SizeLf(size),
            // "A recipient MUST ignore unrecognized chunk extensions" (§7.1.1): all of ours are. Bytes of a
            // quoted-string, obs-text included, may stand here, controls may not (CVE-2025-22871).
            (State::Extension(size), b'\t' | b' '..=b'~' | 0x80..) => {
                State::Extension(self.count_extension(size)?)
            }
            (State::SizeLf(0), b'\n') => State::Trailers(TrailerReader::default()),
            (State::SizeLf(size), b'\n') => State::Data(size),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size(Hex::default()),
            _ => return None,
        })
    }

    /// Takes one byte from the room for extensions and hands `size` through.
    fn count_extension(&mut self, size: u64) -> Option<u64> {
        self.extension_room = self.extension_room.checked_sub(1)?;
        Some(size)
    }

    /// The violation for the byte at the front of `rest`, which may not stand in `state`.
    fn refuse(&self, state: State, rest: &[u8]) -> Violation {
        let evidence = Excerpt::new(rest);
        let too_large = Violation::ExtensionsTooLarge(self.limits.extension_bytes);
        match (state, rest.first()) {
            // These may stand here; only the room for them can have run out.
            (State::Size(size), Some(b' ' | b'\t')) if size.value().is_some() => too_large,
            (State::Blank(_), Some(b' ' | b'\t')) => too_large,
            (State::Extension(_), Some(b'\t' | b' '..=b'~' | 0x80..)) => too_large,
            (State::Extension(_), _) => Violation::ChunkExtension(evidence),
            (State::Size(_) | State::Blank(_), _) => Violation::ChunkSize(evidence),
            _ => Violation::ChunkEnd(evidence),
        }
    }
}

/// A size line of one to fifteen digits, which cannot overflow, and what follows it; neither may be nothing.
#[inline]
fn plain_size(line: &[u8]) -> Option<(u64, &[u8])> {
    let (mut size, mut digits) = (0, 0);
    while let Some(digit) = line.get(digits).copied().and_then(hex_digit) {
        size = size << 4 | u64::from(digit);
        digits += 1;
        if digits == usize::from(Hex::MAX_DIGITS) {
            return None;
        }
    }
    match &line[digits..] {
        [b'\r', b'\n', data @ ..] if size > 0 && !data.is_empty() => Some((size, data)),
        _ => None,
    }
}

/// Appends the line that announces a chunk of `length` bytes. A length of 0 would end the body (S-12); the caller
/// skips empty pieces.
pub fn write_chunk_size(length: usize, out: &mut Vec<u8>) {
    write_hex(length as u64, out);
    out.extend_from_slice(b"\r\n");
}

/// Appends what ends a chunked body: the last chunk, the trailer section and the final CRLF.
pub fn write_last_chunk(trailers: &Fields, out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n");
    trailers.write_to(out);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All content and the trailers of `coded`, offered in two parts; `None` while incomplete.
    fn decode(coded: &[u8], cut: usize) -> Result<Option<(Vec<u8>, Fields, usize)>, Violation> {
        let mut decoder = ChunkedDecoder::new(&Limits::default());
        let (mut content, mut start) = (Vec::new(), 0);
        for end in [cut, coded.len()] {
            loop {
                match decoder.decode(&coded[start..end])? {
                    Chunk::More { consumed } => {
                        start += consumed;
                        break;
                    }
                    Chunk::Data { consumed, data } => {
                        assert!(!data.is_empty());
                        content.extend_from_slice(data);
                        start += consumed;
                    }
                    Chunk::End { consumed, trailers } => {
                        return Ok(Some((content, trailers, start + consumed)));
                    }
                }
            }
        }
        Ok(None)
    }

    fn accepted(coded: &[u8], content: &[u8]) {
        for cut in 0..=coded.len() {
            let (got, _, consumed) = decode(coded, cut).expect("well-formed").expect("complete");
            assert_eq!((&got[..], consumed), (content, coded.len()), "{:?}", coded.escape_ascii());
        }
        for end in 0..coded.len() {
            assert_eq!(decode(&coded[..end], end / 2), Ok(None), "cut off at {end}");
        }
    }

    fn refused(coded: &[u8], why: impl Fn(&Violation) -> bool) {
        for cut in 0..=coded.len() {
            let violation = decode(coded, cut).expect_err("malformed");
            assert!(why(&violation), "{:?}: {violation}", coded.escape_ascii());
        }
    }

    #[test]
    fn chunks_become_content() {
        accepted(b"0\r\n\r\n", b"");
        accepted(b"000\r\n\r\n", b"");
        accepted(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", b"hello world");
        accepted(b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789");
        accepted(b"2;x=\"a;b\\\"\";y ; z=1\r\nok\r\n1 ;\r\n!\r\n0;last\r\n\r\n", b"ok!");
        accepted(b"1;\xff\r\nx\r\n0\t;a\r\nChecksum: 7\r\n\r\n", b"x");
    }

    #[test]
    fn s_24_chunk_size_syntax_is_hexdig_only() {
        for line in ["+5", "0x5", "5 ", " 5", "", "\u{ff15}", "-1", "5_", "g", "5 5", "5\t\r\n"] {
            let coded = format!("{line}\r\nhello\r\n0\r\n\r\n");
            refused(coded.as_bytes(), |v| matches!(v, Violation::ChunkSize(_)));
        }
    }

    #[test]
    fn s_23_chunk_size_overflow() {
        for size in
            ["FFFFFFFFFFFFFFFF", "8000000000000000", "00000000000000005", "f0000000000000003"]
        {
            let coded = format!("{size}\r\nhello\r\n");
            refused(coded.as_bytes(), |v| matches!(v, Violation::ChunkSize(_)));
        }
    }

    #[test]
    fn s_25_bare_lf_ends_no_chunk_line() {
        refused(b"5\nhello\r\n0\r\n\r\n", |v| matches!(v, Violation::ChunkSize(_)));
        refused(b"5;a\nb\r\nhello\r\n0\r\n\r\n", |v| matches!(v, Violation::ChunkExtension(_)));
        refused(b"5;a\x00\r\nhello\r\n", |v| matches!(v, Violation::ChunkExtension(_)));
        refused(b"5;a\x7f\r\nhello\r\n", |v| matches!(v, Violation::ChunkExtension(_)));
        refused(b"5;a\r\rhello\r\n", |v| matches!(v, Violation::ChunkEnd(_)));
        refused(b"0\r\n\n", |v| matches!(v, Violation::Trailer(..)));
    }

    #[test]
    fn s_26_chunk_data_terminator_is_verified() {
        for end in ["XX0\r\n\r\n", "\n\r0\r\n\r\n", "\rX0\r\n\r\n", "0\r\n\r\n", " \r\n0\r\n\r\n"] {
            let coded = format!("5\r\nhello{end}");
            refused(coded.as_bytes(), |v| matches!(v, Violation::ChunkEnd(_)));
        }
    }

    #[test]
    fn s_27_chunk_extension_flood() {
        let line = [&b"1;"[..], &[b'a'; 8000], b"\r\nx\r\n"].concat();
        let flood = line.repeat(3);
        let violation = decode(&flood, 1).expect_err("24 000 bytes of extensions");
        assert_eq!(violation, Violation::ExtensionsTooLarge(Limits::EXTENSION_BYTES));
        let exactly = [&b"0;"[..], &[b'a'; Limits::EXTENSION_BYTES], b"\r\n\r\n"].concat();
        assert!(decode(&exactly, 9).expect("at the limit").is_some());
        let blanks = [&b"0"[..], &[b' '; Limits::EXTENSION_BYTES + 1], b";\r\n\r\n"].concat();
        assert!(decode(&blanks, 9).expect_err("one above it").is_limit());
        // When all room is used up, a byte is blamed for what it is.
        let full = [&b"1;"[..], &[b'a'; Limits::EXTENSION_BYTES]].concat();
        let behind = |rest: &str| decode(&[&full, rest.as_bytes()].concat(), 9);
        assert!(behind("\r\nx\r\n5 ").expect_err("a blank").is_limit());
        for rest in ["\r\nx\r\n0\r\n\r\n", "\r\nx\r\n0;\r\n\r\n"] {
            assert!(behind(rest).expect("nothing more to count").is_some(), "{rest:?}");
        }
        let control = behind("\n").expect_err("a control");
        assert!(matches!(control, Violation::ChunkExtension(_)), "{control}");
    }

    #[test]
    fn s_12_what_is_written_is_what_is_read() {
        let mut coded = Vec::new();
        let mut trailers = Fields::new();
        trailers.append("Checksum", "abc").expect("valid");
        for piece in [&b"hello"[..], &[b'x'; 300]] {
            write_chunk_size(piece.len(), &mut coded);
            coded.extend_from_slice(piece);
            coded.extend_from_slice(b"\r\n");
        }
        write_last_chunk(&trailers, &mut coded);
        let (content, read, _) = decode(&coded, 7).expect("well-formed").expect("complete");
        assert_eq!(content, [&b"hello"[..], &[b'x'; 300]].concat());
        assert_eq!(read, trailers);
    }
}
