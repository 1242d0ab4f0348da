//! What holds for every message of HTTP/1.1, shown on messages that were made up: a response is what its words say,
//! however it is cut; spoiling it spoils it the same way for every cut; and a request head reads back as its words.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use wireline::h1::{Framing, RequestView, SendHead, Target};
use wireline::message::{Method, RequestHead, Uri};

#[path = "../fuzz/fuzz_targets/invariants/mod.rs"]
mod invariants;

#[path = "support/lane.rs"]
mod lane;

/// A response, as words and as bytes.
#[derive(Debug, Clone)]
struct Made {
    wire: Vec<u8>,
    interim: Vec<u16>,
    status: u16,
    fields: Vec<(String, String)>,
    content: Vec<u8>,
    trailers: Vec<(String, String)>,
    until_close: bool,
}

/// A name that neither frames nor is dropped, and a value, as they are written and as they are read.
fn field() -> impl Strategy<Value = (String, String, String)> {
    let written = prop_oneof![
        "[ \t]{0,2}[!-~]([ -~]{0,12}[!-~])?[ \t]{0,2}",
        Just(" a\r\n b\r\n\t c".to_owned()),
        Just(String::new()),
    ];
    ("[Xx]-[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,10}", written).prop_map(|(name, written)| {
        let lines: Vec<&str> = written.split("\r\n").map(|l| l.trim_matches([' ', '\t'])).collect();
        let read = lines.join(" ");
        (name, written, read)
    })
}

fn section(lines: &[(String, String, String)]) -> (String, Vec<(String, String)>) {
    let text = lines.iter().map(|(name, written, _)| format!("{name}:{written}\r\n")).collect();
    (text, lines.iter().map(|(name, _, read)| (name.clone(), read.clone())).collect())
}

fn response() -> impl Strategy<Value = Made> {
    let parts = (
        vec(select(vec![100_u16, 102, 103, 199]), 0..3),
        select(vec![200_u16, 201, 206, 404, 503, 600]),
        vec(field(), 0..6),
        vec((vec(any::<u8>(), 1..30), "(;[a-z]{1,4}(=[a-z]{1,3})?)?"), 0..5),
        vec(field(), 0..3),
        0..3_usize,
    );
    parts.prop_map(|(interim, status, fields, chunks, trailers, framing)| {
        let (mut text, mut words) = section(&fields);
        let plain: Vec<u8> = chunks.iter().flat_map(|(piece, _)| piece.clone()).collect();
        let (trailer_text, trailers) = section(&trailers);
        let (line, body, trailers) = match framing {
            0 => (format!("{}", plain.len()), plain.clone(), Vec::new()),
            1 => {
                let mut body = Vec::new();
                for (piece, extension) in &chunks {
                    body.extend(format!("{:x}{extension}\r\n", piece.len()).into_bytes());
                    body.extend([piece, &b"\r\n"[..]].concat());
                }
                body.extend(format!("0\r\n{trailer_text}\r\n").into_bytes());
                ("chunked".to_owned(), body, trailers)
            }
            _ => (String::new(), plain.clone(), Vec::new()),
        };
        let name = ["Content-Length", "Transfer-Encoding", "X-Until"][framing];
        text.push_str(&format!("{name}: {line}\r\n"));
        words.push((name.to_owned(), line));
        let mut wire: Vec<u8> = interim
            .iter()
            .flat_map(|code| format!("HTTP/1.1 {code} X\r\nX-I: 1\r\n\r\n").into_bytes())
            .collect();
        wire.extend(format!("HTTP/1.1 {status} X\r\n{text}\r\n").into_bytes());
        wire.extend(body);
        let until_close = framing == 2;
        Made { wire, interim, status, fields: words, content: plain, trailers, until_close }
    })
}

/// `data` in pieces that end at these places.
fn cut<'d>(data: &'d [u8], places: &[Index]) -> Vec<&'d [u8]> {
    let mut places: Vec<usize> = places.iter().map(|at| at.index(data.len() + 1)).collect();
    places.sort_unstable();
    let mut start = 0;
    let mut pieces = Vec::new();
    for end in places.into_iter().chain([data.len()]) {
        pieces.push(&data[start..end]);
        start = end;
    }
    pieces
}

/// One way to spoil a message.
#[derive(Debug, Clone)]
enum Harm {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Repeat(Index, Index),
    Cut(Index),
}

fn harm() -> impl Strategy<Value = Harm> {
    let byte = || prop_oneof![any::<u8>(), select(b"\r\n\0 \t:;,0f\x0b".to_vec())];
    prop_oneof![
        (any::<Index>(), byte()).prop_map(|(at, byte)| Harm::Replace(at, byte)),
        (any::<Index>(), byte()).prop_map(|(at, byte)| Harm::Insert(at, byte)),
        any::<Index>().prop_map(Harm::Remove),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Harm::Repeat(from, to)),
        any::<Index>().prop_map(Harm::Cut),
    ]
}

fn spoil(data: &mut Vec<u8>, harm: &Harm) {
    if data.is_empty() {
        return;
    }
    match harm {
        Harm::Replace(at, byte) => *at.get_mut(data) = *byte,
        Harm::Insert(at, byte) => data.insert(at.index(data.len()), *byte),
        Harm::Remove(at) => drop(data.remove(at.index(data.len()))),
        Harm::Repeat(from, to) => {
            let (from, to) = (from.index(data.len()), to.index(data.len()));
            let part = data[from.min(to)..from.max(to)].to_vec();
            data.splice(to..to, part);
        }
        Harm::Cut(at) => data.truncate(at.index(data.len())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_response_is_what_its_words_say_however_it_is_cut(
        made in response(),
        places in vec(any::<Index>(), 0..8),
    ) {
        for pieces in [cut(&made.wire, &places), made.wire.chunks(1).collect()] {
            let seen = lane::play(lane::get(), pieces);
            let head = seen.head.as_ref().unwrap();
            let end = seen.end.unwrap();
            prop_assert_eq!(&seen.interim, &made.interim);
            prop_assert_eq!(head.status.as_u16(), made.status);
            prop_assert_eq!(lane::words(&head.fields), made.fields.clone());
            prop_assert_eq!(&seen.content, &made.content);
            prop_assert_eq!(lane::words(&end.received.trailers), made.trailers.clone());
            prop_assert_eq!((end.by_close, end.used), (made.until_close, made.wire.len()));
        }
    }

    /// The same responses, outcome or violation, for every cut: the invariant of the fuzzer on messages it would be
    /// long in finding.
    #[test]
    fn a_spoiled_response_is_spoiled_the_same_way_for_every_cut(
        made in response(),
        harms in vec(harm(), 1..4),
        places in vec(any::<Index>(), 0..8),
    ) {
        let mut wire = made.wire;
        harms.iter().for_each(|harm| spoil(&mut wire, harm));
        let ways = [vec![&wire[..]], cut(&wire, &places), wire.chunks(1).collect()];
        invariants::receive::hold_when_cut(&wire, &ways);
    }

    #[test]
    fn a_request_head_reads_back_as_its_words(
        method in prop_oneof![
            select(vec!["GET", "POST", "HEAD", "PUT", "DELETE"]).prop_map(str::to_owned),
            "[A-Z!#$%&'*+.^_`|~-]{1,12}",
        ],
        path in "(/[!-~é ]{0,8}){0,3}(\\?[!-~]{0,8})?",
        lines in vec(field(), 0..8),
        framing in prop_oneof![
            Just(Framing::None),
            Just(Framing::Chunked),
            any::<u64>().prop_map(Framing::Length),
        ],
    ) {
        let Ok(uri) = Uri::parse(&format!("http://example.com:8080{path}")) else { return Ok(()) };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut head = RequestHead::new(method.clone(), uri.clone());
        for (name, _, value) in &lines {
            head.fields.append(name, value).unwrap();
        }
        let (wire, fields) = (write(&head, framing), head.fields);

        let mut room = [httparse::EMPTY_HEADER; 16];
        let mut parsed = httparse::Request::new(&mut room);
        let length = parsed.parse(&wire).unwrap();
        prop_assert_eq!(length, httparse::Status::Complete(wire.len()));
        prop_assert_eq!(parsed.method, Some(method.as_str()));
        prop_assert_eq!((parsed.path, parsed.version), (Some(uri.path_and_query()), Some(1)));
        let mut found = parsed.headers.iter();
        let host = found.next().unwrap();
        prop_assert_eq!((host.name, host.value), ("Host", &b"example.com:8080"[..]));
        for field in fields.iter() {
            let line = found.next().unwrap();
            prop_assert_eq!((line.name, line.value), (field.name, field.value));
        }
        let rest: Vec<(&str, &[u8])> = found.map(|line| (line.name, line.value)).collect();
        let length = match framing {
            Framing::Length(length) => length.to_string(),
            _ => "0".to_owned(),
        };
        let owes_length = matches!(method, Method::POST | Method::PUT | Method::PATCH);
        match framing {
            Framing::Chunked => prop_assert_eq!(rest, [("Transfer-Encoding", &b"chunked"[..])]),
            Framing::None if !owes_length => prop_assert_eq!(rest, []),
            _ => prop_assert_eq!(rest, [("Content-Length", length.as_bytes())]),
        }
    }

    /// Whatever bytes a name or a value is made of, a request has as many lines as it has fields (S-03).
    #[test]
    fn s_03_no_field_brings_a_line_of_its_own(
        lines in vec((vec(any::<u8>(), 0..6), vec(any::<u8>(), 0..10)), 0..6),
    ) {
        let mut head = RequestHead::new(Method::GET, Uri::parse("http://h/").unwrap());
        for (name, value) in &lines {
            let _ = head.fields.append(String::from_utf8_lossy(name), value);
        }
        let wire = write(&head, Framing::None);
        let count = wire.split(|&b| b == b'\n').count();
        let host = usize::from(!head.fields.contains("host"));
        // The request line, and what stands before and behind the LF of the empty line.
        prop_assert_eq!(count, 3 + host + head.fields.len());
        prop_assert!(wire.windows(2).all(|pair| (pair[0] == b'\r') == (pair[1] == b'\n')));
    }
}

fn write(head: &RequestHead, framing: Framing) -> Vec<u8> {
    let mut wire = Vec::new();
    let request = RequestView::new(head, &Target::Origin);
    SendHead::new(request, framing).expect("can be sent").write(&mut wire);
    wire
}
