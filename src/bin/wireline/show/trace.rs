//! `--trace` and `--trace-ascii`: every byte that goes and comes, as curl dumps them.

use std::fmt::Write as _;
use std::time::SystemTime;

use super::narrate::{Dump, Kind};
use super::out::Out;
use super::stamp::{Ids, Stamps};

/// Writes it.
pub struct Trace {
    out: Out,
    stamps: Stamps,
    hex: bool,
}

impl Trace {
    /// Writes to `out`, in hexadecimal or not.
    pub fn new(out: Out, stamps: Stamps, hex: bool) -> Trace {
        Trace { out, stamps, hex }
    }
}

impl Dump for Trace {
    fn dump(&mut self, kind: Kind, bytes: &[u8], now: SystemTime, ids: Ids) {
        let stamp = self.stamps.stamp(now, ids);
        let what = match kind {
            Kind::Remark => {
                let mut line = format!("{stamp}== Info: ").into_bytes();
                line.extend_from_slice(bytes);
                line.push(b'\n');
                return self.out.put(&line);
            }
            Kind::HeadOut => "=> Send header",
            Kind::HeadIn => "<= Recv header",
            Kind::DataOut => "=> Send data",
            Kind::DataIn => "<= Recv data",
        };
        let length = bytes.len();
        let text = format!("{stamp}{what}, {length} bytes (0x{length:x})\n");
        self.out.put((text + &table(bytes, self.hex)).as_bytes());
    }
}

/// Sixteen bytes a line with their numbers, or up to sixty-four as text, where a line of theirs ends one of ours.
fn table(bytes: &[u8], hex: bool) -> String {
    let width = if hex { 16 } else { 64 };
    let mut text = String::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let window = rest.get(..width).unwrap_or(rest);
        let end = rest.windows(2).take(width + 1).position(|two| two == b"\r\n");
        let (line, used) = match end {
            Some(end) if !hex && end < width => (window.get(..end).unwrap_or_default(), end + 2),
            // Its end begins behind the last column: no empty line is shown for it.
            Some(end) if !hex && end == width && rest.len() > width + 1 => (window, width + 2),
            _ => (window, window.len()),
        };
        // Writing into a string does not fail.
        let _ = write!(text, "{at:04x}: ");
        if hex {
            line.iter().for_each(|byte| text.push_str(&format!("{byte:02x} ")));
            (line.len()..width).for_each(|_| text.push_str("   "));
        }
        let visible = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        text.extend(line.iter().map(visible));
        text.push('\n');
        at += used;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_sixteen_a_line() {
        let text = table(b"GET / HTTP/1.1\r\nA", true);
        let first = "0000: 47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a GET / HTTP/1.1..\n";
        assert_eq!(text, format!("{first}0010: 41 {}A\n", " ".repeat(45)));
        assert_eq!(table(b"", true), "");
    }

    #[test]
    fn text_ends_its_lines_where_the_bytes_do() {
        assert_eq!(table(b"A: b\r\n\r\n", false), "0000: A: b\n0006: \n");
        assert_eq!(table(b"\x1b\xff~", false), "0000: ..~\n");
        let long = [&[b'x'; 64][..], b"\r\ny"].concat();
        assert_eq!(table(&long, false), format!("0000: {}\n0042: y\n", "x".repeat(64)));
        let longer = [b'x'; 65];
        assert_eq!(table(&longer, false), format!("0000: {}\n0040: x\n", "x".repeat(64)));
    }
}
