//! The coding `br` (RFC 7932), feature `brotli`.
//!
//! Strictly the RFC: windows of at most 16 MiB, without the "large window" extension, which would let a few bytes ask for
//! a gigabyte.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::decode::{Coding, Compiled, Decode, Fault, Step};

pub(crate) static CODINGS: [Compiled; 1] =
    [Compiled { coding: Coding::Brotli, start: || Box::new(Brotli::new()) }];

struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    ended: bool,
}

impl Brotli {
    fn new() -> Brotli {
        let alloc = StandardAlloc::default;
        Brotli { state: BrotliState::new_strict(alloc(), alloc(), alloc()), ended: false }
    }
}

impl Decode for Brotli {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        if self.ended {
            return if input.is_empty() { Ok(Step::default()) } else { Err(Fault::Trailing) };
        }
        let mut step = Step::default();
        let (mut left, mut room) = (input.len(), output.len());
        let result = BrotliDecompressStream(
            &mut left,
            &mut step.consumed,
            input,
            &mut room,
            &mut step.produced,
            output,
            &mut 0,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultSuccess => self.ended = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => {
                return Err(Fault::Malformed("the compressed data is malformed"));
            }
        }
        Ok(step)
    }

    fn is_complete(&self) -> bool {
        self.ended
    }
}
