//! One response head, by [`HeadReader`].
//!
//! - Every cut of the input gives the verdict of the whole: the same head of the same length, the same kind of violation,
//!   or the same wait for more.
//! - A head is accepted exactly if the recogniser below accepts it, and with the same words: status, reason, names and
//!   values in order. Names are tokens, values hold no control and no white space around them.
//! - What was accepted, written down plainly and read again, is the same head.

use std::mem::{Discriminant, discriminant};

use wireline::h1::read_head::HeadReader;
use wireline::h1::{Limits, Tolerance, Violation};
use wireline::message::{Fields, ResponseHead, Version};

use super::{cuts, oracle, settings};

/// What a reader made of the bytes.
#[derive(Debug, PartialEq)]
enum Verdict {
    Accepted { used: usize, words: Words },
    Refused(Discriminant<Violation>),
    Waiting,
}

/// What a head says.
#[derive(Debug, PartialEq)]
struct Words {
    version: Version,
    status: u16,
    reason: Vec<u8>,
    fields: Vec<(String, Vec<u8>)>,
}

/// Panics unless everything above holds for `data`.
pub fn hold(data: &[u8]) {
    for (limits, tolerance) in settings() {
        let whole = read(&[data], &limits, &tolerance);
        for pieces in cuts::cuts(data) {
            let parts = read(&pieces, &limits, &tolerance);
            assert_eq!(parts, whole, "cut into {:?}", lengths(&pieces));
        }
        judge(data, &whole, &limits, &tolerance);
        if let Verdict::Accepted { words, .. } = whole {
            reads_back(words);
        }
    }
}

fn read(pieces: &[&[u8]], limits: &Limits, tolerance: &Tolerance) -> Verdict {
    let (mut reader, mut seen) = (HeadReader::default(), Vec::new());
    for piece in pieces {
        seen.extend_from_slice(piece);
        match reader.read(&seen, limits, tolerance) {
            Err(violation) => return Verdict::Refused(discriminant(&violation)),
            Ok(Some((used, head))) => {
                assert!(used <= seen.len() && used <= limits.head_bytes);
                return Verdict::Accepted { used, words: words(&head) };
            }
            Ok(None) => assert_eq!(reader.scanned(), seen.len(), "looked at once, and all of it"),
        }
    }
    Verdict::Waiting
}

fn words(head: &ResponseHead) -> Words {
    Words {
        version: head.version,
        status: head.status.as_u16(),
        reason: head.reason.as_bytes().to_vec(),
        fields: pairs(&head.fields),
    }
}

/// Names and values in order.
pub fn pairs(fields: &Fields) -> Vec<(String, Vec<u8>)> {
    fields.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect()
}

/// The recogniser's opinion, where the head is whole.
fn judge(data: &[u8], verdict: &Verdict, limits: &Limits, tolerance: &Tolerance) {
    let begun = &b"HTTP/1."[..data.len().min(7)];
    let Some((lines, crlf, used)) = oracle::section(data).filter(|_| data.starts_with(begun))
    else {
        let accepted = matches!(verdict, Verdict::Accepted { .. });
        assert!(!accepted, "no head has begun, or none has ended: {verdict:?}");
        let must_wait = data.starts_with(begun) && data.len() < limits.head_bytes;
        assert!(!must_wait || *verdict == Verdict::Waiting, "refused too early: {verdict:?}");
        return;
    };
    let fits =
        used <= limits.head_bytes && (crlf && lines.iter().all(|l| l.1) || tolerance.bare_lf);
    let expected =
        recognise(&lines, tolerance).filter(|words| fits && words.fields.len() <= limits.fields);
    match (expected, verdict) {
        (Some(expected), Verdict::Accepted { used: taken, words }) => {
            assert_eq!((words, *taken), (&expected, used));
        }
        (None, Verdict::Refused(_)) => {}
        (expected, verdict) => panic!("expected {expected:?}, found {verdict:?}"),
    }
}

/// RFC 9112 §4, `status-line = HTTP-version SP status-code SP [ reason-phrase ]`, where the last SP may be missing, and
/// §5 for the rest.
fn recognise(lines: &[oracle::Line<'_>], tolerance: &Tolerance) -> Option<Words> {
    let ((status_line, _), rest) = lines.split_first()?;
    let version = match status_line.get(..9)? {
        b"HTTP/1.0 " => Version::HTTP_10,
        b"HTTP/1.1 " => Version::HTTP_11,
        _ => return None,
    };
    let code = status_line.get(9..12).filter(|code| code.iter().all(u8::is_ascii_digit))?;
    let status: u16 = std::str::from_utf8(code).ok()?.parse().ok()?;
    let reason = match &status_line[12..] {
        [] => &[],
        [b' ', reason @ ..] => reason,
        _ => return None,
    };
    let highest = if tolerance.status_above_599 { 999 } else { 599 };
    let folded = rest.iter().any(|(line, _)| matches!(line, [b' ' | b'\t', ..]));
    if !(100..=highest).contains(&status)
        || !reason.iter().all(|&b| oracle::is_text(b))
        || folded && !tolerance.obs_fold
    {
        return None;
    }
    Some(Words { version, status, reason: reason.to_vec(), fields: oracle::fields(rest)? })
}

fn reads_back(words: Words) {
    let minor = if words.version == Version::HTTP_10 { 0 } else { 1 };
    let mut text = format!("HTTP/1.{minor} {} ", words.status).into_bytes();
    text.extend_from_slice(&words.reason);
    text.extend_from_slice(b"\r\n");
    for (name, value) in &words.fields {
        assert!(!name.is_empty() && name.bytes().all(oracle::is_token), "{name:?}");
        assert!(value.iter().all(|&b| oracle::is_text(b)) && oracle::trim(value) == value);
        text.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    text.extend_from_slice(b"\r\n");
    let used = text.len();
    // Spelled out, a head may be longer than it was.
    let limits = Limits { head_bytes: used, ..Limits::default() };
    let strict = Tolerance { bare_lf: false, obs_fold: false, ..Tolerance::default() };
    assert_eq!(read(&[&text], &limits, &strict), Verdict::Accepted { used, words });
}

fn lengths(pieces: &[&[u8]]) -> Vec<usize> {
    pieces.iter().map(|piece| piece.len()).collect()
}
