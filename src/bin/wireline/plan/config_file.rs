//! Files of options (`-K`, `~/.curlrc`): lines in, arguments out.
//!
//! ```text
//! # comment
//! user-agent = "quoted \"text\"\n"
//! --header "X: 1"
//! -sSL
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::said::{Files, Wrong};

/// A line that says something.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// The option, dashes in front.
    pub option: String,
    pub value: Option<String>,
}

/// Where a user's own file is looked for, and the one that is there.
///
/// # Errors
/// None that is said: what is not there is not there.
pub fn own(files: &mut dyn Files) -> Option<(PathBuf, Vec<u8>)> {
    let places = [
        ("CURL_HOME", ".curlrc"),
        ("XDG_CONFIG_HOME", "curlrc"),
        ("HOME", ".curlrc"),
        ("HOME", ".config/curlrc"),
    ];
    places.into_iter().find_map(|(variable, name)| {
        let folder = files.variable(variable).filter(|folder| !folder.is_empty())?;
        let path = Path::new(&folder).join(name);
        let read = files.read(&path).ok()?;
        Some((path, read))
    })
}

/// The lines of a file.
pub fn lines(text: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    text.lines().enumerate().filter_map(|(at, text)| line(at + 1, text)).collect()
}

fn line(number: usize, text: &str) -> Option<Line> {
    let text = text.trim_start();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let dashed = text.starts_with('-');
    let is_end = |char: char| char.is_whitespace() || !dashed && matches!(char, '=' | ':');
    let (option, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    let rest = rest.trim_start_matches(is_end);
    let value = match rest.strip_prefix('"') {
        Some(quoted) => Some(unquoted(quoted)),
        None => {
            let word = rest.split(char::is_whitespace).next().unwrap_or_default();
            (!word.is_empty() && !word.starts_with('#')).then(|| word.to_owned())
        }
    };
    let option = if dashed { option.to_owned() } else { format!("--{option}") };
    Some(Line { number, option, value })
}

/// To the closing quote, or the end.
fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => match chars.next() {
                Some('t') => out.push('\t'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('v') => out.push('\u{b}'),
                Some(other) => out.push(other),
                None => break,
            },
            char => out.push(char),
        }
    }
    out
}

impl Line {
    /// As arguments.
    pub fn args(self) -> Vec<OsString> {
        [Some(self.option), self.value].into_iter().flatten().map(OsString::from).collect()
    }

    /// What is wrong with it, and where that is.
    pub fn wrong(number: usize, path: &Path, why: &Wrong) -> Wrong {
        Wrong::with(why.code, format!("{}:{number}: {}", path.display(), why.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_options() {
        let text = b"\xef\xbb\xbf# no\n\nurl = \"http://h/\" # behind\r\n-A agent\nuser-agent: \"q\\tu\\\"o\\x\\n\"\n \
            header = X: one two\n--header \"Y: 2\"\n silent\ndata=abc\ndata \"\"\n-dzz\nnext #";
        let read: Vec<_> = lines(text)
            .into_iter()
            .map(|line| (line.number, line.option, line.value.unwrap_or("-".into())))
            .collect();
        let expected = [
            (3, "--url", "http://h/"),
            (4, "-A", "agent"),
            (5, "--user-agent", "q\tu\"ox\n"),
            (6, "--header", "X:"),
            (7, "--header", "Y: 2"),
            (8, "--silent", "-"),
            (9, "--data", "abc"),
            (10, "--data", ""),
            (11, "-dzz", "-"),
            (12, "--next", "-"),
        ];
        let expected = expected.map(|(n, option, value)| (n, option.to_owned(), value.to_owned()));
        assert_eq!(read, expected);
    }
}
