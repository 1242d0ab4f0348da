//! `--expand-…`: `{{name}}` and `{{name:trim:url}}` in the value of an option.
//!
//! In: a value and the [`Variables`]. Out: the value to take. What has no name stands for nothing; what is no
//! expression stays as it is, and so does what stands behind a backslash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::data::escape;
use super::said::Wrong;
use super::variables::{Variables, is_part_of_name};

/// Writes the value out.
///
/// # Errors
/// A function that is none; content with a NUL, which no argument can hold.
pub fn expand(text: &[u8], variables: &Variables) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, b"{{") {
        let (before, from) = rest.split_at_checked(at).unwrap_or_default();
        if let Some(before) = before.strip_suffix(b"\\") {
            out.extend_from_slice(before);
            out.extend_from_slice(b"{{");
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        out.extend_from_slice(before);
        let Some(end) = find(from, b"}}") else {
            rest = from;
            break;
        };
        let (whole, after) = from.split_at_checked(end + 2).unwrap_or_default();
        let inside = whole.get(2..end).unwrap_or_default();
        match value(inside, variables)? {
            Some(value) => out.extend_from_slice(&value),
            None => out.extend_from_slice(whole),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    Ok(out)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// What stands between the braces; `None` if that is no expression.
fn value(inside: &[u8], variables: &Variables) -> Result<Option<Vec<u8>>, Wrong> {
    let Ok(inside) = std::str::from_utf8(inside) else { return Ok(None) };
    let (name, functions) = inside.split_once(':').unwrap_or((inside, ""));
    if name.is_empty() || !name.bytes().all(is_part_of_name) {
        return Ok(None);
    }
    let Some(content) = variables.get(name) else { return Ok(Some(Vec::new())) };
    let mut content = content.to_vec();
    for function in functions.split(':').filter(|_| inside.contains(':')) {
        content = match function {
            "trim" => content.trim_ascii().to_vec(),
            "json" => json(&content),
            "url" => escape(&content, false).into_bytes(),
            "b64" => STANDARD.encode(&content).into_bytes(),
            "64dec" => STANDARD.decode(&content).unwrap_or_else(|_| b"[64dec-fail]".to_vec()),
            _ => return Err(Wrong::new(format!("unknown variable function in '{inside}'"))),
        };
    }
    match content.contains(&0) {
        true => Err(Wrong::new(format!("variable '{name}' contains null byte"))),
        false => Ok(Some(content)),
    }
}

/// As it stands between the quotes of a string of JSON.
pub fn json(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    for &byte in content {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0C => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::io;
    use std::path::Path;

    use super::*;
    use crate::plan::said::Files;

    struct Shelf;

    impl Files for Shelf {
        fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
            match path.to_str() {
                Some("f") => Ok(b"0123456789".to_vec()),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }

        fn variable(&mut self, name: &str) -> Option<OsString> {
            (name == "HOME").then(|| "/home/me".into())
        }
    }

    fn expanded(set: &[&str], text: &str) -> Result<String, String> {
        let mut variables = Variables::default();
        for said in set {
            variables.set(said.as_bytes(), &mut Shelf).map_err(|wrong| wrong.message)?;
        }
        let out = expand(text.as_bytes(), &variables).map_err(|wrong| wrong.message)?;
        Ok(out.escape_ascii().to_string())
    }

    #[test]
    fn names_stand_for_their_contents() {
        for (set, text, expected) in [
            (&["a=1"][..], "x{{a}}y{{a}}", "x1y1"),
            (&["a=1", "a= 2 "], "{{a:trim}}", "2"),
            (&["a=b c\"\n"], "{{a:json}}", r#"b c\\\"\\n"#),
            (&["a=b c/\u{e9}"], "{{a:url}}", "b%20c%2F%C3%A9"),
            (&["a= hello "], "{{a:trim:b64}}", "aGVsbG8="),
            (&["a=aGVsbG8="], "{{a:64dec}}", "hello"),
            (&["a=?"], "{{a:64dec}}", "[64dec-fail]"),
            (&["%HOME"], "{{HOME}}", "/home/me"),
            (&["%NONE=d"], "{{NONE}}", "d"),
            (&["%HOME=d"], "{{HOME}}", "/home/me"),
            (&["a@f"], "{{a}}", "0123456789"),
            (&["a[2-4]@f", "b[8-]@f", "c[1-1]=abc"], "{{a}} {{b}} {{c}}", "234 89 b"),
            (&[], "-{{none}}-", "--"),
            (&["a=1"], "\\{{a}} {{ a }} {{}} {{a", "{{a}} {{ a }} {{}} {{a"),
        ] {
            assert_eq!(expanded(set, text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (set, text, says) in [
            (&["=1"][..], "", "Bad variable name: "),
            (&["a-b=1"], "", "Bad variable syntax: a"),
            (&["a"], "", "Bad variable syntax: a"),
            (&["a[3-2]=x"], "", "Bad variable byte range: a"),
            (&["%NONE"], "", "Variable 'NONE' import fail, not set"),
            (&["a@no"], "", "Failed to open no: entity not found"),
            (&["a=1"], "{{a:upper}}", "unknown variable function in 'a:upper'"),
            (&["a=AA=="], "{{a:64dec}}", "variable 'a' contains null byte"),
        ] {
            assert_eq!(expanded(set, text).unwrap_err(), says, "{set:?} {text}");
        }
    }
}
