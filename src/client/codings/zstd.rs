//! The coding `zstd` (RFC 8878), feature `zstd`.
//!
//! The reference library decodes, because it bounds what one block may become and hands out a block as soon as it is
//! here. Windows are limited before anything is allocated: "decoders MUST support a Window_Size of up to and including
//! 8 MB, and encoders MUST NOT generate frames requiring a Window_Size larger than 8 MB" (RFC 9659 §3).

use zstd_safe::{DCtx, DParameter, ErrorCode, InBuffer, OutBuffer};

use super::decode::{Coding, Compiled, Decode, Fault, Step};

pub(crate) static CODINGS: [Compiled; 1] =
    [Compiled { coding: Coding::Zstd, start: || Box::new(Zstd::new()) }];

/// 8 MiB, as a power of two.
const WINDOW_LOG: u32 = 23;
/// The library's numbers for what the caller is told apart (`zstd_errors.h`, where they are promised to be stable).
const PREFIX_UNKNOWN: ErrorCode = 10;
const WINDOW_TOO_LARGE: ErrorCode = 16;

/// A series of frames.
struct Zstd {
    /// `None` if there was no memory for it.
    context: Option<DCtx<'static>>,
    /// Between two frames.
    whole: bool,
    /// Whether a frame is complete.
    began: bool,
}

impl Zstd {
    fn new() -> Zstd {
        let mut context = DCtx::try_create();
        let limited =
            context.as_mut().map(|c| c.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)));
        Zstd {
            context: context.filter(|_| matches!(limited, Some(Ok(_)))),
            whole: true,
            began: false,
        }
    }
}

impl Decode for Zstd {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let Some(context) = &mut self.context else {
            return Err(Fault::Malformed("no memory for a decoder"));
        };
        let mut source = InBuffer::around(input);
        let mut sink = OutBuffer::around(output);
        let hint = context.decompress_stream(&mut sink, &mut source);
        let hint = hint.map_err(|code| match 0usize.wrapping_sub(code) {
            PREFIX_UNKNOWN if self.whole && self.began => Fault::Trailing,
            PREFIX_UNKNOWN => Fault::Malformed("this is not zstd"),
            WINDOW_TOO_LARGE => Fault::Window,
            _ => Fault::Malformed("the compressed data is malformed"),
        })?;
        let step = Step { consumed: source.pos(), produced: sink.pos() };
        if step != Step::default() {
            // "0 when a frame is completely decoded and fully flushed".
            self.whole = hint == 0;
            self.began |= self.whole;
        }
        Ok(step)
    }

    fn is_complete(&self) -> bool {
        self.whole
    }
}
