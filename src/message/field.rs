//! What one field line may hold: the grammar of names, values and lists.
//!
//! Bytes go in; either they are what RFC 9110 calls a field name or a field value, or an
//! [`InvalidField`] says which byte is not. Nothing is repaired here except that optional
//! whitespace around a value is cut off, because it is not part of the value (§5.5).
//!
//! Every name and value that ends up in a message goes through [`check_name`] and
//! [`check_value`], which is what makes smuggling a second header line through a value
//! impossible, whoever supplied the value.
//!
//! Next: [`fields`](super::fields)

use std::fmt;

/// RFC 9110 §5.6.2, one entry per byte:
///
/// ```text
/// token = 1*tchar
/// tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." /
///         "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
/// ```
const TCHAR: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(
            byte as u8,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_'
                | b'`' | b'|' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'
        );
        byte += 1;
    }
    table
};

/// RFC 9110 §5.5: `VCHAR / obs-text / SP / HTAB`, one entry per byte. What is left out is what
/// could end a line or hide one: 00-08, 0A-1F and 7F.
const VALUE: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = byte == b'\t' as usize;
        byte += 1;
    }
    table[0x7F] = false;
    table
};

/// Whether `byte` may stand in a token (§5.6.2): in a field name, a method, a coding name.
#[inline]
pub fn is_tchar(byte: u8) -> bool {
    TCHAR[byte as usize]
}

/// Checks that `name` is a field name: a token of at least one byte (§5.1).
///
/// # Errors
///
/// [`InvalidField`] with the name, escaped, and the position of its first bad byte.
#[inline]
pub fn check_name(name: &[u8]) -> Result<(), InvalidField> {
    if name.is_empty() {
        return Err(InvalidField::empty_name());
    }
    match name.iter().position(|&byte| !is_tchar(byte)) {
        None => Ok(()),
        Some(position) => Err(InvalidField::name(name, position)),
    }
}

/// Checks that `value` is a field value (§5.5) and returns it without the whitespace around it.
///
/// Bytes 80-FF (obs-text) pass and are opaque. An empty value is a value.
///
/// # Errors
///
/// [`InvalidField`] with the first bad byte and its position in `value`. The rest of the value is
/// left out: it may be a secret.
#[inline]
pub fn check_value(value: &[u8]) -> Result<&[u8], InvalidField> {
    match value.iter().position(|&byte| !VALUE[byte as usize]) {
        None => Ok(trim_ows(value)),
        Some(position) => Err(InvalidField::value(value, position)),
    }
}

/// Whether `token` is `lower` in any case: eight bytes at a time, because names are compared more often than anything
/// else is done with them.
///
/// `lower` must consist of lower-case letters, digits and hyphens. Setting bit 5 makes upper-case letters lower-case and
/// leaves these three alone; of what else it would turn into one of them, all are control characters, which neither a
/// checked name nor a checked value holds.
#[inline]
pub(crate) fn is_token(token: &[u8], lower: &[u8]) -> bool {
    // Most names that are as long already differ in their first letter.
    let first = |bytes: &[u8]| bytes.first().map_or(0, |byte| byte | 0x20);
    if token.len() != lower.len() || first(token) != first(lower) {
        return false;
    }
    let fold = u64::from_ne_bytes([0x20; 8]);
    let word = |bytes: &[u8], at: usize| -> u64 {
        bytes[at..].first_chunk().map_or(0, |word| u64::from_ne_bytes(*word))
    };
    match token.len() {
        // The last word overlaps the one before it.
        length @ 8.. => {
            let mut starts = (0..length - 7).step_by(8).chain([length - 8]);
            starts.all(|at| word(token, at) | fold == word(lower, at))
        }
        _ => token.iter().zip(lower).all(|(a, b)| a | 0x20 == *b),
    }
}

/// Cuts spaces and tabs off both ends: `OWS = *( SP / HTAB )` (§5.6.3). Unlike
/// [`slice::trim_ascii`] it leaves CR, LF and form feed where they are, to be refused.
#[inline]
pub fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The elements of a comma-separated list (§5.6.1.2), trimmed, empty ones skipped.
///
/// A comma inside a quoted-string (§5.6.4) does not separate. A quoted-string that is never closed
/// runs to the end of the value.
///
/// ```
/// let elements: Vec<&[u8]> = wireline::message::field::list(b", a ,,b;c=\"d,e\",").collect();
/// assert_eq!(elements, [&b"a"[..], b"b;c=\"d,e\""]);
/// ```
pub fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = element_end(rest);
            let element = trim_ows(&rest[..end]);
            rest = rest.get(end + 1..).unwrap_or_default();
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    })
}

/// Where the first list element of `value` ends: at a comma outside quotes, or at the end.
fn element_end(value: &[u8]) -> usize {
    enum Place {
        Plain,
        Quoted,
        Escaped,
    }
    let mut place = Place::Plain;
    for (at, &byte) in value.iter().enumerate() {
        place = match (place, byte) {
            (Place::Plain, b',') => return at,
            (Place::Plain, b'"') => Place::Quoted,
            (Place::Quoted, b'"') => Place::Plain,
            (Place::Quoted, b'\\') => Place::Escaped,
            (Place::Escaped, _) => Place::Quoted,
            (place, _) => place,
        };
    }
    value.len()
}

/// A field name or value that RFC 9110 does not allow.
///
/// Its text is safe to print anywhere: bytes are escaped, at most 100 of them are shown, and of a
/// value only the offending byte, because the rest may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidField {
    problem: Problem,
    position: usize,
}

/// Which half of a field line was at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldPart {
    /// The name, left of the colon.
    Name,
    /// The value, right of the colon.
    Value,
}

#[derive(Clone, PartialEq, Eq)]
enum Problem {
    EmptyName,
    /// The name, escaped and cut.
    NotAToken(Box<str>),
    /// The byte that may not be in a value.
    BadValueByte(u8),
    /// The whole section would outgrow the 4 GiB its index can address.
    TooLong,
}

impl InvalidField {
    /// How many bytes of a name an error shows.
    const SHOWN: usize = 100;

    /// Whether the name or the value was refused.
    pub fn part(&self) -> FieldPart {
        match self.problem {
            Problem::EmptyName | Problem::NotAToken(_) => FieldPart::Name,
            Problem::BadValueByte(_) | Problem::TooLong => FieldPart::Value,
        }
    }

    /// Where the offending byte stands in that name or value, counted from 0.
    pub fn position(&self) -> usize {
        self.position
    }

    pub(super) fn too_long() -> Self {
        Self { problem: Problem::TooLong, position: 0 }
    }

    fn empty_name() -> Self {
        Self { problem: Problem::EmptyName, position: 0 }
    }

    #[cold]
    pub(super) fn name(name: &[u8], position: usize) -> Self {
        let shown = &name[..name.len().min(Self::SHOWN)];
        let shown = shown.escape_ascii().to_string().into_boxed_str();
        Self { problem: Problem::NotAToken(shown), position }
    }

    #[cold]
    fn value(value: &[u8], position: usize) -> Self {
        let byte = value.get(position).copied().unwrap_or_default();
        Self { problem: Problem::BadValueByte(byte), position }
    }
}

impl fmt::Display for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.position;
        match &self.problem {
            Problem::EmptyName => f.write_str("a field name may not be empty"),
            Problem::NotAToken(name) => {
                write!(f, "\"{name}\" is not a field name: byte {at} may not be in a token")
            }
            Problem::BadValueByte(byte) => {
                let byte = [*byte];
                write!(f, "byte {at} of the field value is '{}'", byte.escape_ascii())?;
                f.write_str(", and control characters may not be in a field value")
            }
            Problem::TooLong => f.write_str("the field section would be longer than 4 GiB"),
        }
    }
}

impl fmt::Debug for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvalidField({self})")
    }
}

impl std::error::Error for InvalidField {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_compared_in_any_case() {
        for lower in ["close", "content-length", "transfer-encoding", "100-continue", "host", ""] {
            for token in
                ["Close", "CONTENT-Length", "transfer_encoding", "100-Continue", "hosts", ""]
            {
                let expected = token.eq_ignore_ascii_case(lower);
                assert_eq!(
                    is_token(token.as_bytes(), lower.as_bytes()),
                    expected,
                    "{token} {lower}"
                );
            }
        }
        // Every byte that may stand in a value, against every byte of a literal.
        for byte in (0x20..=0xff).filter(|byte| *byte != 0x7f).chain([b'\t']) {
            for literal in b'a'..=b'z' {
                let expected = byte.eq_ignore_ascii_case(&literal);
                assert_eq!(is_token(&[byte], &[literal]), expected, "{byte:#x}");
            }
            assert_eq!(is_token(&[byte; 9], b"---------"), byte == b'-', "{byte:#x}");
        }
    }

    #[test]
    fn whitespace_is_cut_off_values_and_nothing_else_is() {
        assert_eq!(check_value(b" \ta \t b\t ").unwrap(), b"a \t b");
        assert_eq!(check_value(b" \t ").unwrap(), b"");
        assert_eq!(check_value(b"a\r\n").unwrap_err().position(), 1);
    }

    #[test]
    fn s_110_an_error_escapes_what_it_shows_and_hides_the_rest_of_a_value() {
        let error = check_name(b"a\x1b[31m").unwrap_err();
        assert_eq!((error.part(), error.position()), (FieldPart::Name, 1));
        assert!(error.to_string().contains("\"a\\x1b[31m\""), "{error}");

        let error = check_value(b"Bearer s3cret\n").unwrap_err();
        assert_eq!((error.part(), error.position()), (FieldPart::Value, 13));
        assert!(error.to_string().contains("'\\n'") && !format!("{error:?}").contains("s3cret"));

        let long = check_name(&[b' '; 100_000]).unwrap_err();
        assert!(long.to_string().len() < 200);
    }

    #[test]
    fn lists_respect_quotes() {
        let of = |value: &'static [u8]| list(value).collect::<Vec<_>>();
        assert_eq!(of(b""), [b""; 0]);
        assert_eq!(of(b" , ,"), [b""; 0]);
        assert_eq!(of(b"close"), [b"close"]);
        assert_eq!(of(b"\"a\\\",b\",c"), [&b"\"a\\\",b\""[..], b"c"]);
        assert_eq!(of(b"a,\"b,c"), [&b"a"[..], b"\"b,c"]);
    }
}
