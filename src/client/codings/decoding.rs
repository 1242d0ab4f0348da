//! Coded content becomes content: the decoders in a row, and what keeps them within bounds.
//!
//! In: pieces of coded content as they come. Out: pieces of content, each at most [`PIECE`] long. The codings' decoders are
//! not trusted with memory or time: what they give is counted against what was received (S-90), and what they take without
//! giving anything is counted too. After an error there is nothing more.

use bytes::{Buf, Bytes};

use crate::message::Fields;

use super::choice::{Codings, RATIO_FROM};
use super::decode::{Coding, CodingError, Decode, Fault, Step};

/// Content made in one go: a poll should not hold up its thread for long.
pub(crate) const PIECE: usize = 32 * 1024;
/// Coded bytes handed to a decoder in one go.
const INBOX: usize = 16 * 1024;
/// Coded bytes in a row that hold no content, as empty gzip members and skippable zstd frames do. The longest header that
/// anyone has a reason for is 64 KiB.
pub(crate) const MAX_IDLE: u64 = 1 << 20;

/// The decoders of one body.
pub(crate) struct Decoding {
    stages: Vec<Stage>,
    /// Received, not looked at yet.
    wire: Bytes,
    /// Coded bytes taken from the wire.
    taken: u64,
    max_ratio: Option<u32>,
    piece: Box<[u8]>,
    /// Why nothing will be decoded.
    refused: Option<CodingError>,
}

impl Decoding {
    /// What undoes the codings of content with these fields; `None` if they are to be left alone.
    pub(crate) fn of(fields: &Fields, codings: &Codings) -> Option<Box<Decoding>> {
        let (decoders, refused) = match codings.decoders(fields) {
            Ok(decoders) if decoders.is_empty() => return None,
            Ok(decoders) => (decoders, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let stages = decoders.into_iter().map(|(coding, decoder)| Stage::new(coding, decoder));
        Some(Box::new(Decoding {
            stages: stages.collect(),
            wire: Bytes::new(),
            taken: 0,
            max_ratio: codings.max_ratio,
            piece: vec![0; PIECE].into(),
            refused,
        }))
    }

    /// The next piece of content, at most `room` bytes. Empty: [`Decoding::feed`] it, or [`Decoding::finish`].
    pub(crate) fn decode(&mut self, room: usize) -> Result<&[u8], CodingError> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        let room = room.min(PIECE);
        let mut source =
            Source { wire: &mut self.wire, taken: &mut self.taken, max: self.max_ratio };
        let count = source.pull(&mut self.stages, &mut self.piece[..room]);
        match count {
            Ok(count) => Ok(&self.piece[..count]),
            Err(error) => {
                self.refused = Some(error);
                Err(error)
            }
        }
    }

    /// Takes the next piece of coded content. The one before has been decoded.
    pub(crate) fn feed(&mut self, coded: Bytes) {
        debug_assert!(self.wire.is_empty(), "a piece would be lost");
        self.wire = coded;
    }

    /// There is no more coded content. A body without any bytes is taken for one without content.
    pub(crate) fn finish(&self) -> Result<(), CodingError> {
        let cut = self.stages.iter().find(|stage| stage.taken > 0 && !stage.is_complete());
        cut.map_or(Ok(()), |stage| Err(stage.blame(Fault::Truncated)))
    }
}

/// One coding.
struct Stage {
    coding: Coding,
    decoder: Box<dyn Decode>,
    /// What it has not taken yet: `inbox[start..end]`.
    inbox: Box<[u8]>,
    start: usize,
    end: usize,
    taken: u64,
    given: u64,
    /// Taken since it gave something.
    idle: u64,
    /// It filled all the room it had and may have more.
    full: bool,
}

impl Stage {
    fn new(coding: Coding, decoder: Box<dyn Decode>) -> Stage {
        let inbox = vec![0; INBOX].into();
        let (start, end, taken, given, idle) = (0, 0, 0, 0, 0);
        Stage { coding, decoder, inbox, start, end, taken, given, idle, full: false }
    }

    /// One call of the decoder. `None`: it needs more input.
    fn step(&mut self, output: &mut [u8]) -> Result<Option<Step>, CodingError> {
        let input = &self.inbox[self.start..self.end];
        if input.is_empty() && !self.full {
            return Ok(None);
        }
        let step = self.decoder.decode(input, output).map_err(|fault| self.blame(fault))?;
        self.start += step.consumed;
        self.taken += step.consumed as u64;
        self.given += step.produced as u64;
        self.full = step.produced == output.len();
        self.idle = if step.produced > 0 { 0 } else { self.idle + step.consumed as u64 };
        if self.idle > MAX_IDLE {
            return Err(self.blame(Fault::Idle(MAX_IDLE)));
        }
        Ok((step != Step::default()).then_some(step))
    }

    /// Room for more input, behind what has not been taken.
    fn room(&mut self) -> Result<&mut [u8], CodingError> {
        self.inbox.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        match self.end < self.inbox.len() {
            true => Ok(&mut self.inbox[self.end..]),
            false => Err(self.blame(Fault::Malformed("the decoder does not go on"))),
        }
    }

    fn is_complete(&self) -> bool {
        self.start == self.end && self.decoder.is_complete()
    }

    fn blame(&self, fault: Fault) -> CodingError {
        CodingError { coding: Some(self.coding), fault }
    }
}

/// Where the first stage gets its input.
struct Source<'a> {
    wire: &'a mut Bytes,
    taken: &'a mut u64,
    max: Option<u32>,
}

impl Source<'_> {
    /// What all of `stages` make of the wire, into `output`. 0: the wire is used up.
    fn pull(&mut self, stages: &mut [Stage], output: &mut [u8]) -> Result<usize, CodingError> {
        let Some((last, before)) = stages.split_last_mut() else {
            let count = self.wire.len().min(output.len());
            self.wire.copy_to_slice(&mut output[..count]);
            *self.taken += count as u64;
            return Ok(count);
        };
        loop {
            match last.step(output)? {
                Some(Step { produced: 0, .. }) => {}
                Some(step) => {
                    self.in_proportion(last)?;
                    return Ok(step.produced);
                }
                None => {
                    let count = self.pull(before, last.room()?)?;
                    last.end += count;
                    if count == 0 {
                        return Ok(0);
                    }
                }
            }
        }
    }

    /// Every stage is held to what came over the wire, so that two small ratios do not make a large one.
    fn in_proportion(&self, stage: &Stage) -> Result<(), CodingError> {
        match self.max {
            Some(max)
                if stage.given > RATIO_FROM
                    && stage.given / u64::from(max.max(1)) > *self.taken =>
            {
                Err(stage.blame(Fault::Ratio(max)))
            }
            _ => Ok(()),
        }
    }
}
