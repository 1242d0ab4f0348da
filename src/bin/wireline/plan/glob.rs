//! Many URLs in one: `{one,two}`, `[1-100]`, `[001-100:10]`, `[a-z]`.
//!
//! Text in, a [`Glob`] out, which counts its URLs and makes the n-th without making the others. The last pattern turns
//! fastest. An IPv6 address in brackets is none; a backslash takes the meaning of a brace or bracket.

use std::fmt;

/// URLs yet to be written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Fixed(String),
    Set(Vec<String>),
    Letters { first: u8, last: u8, step: u8 },
    Numbers { first: u64, last: u64, step: u64, width: usize },
}

/// What is wrong with a pattern, and where: the column counts from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobError {
    pub what: &'static str,
    pub column: usize,
}

/// More than anyone means; beyond that a pattern is a mistake.
const MOST: u64 = 1 << 40;

impl Glob {
    /// The text as it is, without patterns.
    pub fn literal(text: &str) -> Glob {
        Glob { pieces: vec![Piece::Fixed(text.to_owned())] }
    }

    /// Reads the patterns in `text`.
    ///
    /// # Errors
    /// Braces or brackets that do not match, patterns that say nothing, more than 2⁴⁰ URLs.
    pub fn parse(text: &str) -> Result<Glob, GlobError> {
        let bytes = text.as_bytes();
        let (mut pieces, mut fixed, mut at) = (Vec::new(), Vec::new(), 0);
        while let Some(&byte) = bytes.get(at) {
            let error = |what| GlobError { what, column: at + 1 };
            match (byte, bytes.get(at + 1)) {
                (b'\\', Some(next @ (b'{' | b'}' | b'[' | b']'))) => {
                    fixed.push(*next);
                    at += 2;
                }
                (b'[', _) if let Some(length) = ipv6(&text[at..]) => {
                    fixed.extend_from_slice(&bytes[at..at + length]);
                    at += length;
                }
                (b'{' | b'[', _) => {
                    if !fixed.is_empty() {
                        pieces.push(Piece::Fixed(text_of(std::mem::take(&mut fixed))));
                    }
                    let (piece, length) = match byte {
                        b'{' => set(&text[at + 1..])
                            .map_err(|(what, off)| GlobError { what, column: at + 2 + off })?,
                        _ => range(&text[at + 1..]).ok_or(error("bad range"))?,
                    };
                    pieces.push(piece);
                    at += 1 + length;
                }
                (b'}' | b']', _) => return Err(error("unmatched close brace/bracket")),
                _ => {
                    fixed.push(byte);
                    at += 1;
                }
            }
        }
        if !fixed.is_empty() {
            pieces.push(Piece::Fixed(text_of(fixed)));
        }
        let count = pieces.iter().try_fold(1_u64, |count, piece| count.checked_mul(piece.count()));
        match count {
            Some(1..=MOST) => Ok(Glob { pieces }),
            _ => Err(GlobError { what: "range overflow", column: 1 }),
        }
    }

    /// How many URLs there are.
    pub fn count(&self) -> u64 {
        self.pieces.iter().map(Piece::count).product()
    }

    /// The URL of that number, counted from 0, and what its patterns stand for in it.
    pub fn nth(&self, number: u64) -> (String, Vec<String>) {
        let mut left = number;
        let mut parts: Vec<(bool, String)> = self
            .pieces
            .iter()
            .rev()
            .map(|piece| {
                let count = piece.count();
                let part = piece.nth(left % count);
                left /= count;
                (!matches!(piece, Piece::Fixed(_)), part)
            })
            .collect();
        parts.reverse();
        let url = parts.iter().map(|(_, part)| part.as_str()).collect();
        (url, parts.into_iter().filter(|(varies, _)| *varies).map(|(_, part)| part).collect())
    }
}

impl Piece {
    fn count(&self) -> u64 {
        match self {
            Piece::Fixed(_) => 1,
            Piece::Set(words) => words.len() as u64,
            Piece::Letters { first, last, step } => u64::from((last - first) / step) + 1,
            Piece::Numbers { first, last, step, .. } => (last - first) / step + 1,
        }
    }

    fn nth(&self, number: u64) -> String {
        match self {
            Piece::Fixed(text) => text.clone(),
            Piece::Set(words) => words.get(number as usize).cloned().unwrap_or_default(),
            Piece::Letters { first, step, .. } => {
                char::from(first + number as u8 * step).to_string()
            }
            Piece::Numbers { first, step, width, .. } => {
                format!("{:0width$}", first + number * step, width = *width)
            }
        }
    }
}

/// Bytes of a text from which only ASCII was taken out.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// How long the IPv6 address in brackets is that begins here, if one does.
fn ipv6(text: &str) -> Option<usize> {
    let end = text.find(']')?;
    let address = text.get(1..end)?;
    let bare = address.split_once('%').map_or(address, |(bare, _zone)| bare);
    bare.parse::<std::net::Ipv6Addr>().ok().map(|_| end + 1)
}

/// What follows an opening brace, and how long it is, with the closing one.
fn set(text: &str) -> Result<(Piece, usize), (&'static str, usize)> {
    let (mut words, mut word) = (Vec::new(), Vec::new());
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (None, _) => return Err(("unmatched brace", at)),
            (Some(b'\\'), Some(&next)) => {
                word.push(next);
                at += 1;
            }
            (Some(b'{' | b'['), _) => return Err(("nested brace", at)),
            (Some(b']'), _) => return Err(("unexpected close bracket", at)),
            (Some(b'}'), _) if at == 0 => return Err(("empty string within braces", at)),
            (Some(b'}'), _) => {
                words.push(text_of(word));
                return Ok((Piece::Set(words), at + 1));
            }
            (Some(b','), _) => words.push(text_of(std::mem::take(&mut word))),
            (Some(&byte), _) => word.push(byte),
        }
        at += 1;
    }
}

/// What follows an opening bracket, and how long it is, with the closing one.
fn range(text: &str) -> Option<(Piece, usize)> {
    let (inner, _) = text.split_once(']')?;
    let (span, step) = match inner.split_once(':') {
        Some((span, step)) => (span, number(step).filter(|step| *step > 0)?),
        None => (inner, 1),
    };
    let (first, last) = span.split_once('-')?;
    let piece = match (first.as_bytes(), last.as_bytes()) {
        (&[first], &[last]) if first.is_ascii_alphabetic() && last.is_ascii_alphabetic() => {
            let same_case = first.is_ascii_lowercase() == last.is_ascii_lowercase();
            let step = u8::try_from(step).ok()?;
            let sound = same_case && first <= last && (first == last || step <= last - first);
            sound.then_some(Piece::Letters { first, last, step })?
        }
        _ => {
            let width = if first.starts_with('0') { first.len() } else { 0 };
            let (first, last) = (number(first)?, number(last)?);
            let sound = first <= last && (first == last || step <= last - first);
            sound.then_some(Piece::Numbers { first, last, step, width })?
        }
    };
    Some((piece, inner.len() + 1))
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in URL position {}", self.what, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let glob = Glob::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (0..glob.count()).map(|number| glob.nth(number).0).collect()
    }

    #[test]
    fn patterns_turn_like_wheels() {
        assert_eq!(all("http://h/"), ["http://h/"]);
        assert_eq!(all("{a,b}[1-2]"), ["a1", "a2", "b1", "b2"]);
        assert_eq!(all("{a,,b}"), ["a", "", "b"]);
        assert_eq!(all("[08-11]"), ["08", "09", "10", "11"]);
        assert_eq!(all("x[1-10:4]y"), ["x1y", "x5y", "x9y"]);
        assert_eq!(all("[a-g:3]"), ["a", "d", "g"]);
        assert_eq!(all(r"\{a\}\[1-2\]"), ["{a}[1-2]"]);
        assert_eq!(all("http://[::1]:80/{x,y}"), ["http://[::1]:80/x", "http://[::1]:80/y"]);
        assert_eq!(all("{ü,é}"), ["ü", "é"]);
        let glob = Glob::parse("{a,b}-[1-3]").unwrap();
        assert_eq!(glob.nth(5), ("b-3".into(), vec!["b".into(), "3".into()]));
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, what, column) in [
            ("a{b", "unmatched brace", 4),
            ("a}", "unmatched close brace/bracket", 2),
            ("{}", "empty string within braces", 2),
            ("{a{b}}", "nested brace", 3),
            ("[2-1]", "bad range", 1),
            ("[1-2", "bad range", 1),
            ("[a-Z]", "bad range", 1),
            ("[1-2:0]", "bad range", 1),
            ("[x]", "bad range", 1),
            ("[0-99999999999][0-99999999999]", "range overflow", 1),
        ] {
            assert_eq!(Glob::parse(text), Err(GlobError { what, column }), "{text}");
        }
    }

    #[test]
    fn without_patterns_everything_stands_for_itself() {
        assert_eq!(Glob::literal("{a}[1]").nth(0), ("{a}[1]".into(), vec![]));
    }
}
