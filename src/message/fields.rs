//! [`Fields`]: an ordered field section, headers or trailers alike.
//!
//! Names and values go in and come out as they were given: order, upper and lower case and
//! duplicates are kept, look-ups ignore case (RFC 9110 §5.1). The section is one run of text that
//! looks as it does on the wire, plus an index of its lines; so building one costs two
//! allocations and reading a received one costs two, however many fields it has.
//!
//! It never holds a name or a value that [`field`] would refuse, never joins lines
//! (§5.3: `Set-Cookie` must not be joined) and never shows a secret in its `Debug`.
//!
//! Look-ups are linear: real sections have 5 to 40 lines, and comparing lengths first
//! beats hashing there.
//!
//! Next: [`line`](mod@super::line)

use super::field::{self, InvalidField};
use super::line::{Field, Iter, Line, write_line};
use std::fmt;

/// A header or trailer section (RFC 9110 §6.3, §6.5).
///
/// ```
/// use wireline::message::{Fields, header};
///
/// let mut fields = Fields::new();
/// fields.append("X-Trace", "1")?;
/// fields.append(header::ACCEPT, "text/html")?;
/// fields.append("x-trace", "2")?;
/// assert_eq!(fields.get("X-TRACE"), Some(&b"1"[..]));
/// assert_eq!(fields.get_all("x-trace").count(), 2);
/// # Ok::<(), wireline::message::InvalidField>(())
/// ```
#[derive(Clone, Default)]
pub struct Fields {
    pub(super) text: Vec<u8>,
    pub(super) lines: Vec<Line>,
    pub(super) shape: Shape,
}

/// What is in `text` besides the lines.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing: it is `Name: value\r\n` for every line, in order, whatever stands between colon and value.
    #[default]
    Built,
    /// Whatever the peer sent: a status line, odd whitespace, lines removed from the index since.
    Received,
}

impl Fields {
    /// An empty section. Allocates nothing.
    pub const fn new() -> Self {
        Self { text: Vec::new(), lines: Vec::new(), shape: Shape::Built }
    }

    /// An empty section with room for `lines` fields of together `bytes` bytes, counting a line as
    /// `Name: value\r\n`.
    pub fn with_capacity(lines: usize, bytes: usize) -> Self {
        let (text, lines) = (Vec::with_capacity(bytes), Vec::with_capacity(lines));
        Self { text, lines, shape: Shape::Built }
    }

    /// A section the reader has taken off the wire: `text` may hold more than the fields,
    /// each of `lines` points at a name that is a token and a value without whitespace around it.
    pub(crate) fn from_received(text: Vec<u8>, lines: Vec<Line>) -> Self {
        let fields = Self { text, lines, shape: Shape::Received };
        debug_assert!(fields.iter().all(|field| {
            field::check_name(field.name.as_bytes()).is_ok()
                && field::check_value(field.value).is_ok_and(|value| value == field.value)
        }));
        fields
    }

    /// The number of field lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no field line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds a line at the end, also if there are lines of that name already.
    ///
    /// # Errors
    ///
    /// If `name` is no token or `value` holds a control character (§5.1, §5.5), or if the section
    /// would outgrow 4 GiB; the section is unchanged then.
    pub fn append(
        &mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidField> {
        let (name, value) = checked(name.as_ref(), value.as_ref())?;
        self.push(name, value, false)
    }

    /// Adds a line whose value is a secret; all lines of that name are secrets then.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    pub fn append_sensitive(
        &mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidField> {
        self.append(name.as_ref(), value)?;
        self.mark_sensitive(name);
        Ok(())
    }

    /// Adds a copy of a line, its mark of sensitivity included.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    pub fn append_line(&mut self, line: Field<'_>) -> Result<(), InvalidField> {
        let (name, value) = checked(line.name, line.value)?;
        self.push(name, value, line.sensitive)
    }

    /// Replaces all lines of that name by one, which stands where the first of them stood, or at
    /// the end if there was none. A field that was sensitive stays sensitive.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    pub fn set(
        &mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidField> {
        let (name, value) = checked(name.as_ref(), value.as_ref())?;
        match self.position(name) {
            None => self.push(name, value, false),
            Some(first) => self.replace(first, name, value),
        }
    }

    /// The same with a value that is a secret.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    pub fn set_sensitive(
        &mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidField> {
        self.set(name.as_ref(), value)?;
        self.mark_sensitive(name);
        Ok(())
    }

    /// Removes every line of that name and says how many there were.
    pub fn remove(&mut self, name: impl AsRef<str>) -> usize {
        match self.position(name.as_ref()) {
            None => 0,
            Some(first) => self.remove_from(first, name.as_ref()),
        }
    }

    /// The value of the first line of that name.
    pub fn get(&self, name: impl AsRef<str>) -> Option<&[u8]> {
        self.position(name.as_ref()).map(|at| self.lines[at].value(&self.text))
    }

    /// As [`get`](Self::get), for values that are UTF-8; `None` also if this one is not.
    pub fn get_str(&self, name: impl AsRef<str>) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The values of all lines of that name, in order.
    pub fn get_all<'a>(
        &'a self,
        name: impl AsRef<str> + 'a,
    ) -> impl Iterator<Item = &'a [u8]> + 'a {
        let text = &self.text;
        let of_that_name = move |line: &&Line| line.is_named(text, name.as_ref());
        self.lines.iter().filter(of_that_name).map(|line| line.value(text))
    }

    /// Whether there is a line of that name.
    pub fn contains(&self, name: impl AsRef<str>) -> bool {
        self.position(name.as_ref()).is_some()
    }

    /// Whether `token` is an element of the list that all lines of that name form together
    /// (§5.6.1), ignoring case: `has_token("connection", "close")`. Elements with parameters are
    /// compared whole.
    pub fn has_token(&self, name: impl AsRef<str>, token: &str) -> bool {
        let is_token = |element: &[u8]| element.eq_ignore_ascii_case(token.as_bytes());
        self.get_all(name.as_ref()).any(|value| field::list(value).any(is_token))
    }

    /// All lines in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { text: &self.text, lines: self.lines.iter() }
    }

    /// All lines in order, as bytes: the quick way through for the floor above.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| (line.name(&self.text), line.value(&self.text)))
    }

    /// Those lines whose name has one of the lengths in `lengths`, a set of numbers below 64: bit *n* for *n*.
    /// Most lines of a section are told apart from the few one looks for without reading a byte of them.
    #[inline]
    pub(crate) fn lines_of_length(&self, lengths: u64) -> impl Iterator<Item = (&[u8], &[u8])> {
        let fits = move |line: &&Line| line.name_len < 64 && lengths >> line.name_len & 1 == 1;
        self.lines.iter().filter(fits).map(|line| (line.name(&self.text), line.value(&self.text)))
    }

    /// Hides the values of that name from `Debug` output. The well-known secrets, such as
    /// `Authorization` and `Cookie`, are hidden without it.
    pub fn mark_sensitive(&mut self, name: impl AsRef<str>) {
        for line in &mut self.lines {
            if line.is_named(&self.text, name.as_ref()) {
                line.sensitive = true;
            }
        }
    }

    /// Adds all lines of `other` at the end, marks of sensitivity included.
    ///
    /// # Errors
    ///
    /// If the section would outgrow 4 GiB; the lines before that point have been added then.
    pub fn extend(&mut self, other: &Fields) -> Result<(), InvalidField> {
        self.lines.reserve(other.len());
        other.iter().try_for_each(|field| self.push(field.name, field.value, field.sensitive))
    }

    /// Appends the section to `out` as it goes on the wire: `Name: value\r\n` for every line,
    /// without the empty line that ends a section. One copy for a section built here.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match self.shape {
            Shape::Built => out.extend_from_slice(&self.text),
            Shape::Received => self.iter().for_each(|field| write_line(out, field)),
        }
    }

    /// The text this section was read from; lines added since stand at its end.
    pub(super) fn received(&self) -> Option<&[u8]> {
        (self.shape == Shape::Received).then_some(&self.text)
    }

    /// As `append`, for a name and value known to be good, which are not checked again.
    pub(super) fn push(
        &mut self,
        name: &str,
        value: &[u8],
        sensitive: bool,
    ) -> Result<(), InvalidField> {
        let line = Line::at(self.text.len(), name, value, sensitive)?;
        write_line(&mut self.text, Field { name, value, sensitive });
        self.lines.push(line);
        Ok(())
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.is_named(&self.text, name))
    }

    /// Rebuilds the section with the line `first` replaced and its namesakes after it left out.
    fn replace(&mut self, first: usize, name: &str, value: &[u8]) -> Result<(), InvalidField> {
        let mut rebuilt = Fields::with_capacity(self.len(), self.text.len() + value.len());
        let is_old = |field: &Field<'_>| field.name.eq_ignore_ascii_case(name);
        let sensitive = self.iter().any(|field| is_old(&field) && field.sensitive);
        for (at, field) in self.iter().enumerate() {
            if at == first {
                rebuilt.push(name, value, sensitive)?;
            } else if !is_old(&field) {
                rebuilt.push(field.name, field.value, field.sensitive)?;
            }
        }
        *self = rebuilt;
        Ok(())
    }

    fn remove_from(&mut self, first: usize, name: &str) -> usize {
        let before = self.lines.len();
        let text = &self.text;
        self.lines.retain(|line| !line.is_named(text, name));
        if self.shape == Shape::Built {
            self.close_gaps(first);
        }
        before - self.lines.len()
    }

    /// Moves the text of the lines from `first` on together, after lines were taken out of the
    /// index. Only for `Shape::Built`, where a line ends two bytes behind its value.
    fn close_gaps(&mut self, first: usize) {
        let mut end = match first.checked_sub(1) {
            None => 0,
            Some(last_kept) => self.lines[last_kept].range().end,
        };
        for line in &mut self.lines[first..] {
            let old = line.range();
            let moved = (old.start - end) as u32;
            self.text.copy_within(old.clone(), end);
            line.name_start -= moved;
            line.value_start -= moved;
            end += old.len();
        }
        self.text.truncate(end);
    }
}

fn checked<'a>(name: &'a str, value: &'a [u8]) -> Result<(&'a str, &'a [u8]), InvalidField> {
    field::check_name(name.as_bytes())?;
    Ok((name, field::check_value(value)?))
}

impl<'a> IntoIterator for &'a Fields {
    type Item = Field<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Two sections are equal if they have the same lines in the same order; case of names and marks
/// of sensitivity do not count.
impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (Field<'_>, Field<'_>)| {
            a.name.eq_ignore_ascii_case(b.name) && a.value == b.value
        };
        self.len() == other.len() && self.iter().zip(other).all(same)
    }
}

impl Eq for Fields {}

/// Secrets are shown as `[hidden]`, other values escaped.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head as some server might send it: odd whitespace, a bare LF, text before the fields.
    fn received() -> Fields {
        let text = b"HTTP/1.1 200 OK\r\nA:1\r\nBb:  2 \na: 3\r\n\r\n".to_vec();
        let lines = vec![Line::new(17, 1, 19, 1), Line::new(22, 2, 27, 1), Line::new(30, 1, 33, 1)];
        Fields::from_received(text, lines)
    }

    fn wire(fields: &Fields) -> String {
        let mut out = Vec::new();
        fields.write_to(&mut out);
        out.escape_ascii().to_string()
    }

    #[test]
    fn a_received_section_is_written_tidily() {
        let fields = received();
        assert_eq!(wire(&fields), r"A: 1\r\nBb: 2\r\na: 3\r\n");
        assert_eq!(fields.get_all("a").collect::<Vec<_>>(), [b"1", b"3"]);
        assert_eq!(format!("{fields:?}"), "[A: 1, Bb: 2, a: 3]");
    }

    #[test]
    fn a_received_section_can_be_changed() {
        let mut fields = received();
        fields.append("C", "4").unwrap();
        assert_eq!(fields.remove("bb"), 1);
        assert_eq!(wire(&fields), r"A: 1\r\na: 3\r\nC: 4\r\n");
        fields.set("a", "5").unwrap();
        assert_eq!(wire(&fields), r"a: 5\r\nC: 4\r\n");
        assert_eq!(fields.remove("A"), 1);
        assert_eq!(wire(&fields), r"C: 4\r\n");
        assert_eq!((fields.remove("c"), fields.remove("c")), (1, 0));
        assert_eq!(fields, Fields::new());
    }
}
