//! One option as it was said, and what can be wrong with it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::Path;

use super::options::{Id, OPTIONS};
use super::words::{Misspoken, Word};

/// An option and its value.
#[derive(Debug)]
pub struct Said {
    pub id: Id,
    /// Whether a switch is turned on.
    pub on: bool,
    pub value: OsString,
}

/// Who reads files for the plan.
pub trait Files {
    /// All of a file; `-` is the standard input.
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>>;

    /// A variable of the environment.
    fn variable(&mut self, name: &str) -> Option<OsString> {
        let _ = name;
        None
    }
}

/// What is wrong with the arguments; ends with curl's exit code for it.
#[derive(Debug)]
pub struct Wrong {
    pub code: u8,
    pub message: String,
}

impl Said {
    /// The value as text.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self) -> Result<&str, Wrong> {
        let text = self.value.to_str();
        text.ok_or_else(|| Wrong::new(format!("option {}: is not UTF-8", self.shown())))
    }

    /// The value as it was given.
    pub fn raw(&self) -> &OsStr {
        &self.value
    }

    /// The value as a number of seconds, with decimals.
    ///
    /// # Errors
    /// It is none.
    pub fn seconds(&self) -> Result<std::time::Duration, Wrong> {
        let seconds: Option<f64> = self.text()?.parse().ok();
        let time = seconds.and_then(|s| std::time::Duration::try_from_secs_f64(s).ok());
        time.ok_or_else(|| self.not("a number of seconds"))
    }

    /// The value as a number.
    ///
    /// # Errors
    /// It is none, or negative.
    pub fn number(&self) -> Result<u64, Wrong> {
        self.text()?.parse().map_err(|_| self.not("a number"))
    }

    /// Says that the value is not what it has to be.
    pub fn not(&self, what: &str) -> Wrong {
        Wrong::new(format!("option {}: expected {what}", self.shown()))
    }

    /// The option's name.
    pub fn shown(&self) -> String {
        let spec = OPTIONS.iter().find(|spec| spec.id == self.id);
        spec.map(|spec| format!("--{}", spec.long)).unwrap_or_default()
    }
}

impl From<Word> for Said {
    fn from(word: Word) -> Said {
        match word {
            Word::Flag(id, on) => Said { id, on, value: OsString::new() },
            Word::Value(id, value) | Word::Expand(id, value) => Said { id, on: true, value },
            Word::Url(value) => Said { id: Id::Url, on: true, value },
        }
    }
}

impl Wrong {
    /// A mistake in the arguments.
    pub fn new(message: impl Into<String>) -> Wrong {
        Wrong { code: 2, message: message.into() }
    }

    /// The same with another exit code.
    pub fn with(code: u8, message: impl Into<String>) -> Wrong {
        Wrong { code, message: message.into() }
    }
}

impl From<Misspoken> for Wrong {
    fn from(misspoken: Misspoken) -> Wrong {
        Wrong::new(misspoken.to_string())
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
