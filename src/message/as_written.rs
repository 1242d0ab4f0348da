//! Field lines as they are written: what stands between colon and value is kept, for callers who speak for another
//! program.
//!
//! In: a line, or a section to copy lines from. The section holds the same checked names and values as any other; only
//! its text differs, which [`Fields::write_to`] copies.

use super::field::{self, InvalidField};
use super::fields::{Fields, Shape};
use super::line::Line;

#[cfg_attr(not(feature = "client"), allow(dead_code))] // only the client copies lines between sections
impl Fields {
    /// Adds a line as it is written: `Name:value`, `Name:  value` and `Name:` keep what stands behind their colon, where
    /// [`append`](Self::append) writes one space. Whitespace at the end is cut off.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append); a line without a colon is all name.
    pub fn append_as_written(&mut self, line: impl AsRef<[u8]>) -> Result<(), InvalidField> {
        let line = line.as_ref();
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let (name, rest) = line.split_at(colon);
        field::check_name(name)?;
        let rest = rest.strip_prefix(b":").ok_or_else(|| InvalidField::name(line, colon))?;
        let value = field::check_value(rest)?;
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let gap = colon + 1 + if value.is_empty() { 0 } else { blanks };
        self.copy(
            &line[..gap + value.len()],
            Line::spaced(self.text.len(), colon, gap, value.len())?,
        );
        Ok(())
    }

    /// Adds a line of `other` as it is written there, its mark of sensitivity included.
    pub(crate) fn append_copy(&mut self, other: &Fields, line: &Line) -> Result<(), InvalidField> {
        let (name, value) = (line.name(&other.text), line.value(&other.text));
        if other.shape == Shape::Received {
            return self.push(std::str::from_utf8(name).unwrap_or_default(), value, line.sensitive);
        }
        let written = line.range();
        let gap = (line.value_start - line.name_start) as usize;
        let mut copied = Line::spaced(self.text.len(), name.len(), gap, value.len())?;
        copied.sensitive = line.sensitive;
        self.copy(&other.text[written.start..written.end - 2], copied);
        Ok(())
    }

    /// Where the lines are, to be handed to [`append_copy`](Self::append_copy).
    pub(crate) fn index(&self) -> &[Line] {
        &self.lines
    }

    fn copy(&mut self, written: &[u8], line: Line) {
        self.text.extend_from_slice(written);
        self.text.extend_from_slice(b"\r\n");
        self.lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(fields: &Fields) -> String {
        let mut out = Vec::new();
        fields.write_to(&mut out);
        out.escape_ascii().to_string()
    }

    #[test]
    fn a_line_can_be_added_as_it_is_written() {
        let mut fields = Fields::new();
        for line in ["A:1", "b:", "C:  3  ", "D: 4", "e:  "] {
            fields.append_as_written(line).unwrap();
        }
        fields.append("F", "6").unwrap();
        assert_eq!(wire(&fields), r"A:1\r\nb:\r\nC:  3\r\nD: 4\r\ne:\r\nF: 6\r\n");
        let values: Vec<_> = fields.iter().map(|field| field.value).collect();
        assert_eq!(values, [&b"1"[..], b"", b"3", b"4", b"", b"6"]);
        let mut copy = Fields::new();
        for line in fields.index().iter().rev() {
            copy.append_copy(&fields, line).unwrap();
        }
        assert_eq!(wire(&copy), r"F: 6\r\ne:\r\nD: 4\r\nC:  3\r\nb:\r\nA:1\r\n");
        fields.remove("b");
        assert_eq!(wire(&fields), r"A:1\r\nC:  3\r\nD: 4\r\ne:\r\nF: 6\r\n");
        fields.set("c", "5").unwrap();
        assert_eq!(wire(&fields), r"A: 1\r\nc: 5\r\nD: 4\r\ne: \r\nF: 6\r\n");
        for wrong in ["", ":", "no colon", "a b: c", "a: \n", "nocolon"] {
            assert!(fields.append_as_written(wrong).is_err(), "{wrong}");
        }
    }
}
