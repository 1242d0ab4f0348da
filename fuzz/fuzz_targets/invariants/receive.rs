//! The response lane from [`ReceiveHead`] to [`Received`], for four requests that change what a response means.
//!
//! - Every cut gives the outcome of the whole: the same interim responses, head, content, trailers, verdict on the
//!   connection and length, or the same kind of violation. The end of the stream is judged the same, too.
//! - Content that is read past the decoder, where it says so, is the same content.
//! - A step uses no more bytes than it was given, and steps without an end to the input come to rest.
//! - Stricter settings refuse more and change nothing else.
//!
//! [`Received`]: wireline::h1::Received

use std::mem::{Discriminant, discriminant};

use wireline::h1::keep_alive::AfterResponse;
use wireline::h1::{
    CloseReason, Piece, ReceiveContent, ReceiveHead, Received, RequestView, Step, Target, Violation,
};
use wireline::message::{Fields, Method, RequestHead, ResponseHead, Uri};

use super::head::pairs;
use super::{cuts, settings};

type Pairs = Vec<(String, Vec<u8>)>;

/// All that can be seen of a response lane.
#[derive(Debug, Clone, PartialEq, Default)]
struct Outcome {
    interim: Vec<u16>,
    head: Option<(u16, Vec<u8>, Pairs)>,
    content: Vec<u8>,
    /// Bytes used up to the end.
    used: usize,
    end: End,
}

#[derive(Debug, Clone, PartialEq, Default)]
enum End {
    Complete {
        trailers: Pairs,
        after: AfterResponse,
        by_close: bool,
    },
    Switched,
    Refused(Discriminant<Violation>),
    #[default]
    Unknown,
}

/// Panics unless everything above holds for `data`.
pub fn hold(data: &[u8]) {
    hold_when_cut(data, &cuts::cuts(data));
}

/// Panics unless everything above holds for `data`, cut in these ways.
pub fn hold_when_cut(data: &[u8], ways: &[Vec<&[u8]>]) {
    for request in requests() {
        let mut lenient: Option<Outcome> = None;
        // Limits and liberties are the same for all requests; one of them is enough to try them.
        let tried = if request.method == Method::GET { 3 } else { 1 };
        for (limits, tolerance) in settings().into_iter().take(tried) {
            let lane = || {
                let view = RequestView::new(&request, &Target::Origin);
                ReceiveHead::new(view, limits, tolerance)
            };
            let whole = run(lane(), &[data], false);
            check(&request.method, &whole, data);
            for (number, pieces) in ways.iter().enumerate() {
                let parts = run(lane(), pieces, number % 2 == 1);
                assert_eq!(parts, whole, "{} in {} pieces", request.method, pieces.len());
            }
            match &lenient {
                Some(_) if matches!(whole.end, End::Refused(_)) => {}
                Some(lenient) => assert_eq!(&whole, lenient, "strictness may only refuse"),
                None => lenient = Some(whole),
            }
        }
    }
}

/// GET; HEAD, whose response has no content; CONNECT, and an offer to upgrade, after which HTTP may end.
fn requests() -> [RequestHead; 4] {
    let uri = Uri::parse("http://example.com/").expect("a URI");
    [Method::GET, Method::HEAD, Method::CONNECT, Method::OPTIONS].map(|method| {
        let mut head = RequestHead::new(method, uri.clone());
        if head.method == Method::OPTIONS {
            head.fields.append("Upgrade", "chat").expect("a field");
        }
        head
    })
}

/// What every outcome obeys.
fn check(method: &Method, outcome: &Outcome, data: &[u8]) {
    assert!(outcome.used <= data.len());
    assert!(outcome.interim.iter().all(|code| (100..200).contains(code) && *code != 101));
    let Some((status, _, fields)) = &outcome.head else { return };
    let has = |name: &str| fields.iter().any(|field| field.0.eq_ignore_ascii_case(name));
    if *method == Method::HEAD || matches!(status, 204 | 304) {
        assert!(outcome.content.is_empty(), "content where none may be (S-32)");
    } else if outcome.end != End::Switched {
        assert!(!has("transfer-encoding") || !has("content-length"), "two framings show (S-20)");
    }
    match &outcome.end {
        End::Complete { after, by_close: true, .. } => {
            assert_eq!(after.close, Some(CloseReason::UntilClose));
        }
        End::Switched => {
            assert!(*status == 101 || *method == Method::CONNECT && (200..300).contains(status));
        }
        End::Complete { .. } | End::Refused(_) => assert!(*status >= 200),
        End::Unknown => panic!("no verdict"),
    }
}

/// Feeds `pieces` and then the end of the stream. With `past`, content that needs no decoding is not decoded.
fn run(lane: ReceiveHead, pieces: &[&[u8]], past: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let mut wire = Wire { pieces: pieces.iter().copied().collect(), buffer: Vec::new(), used: 0 };
    outcome.end = match receive(lane, &mut wire, &mut outcome) {
        Err(violation) => End::Refused(discriminant(&violation)),
        Ok(None) => End::Switched,
        Ok(Some(content)) => match read(content, &mut wire, &mut outcome, past) {
            Err(violation) => End::Refused(discriminant(&violation)),
            Ok((received, by_close)) => {
                let (trailers, after) = (pairs(&received.trailers), received.after());
                End::Complete { trailers, after, by_close }
            }
        },
    };
    // A violation ends the connection; how much had been used by then depends on the cut.
    outcome.used = if matches!(outcome.end, End::Refused(_)) { 0 } else { wire.used };
    outcome
}

/// The pieces still to come, and the bytes that came and were not used.
struct Wire<'d> {
    pieces: std::collections::VecDeque<&'d [u8]>,
    buffer: Vec<u8>,
    used: usize,
}

impl Wire<'_> {
    /// Whether there was another piece.
    fn more(&mut self) -> bool {
        let piece = self.pieces.pop_front();
        self.buffer.extend_from_slice(piece.unwrap_or_default());
        piece.is_some()
    }

    fn take(&mut self, count: usize) {
        assert!(count <= self.buffer.len(), "used more than it was given");
        self.buffer.drain(..count);
        self.used += count;
    }
}

/// Up to the final head; nothing if the protocol was switched.
fn receive(
    mut lane: ReceiveHead,
    wire: &mut Wire<'_>,
    outcome: &mut Outcome,
) -> Result<Option<ReceiveContent>, Violation> {
    loop {
        let (used, step) = lane.receive(&wire.buffer)?;
        wire.take(used);
        match step {
            Step::More(same) => {
                assert_eq!(used, 0, "a head that is not complete is not used");
                if !wire.more() {
                    return Err(same.end_of_stream(&wire.buffer));
                }
                lane = same;
            }
            Step::Interim(head, next) => {
                assert!(used > 0, "endless interim responses");
                outcome.interim.push(head.status.as_u16());
                lane = next;
            }
            Step::Final(head, content) => {
                outcome.head = Some(words(&head));
                return Ok(Some(content));
            }
            Step::Switched(head) => {
                outcome.head = Some(words(&head));
                return Ok(None);
            }
        }
    }
}

fn words(head: &ResponseHead) -> (u16, Vec<u8>, Pairs) {
    (head.status.as_u16(), head.reason.as_bytes().to_vec(), pairs(&head.fields))
}

/// Up to the end of the content, and whether the end of the stream was its end.
fn read(
    mut lane: ReceiveContent,
    wire: &mut Wire<'_>,
    outcome: &mut Outcome,
    past: bool,
) -> Result<(Received, bool), Violation> {
    let promised = lane.remaining();
    loop {
        let as_it_is = usize::try_from(lane.pass_through()).unwrap_or(usize::MAX);
        let as_it_is = as_it_is.min(wire.buffer.len());
        if past && as_it_is > 0 {
            outcome.content.extend_from_slice(&wire.buffer[..as_it_is]);
            lane.passed(as_it_is as u64);
            wire.take(as_it_is);
        }
        let consumed = match lane.decode(&wire.buffer)? {
            Piece::Data { consumed, data } => {
                assert!(!data.is_empty() && data.len() <= consumed);
                outcome.content.extend_from_slice(data);
                consumed
            }
            Piece::End { consumed, received } => {
                wire.take(consumed);
                let length = outcome.content.len() as u64;
                assert!(promised.is_none_or(|promised| promised == length));
                return Ok((received, false));
            }
            Piece::More { consumed } => {
                wire.take(consumed);
                if wire.more() {
                    continue;
                }
                let received = lane.end_of_stream()?;
                assert!(received.trailers == Fields::new() && lane.lasts_until_close());
                return Ok((received, true));
            }
        };
        wire.take(consumed);
    }
}
