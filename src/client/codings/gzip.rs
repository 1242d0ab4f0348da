//! The codings `gzip` (RFC 1952) and `deflate` (RFC 1950, RFC 1951), feature `gzip`.
//!
//! zlib-rs inflates; the gzip format around it is read here, so that a member costs a reset and no new decoder: servers
//! may send many (§2.2), and empty ones cost a client that allocates for each. Checksums and lengths are verified, names
//! and comments skipped unkept.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::decode::{Coding, Compiled, Decode, Fault, Step};

pub(crate) static CODINGS: [Compiled; 2] = [
    Compiled { coding: Coding::Gzip, start: || Box::new(Gzip::new()) },
    Compiled { coding: Coding::Deflate, start: || Box::new(Deflate::new()) },
];

/// Flags of a member header (§2.3.1).
const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;
/// "Reserved FLG bits must be zero."
const RESERVED: u8 = 0b1110_0000;

/// A series of members.
struct Gzip {
    part: Part,
    /// The bytes of a part of fixed length, as far as they have come.
    held: [u8; 10],
    count: usize,
    flags: u8,
    /// Over the header, for [`FHCRC`].
    header: Crc,
    content: Crc,
    inflate: Decompress,
    /// Members that are complete.
    members: u64,
}

/// What the next byte belongs to.
#[derive(Clone, Copy)]
enum Part {
    Fixed,
    ExtraLength,
    Extra(usize),
    Name,
    Comment,
    HeaderCheck,
    Content,
    Trailer,
}

impl Gzip {
    fn new() -> Gzip {
        Gzip {
            part: Part::Fixed,
            held: [0; 10],
            count: 0,
            flags: 0,
            header: Crc::new(),
            content: Crc::new(),
            inflate: Decompress::new(false),
            members: 0,
        }
    }

    /// Takes what is before or behind the content from the front of `input`; returns how much.
    fn frame(&mut self, input: &[u8]) -> Result<usize, Fault> {
        match self.part {
            Part::Fixed => {
                let (taken, all) = self.hold::<10>(input);
                self.header.update(&input[..taken]);
                match all {
                    Some(fixed) => self.begin(fixed)?,
                    // What is no gzip at all is said at its first bytes.
                    None => self.magic(self.held[0], self.held[1], self.count)?,
                }
                Ok(taken)
            }
            Part::ExtraLength => {
                let (taken, all) = self.hold::<2>(input);
                self.header.update(&input[..taken]);
                if let Some(length) = all {
                    self.part = Part::Extra(usize::from(u16::from_le_bytes(length)));
                    self.skip_extra(0);
                }
                Ok(taken)
            }
            Part::Extra(rest) => {
                let taken = rest.min(input.len());
                self.header.update(&input[..taken]);
                self.skip_extra(taken);
                Ok(taken)
            }
            Part::Name | Part::Comment => {
                let end = input.iter().position(|&byte| byte == 0);
                let taken = end.map_or(input.len(), |end| end + 1);
                self.header.update(&input[..taken]);
                if end.is_some() {
                    self.part = self.after(self.part);
                }
                Ok(taken)
            }
            Part::HeaderCheck => {
                let (taken, all) = self.hold::<2>(input);
                if let Some(sum) = all {
                    // "the two least significant bytes of the CRC32 for all bytes of the gzip header".
                    if u32::from(u16::from_le_bytes(sum)) != self.header.sum() & 0xffff {
                        return Err(Fault::Malformed("the header's checksum is wrong"));
                    }
                    self.part = Part::Content;
                }
                Ok(taken)
            }
            Part::Trailer => {
                let (taken, all) = self.hold::<8>(input);
                if let Some([a, b, c, d, size @ ..]) = all {
                    self.end(u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes(size))?;
                }
                Ok(taken)
            }
            Part::Content => Ok(0),
        }
    }

    /// Collects `N` bytes over as many calls as it takes.
    fn hold<const N: usize>(&mut self, input: &[u8]) -> (usize, Option<[u8; N]>) {
        let mut taken = 0;
        for &byte in input.iter().take(N - self.count) {
            self.held[self.count] = byte;
            self.count += 1;
            taken += 1;
        }
        if self.count < N {
            return (taken, None);
        }
        self.count = 0;
        (taken, self.held.first_chunk::<N>().copied())
    }

    fn magic(&self, first: u8, second: u8, count: usize) -> Result<(), Fault> {
        if (count > 0 && first != 0x1f) || (count > 1 && second != 0x8b) {
            return Err(match self.members {
                0 => Fault::Malformed("this is not gzip"),
                _ => Fault::Trailing,
            });
        }
        Ok(())
    }

    fn begin(&mut self, fixed: [u8; 10]) -> Result<(), Fault> {
        let [first, second, method, flags, ..] = fixed;
        self.magic(first, second, 2)?;
        // "CM = 8 denotes the "deflate" compression method".
        if method != 8 {
            return Err(Fault::Malformed("an unknown compression method"));
        }
        if flags & RESERVED != 0 {
            return Err(Fault::Malformed("reserved flags are set"));
        }
        self.flags = flags;
        self.part = self.after(Part::Fixed);
        Ok(())
    }

    fn skip_extra(&mut self, taken: usize) {
        if let Part::Extra(rest) = self.part {
            self.part = match rest - taken {
                0 => self.after(Part::Extra(0)),
                rest => Part::Extra(rest),
            };
        }
    }

    /// The parts come in a fixed order, most of them only if a flag says so.
    fn after(&self, part: Part) -> Part {
        let rest: &[(u8, Part)] = match part {
            Part::Fixed => &[
                (FEXTRA, Part::ExtraLength),
                (FNAME, Part::Name),
                (FCOMMENT, Part::Comment),
                (FHCRC, Part::HeaderCheck),
            ],
            Part::Extra(_) => {
                &[(FNAME, Part::Name), (FCOMMENT, Part::Comment), (FHCRC, Part::HeaderCheck)]
            }
            Part::Name => &[(FCOMMENT, Part::Comment), (FHCRC, Part::HeaderCheck)],
            Part::Comment => &[(FHCRC, Part::HeaderCheck)],
            _ => &[],
        };
        let next = rest.iter().find(|(flag, _)| self.flags & flag != 0);
        next.map_or(Part::Content, |&(_, part)| part)
    }

    /// The end of a member; what follows is another one or nothing.
    fn end(&mut self, sum: u32, size: u32) -> Result<(), Fault> {
        if sum != self.content.sum() {
            return Err(Fault::Malformed("the checksum is wrong"));
        }
        // "the size of the original input data modulo 2^32", which is how the sum counts too.
        if size != self.content.amount() {
            return Err(Fault::Malformed("the length in the trailer is wrong"));
        }
        self.members += 1;
        self.header.reset();
        self.content.reset();
        self.inflate.reset(false);
        self.part = Part::Fixed;
        Ok(())
    }
}

impl Decode for Gzip {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let mut step = Step::default();
        loop {
            let rest = &input[step.consumed..];
            if !matches!(self.part, Part::Content) {
                if rest.is_empty() {
                    return Ok(step);
                }
                step.consumed += self.frame(rest)?;
                continue;
            }
            let room = &mut output[step.produced..];
            let (inflated, ended) = inflate(&mut self.inflate, rest, room)?;
            self.content.update(&room[..inflated.produced]);
            step.consumed += inflated.consumed;
            step.produced += inflated.produced;
            if !ended {
                return Ok(step);
            }
            self.part = Part::Trailer;
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.part, Part::Fixed) && self.count == 0
    }
}

/// One zlib stream, or bare deflate data: "Some non-conformant implementations send the "deflate" compressed data without
/// the zlib wrapper" (RFC 9110 §8.4.1.2).
struct Deflate {
    /// The first two bytes, which tell.
    first: [u8; 2],
    count: usize,
    inflate: Option<Decompress>,
    ended: bool,
}

impl Deflate {
    fn new() -> Deflate {
        Deflate { first: [0; 2], count: 0, inflate: None, ended: false }
    }
}

/// "CM = 8", and CMF and FLG "viewed as a 16-bit unsigned integer stored in MSB order [...] is a multiple of 31" (RFC 1950
/// §2.2). Deflate data that begins so would have padding that no encoder writes.
fn is_zlib(first: [u8; 2]) -> bool {
    first[0] & 0x0f == 8 && u16::from_be_bytes(first).is_multiple_of(31)
}

impl Decode for Deflate {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let mut step = Step::default();
        if self.ended {
            return if input.is_empty() { Ok(step) } else { Err(Fault::Trailing) };
        }
        if self.inflate.is_none() {
            for &byte in input.iter().take(2 - self.count) {
                self.first[self.count] = byte;
                self.count += 1;
                step.consumed += 1;
            }
            if self.count < 2 {
                return Ok(step);
            }
        }
        let first = self.first;
        let inflater = self.inflate.get_or_insert_with(|| Decompress::new(is_zlib(first)));
        // The two bytes go in first, and it may take more than one call.
        while self.count > 0 {
            let room = &mut output[step.produced..];
            let (inflated, ended) = inflate(inflater, &first[2 - self.count..], room)?;
            self.count -= inflated.consumed;
            step.produced += inflated.produced;
            self.ended = ended;
            if ended && self.count > 0 {
                return Err(Fault::Trailing);
            }
            if ended || inflated == Step::default() {
                return Ok(step);
            }
        }
        let room = &mut output[step.produced..];
        let (inflated, ended) = inflate(inflater, &input[step.consumed..], room)?;
        step.consumed += inflated.consumed;
        step.produced += inflated.produced;
        self.ended = ended;
        Ok(step)
    }

    fn is_complete(&self) -> bool {
        self.ended
    }
}

/// One call; whether the compressed data has come to its end.
fn inflate(
    inflate: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
) -> Result<(Step, bool), Fault> {
    let (taken, given) = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(input, output, FlushDecompress::None);
    let status = status.map_err(|_| Fault::Malformed("the compressed data is malformed"))?;
    let consumed = usize::try_from(inflate.total_in() - taken).unwrap_or(input.len());
    let produced = usize::try_from(inflate.total_out() - given).unwrap_or(output.len());
    Ok((Step { consumed, produced }, status == Status::StreamEnd))
}
