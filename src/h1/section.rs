//! A field section on the wire: find its end, unfold it, index it. Heads and trailers share this file.
//!
//! [`EndFinder`] looks for the empty line that ends a section and remembers how far it looked, so a section that
//! arrives one byte at a time is still read once (S-35). [`unfold`] replaces obs-fold. [`index`] turns what httparse
//! found into [`Fields`] that own a copy of the text. No grammar is checked here beyond line ends; httparse does that.
//!
//! Next: [`super::read_head`]

use httparse::Header;

use crate::message::field::trim_ows;
use crate::message::{Fields, Line};

/// Looks for the empty line that ends a section, across any number of reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct EndFinder {
    /// Where the line that is not finished yet begins.
    line_start: usize,
    /// Everything before this has been looked at.
    scanned: usize,
    /// What has been seen on the way.
    seen: LineEnds,
}

/// What kinds of line ends a section has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineEnds {
    /// A line ended in LF without CR.
    pub bare_lf: bool,
    /// A line began with SP or HTAB: obs-fold, or white space after the start-line.
    pub folded: bool,
}

impl EndFinder {
    /// The length of the section in `bytes`, its final empty line included, or `None` if the end has not come.
    /// `bytes` must begin where it began at the last call; they may be fewer than they were then.
    pub fn find(&mut self, bytes: &[u8]) -> Option<(usize, LineEnds)> {
        while let Some(at) = find_lf(bytes, self.scanned) {
            let line = &bytes[self.line_start..at];
            self.scanned = at + 1;
            self.line_start = at + 1;
            match line {
                [] => self.seen.bare_lf = true,
                [b'\r'] => {}
                [first, .., last] => {
                    self.seen.bare_lf |= *last != b'\r';
                    self.seen.folded |= matches!(first, b' ' | b'\t');
                    continue;
                }
                [only] => {
                    self.seen.bare_lf = true;
                    self.seen.folded |= matches!(only, b' ' | b'\t');
                    continue;
                }
            }
            return Some((at + 1, self.seen));
        }
        // Going back would find line ends again that lie before the start of the line.
        self.scanned = self.scanned.max(bytes.len());
        None
    }

    /// How many bytes have been looked at; grows with the input and never restarts.
    pub fn scanned(&self) -> usize {
        self.scanned
    }
}

/// The position of the first LF at or after `from`: eight bytes at a time, because a head is mostly not line ends.
fn find_lf(bytes: &[u8], from: usize) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    const LFS: u64 = u64::from_le_bytes([b'\n'; 8]);

    let rest = bytes.get(from..)?;
    let (words, tail) = rest.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        // A zero byte in `x` marks an LF; the classic test sets the high bit of the first zero byte exactly.
        let x = u64::from_le_bytes(*word) ^ LFS;
        let zeros = x.wrapping_sub(ONES) & !x & HIGHS;
        if zeros != 0 {
            return Some(from + n * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    let done = from + words.len() * 8;
    tail.iter().position(|&b| b == b'\n').map(|at| done + at)
}

/// Replaces each `obs-fold = OWS CRLF RWS` by one SP: "a user agent MUST replace each received obs-fold with one
/// or more SP octets prior to interpreting the field value" (§5.2). A fold directly after the start-line is not
/// one (§2.2) and is the caller's to refuse.
pub fn unfold(section: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(section.len());
    let mut rest = section;
    while let Some(at) = find_lf(rest, 0) {
        let after = &rest[at + 1..];
        if let [b' ' | b'\t', ..] = after {
            let line = rest[..at].strip_suffix(b"\r").unwrap_or(&rest[..at]);
            // Not `trim_ascii_end`: a bare CR or a form feed is no white space, it must stay to be refused.
            out.extend_from_slice(trim_ows(line));
            out.push(b' ');
            rest = trim_blanks_start(after);
        } else {
            out.extend_from_slice(&rest[..=at]);
            rest = after;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Without the SP and HTAB at the front; unlike `trim_ascii_start` this leaves line ends alone.
fn trim_blanks_start(bytes: &[u8]) -> &[u8] {
    let at = bytes.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(bytes.len());
    &bytes[at..]
}

/// The field lines httparse found in `text`, as [`Fields`] that own a copy of it. Two allocations.
pub fn index(text: &[u8], headers: &[Header<'_>]) -> Fields {
    let offset = |part: &[u8]| (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    let lines = headers
        .iter()
        .map(|header| {
            let (name, value) = (header.name.as_bytes(), header.value);
            // An empty value may be a literal that does not point into the text.
            let value_at = if value.is_empty() { 0 } else { offset(value) };
            // A head is smaller than 4 GiB: `Limits::head_bytes` is checked before.
            Line::new(offset(name) as u32, name.len() as u32, value_at as u32, value.len() as u32)
        })
        .collect();
    Fields::from_received(text.to_vec(), lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_wherever_the_input_is_cut() {
        for section in
            [&b"a: b\r\nc: d\r\n\r\n"[..], b"a: b\nc: d\n\n", b"\r\n", b"\n", b"a: b\r\n\n"]
        {
            for cut in 0..section.len() {
                let mut finder = EndFinder::default();
                assert_eq!(finder.find(&section[..cut]), None, "{:?}", section.escape_ascii());
                let (length, _) = finder.find(section).expect("the end");
                assert_eq!(length, section.len());
            }
        }
    }

    /// A reader with little room offers trailers in part, then whole, then in part again. That was a
    /// panic once, at the pleasure of the peer.
    #[test]
    fn fewer_bytes_than_before_change_nothing() {
        let section = b"a: b\r\nc: d\r\n\r\n";
        let mut finder = EndFinder::default();
        for offered in [1, 9, 1, 7, 13, 2] {
            assert_eq!(finder.find(&section[..offered]), None);
        }
        assert_eq!(finder.find(section).map(|(length, _)| length), Some(section.len()));
    }

    #[test]
    fn what_follows_the_end_is_left_alone() {
        let (length, ends) = EndFinder::default().find(b"a: b\r\n\r\nrest\n\n").expect("the end");
        assert_eq!((length, ends), (8, LineEnds::default()));
    }

    #[test]
    fn line_ends_are_reported() {
        let ends = |bytes: &[u8]| EndFinder::default().find(bytes).map(|(_, ends)| ends);
        let seen = |bare_lf, folded| Some(LineEnds { bare_lf, folded });
        assert_eq!(ends(b"a: b\r\n c\r\n\r\n"), seen(false, true));
        assert_eq!(ends(b"a: b\r\n\tc\n\r\n"), seen(true, true));
        assert_eq!(ends(b"a\n\r\n"), seen(true, false));
        assert_eq!(ends(b"a: b\r\n\n"), seen(true, false));
        assert_eq!(ends(b"a: b\n \n\n"), seen(true, true));
        assert_eq!(ends(b"a: b\r\r\n\rx"), None, "a bare CR ends nothing");
    }

    #[test]
    fn lf_is_found_as_a_naive_search_finds_it() {
        let bytes: Vec<u8> =
            (0..64_u8).map(|n| [b'\n', 0x0b, 0x8a, n][usize::from(n % 4)]).collect();
        for from in 0..=bytes.len() + 1 {
            for to in from.min(bytes.len())..=bytes.len() {
                let naive = (from..to).find(|&at| bytes[at] == b'\n');
                assert_eq!(find_lf(&bytes[..to], from), naive, "{from}..{to}");
            }
        }
    }

    #[test]
    fn folds_become_one_space() {
        let unfolded = |text: &str| String::from_utf8(unfold(text.as_bytes())).unwrap();
        assert_eq!(
            unfolded("f: just\r\n some\r\n\t folding\r\n\r\n"),
            "f: just some folding\r\n\r\n"
        );
        assert_eq!(unfolded("f: a \t\n  b\n\n"), "f: a b\n\n");
        assert_eq!(unfolded("f: a\r\n \r\n\r\n"), "f: a \r\n\r\n", "a line of blanks folds too");
        assert_eq!(unfolded("f: a\r\ng: b\r\n\r\n"), "f: a\r\ng: b\r\n\r\n");
    }

    #[test]
    fn s_29_folding_hides_no_control_byte() {
        for control in ["\r", "\x0b", "\x0c", "\0"] {
            let unfolded = unfold(format!("f: a{control}\r\n b\r\n\r\n").as_bytes());
            assert_eq!(unfolded, format!("f: a{control} b\r\n\r\n").as_bytes(), "{control:?}");
        }
    }
}
