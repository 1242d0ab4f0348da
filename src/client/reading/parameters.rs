//! Parameters behind a field value: `; name=value; name="value"; name*=UTF-8''value` (RFC 9110 §5.6.6, RFC 8187).
//!
//! Read the way RFC 8288, appendix B.3 reads them, which never fails: whatever servers write is read as something, and
//! what cannot be read is left out. Names come out in lower case, values with their quotes and escapes undone. Time and
//! memory are linear in the input, which was bounded when the head was read.

use crate::message::field::trim_ows;
use crate::message::percent;

/// Parameters in order. The name of an extended one (RFC 8187) keeps its `*`; its value is decoded, or it is left out.
pub(crate) type Parameters = Vec<(String, String)>;

/// Reads parameters from the front of `input`, which is left at the first byte that is none of theirs. Outside of quotes
/// `end` ends them (where the field is a list: the comma).
pub(crate) fn parse(input: &mut &[u8], end: Option<u8>) -> Parameters {
    let mut parameters = Vec::new();
    loop {
        *input = trim_start(input);
        let Some(rest) = input.strip_prefix(b";") else { return parameters };
        *input = trim_start(rest);
        let is_end = |byte: u8| byte == b';' || Some(byte) == end;
        let name = take_until(input, |byte| byte == b'=' || is_end(byte));
        let name = trim_ows(name).to_ascii_lowercase();
        let value = match input.strip_prefix(b"=") {
            None => Vec::new(),
            Some(rest) => {
                *input = trim_start(rest);
                match input.strip_prefix(b"\"") {
                    Some(quoted) => {
                        *input = quoted;
                        let value = unquoted(input);
                        // Junk behind the quotes belongs to nobody.
                        take_until(input, is_end);
                        value
                    }
                    None => trim_ows(take_until(input, is_end)).to_vec(),
                }
            }
        };
        let value = match name.ends_with(b"*") {
            true => extended(&value),
            false => Some(text(&value)),
        };
        if let Some(value) = value
            && !name.is_empty()
        {
            parameters.push((text(&name), value));
        }
    }
}

/// The value of the first parameter of that name.
pub(crate) fn find<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let found = parameters.iter().find(|(given, _)| given == name);
    found.map(|(_, value)| value.as_str())
}

/// Text in no declared charset: UTF-8 if it can be, else ISO-8859-1, whose bytes are the first 256 code points.
pub(crate) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => latin1(bytes),
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Takes the bytes before the first that `stops`, or all.
pub(crate) fn take_until<'a>(input: &mut &'a [u8], stops: impl Fn(u8) -> bool) -> &'a [u8] {
    let at = input.iter().position(|&byte| stops(byte)).unwrap_or(input.len());
    let (taken, rest) = input.split_at(at);
    *input = rest;
    taken
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let at = bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    at.and_then(|at| bytes.get(at..)).unwrap_or_default()
}

/// What stands between the quotes, the first of which is gone already; `input` is left behind the last. A quoted string
/// without an end has all that is there.
fn unquoted(input: &mut &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let (byte, rest) = match *input {
            [] => return out,
            [b'"', rest @ ..] => {
                *input = rest;
                return out;
            }
            [b'\\', byte, rest @ ..] | [byte, rest @ ..] => (*byte, rest),
        };
        out.push(byte);
        *input = rest;
    }
}

/// `ext-value = charset "'" [ language ] "'" value-chars` (RFC 8187 §3.2.1). "UTF-8" must be understood; ISO-8859-1 was
/// part of the grammar before. `None` for any other charset, and for what is no UTF-8 although it says so.
fn extended(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _language, coded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = percent::decode(&text(coded));
    if charset.eq_ignore_ascii_case(b"utf-8") {
        String::from_utf8(bytes).ok()
    } else if charset.eq_ignore_ascii_case(b"iso-8859-1") {
        Some(latin1(&bytes))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, end: Option<u8>) -> (Vec<String>, String) {
        let mut input = text.as_bytes();
        let parameters = parse(&mut input, end);
        let shown = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (shown, String::from_utf8_lossy(input).into_owned())
    }

    #[test]
    fn parameters_are_read_whatever_they_are() {
        for (text, expected, rest) in [
            ("", &[][..], ""),
            ("x=1", &[], "x=1"),
            (";a=1", &["a=1"], ""),
            (" ; A = 1 ;b", &["a=1", "b="], ""),
            (";a=\"x;,\\\"y\\\\\" ;b=2", &["a=x;,\"y\\", "b=2"], ""),
            (";a=\"open", &["a=open"], ""),
            (";a=\"open\\", &["a=open\\"], ""),
            (";a=\"x\"junk;b=2", &["a=x", "b=2"], ""),
            (";;a=1;;", &["a=1"], ""),
            (";=1;a=2", &["a=2"], ""),
            (";a=b=c", &["a=b=c"], ""),
            (";a=1, <next>", &["a=1, <next>"], ""),
        ] {
            assert_eq!(
                read(text, None),
                (expected.iter().map(|&s| s.into()).collect(), rest.into()),
                "{text}"
            );
        }
        assert_eq!(read(";a=1 , <n>;a=2", Some(b',')), (vec!["a=1".into()], ", <n>;a=2".into()));
        assert_eq!(read(";a=\"1,2\",x", Some(b',')), (vec!["a=1,2".into()], ",x".into()));
    }

    #[test]
    fn extended_values_are_decoded_or_left_out() {
        for (value, expected) in [
            ("UTF-8''%e2%82%ac%20rates", Some("€ rates")),
            ("utf-8'en'a%zz", Some("a%zz")),
            ("iso-8859-1'en'%A3%20rates", Some("£ rates")),
            ("UTF-8''", Some("")),
            ("UTF-8''it's", Some("it's")),
            ("UTF-8''%e4", None),
            ("koi8-r''%c1", None),
            ("UTF-8'only-one", None),
            ("plain", None),
            ("", None),
        ] {
            assert_eq!(extended(value.as_bytes()).as_deref(), expected, "{value}");
        }
    }
}
