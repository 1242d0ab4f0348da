//! The command line as words: options with their values, and URLs, in their order.
//!
//! Arguments in, [`Word`]s out. The shape of arguments is lexopt's business (`-sSLo file`, `-XPOST`, `--`); here names
//! become options: exactly, by a prefix that only one option has, behind `no-`, and behind `expand-`. What a value means
//! is not known here.

use std::ffi::OsString;
use std::fmt;

use lexopt::{Arg, Parser};

use super::options::{Id, OPTIONS, Spec, Takes};

/// One thing that was said.
#[derive(Debug, PartialEq, Eq)]
pub enum Word {
    /// A switch, on or off, or an option that takes nothing.
    Flag(Id, bool),
    /// An option and its value.
    Value(Id, OsString),
    /// The same, its value to be expanded first (`--expand-…`).
    Expand(Id, OsString),
    /// An argument that is no option: a URL.
    Url(OsString),
}

/// What cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Misspoken {
    Unknown(String),
    Ambiguous(String, Vec<&'static str>),
    NoValue(String),
    NotNegatable(String),
    NotExpandable(String),
}

/// Reads arguments, without the program's name.
///
/// # Errors
/// The first that cannot be understood.
pub fn words(args: impl IntoIterator<Item = OsString>) -> Result<Vec<Word>, Misspoken> {
    let mut words = Vec::new();
    let mut parser = Parser::from_args(args);
    while let Some(arg) = parser.next().map_err(|error| Misspoken::Unknown(error.to_string()))? {
        let (said, meant) = match arg {
            Arg::Value(url) => {
                words.push(Word::Url(url));
                continue;
            }
            Arg::Short(letter) => (format!("-{letter}"), by_letter(letter)?),
            Arg::Long(name) => (format!("--{name}"), by_name(name)?),
        };
        let mut value = || parser.value().map_err(|_| Misspoken::NoValue(said.clone()));
        words.push(match meant {
            Meant { spec: Spec { takes: Takes::Value(_), id, .. }, form: Form::Plain } => {
                Word::Value(*id, value()?)
            }
            Meant { spec: Spec { takes: Takes::Value(_), id, .. }, form: Form::Expand } => {
                Word::Expand(*id, value()?)
            }
            Meant { form: Form::Expand, .. } => return Err(Misspoken::NotExpandable(said)),
            Meant { spec: Spec { takes: Takes::Switch, id, .. }, form } => {
                Word::Flag(*id, form == Form::Plain)
            }
            Meant { spec, form: Form::Plain } => Word::Flag(spec.id, true),
            Meant { form: Form::No, .. } => return Err(Misspoken::NotNegatable(said)),
        });
    }
    Ok(words)
}

/// An option, and how it was said.
struct Meant {
    spec: &'static Spec,
    form: Form,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Plain,
    No,
    Expand,
}

fn by_letter(letter: char) -> Result<Meant, Misspoken> {
    // `-N` is said of the option that is named by what it turns off.
    let spec = OPTIONS.iter().find(|spec| spec.short == Some(letter));
    let spec = spec.ok_or_else(|| Misspoken::Unknown(format!("-{letter}")))?;
    let form = if spec.id == Id::Buffer { Form::No } else { Form::Plain };
    Ok(Meant { spec, form })
}

fn by_name(name: &str) -> Result<Meant, Misspoken> {
    if let Some(spec) = OPTIONS.iter().find(|spec| spec.long == name) {
        return Ok(Meant { spec, form: Form::Plain });
    }
    if let Some(positive) = name.strip_prefix("no-") {
        return Ok(Meant { spec: find(positive, name)?, form: Form::No });
    }
    if let Some(value) = name.strip_prefix("expand-") {
        return Ok(Meant { spec: find(value, name)?, form: Form::Expand });
    }
    Ok(Meant { spec: find(name, name)?, form: Form::Plain })
}

/// The option of that name, or the only one that begins like it.
fn find(name: &str, said: &str) -> Result<&'static Spec, Misspoken> {
    if let Some(spec) = OPTIONS.iter().find(|spec| spec.long == name) {
        return Ok(spec);
    }
    let like: Vec<_> = OPTIONS.iter().filter(|spec| spec.long.starts_with(name)).collect();
    match like[..] {
        [only] if !name.is_empty() => Ok(only),
        [] | [_] => Err(Misspoken::Unknown(format!("--{said}"))),
        _ => Err(Misspoken::Ambiguous(
            format!("--{said}"),
            like.iter().map(|spec| spec.long).collect(),
        )),
    }
}

impl fmt::Display for Misspoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misspoken::Unknown(said) => write!(f, "option {said}: is unknown"),
            Misspoken::Ambiguous(said, like) => {
                write!(f, "option {said}: is ambiguous, it begins --{}", like.join(", --"))
            }
            Misspoken::NoValue(said) => write!(f, "option {said}: requires parameter"),
            Misspoken::NotNegatable(said) => {
                write!(f, "option {said}: used '--no-' for option that is not a boolean")
            }
            Misspoken::NotExpandable(said) => {
                write!(f, "option {said}: expansion is not supported for it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<Word>, Misspoken> {
        words(line.split_whitespace().map(OsString::from))
    }

    fn value(id: Id, text: &str) -> Word {
        Word::Value(id, text.into())
    }

    #[test]
    fn letters_run_together_and_take_the_rest_or_the_next() {
        let expected = [
            Word::Flag(Id::Silent, true),
            Word::Flag(Id::ShowError, true),
            Word::Flag(Id::Location, true),
            value(Id::Output, "file"),
            value(Id::Request, "POST"),
            Word::Url("http://h/".into()),
            Word::Url("-".into()),
        ];
        assert_eq!(read("-sSLo file -XPOST http://h/ -").unwrap(), expected);
        assert_eq!(read("-d -x -o-").unwrap(), [value(Id::Data, "-x"), value(Id::Output, "-")]);
        assert_eq!(read("-- -s").unwrap(), [Word::Url("-s".into())]);
        assert_eq!(read("-N").unwrap(), [Word::Flag(Id::Buffer, false)]);
        assert_eq!(
            read("-: -0").unwrap(),
            [Word::Flag(Id::Next, true), Word::Flag(Id::Http10, true)]
        );
    }

    #[test]
    fn names_may_be_cut_where_only_one_is_left() {
        assert_eq!(read("--silen").unwrap(), [Word::Flag(Id::Silent, true)]);
        assert_eq!(
            read("--data x").unwrap(),
            [value(Id::Data, "x")],
            "exact, though others begin so"
        );
        assert_eq!(
            read("--no-loc").unwrap_err(),
            Misspoken::Ambiguous(
                "--no-loc".into(),
                vec!["local-port", "location", "location-trusted"]
            )
        );
        assert_eq!(
            read("--no-buffer --no-keepalive").unwrap(),
            [Word::Flag(Id::Buffer, false), Word::Flag(Id::Keepalive, false)]
        );
        assert_eq!(read("--noproxy x").unwrap(), [value(Id::NoProxy, "x")]);
        assert_eq!(read("--expand-data x").unwrap(), [Word::Expand(Id::Data, "x".into())]);
    }

    #[test]
    fn what_cannot_be_understood_says_why() {
        for (line, says) in [
            ("--nosuch", "option --nosuch: is unknown"),
            ("-s?", "option -?: is unknown"),
            ("-o", "option -o: requires parameter"),
            ("--no-output", "option --no-output: used '--no-' for option that is not a boolean"),
            ("--expand-silent", "option --expand-silent: expansion is not supported for it"),
        ] {
            assert_eq!(read(line).unwrap_err().to_string(), says, "{line}");
        }
    }

    #[test]
    fn the_table_is_in_order_and_unambiguous() {
        let mut names: Vec<_> = OPTIONS.iter().map(|spec| spec.long).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|two| two[0] != two[1]));
        let mut letters: Vec<_> = OPTIONS.iter().filter_map(|spec| spec.short).collect();
        letters.sort_unstable();
        assert!(letters.windows(2).all(|two| two[0] != two[1]), "{letters:?}");
    }
}
