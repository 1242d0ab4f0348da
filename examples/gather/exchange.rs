//! HTTP/1.1 without async and without the client: one request and its response over anything that reads and writes.
//!
//! The floor [`wireline::h1`] turns words into bytes and bytes into words; moving the bytes is all that is left to do.
//! What may come next is always a value in hand, so a step cannot be forgotten or taken twice.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use wireline::Uri;
use wireline::h1::{
    AfterHead, Framing, Limits, Piece, ReceiveHead, RequestView, SendHead, Step, Target, Tolerance,
    persistence,
};
use wireline::message::{Method, RequestHead, ResponseHead};

use super::outcome::BoxError;
use super::setting::USER_AGENT;

/// What is read of a body at most.
const MOST: usize = 64 << 20;

/// A response and what may be done next.
pub struct Answer {
    pub head: ResponseHead,
    pub body: Vec<u8>,
    /// Whether the connection may carry another exchange.
    pub reusable: bool,
    /// How long it took to send, to wait, and to receive.
    pub times: [Duration; 3],
}

/// A blocking stream of bytes.
pub trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// GETs `uri` from whoever is at the other end of `stream`.
pub fn exchange(stream: &mut dyn Stream, uri: &Uri) -> Result<Answer, BoxError> {
    let begun = Instant::now();
    let mut head = RequestHead::new(Method::GET, uri.clone());
    head.fields.append("user-agent", USER_AGENT)?;
    head.fields.append("accept", "*/*")?;
    let request = RequestView::new(&head, &Target::Origin);

    let mut outbox = Vec::new();
    let AfterHead::Sent(sent) = SendHead::new(request, Framing::None)?.write(&mut outbox) else {
        return Err("this request has no content to send".into());
    };
    stream.write_all(&outbox)?;
    stream.flush()?;
    let sent_at = Instant::now();

    let mut inbox = Inbox { stream, bytes: Vec::new() };
    let mut first_byte_at = None;
    let mut lane = ReceiveHead::new(request, Limits::default(), Tolerance::default());
    let (head, mut content) = loop {
        let (used, step) = lane.receive(&inbox.bytes)?;
        inbox.bytes.drain(..used);
        lane = match step {
            Step::Final(head, content) => break (head, content),
            Step::Interim(_, lane) => lane,
            Step::Switched(_) => return Err("the server left HTTP, which nobody asked for".into()),
            Step::More(lane) => {
                if inbox.fill()? == 0 {
                    return Err(lane.end_of_stream(&inbox.bytes).into());
                }
                first_byte_at.get_or_insert_with(Instant::now);
                lane
            }
        };
    };

    let mut body = Vec::new();
    let received = loop {
        match content.decode(&inbox.bytes)? {
            Piece::Data { consumed, data } => {
                body.extend_from_slice(data);
                inbox.bytes.drain(..consumed);
            }
            Piece::More { consumed } => {
                inbox.bytes.drain(..consumed);
                if inbox.fill()? == 0 {
                    break content.end_of_stream()?;
                }
            }
            Piece::End { consumed, received } => {
                inbox.bytes.drain(..consumed);
                break received;
            }
        }
        if body.len() > MOST {
            return Err(format!("the body is larger than {MOST} bytes").into());
        }
    };

    // Where the lanes meet: the proof that all was sent and all was received, with nothing left over.
    let reusable = persistence(sent, &received, inbox.bytes.len()).is_ok();
    let first_byte_at = first_byte_at.unwrap_or(sent_at);
    let times = [sent_at - begun, first_byte_at - sent_at, first_byte_at.elapsed()];
    Ok(Answer { head, body, reusable, times })
}

/// Bytes received and not understood yet.
struct Inbox<'a> {
    stream: &'a mut dyn Stream,
    bytes: Vec<u8>,
}

impl Inbox<'_> {
    /// Reads once. 0 is the end of the stream.
    fn fill(&mut self) -> std::io::Result<usize> {
        const ROOM: usize = 16 * 1024;
        let filled = self.bytes.len();
        self.bytes.resize(filled + ROOM, 0);
        let result = self.stream.read(&mut self.bytes[filled..]);
        self.bytes.truncate(filled + result.as_ref().map_or(0, |count| *count));
        result
    }
}
