//! How much work a peer can cause, counted and not timed, and that no cut of a response passes for the whole.

mod support;

#[path = "support/lane.rs"]
mod lane;

use support::conformance::{Ending, Expected, cases};
use wireline::h1::{Incomplete, Step, Violation};
use wireline::message::Method;

/// RFC 9112 §8: every valid response, cut behind every byte. The end of the stream is the end of a message only where
/// nothing else could be.
#[test]
fn s_31_a_cut_response_never_passes_for_the_whole() {
    let (mut responses, mut cuts) = (0, 0);
    for case in cases().iter().filter(|case| case.expected == Expected::Accept) {
        let bytes = &case.response;
        let method = Method::from_bytes(case.method.as_bytes()).expect("a method");
        let whole = lane::play(lane::lane(&method), [&bytes[..]]);
        let end = whole.end.unwrap_or_else(|violation| panic!("{}: {violation}", case.id));
        assert!(case.ending == Ending::Close || !end.by_close, "{}", case.id);
        responses += 1;
        for cut in 0..end.used {
            let part = lane::play(lane::lane(&method), [&bytes[..cut]]);
            match part.end {
                Err(violation) => assert!(violation.is_incomplete(), "{}: {violation}", case.id),
                Ok(cut_end) => {
                    assert!(end.by_close && cut_end.by_close, "{} is complete at {cut}", case.id);
                    assert!(whole.content.starts_with(&part.content));
                }
            }
            cuts += 1;
        }
    }
    assert!(responses >= 65 && cuts > 5_000, "{responses} responses, {cuts} cuts");
}

/// Linear: each byte is looked at once, whatever the reads.
#[test]
fn s_35_a_head_in_reads_of_one_byte_is_looked_at_once() {
    let line = format!("x: {}\r\n", "y".repeat(300));
    let mut text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n".to_owned();
    while text.len() + line.len() < 64 * 1024 - 2 {
        text.push_str(&line);
    }
    text.push_str("\r\n");
    let bytes = text.as_bytes();
    assert!(bytes.len() > 65_000 && bytes.len() <= 64 * 1024);

    let (mut lane, mut examined) = (lane::get(), 0);
    for length in 1..=bytes.len() {
        let before = lane.scanned();
        match lane.receive(&bytes[..length]).expect("a valid head") {
            (0, Step::More(next)) => {
                examined += next.scanned() - before;
                assert_eq!(next.scanned(), length, "all of it, and what was new");
                lane = next;
            }
            (used, Step::Final(..)) => {
                assert_eq!((used, examined), (bytes.len(), bytes.len() - 1));
                return;
            }
            (_, step) => panic!("{step:?}"),
        }
    }
    panic!("the head has no end");
}

/// A piece a chunk, a call a piece and one a read: nothing is kept and nothing is read twice.
#[test]
fn s_36_a_mebibyte_in_chunks_of_one_byte() {
    const CHUNKS: usize = 1024 * 1024;
    let mut text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    text.extend(b"1\r\nx\r\n".repeat(CHUNKS));
    text.extend(b"0\r\n\r\n");
    for read in [7, 8 * 1024, 64 * 1024] {
        let seen = lane::play(lane::get(), text.chunks(read));
        let end = seen.end.expect("a whole response");
        assert_eq!((seen.content.len(), end.used), (CHUNKS, text.len()));
        let reads = text.len().div_ceil(read);
        assert!(seen.calls <= CHUNKS + reads + 2, "{} calls for {reads} reads", seen.calls);
        // The head and the last CRLF wait until they are whole, and nothing else does.
        assert!(seen.kept < 50, "{} bytes kept", seen.kept);
    }
}

/// The same for trailers, which are waited for whole.
#[test]
fn s_36_trailers_in_reads_of_one_byte_come_to_a_limit() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    let endless = b"a: b\r\n".repeat(10_000);
    let seen = lane::play(lane::get(), [&head[..], &endless].concat().chunks(1));
    assert!(matches!(seen.end, Err(Violation::TrailersTooLarge(_))));
    assert!(seen.kept <= 16 * 1024, "{} bytes kept", seen.kept);
    let cut = lane::play(lane::get(), [&head[..], b"a: b\r\n"]);
    assert_eq!(cut.end.err(), Some(Violation::Incomplete(Incomplete::Chunked)));
}
