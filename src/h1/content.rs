//! Content over the four framings: bytes of the wire in, slices of content out.
//!
//! [`ContentDecoder`] copies nothing. For framings that add no bytes of their own the caller may also read straight
//! into its own memory and report how much ([`ContentDecoder::pass_through`]).
//!
//! Next: [`super::send`]

use crate::message::Fields;

use super::chunked::{Chunk, ChunkedDecoder};
use super::framing::Framing;
use super::limits::Limits;
use super::violation::{Incomplete, Violation};

/// Decodes the content of one response.
#[derive(Debug, Clone)]
pub struct ContentDecoder(State);

#[derive(Debug, Clone)]
enum State {
    /// So many bytes are still to come; 0 means complete.
    Length(u64),
    Chunked(ChunkedDecoder),
    UntilClose,
}

impl ContentDecoder {
    /// A decoder before the first byte of content.
    pub fn new(framing: Framing, limits: &Limits) -> ContentDecoder {
        ContentDecoder(match framing {
            Framing::None => State::Length(0),
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(ChunkedDecoder::new(limits)),
            Framing::UntilClose => State::UntilClose,
        })
    }

    /// Decodes up to the next piece of content, the end, or the end of `input`. Bytes behind the end are not touched.
    ///
    /// # Errors
    /// Whatever [`ChunkedDecoder::decode`] finds; the other framings have no grammar to break.
    #[inline]
    pub fn decode<'a>(&mut self, input: &'a [u8]) -> Result<Chunk<'a>, Violation> {
        match &mut self.0 {
            State::Length(0) => Ok(Chunk::End { consumed: 0, trailers: Fields::new() }),
            State::Length(left) => {
                let take = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                *left -= take as u64;
                Ok(piece(&input[..take]))
            }
            State::UntilClose => Ok(piece(input)),
            State::Chunked(decoder) => decoder.decode(input),
        }
    }

    /// The end of the stream, cleanly announced. Only content that lasts until close ends here.
    ///
    /// # Errors
    /// [`Violation::Incomplete`] (§8) with what is missing.
    pub fn end_of_stream(&self) -> Result<(), Violation> {
        match &self.0 {
            State::UntilClose | State::Length(0) => Ok(()),
            State::Length(missing) => {
                Err(Violation::Incomplete(Incomplete::Length { missing: *missing }))
            }
            State::Chunked(_) => Err(Violation::Incomplete(Incomplete::Chunked)),
        }
    }

    /// How many of the next bytes are content as they are: the caller may read up to so many into its own memory.
    /// 0 for chunked content, which must go through [`ContentDecoder::decode`].
    pub fn pass_through(&self) -> u64 {
        match &self.0 {
            State::Length(left) => *left,
            State::UntilClose => u64::MAX,
            State::Chunked(_) => 0,
        }
    }

    /// Records that `count` bytes, at most what [`ContentDecoder::pass_through`] said, were read past the decoder.
    pub fn passed(&mut self, count: u64) {
        if let State::Length(left) = &mut self.0 {
            *left = left.saturating_sub(count);
        }
    }

    /// Bytes of content still to come, where the framing says.
    pub fn remaining(&self) -> Option<u64> {
        match &self.0 {
            State::Length(left) => Some(*left),
            State::Chunked(_) | State::UntilClose => None,
        }
    }

    /// Whether only the end of the stream can end this content.
    pub fn lasts_until_close(&self) -> bool {
        matches!(self.0, State::UntilClose)
    }
}

fn piece(data: &[u8]) -> Chunk<'_> {
    match data.len() {
        0 => Chunk::More { consumed: 0 },
        consumed => Chunk::Data { consumed, data },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_ends_where_it_says() {
        let mut content = ContentDecoder::new(Framing::Length(5), &Limits::default());
        assert_eq!(content.decode(b""), Ok(Chunk::More { consumed: 0 }));
        assert_eq!(content.decode(b"he"), Ok(Chunk::Data { consumed: 2, data: b"he" }));
        let missing = Violation::Incomplete(Incomplete::Length { missing: 3 });
        assert_eq!(content.end_of_stream(), Err(missing));
        assert_eq!((content.pass_through(), content.remaining()), (3, Some(3)));
        content.passed(1);
        assert_eq!(content.decode(b"lo surplus"), Ok(Chunk::Data { consumed: 2, data: b"lo" }));
        let end = Chunk::End { consumed: 0, trailers: Fields::new() };
        assert_eq!(content.decode(b" surplus"), Ok(end));
        assert_eq!(content.end_of_stream(), Ok(()));
    }

    #[test]
    fn until_close_ends_with_the_stream_and_nothing_else() {
        let mut content = ContentDecoder::new(Framing::UntilClose, &Limits::default());
        assert_eq!(content.decode(b"abc"), Ok(Chunk::Data { consumed: 3, data: b"abc" }));
        assert_eq!(content.decode(b""), Ok(Chunk::More { consumed: 0 }));
        assert_eq!((content.end_of_stream(), content.pass_through()), (Ok(()), u64::MAX));
        assert!(content.lasts_until_close());
    }

    #[test]
    fn chunked_is_incomplete_until_its_end() {
        let mut content = ContentDecoder::new(Framing::Chunked, &Limits::default());
        assert_eq!((content.pass_through(), content.remaining()), (0, None));
        assert_eq!(content.decode(b"1\r\nx"), Ok(Chunk::Data { consumed: 4, data: b"x" }));
        assert_eq!(content.end_of_stream(), Err(Violation::Incomplete(Incomplete::Chunked)));
    }
}
