//! The response cases over the bare grammar: each whole, byte by byte and at every two-part cut. The verdict must be the
//! one of `tests/data`, and the same for every way to cut, down to the kind of violation.

mod support;

use support::conformance::{Case, Ending, Expected, Outcome, cases};
use wireline::h1::{
    Limits, Piece, ReceiveContent, ReceiveHead, RequestView, Step, Target, Tolerance, Violation,
};
use wireline::message::{Method, RequestHead, ResponseHead, Uri};

/// A reader of one response, fed as if from a socket.
struct Reader {
    state: State,
    /// Bytes offered and not used yet.
    buffer: Vec<u8>,
    head: Option<ResponseHead>,
    body: Vec<u8>,
}

enum State {
    Head(ReceiveHead),
    Content(ReceiveContent),
    Complete,
    Failed(Violation),
}

impl Reader {
    fn new(method: &str) -> Reader {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let uri = Uri::parse("http://example.com/").expect("a URI");
        let head = RequestHead::new(method, uri);
        let request = RequestView::new(&head, &Target::Origin);
        let lane = ReceiveHead::new(request, Limits::default(), Tolerance::default());
        Reader { state: State::Head(lane), buffer: Vec::new(), head: None, body: Vec::new() }
    }

    fn feed(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
        while let Some(next) = self.advance() {
            self.state = next;
        }
    }

    /// One step: the next state, or none if it takes more bytes or is the last.
    fn advance(&mut self) -> Option<State> {
        // The state is consumed by its step; what stands in its place is never seen.
        match std::mem::replace(&mut self.state, State::Complete) {
            State::Head(lane) => match lane.receive(&self.buffer) {
                Err(violation) => Some(State::Failed(violation)),
                Ok((used, step)) => {
                    self.buffer.drain(..used);
                    match step {
                        Step::More(lane) => self.rest(State::Head(lane)),
                        Step::Interim(_, lane) => Some(State::Head(lane)),
                        Step::Final(head, lane) => {
                            self.head = Some(head);
                            Some(State::Content(lane))
                        }
                        Step::Switched(_) => panic!("nobody asked for a switch"),
                    }
                }
            },
            State::Content(mut lane) => {
                let (consumed, next) = match lane.decode(&self.buffer) {
                    Err(violation) => return Some(State::Failed(violation)),
                    Ok(Piece::More { consumed }) => (consumed, None),
                    Ok(Piece::Data { consumed, data }) => {
                        self.body.extend_from_slice(data);
                        (consumed, Some(()))
                    }
                    Ok(Piece::End { consumed, .. }) => {
                        self.buffer.drain(..consumed);
                        return self.rest(State::Complete);
                    }
                };
                self.buffer.drain(..consumed);
                match next {
                    Some(()) => Some(State::Content(lane)),
                    None => self.rest(State::Content(lane)),
                }
            }
            last => self.rest(last),
        }
    }

    fn rest(&mut self, state: State) -> Option<State> {
        self.state = state;
        None
    }

    fn outcome(self, ending: Ending) -> (Outcome, Option<Violation>) {
        let self_delimited = matches!(self.state, State::Complete);
        let failed = match (self.state, ending) {
            (State::Failed(violation), _) => Some(violation),
            (State::Complete, _) => None,
            (State::Head(lane), Ending::Close) => Some(lane.end_of_stream(&self.buffer)),
            (State::Content(lane), Ending::Close) => lane.end_of_stream().err(),
            (_, Ending::Open) => panic!("waits for more, and none will come"),
        };
        if let Some(violation) = failed {
            return (Outcome::Rejected(violation.to_string()), Some(violation));
        }
        let head = self.head.expect("a complete response has a head");
        let fields = head.fields.iter().map(|field| (field.name.to_owned(), field.value.to_vec()));
        let (status, fields, body) = (head.status.as_u16(), fields.collect(), self.body);
        (Outcome::Accepted { status, fields, body, self_delimited }, None)
    }
}

fn read<'b>(
    case: &Case,
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> (Outcome, Option<Violation>) {
    let mut reader = Reader::new(&case.method);
    for piece in pieces {
        reader.feed(piece);
    }
    reader.outcome(case.ending)
}

/// Whether two readings of the same bytes agree; excerpts in a violation may show more or less of them.
fn agree(one: &(Outcome, Option<Violation>), other: &(Outcome, Option<Violation>)) -> bool {
    match (&one.1, &other.1) {
        (Some(one), Some(other)) => std::mem::discriminant(one) == std::mem::discriminant(other),
        _ => one.0 == other.0,
    }
}

#[test]
fn every_case_whole() {
    let cases = cases();
    let judged = cases.iter().map(|case| case.judge(&read(case, [&case.response[..]]).0));
    let wrong: Vec<String> = judged.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_case_byte_by_byte_and_at_every_cut() {
    let mut wrong = Vec::new();
    for case in cases() {
        let bytes = &case.response;
        let whole = read(&case, [&bytes[..]]);
        let bytewise = read(&case, bytes.chunks(1));
        if !agree(&whole, &bytewise) {
            wrong.push(format!("{}: whole {:?}, bytewise {:?}", case.id, whole, bytewise));
        }
        for cut in 0..=bytes.len() {
            let parts = read(&case, [&bytes[..cut], &bytes[cut..]]);
            if !agree(&whole, &parts) {
                wrong.push(format!("{}: whole {:?}, cut at {cut} {:?}", case.id, whole, parts));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_judge_is_not_blind() {
    for case in cases() {
        let (outcome, _) = read(&case, [&case.response[..]]);
        let opposite = match &outcome {
            Outcome::Accepted { .. } => Outcome::Rejected("planted".into()),
            Outcome::Rejected(_) => {
                let (fields, body) = (Vec::new(), Vec::new());
                Outcome::Accepted { status: 200, fields, body, self_delimited: false }
            }
        };
        let free = case.expected == Expected::Either;
        assert!(free || case.judge(&opposite).is_err(), "{} takes both verdicts", case.id);
        if let Outcome::Accepted { status, fields, mut body, self_delimited } = outcome {
            body.push(b'!');
            let longer = Outcome::Accepted { status, fields, body, self_delimited };
            assert!(case.judge(&longer).is_err(), "{} takes any content", case.id);
        }
    }
}
