//! Response heads: what is read, what is refused and why, and how soon.

use wireline::h1::read_head::HeadReader;
use wireline::h1::{Excerpt, Incomplete, Limits, Tolerance, Violation};
use wireline::message::{ResponseHead, Version};

fn read_with(
    text: &[u8],
    limits: &Limits,
    tolerance: &Tolerance,
) -> Result<Option<(usize, ResponseHead)>, Violation> {
    HeadReader::default().read(text, limits, tolerance)
}

fn read(text: &str) -> Result<Option<(usize, ResponseHead)>, Violation> {
    read_with(text.as_bytes(), &Limits::default(), &Tolerance::default())
}

fn head(text: &str) -> ResponseHead {
    read(text).expect(text).expect("a whole head").1
}

#[test]
fn a_head_is_its_words() {
    let text = "HTTP/1.0 404 Nothing  here \r\nA:1\r\nb: \t 2 \r\nA:\r\n\r\n";
    let (used, head) = read(&format!("{text}content\r\n\r\n")).expect("valid").expect("whole");
    assert_eq!((used, head.version, head.status.as_u16()), (text.len(), Version::HTTP_10, 404));
    assert_eq!(head.reason.as_bytes(), b"Nothing  here ");
    let lines: Vec<_> = head.fields.iter().map(|field| (field.name, field.value)).collect();
    assert_eq!(lines, [("A", &b"1"[..]), ("b", b"2"), ("A", b"")]);
}

#[test]
fn the_reason_may_be_missing() {
    for (line, reason) in [
        ("HTTP/1.1 200", ""),
        ("HTTP/1.1 200 ", ""),
        ("HTTP/1.1 200  ", " "),
        ("HTTP/1.1 200 OK", "OK"),
    ] {
        for end in ["\r\n\r\n", "\n\n"] {
            let head = head(&format!("{line}{end}"));
            assert_eq!(head.reason.as_bytes(), reason.as_bytes(), "{line:?}");
        }
    }
    let head = read_with(b"HTTP/1.1 200 \xe9\r\n\r\n", &Limits::default(), &Tolerance::default());
    assert_eq!(head.expect("obs-text").expect("whole").1.reason.as_bytes(), b"\xe9");
}

#[test]
fn s_29_nothing_lenient_without_a_switch() {
    for line in [
        "a : b",
        "a\t: b",
        ": b",
        "a",
        "a b: c",
        "a: b\0c",
        "a: b\rc",
        "a: b\x0b",
        "a: \x7f",
        "a(: b",
        "\u{e9}: b",
        "\0: b",
        "a: b\r",
    ] {
        let violation = read(&format!("HTTP/1.1 200 OK\r\nx: y\r\n{line}\r\n\r\n"));
        let Err(Violation::Head(shown, why)) = violation else { panic!("{line:?}: {violation:?}") };
        assert!(shown.as_bytes().starts_with(line.as_bytes()) && !why.is_empty(), "{shown}");
    }
    let first = read("HTTP/1.1 200 OK\r\n a: b\r\n\r\n").expect_err("RFC 9112 §2.2");
    assert!(first.to_string().contains("white space after the status line"), "{first}");
}

#[test]
fn s_29_each_switch_on_and_off() {
    let cases = [
        ("HTTP/1.1 200 OK\na: b\r\n\r\n", Tolerance { bare_lf: false, ..Default::default() }),
        ("HTTP/1.1 200 OK\r\na: b\n\r\n", Tolerance { bare_lf: false, ..Default::default() }),
        ("HTTP/1.1 200 OK\r\na: b\r\n\n", Tolerance { bare_lf: false, ..Default::default() }),
        (
            "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n",
            Tolerance { obs_fold: false, ..Default::default() },
        ),
        (
            "HTTP/1.1 600 Odd\r\na: b\r\n\r\n",
            Tolerance { status_above_599: false, ..Default::default() },
        ),
    ];
    for (text, off) in cases {
        assert!(head(text).fields.get("a").is_some_and(|a| a.starts_with(b"b")), "{text:?}");
        let refused = read_with(text.as_bytes(), &Limits::default(), &off);
        assert!(matches!(refused, Err(Violation::Head(..) | Violation::Status(_))), "{text:?}");
    }
    let folded = head("HTTP/1.1 200 OK\r\na: b \r\n \t c\r\n\r\n");
    assert_eq!(folded.fields.get("a"), Some(&b"b c"[..]));
    let strict = Tolerance {
        bare_lf: false,
        obs_fold: false,
        status_above_599: false,
        ..Tolerance::default()
    };
    let plain = read_with(b"HTTP/1.1 599 X\r\na: b\r\n\r\n", &Limits::default(), &strict);
    assert!(plain.is_ok_and(|read| read.is_some()));
}

#[test]
fn s_30_status_lines() {
    for code in [100, 199, 200, 599, 600, 999] {
        assert_eq!(head(&format!("HTTP/1.1 {code} X\r\n\r\n")).status, code);
    }
    for line in ["099", "1000", "20", "2 0", "2x0", "+20", "-20", "", "200OK"] {
        let violation = read(&format!("HTTP/1.1 {line} X\r\n\r\n")).expect_err(line);
        let shown = Excerpt::new(format!("HTTP/1.1 {line} X\r\n").as_bytes());
        assert_eq!(violation, Violation::Status(shown), "the line and no more");
    }
    for line in [
        "HTTP/2.0 200 OK",
        "HTTP/1.10 200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/1 200 OK",
        "HTTP/0.9 200 OK",
        "http/1.1 200 OK",
        "<html>",
        " HTTP/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK",
        "\x16\x03\x01\x02",
        "ICY 200 OK",
        "200 OK",
    ] {
        let violation = read(&format!("{line}\r\n\r\n")).expect_err(line);
        assert!(matches!(violation, Violation::NotHttp(_)), "{line:?}: {violation:?}");
    }
    // Known from the first byte that is wrong, not from a line end that never comes.
    assert!(matches!(read("<"), Err(Violation::NotHttp(_))));
    assert!(matches!(read("HTTP/2"), Err(Violation::NotHttp(_))));
    assert!(matches!(read("HTTP/1."), Ok(None)));
}

#[test]
fn s_34_the_limit_counts_bytes_before_they_are_a_head() {
    let limits = Limits { head_bytes: 40, ..Limits::default() };
    let of = |length: usize| {
        let filler = "x".repeat(length - "HTTP/1.1 200 OK\r\na: \r\n\r\n".len());
        format!("HTTP/1.1 200 OK\r\na: {filler}\r\n\r\n")
    };
    let too_large = Some(Violation::HeadTooLarge(40));
    let tolerance = Tolerance::default();
    for (length, violation) in [(39, None), (40, None), (41, too_large.clone())] {
        let text = of(length);
        let found = read_with(text.as_bytes(), &limits, &tolerance);
        assert_eq!(found.as_ref().err(), violation.as_ref(), "{length}");
        // The same in reads of one byte, each of which sees all bytes so far.
        let mut reader = HeadReader::default();
        let mut reads =
            (1..=length).map(|n| reader.read(&text.as_bytes()[..n], &limits, &tolerance));
        assert_eq!(reads.find_map(Result::err), violation, "{length}");
    }
    // Endless: refused when the limit is reached, not when memory is.
    let mut reader = HeadReader::default();
    let endless = of(5_000_000);
    let refused =
        (1..).find(|&n| reader.read(&endless.as_bytes()[..n], &limits, &tolerance).is_err());
    assert_eq!(refused, Some(40));
}

#[test]
fn the_number_of_fields_is_limited_below_and_above_the_default() {
    let with = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
    for most in [0, 1, Limits::FIELDS - 1, Limits::FIELDS, Limits::FIELDS + 1, usize::MAX] {
        let limits = Limits { fields: most, ..Limits::default() };
        let read = |count| read_with(with(count).as_bytes(), &limits, &Tolerance::default());
        let fitting = most.min(1000);
        let head = read(fitting).expect("as many as allowed").expect("whole").1;
        assert_eq!(head.fields.len(), fitting);
        if most < 1000 {
            assert_eq!(read(most + 1).err(), Some(Violation::TooManyFields(most)));
        }
    }
}

#[test]
fn s_35_every_byte_is_looked_at_once() {
    let text = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(100));
    let mut reader = HeadReader::default();
    for length in 1..text.len() {
        let read =
            reader.read(&text.as_bytes()[..length], &Limits::default(), &Tolerance::default());
        assert!(matches!(read, Ok(None)));
        assert_eq!(reader.scanned(), length);
    }
}

#[test]
fn s_31_a_cut_head_says_where() {
    let reader = HeadReader::default();
    assert_eq!(reader.cut_off(b""), Violation::Incomplete(Incomplete::Nothing));
    let tail = Incomplete::Head(Excerpt::new(b"HTTP/1.1 20"));
    assert_eq!(reader.cut_off(b"HTTP/1.1 20"), Violation::Incomplete(tail));
    let long = [&[b'x'; 500][..], b"end"].concat();
    let Violation::Incomplete(Incomplete::Head(tail)) = reader.cut_off(&long) else {
        panic!("inside the head")
    };
    assert!(tail.as_bytes().len() == Excerpt::MAX && tail.as_bytes().ends_with(b"end"));
}

#[test]
fn a_head_is_still_known_as_it_came() {
    let text = b"HTTP/1.1 200  Fine \r\nA:1\r\nBb:  2 \na: 3\r\n\r\n";
    let mut reader = HeadReader::default();
    let read = reader.read(text, &Limits::default(), &Tolerance::default());
    let (_, mut head) = read.expect("a head").expect("its end");
    assert_eq!(head.received(), Some(&text[..]));
    head.fields.append("C", "4").expect("a field");
    head.fields.remove("a");
    assert_eq!(head.received(), Some(&text[..]), "whatever becomes of its lines");
    head.fields.set("c", "5").expect("a field");
    assert_eq!(head.received(), None, "built anew");
    assert_eq!(wireline::message::ResponseHead::new(head.status).received(), None);

    let folded = b"HTTP/1.0 404\r\nA: b\r\n  c\r\n\r\nHi";
    let read = HeadReader::default().read(folded, &Limits::default(), &Tolerance::default());
    let (_, head) = read.expect("a head").expect("its end");
    assert_eq!(head.received(), Some(&b"HTTP/1.0 404\r\nA: b c\r\n\r\n"[..]));
}
