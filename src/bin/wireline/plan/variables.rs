//! `--variable`: names and their contents, for [`expand`](super::expand).
//!
//! ```text
//! name=content   name@file   %NAME   %NAME=default   %NAME@file     name[2-5]=content
//! ```
//!
//! `%` asks the environment; a range keeps those bytes only.

use std::collections::HashMap;

use super::data::file_of;
use super::said::{Files, Wrong};

/// What has been set so far, for all groups.
#[derive(Debug, Default)]
pub struct Variables(HashMap<String, Vec<u8>>);

/// The first byte and the last, both counted in.
type Range = (usize, usize);

/// As in curl.
const LONGEST_NAME: usize = 128;

impl Variables {
    /// The content of that name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Sets one as `--variable` says it; a second time replaces the first.
    ///
    /// # Errors
    /// A name that is none, a range that is none, nothing in the environment. 26: a file that cannot be read.
    pub fn set(&mut self, said: &[u8], files: &mut dyn Files) -> Result<(), Wrong> {
        let (import, rest) = match said.strip_prefix(b"%") {
            Some(rest) => (true, rest),
            None => (false, said),
        };
        let end = rest.iter().position(|byte| !is_part_of_name(*byte)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        let bad = |what: &str| Wrong::new(format!("Bad variable {what}: {}", name.escape_debug()));
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(bad("name"));
        }
        let (range, rest) = match rest.strip_prefix(b"[") {
            Some(rest) => {
                let (range, rest) = range(rest).ok_or_else(|| bad("byte range"))?;
                (Some(range), rest)
            }
            None => (None, rest),
        };
        let known = if import { files.variable(&name) } else { None };
        let content = match (known, rest.split_first()) {
            (Some(known), _) => known.into_encoded_bytes(),
            (None, Some((b'=', content))) => content.to_vec(),
            (None, Some((b'@', file))) => file_of(file, files)?,
            (None, None) if import => {
                return Err(Wrong::new(format!("Variable '{name}' import fail, not set")));
            }
            _ => return Err(bad("syntax")),
        };
        let content = match range {
            None => content,
            Some((first, last)) => {
                content.into_iter().skip(first).take((last - first).saturating_add(1)).collect()
            }
        };
        self.0.insert(name, content);
        Ok(())
    }
}

/// Whether a byte can stand in a name.
pub fn is_part_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `2-5]`, `2-]`, and what follows.
fn range(text: &[u8]) -> Option<(Range, &[u8])> {
    let end = text.iter().position(|&byte| byte == b']')?;
    let (first, last) = std::str::from_utf8(text.get(..end)?).ok()?.split_once('-')?;
    let number = |text: &str| text.parse::<usize>().ok();
    let last = if last.is_empty() { usize::MAX } else { number(last)? };
    let range = (number(first)?, last);
    (range.0 <= range.1).then_some((range, text.get(end + 1..)?))
}
