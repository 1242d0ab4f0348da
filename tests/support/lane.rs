//! A response lane fed with pieces, as from a socket that closes behind the last one. In: the pieces. Out: all that was
//! read, and the work it took. Knows no runtime.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use wireline::h1::{
    Limits, Piece, ReceiveHead, Received, RequestView, Step, Target, Tolerance, Violation,
};
use wireline::message::{Fields, Method, RequestHead, ResponseHead, Uri};

/// What was read.
pub struct Seen {
    pub interim: Vec<u16>,
    pub head: Option<ResponseHead>,
    pub content: Vec<u8>,
    pub end: Result<End, Violation>,
    /// Calls of the lane.
    pub calls: usize,
    /// The most bytes that had to be kept for the next call.
    pub kept: usize,
}

/// A complete response.
#[derive(Debug)]
pub struct End {
    pub received: Received,
    /// The end of the stream was the end of the content.
    pub by_close: bool,
    /// Bytes of the wire that belong to the response.
    pub used: usize,
}

/// The lane of a request without peculiarities.
pub fn get() -> ReceiveHead {
    lane(&Method::GET)
}

/// The lane of a request with this method.
pub fn lane(method: &Method) -> ReceiveHead {
    let uri = Uri::parse("http://example.com/").expect("a URI");
    let head = RequestHead::new(method.clone(), uri);
    let request = RequestView::new(&head, &Target::Origin);
    ReceiveHead::new(request, Limits::default(), Tolerance::default())
}

/// Names and values; bytes outside ASCII do not matter here.
pub fn words(fields: &Fields) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect()
}

/// Feeds the pieces and then the end of the stream.
pub fn play<'d>(lane: ReceiveHead, pieces: impl IntoIterator<Item = &'d [u8]>) -> Seen {
    let mut wire = Wire { pieces: pieces.into_iter(), buffer: Vec::new(), used: 0, kept: 0 };
    let mut seen = Seen {
        interim: Vec::new(),
        head: None,
        content: Vec::new(),
        end: Err(Violation::UnaskedSwitch),
        calls: 0,
        kept: 0,
    };
    seen.end = read(lane, &mut wire, &mut seen);
    seen.kept = wire.kept;
    seen
}

struct Wire<P> {
    pieces: P,
    buffer: Vec<u8>,
    used: usize,
    kept: usize,
}

impl<'d, P: Iterator<Item = &'d [u8]>> Wire<P> {
    fn more(&mut self) -> bool {
        self.kept = self.kept.max(self.buffer.len());
        match self.pieces.next() {
            None => false,
            Some(piece) => {
                self.buffer.extend_from_slice(piece);
                true
            }
        }
    }

    fn take(&mut self, count: usize) {
        self.buffer.drain(..count);
        self.used += count;
    }
}

fn read<'d>(
    mut lane: ReceiveHead,
    wire: &mut Wire<impl Iterator<Item = &'d [u8]>>,
    seen: &mut Seen,
) -> Result<End, Violation> {
    let mut content = loop {
        seen.calls += 1;
        let (used, step) = lane.receive(&wire.buffer)?;
        wire.take(used);
        lane = match step {
            Step::More(lane) if wire.more() => lane,
            Step::More(lane) => return Err(lane.end_of_stream(&wire.buffer)),
            Step::Interim(head, lane) => {
                seen.interim.push(head.status.as_u16());
                lane
            }
            Step::Final(head, content) => {
                seen.head = Some(head);
                break content;
            }
            Step::Switched(_) => return Err(Violation::UnaskedSwitch),
        };
    };
    loop {
        seen.calls += 1;
        let consumed = match content.decode(&wire.buffer)? {
            Piece::Data { consumed, data } => {
                seen.content.extend_from_slice(data);
                consumed
            }
            Piece::End { consumed, received } => {
                wire.take(consumed);
                return Ok(End { received, by_close: false, used: wire.used });
            }
            Piece::More { consumed } => {
                wire.take(consumed);
                if wire.more() {
                    continue;
                }
                let received = content.end_of_stream()?;
                return Ok(End { received, by_close: true, used: wire.used });
            }
        };
        wire.take(consumed);
    }
}
