//! The grammar of Server-Sent Events, by bytes alone: the standard's own examples, its hard corners, and an oracle that
//! reads the whole text at once. In: streams. Out: events, the same however the stream is cut.
#![cfg(feature = "client")]

use std::time::Duration;

use proptest::prelude::*;
use wireline::client::reading::sse::{EventParser, EventTooLarge, MAX_EVENT, ServerEvent};

type Event = (String, String, String);

fn told(event: ServerEvent) -> Event {
    (event.event, event.data, event.id)
}

/// Feeds the parser pieces that end at each of `cuts`.
fn feed(parser: &mut EventParser, stream: &[u8], cuts: &[usize]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([stream.len()]) {
        let mut piece = &stream[start..end];
        start = end;
        loop {
            let (used, event) = parser.parse(piece).expect("small events");
            piece = &piece[used..];
            match event {
                Some(event) => events.push(told(event)),
                None => break,
            }
        }
        assert!(piece.is_empty(), "all was read");
    }
    events
}

fn read(stream: impl AsRef<[u8]>) -> Vec<Event> {
    feed(&mut EventParser::new(), stream.as_ref(), &[])
}

/// The same events whole, byte by byte, and cut in two anywhere.
#[track_caller]
fn reads(stream: impl AsRef<[u8]>, expected: &[(&str, &str, &str)]) {
    let stream = stream.as_ref();
    let expected: Vec<Event> = expected
        .iter()
        .map(|(event, data, id)| ((*event).into(), (*data).into(), (*id).into()))
        .collect();
    assert_eq!(read(stream), expected, "whole: {}", stream.escape_ascii());
    let every: Vec<usize> = (0..stream.len()).collect();
    assert_eq!(feed(&mut EventParser::new(), stream, &every), expected, "byte by byte");
    for cut in every {
        assert_eq!(feed(&mut EventParser::new(), stream, &[cut]), expected, "cut at {cut}");
    }
}

/// WHATWG HTML §9.2.6: "The following event stream, once followed by a blank line".
#[test]
fn the_examples_of_the_standard() {
    reads("data: YHOO\ndata: +2\ndata: 10\n\n", &[("message", "YHOO\n+2\n10", "")]);
    reads(
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        &[("message", "first event", "1"), ("message", "second event", "")],
    );
    reads("data\n\ndata\ndata\n\ndata:\n", &[("message", "", ""), ("message", "\n", "")]);
    reads("data:test\n\ndata: test\n\n", &[("message", "test", ""), ("message", "test", "")]);
    reads(
        "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        &[("add", "73857293", ""), ("remove", "2153", ""), ("add", "113411", "")],
    );
}

#[test]
fn lines_end_in_cr_lf_or_both() {
    for end in ["\n", "\r", "\r\n"] {
        let stream = ["event: a", "data: 1", "data: 2", "", "data: 3", "", ""].join(end);
        reads(&stream, &[("a", "1\n2", ""), ("message", "3", "")]);
    }
    reads(
        "data: 1\r\rdata: 2\n\r\ndata: 3\r\n\r",
        &[("message", "1", ""), ("message", "2", ""), ("message", "3", "")],
    );
    // LF CR is two ends: an event with nothing behind it.
    reads("data: 1\n\rdata: 2\n", &[("message", "1", "")]);
}

/// The end of an event is known with its CR; the LF that may follow is not waited for.
#[test]
fn a_cr_is_not_waited_behind() {
    let mut parser = EventParser::new();
    let (used, event) = parser.parse(b"data: now\r\n\r").expect("small");
    assert_eq!(
        (used, event.map(told)),
        (12, Some(("message".into(), "now".into(), String::new())))
    );
    let (used, event) = parser.parse(b"\ndata: then\n\n").expect("small");
    assert_eq!((used, event.map(|event| event.data)), (13, Some("then".into())));
}

#[test]
fn one_byte_order_mark_is_dropped_and_only_in_front() {
    reads("\u{feff}data: 1\n\n\u{feff}data: 2\n\n", &[("message", "1", "")]);
    reads("\u{feff}\u{feff}data: 1\n\ndata: 2\n\n", &[("message", "2", "")]);
    reads("\n\u{feff}data: 1\n\n", &[]);
    reads("\u{feff}\ndata: 1\n\n", &[("message", "1", "")]);
}

#[test]
fn ids_stay_until_they_change() {
    reads(
        "id: 1\ndata: a\n\ndata: b\n\nid:\ndata: c\n\n",
        &[("message", "a", "1"), ("message", "b", "1"), ("message", "c", "")],
    );
    reads(
        "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
        &[("message", "a", "1"), ("message", "b", "1")],
    );
    // Without data there is no event, but the id counts.
    reads("id: 7\n\ndata: a\n\n", &[("message", "a", "7")]);
}

#[test]
fn the_last_event_id_is_that_of_the_last_complete_event() {
    let mut parser = EventParser::new();
    assert_eq!(feed(&mut parser, b"id: 1\ndata: a\n\nid: 2\ndata: b\n", &[]).len(), 1);
    assert_eq!(parser.last_event_id(), "1");
    assert_eq!(feed(&mut parser, b"\n", &[]).len(), 1);
    assert_eq!(parser.last_event_id(), "2");
}

#[test]
fn retry_is_digits_only() {
    let retry = |stream: &str| {
        let mut parser = EventParser::new();
        feed(&mut parser, stream.as_bytes(), &[]);
        parser.retry()
    };
    assert_eq!(retry("retry: 1500\n"), Some(Duration::from_millis(1500)));
    assert_eq!(retry("retry:0\n"), Some(Duration::ZERO));
    assert_eq!(retry("retry: 1\nretry: x\n"), Some(Duration::from_millis(1)));
    for junk in [
        "retry\n",
        "retry:\n",
        "retry: +1\n",
        "retry: 1 \n",
        "retry:  1\n",
        "retry: 1.5\n",
        "retry: ٣\n",
    ] {
        assert_eq!(retry(junk), None, "{junk}");
    }
    let long = retry(&format!("retry: {}\n", "9".repeat(200))).expect("digits");
    assert!(long > Duration::from_secs(1 << 40));
}

#[test]
fn what_is_none_of_the_fields_is_passed_by() {
    reads("Data: a\n DATA: b\ndata : c\nfoo\n:data: d\n\n", &[]);
    reads("event: a\nevent: b\ndata:x:y\n\n", &[("b", "x:y", "")]);
    reads("event: a\nevent\ndata: 1\n\n", &[("message", "1", "")]);
    // The type does not outlive its blank line, even without an event.
    reads("event: a\n\ndata: 1\n\n", &[("message", "1", "")]);
    reads("data: 1\nevent: cut off\n", &[]);
}

#[test]
fn what_is_no_utf_8_is_replaced() {
    reads(b"data: \xff\xc3\n\n", &[("message", "\u{fffd}\u{fffd}", "")]);
    reads("data: ü😀\nid: ß\n\n", &[("message", "ü😀", "ß")]);
}

#[test]
fn an_event_without_end_is_refused() {
    let mut parser = EventParser::with_limit(20);
    assert_eq!(feed(&mut parser, b"data: 0123456789abcd\n\n", &[]).len(), 1, "twenty bytes");
    let refused = |stream: &[u8]| -> Result<(), EventTooLarge> {
        let mut parser = EventParser::with_limit(20);
        stream.chunks(7).try_for_each(|mut piece| {
            while !piece.is_empty() {
                piece = &piece[parser.parse(piece)?.0..];
            }
            Ok(())
        })
    };
    for stream in [
        &b"data: 0123456789abcde\n"[..],
        b":a comment that goes on and on",
        b"data: 01234567\ndata: 8\ndata: 9\ndata: 0123\n",
        b"event: 0123456789\ndata: 01234\nid: 0123\n",
    ] {
        let error = refused(stream).expect_err("too large");
        assert_eq!(error.to_string(), "an event is larger than 20 bytes");
    }
    // Many small ones are no large one, nor are many comments.
    assert_eq!(refused(&b"data: 12345\n\n: ping\n".repeat(1000)), Ok(()));
    assert_eq!(EventParser::new().limit(), MAX_EVENT);
}

/// The standard, read over the whole text at once.
fn oracle(stream: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (mut data, mut event, mut id) = (String::new(), String::new(), String::new());
    let mut events = Vec::new();
    // What is behind the last line end is no line.
    let Some((lines, _)) = text.rsplit_once('\n') else { return events };
    for line in lines.split('\n') {
        if line.is_empty() {
            let kind = std::mem::take(&mut event);
            let content = std::mem::take(&mut data);
            if let Some(content) = content.strip_suffix('\n') {
                let kind = if kind.is_empty() { "message".into() } else { kind };
                events.push((kind, content.into(), id.clone()));
            }
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => event = value.into(),
            "data" => data = data + value + "\n",
            "id" if !value.contains('\0') => id = value.into(),
            _ => {}
        }
    }
    events
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: [&str; 16] = [
        "data", "event", "id", "retry", ":", ": ", " ", "\n", "\r", "\r\n", "\n\n", "x", "\0", "1",
        "\u{feff}", "ü",
    ];
    let word = prop_oneof![
        8 => prop::sample::select(&WORDS[..]).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn however_it_is_cut_it_is_what_the_standard_says(
        stream in pieces(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let expected = oracle(&stream);
        prop_assert_eq!(&read(&stream), &expected);
        prop_assert_eq!(&feed(&mut EventParser::new(), &stream, &cuts), &expected);
        let every: Vec<usize> = (0..stream.len()).collect();
        prop_assert_eq!(&feed(&mut EventParser::new(), &stream, &every), &expected);
    }
}
