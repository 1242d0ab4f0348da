//! One line of a field section: [`Field`] is what the caller sees of it, and beside it stands the
//! index entry that says where the line lies in the text of its section.
//!
//! Nothing is checked here: the names and values were, before they got into the section.
//!
//! Next: [`invalid`](super::invalid)

use super::field::InvalidField;
use std::fmt;

/// One field line, borrowed from its section.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, in the case it was given or received in.
    pub name: &'a str,
    /// The value without whitespace around it; bytes 80-FF are opaque.
    pub value: &'a [u8],
    /// Whether [`Fields::mark_sensitive`](super::Fields::mark_sensitive) was called for it. See also [`Field::is_secret`].
    pub sensitive: bool,
}

impl Field<'_> {
    /// Whether the value must not be shown: it was marked, or the name is one of those that carry
    /// credentials ([`is_secret_name`]).
    pub fn is_secret(&self) -> bool {
        self.sensitive || is_secret_name(self.name)
    }
}

/// Whether fields of this name carry credentials: `Authorization`, `Cookie`, `Set-Cookie`,
/// `WWW-Authenticate`, `Authentication-Info` and everything that starts with `Proxy-`.
pub fn is_secret_name(name: &str) -> bool {
    let secret =
        ["authorization", "cookie", "set-cookie", "www-authenticate", "authentication-info"];
    let prefix = name.as_bytes().get(..6).unwrap_or_default();
    prefix.eq_ignore_ascii_case(b"proxy-") || secret.iter().any(|s| s.eq_ignore_ascii_case(name))
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() {
            write!(f, "{}: [hidden]", self.name)
        } else {
            write!(f, "{}: ", self.name)?;
            let mut rest = self.value;
            while let Some((before, after)) = around_userinfo(rest) {
                write!(f, "{}[hidden]", before.escape_ascii())?;
                rest = after;
            }
            write!(f, "{}", rest.escape_ascii())
        }
    }
}

/// What stands before and after the userinfo of the first URL in `value` that has one: a `Location` can carry a password.
fn around_userinfo(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut searched = 0;
    loop {
        let rest = value.get(searched..)?;
        searched += rest.windows(2).position(|two| two == b"//")? + 2;
        let (before, rest) = value.split_at_checked(searched)?;
        let ends = |byte: &u8| b"/?#<>\" \t".contains(byte);
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        if let Some(at) = rest.get(..end)?.iter().rposition(|&byte| byte == b'@') {
            return Some((before, rest.get(at..)?));
        }
    }
}

/// The lines of a section, in order. Made by [`Fields::iter`](super::Fields::iter).
#[derive(Clone)]
pub struct Iter<'a> {
    pub(super) text: &'a [u8],
    pub(super) lines: std::slice::Iter<'a, Line>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let line = self.lines.next()?;
        Some(Field {
            // A name is a token and so ASCII; the empty name is never seen.
            name: std::str::from_utf8(line.name(self.text)).unwrap_or_default(),
            value: line.value(self.text),
            sensitive: line.sensitive,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.lines.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Where one field line lies in the text of its section. Offsets are `u32`: a section is at most
/// 4 GiB, and the index stays half as large.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(super) name_start: u32,
    pub(super) name_len: u32,
    pub(super) value_start: u32,
    value_len: u32,
    pub(super) sensitive: bool,
}

impl Line {
    /// A line whose name and value lie at these offsets of the section's text.
    pub(crate) fn new(name_start: u32, name_len: u32, value_start: u32, value_len: u32) -> Self {
        Self { name_start, name_len, value_start, value_len, sensitive: false }
    }

    /// The line that `write_line` writes at `start`.
    pub(super) fn at(
        start: usize,
        name: &str,
        value: &[u8],
        sensitive: bool,
    ) -> Result<Self, InvalidField> {
        let value_start = start + name.len() + 2;
        if u32::try_from(value_start + value.len() + 2).is_err() {
            return Err(InvalidField::too_long());
        }
        Ok(Self {
            name_start: start as u32,
            name_len: name.len() as u32,
            value_start: value_start as u32,
            value_len: value.len() as u32,
            sensitive,
        })
    }

    /// The same with the value `gap` bytes behind the beginning.
    pub(super) fn spaced(
        start: usize,
        name_len: usize,
        gap: usize,
        value_len: usize,
    ) -> Result<Self, InvalidField> {
        let value_start = start + gap;
        if u32::try_from(value_start + value_len + 2).is_err() {
            return Err(InvalidField::too_long());
        }
        Ok(Self::new(start as u32, name_len as u32, value_start as u32, value_len as u32))
    }

    #[inline]
    pub(super) fn name<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let start = self.name_start as usize;
        &text[start..start + self.name_len as usize]
    }

    #[inline]
    pub(super) fn value<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let start = self.value_start as usize;
        &text[start..start + self.value_len as usize]
    }

    #[inline]
    pub(super) fn is_named(&self, text: &[u8], name: &str) -> bool {
        self.name_len as usize == name.len()
            && self.name(text).eq_ignore_ascii_case(name.as_bytes())
    }

    /// The bytes of the whole line, CRLF included, in a text of `Shape::Built`.
    pub(super) fn range(&self) -> std::ops::Range<usize> {
        self.name_start as usize..self.value_start as usize + self.value_len as usize + 2
    }
}

pub(super) fn write_line(out: &mut Vec<u8>, field: Field<'_>) {
    out.reserve(field.name.len() + field.value.len() + 4);
    out.extend_from_slice(field.name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(field.value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_112_a_password_in_a_url_is_not_shown() {
        let shown = |value: &str| {
            let (name, value) = ("location", value.as_bytes());
            format!("{:?}", Field { name, value, sensitive: false })
        };
        for (value, expected) in [
            ("https://u:p@h/x?y", "https://[hidden]@h/x?y"),
            ("//u:p@h", "//[hidden]@h"),
            (
                "http://a/ http://u:p@h/ http://v:q@i/",
                "http://a/ http://[hidden]@h/ http://[hidden]@i/",
            ),
            ("http://u:p@q@h", "http://[hidden]@h"),
            ("http://h/a@b//c", "http://h/a@b//c"),
            ("/x//y@z", "/x//[hidden]@z"), // may be one
            ("mailto:a@b", "mailto:a@b"),
            ("", ""),
        ] {
            assert_eq!(shown(value), format!("location: {expected}"));
        }
    }
}
