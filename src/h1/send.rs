//! The request lane: what may be sent next is a type.
//!
//! ```text
//! SendHead ──▶ AwaitContinue ──▶ SendContent ──▶ Sent
//!     │              │               ▲            ▲
//!     ├──────────────┼───────────────┘            │
//!     └──────────────┼────────────────────────────┘   (no content)
//!                    ▼
//!           (a final response instead of 100: the content is never sent)
//! ```
//!
//! Each state turns words into bytes in a buffer of the caller's; moving them to a socket is somebody else's work. A
//! state is consumed by its transition, so content cannot be sent before its head or after its end.
//!
//! Next: [`super::receive`]

use http::Version;

use crate::message::Fields;

use super::chunked::{write_chunk_size, write_last_chunk};
use super::framing::Framing;
use super::request::RequestView;
use super::steering::Steering;
use super::violation::Misuse;
use super::write_head::{check, write_head};

/// A request that has been checked and not begun.
#[derive(Debug)]
pub struct SendHead<'a> {
    head: RequestView<'a>,
    framing: Framing,
    steering: Steering<'a>,
}

/// What follows the head.
#[derive(Debug)]
pub enum AfterHead {
    /// Nothing: the request was only a head.
    Sent(Sent),
    /// Content, at once.
    Content(SendContent),
    /// Content, once the server has agreed or has kept silent for long enough.
    AwaitContinue(AwaitContinue),
}

/// `Expect: 100-continue` has been sent (RFC 9110 §10.1.1).
#[derive(Debug)]
pub struct AwaitContinue(SendContent);

/// Content may be sent.
#[derive(Debug)]
pub struct SendContent {
    left: Left,
    persists: bool,
}

#[derive(Debug)]
enum Left {
    Bytes { announced: u64, left: u64 },
    Chunks,
}

/// Proof that a whole request has been turned into bytes.
#[derive(Debug)]
pub struct Sent {
    persists: bool,
}

impl<'a> SendHead<'a> {
    /// Checks the head against its content. Nothing has been written when this fails.
    ///
    /// # Errors
    /// A [`Misuse`] that names the contradiction.
    pub fn new(head: RequestView<'a>, framing: Framing) -> Result<SendHead<'a>, Misuse> {
        let steering = Steering::of(head.fields);
        check(head, framing, steering)?;
        Ok(SendHead { head, framing, steering })
    }

    /// Appends the head to `out`.
    pub fn write(self, out: &mut Vec<u8>) -> AfterHead {
        write_head(self.head, self.framing, self.steering, out);
        let persists = persists(self.head.version, self.steering);
        let left = match self.framing {
            Framing::None | Framing::UntilClose => return AfterHead::Sent(Sent { persists }),
            Framing::Length(length) => Left::Bytes { announced: length, left: length },
            Framing::Chunked => Left::Chunks,
        };
        let content = SendContent { left, persists };
        match self.steering.expect_continue {
            true => AfterHead::AwaitContinue(AwaitContinue(content)),
            false => AfterHead::Content(content),
        }
    }
}

/// Whether the request leaves the connection open: `close` asks not to (§9.6), and HTTP/1.0 must ask for it.
fn persists(version: Version, steering: Steering<'_>) -> bool {
    !steering.close && (version != Version::HTTP_10 || steering.keep_alive)
}

impl AwaitContinue {
    /// A 100 has come, or enough time has passed: "A client … SHOULD NOT wait for an indefinite period before sending
    /// the content" (RFC 9110 §10.1.1).
    pub fn proceed(self) -> SendContent {
        self.0
    }
}

impl SendContent {
    /// Announces a piece of `length` bytes (not 0): appends what goes before it to `prefix` and returns what goes
    /// behind it.
    ///
    /// # Errors
    /// [`Misuse::ContentTooLong`]. Nothing has been appended then.
    pub fn piece(&mut self, length: usize, prefix: &mut Vec<u8>) -> Result<&'static [u8], Misuse> {
        match &mut self.left {
            Left::Chunks => {
                write_chunk_size(length, prefix);
                Ok(b"\r\n")
            }
            Left::Bytes { announced, left } => {
                let too_long = Misuse::ContentTooLong { announced: *announced };
                *left = left.checked_sub(length as u64).ok_or(too_long)?;
                Ok(b"")
            }
        }
    }

    /// Whether an announced length has been reached, so that the content can only end here.
    pub fn is_full(&self) -> bool {
        matches!(self.left, Left::Bytes { left: 0, .. })
    }

    /// Ends the content: appends the last chunk and the trailers where the framing has them.
    ///
    /// # Errors
    /// [`Misuse::ContentTooShort`], [`Misuse::TrailersWithoutChunked`]. The request cannot be completed then, and
    /// its connection must be closed: a well-formed end would make a broken body look whole.
    pub fn finish(self, trailers: &Fields, out: &mut Vec<u8>) -> Result<Sent, Misuse> {
        match self.left {
            Left::Bytes { left: missing @ 1.., .. } => {
                return Err(Misuse::ContentTooShort { missing });
            }
            Left::Bytes { left: 0, .. } if trailers.is_empty() => {}
            Left::Bytes { left: 0, .. } => return Err(Misuse::TrailersWithoutChunked),
            Left::Chunks => write_last_chunk(trailers, out),
        }
        Ok(Sent { persists: self.persists })
    }
}

impl Sent {
    /// Whether the request wants the connection kept.
    pub fn persists(&self) -> bool {
        self.persists
    }
}
