//! The response lane: interim responses, the final head, content, and the proof that all of it came.
//!
//! ```text
//!              ┌── interim ──┐
//!              ▼             │
//! bytes ─▶ ReceiveHead ──────┴──▶ ReceiveContent ──▶ Received
//!              └────────────────▶ Switched            (101, or 2xx to CONNECT)
//! ```
//!
//! What the peer may send next is one of these values. [`ReceiveHead::receive`] consumes the state and says how many
//! bytes it used; bytes it did not use are offered again with more behind them. Any split of the input gives the same
//! result as the whole.
//!
//! ```
//! use wireline::h1::{Framing, Limits, Piece, ReceiveHead, RequestView, SendHead, Step, Target, Tolerance};
//! use wireline::message::{Method, RequestHead, Uri};
//!
//! let head = RequestHead::new(Method::GET, Uri::parse("http://example.com/")?);
//! let request = RequestView::new(&head, &Target::Origin);
//! let mut wire = Vec::new();
//! SendHead::new(request, Framing::None)?.write(&mut wire);
//! assert_eq!(wire, b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
//!
//! let lane = ReceiveHead::new(request, Limits::default(), Tolerance::default());
//! let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
//! let (used, step) = lane.receive(reply)?;
//! let Step::Final(head, mut content) = step else { panic!("a final response") };
//! assert_eq!(head.status, 200);
//! let Piece::Data { data, .. } = content.decode(&reply[used..])? else { panic!("content") };
//! assert_eq!(data, b"hi");
//! assert!(matches!(content.decode(b"")?, Piece::End { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Next: [`persistence`](mod@super::persistence)

use http::{Method, StatusCode};

use crate::message::{Fields, ResponseHead};

use super::chunked::Chunk;
use super::content::ContentDecoder;
use super::framing::steered;
use super::keep_alive::{AfterResponse, after_response};
use super::limits::{Limits, Tolerance};
use super::read_head::HeadReader;
use super::request::RequestView;
use super::steering::{Length, Steering};
use super::violation::Violation;

/// A response head is awaited.
#[derive(Debug)]
pub struct ReceiveHead {
    reader: HeadReader,
    method: Method,
    upgrade_asked: bool,
    interim_seen: u32,
    limits: Limits,
    tolerance: Tolerance,
}

/// What [`ReceiveHead::receive`] found.
#[derive(Debug)]
pub enum Step {
    /// The head is not complete.
    More(ReceiveHead),
    /// An interim response (1xx other than 101); the final one is still awaited.
    Interim(ResponseHead, ReceiveHead),
    /// The final response.
    Final(ResponseHead, ReceiveContent),
    /// HTTP ends here: the bytes behind this head belong to another protocol.
    Switched(ResponseHead),
}

/// Content is awaited.
#[derive(Debug)]
pub struct ReceiveContent {
    content: ContentDecoder,
    after: AfterResponse,
}

/// What [`ReceiveContent::decode`] found.
#[derive(Debug)]
pub enum Piece<'a> {
    /// More bytes are needed; the unconsumed ones must be offered again.
    More {
        /// Bytes done with.
        consumed: usize,
    },
    /// Content.
    Data {
        /// Bytes done with, the data included; the data are the last of them.
        consumed: usize,
        /// Never empty.
        data: &'a [u8],
    },
    /// The response is complete.
    End {
        /// Bytes done with.
        consumed: usize,
        /// The proof, with the trailers.
        received: Received,
    },
}

/// Proof that a whole response has been received.
#[derive(Debug)]
pub struct Received {
    /// The trailer fields, empty unless the content was chunked and had some.
    pub trailers: Fields,
    after: AfterResponse,
}

impl ReceiveHead {
    /// Awaits the response to `request`.
    #[inline]
    pub fn new(request: RequestView<'_>, limits: Limits, tolerance: Tolerance) -> ReceiveHead {
        ReceiveHead {
            reader: HeadReader::default(),
            method: request.method.clone(),
            upgrade_asked: request.fields.contains("upgrade"),
            interim_seen: 0,
            limits,
            tolerance,
        }
    }

    /// Reads the head at the front of `input`. Returns how many bytes it used: none, unless a head was complete.
    ///
    /// # Errors
    /// A [`Violation`]; the connection must be closed.
    // Inlined by force, as is `step`: it returns values of some hundred bytes, which would be copied once more.
    #[inline(always)]
    pub fn receive(mut self, input: &[u8]) -> Result<(usize, Step), Violation> {
        match self.reader.read(input, &self.limits, &self.tolerance)? {
            None => Ok((0, Step::More(self))),
            Some((used, head)) => Ok((used, self.step(head)?)),
        }
    }

    /// What is wrong when the stream ends here and `input` is all that came of this head. "A client that receives an
    /// incomplete response message … MUST record the message as incomplete" (§8), which is never a success.
    pub fn end_of_stream(&self, input: &[u8]) -> Violation {
        self.reader.cut_off(input)
    }

    /// How many bytes of the head have been looked at.
    pub fn scanned(&self) -> usize {
        self.reader.scanned()
    }

    #[inline(always)]
    fn step(mut self, head: ResponseHead) -> Result<Step, Violation> {
        match head.status {
            StatusCode::SWITCHING_PROTOCOLS if self.upgrade_asked => Ok(Step::Switched(head)),
            // "A server MUST NOT switch to a protocol that was not indicated by the client" (RFC 9110 §7.8).
            StatusCode::SWITCHING_PROTOCOLS => Err(Violation::UnaskedSwitch),
            // §6.3 rule 2: a tunnel "immediately after the empty line"; its framing fields are ignored.
            status if status.is_success() && self.method == Method::CONNECT => {
                Ok(Step::Switched(head))
            }
            // "A client MUST be able to parse one or more 1xx responses received prior to a final response"
            // (RFC 9110 §15.2). One or more, not endlessly many (S-33).
            status if status.is_informational() => {
                if self.interim_seen == self.limits.interim {
                    return Err(Violation::TooManyInterim(self.limits.interim));
                }
                self.interim_seen += 1;
                self.reader = HeadReader::default();
                Ok(Step::Interim(head, self))
            }
            _ => self.final_response(head),
        }
    }

    fn final_response(self, mut head: ResponseHead) -> Result<Step, Violation> {
        let mut steering = Steering::of(&head.fields);
        if self.tolerance.ignore_content_length {
            steering.content_length = Length::None;
        }
        let framing = steered(&self.method, &head, steering)?;
        let after = after_response(&head, framing, steering);
        if framing.both_claimed {
            // The length that lost must not be believed by anybody above (§6.3 rule 3).
            head.fields.remove("content-length");
        }
        let content = ContentDecoder::new(framing.framing, &self.limits);
        Ok(Step::Final(head, ReceiveContent { content, after }))
    }
}

impl ReceiveContent {
    /// Decodes up to the next piece of content, the end, or the end of `input`.
    ///
    /// # Errors
    /// A [`Violation`]; the connection must be closed.
    #[inline]
    pub fn decode<'a>(&mut self, input: &'a [u8]) -> Result<Piece<'a>, Violation> {
        Ok(match self.content.decode(input)? {
            Chunk::More { consumed } => Piece::More { consumed },
            Chunk::Data { consumed, data } => Piece::Data { consumed, data },
            Chunk::End { consumed, trailers } => {
                Piece::End { consumed, received: Received { trailers, after: self.after } }
            }
        })
    }

    /// The stream has ended cleanly. (After a reset, or a TLS stream that was cut off, do not ask: it is an error.)
    ///
    /// # Errors
    /// [`Violation::Incomplete`] unless the content lasts until close.
    pub fn end_of_stream(&self) -> Result<Received, Violation> {
        self.content.end_of_stream()?;
        Ok(Received { trailers: Fields::new(), after: self.after })
    }

    /// How many of the next bytes are content as they are; see [`ContentDecoder::pass_through`].
    pub fn pass_through(&self) -> u64 {
        self.content.pass_through()
    }

    /// Records bytes read past the decoder; see [`ContentDecoder::passed`].
    pub fn passed(&mut self, count: u64) {
        self.content.passed(count);
    }

    /// Bytes of content still to come, where the framing says.
    pub fn remaining(&self) -> Option<u64> {
        self.content.remaining()
    }

    /// Whether only the end of the stream can end this content.
    pub fn lasts_until_close(&self) -> bool {
        self.content.lasts_until_close()
    }

    /// Whether this response, once complete, ends the connection, so that a request still being sent is in vain.
    pub fn closes(&self) -> bool {
        self.after.close.is_some()
    }
}

impl Received {
    /// What the head said about the connection after this response.
    pub fn after(&self) -> AfterResponse {
        self.after
    }
}
