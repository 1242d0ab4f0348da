//! From arguments to a plan. Pure: files are read by whoever is given as [`Files`], and nothing is sent.
//!
//! ```text
//! arguments ─▶ words ─▶ Group, Group, …  (parts: request, body, auth, cookies, redirects, proxy,
//!                                         connect, tls, output, limits)
//!                   └─▶ Whole            what holds for the run
//! ```
//!
//! A word is offered to each part in turn until one takes it. The order of words is kept where it means something: data
//! is joined in order, the n-th output belongs to the n-th URL, a later value replaces an earlier one.

pub mod config_file;
pub mod data;
pub mod expand;
pub mod form;
pub mod glob;
pub mod group;
pub mod options;
pub mod said;
pub mod variables;
pub mod whole;
pub mod words;

mod parts;

use std::ffi::{OsStr, OsString};
use std::path::Path;

pub use group::{Asked, Group, Target};
pub use parts::*;
pub use said::{Files, Said, Wrong};
pub use whole::{Instead, Whole};

use options::Id;
use variables::Variables;
use words::Word;

/// Everything that is to be done.
#[derive(Debug)]
pub struct Plan {
    pub whole: Whole,
    /// In order; a group without a URL is a mistake.
    pub groups: Vec<Group>,
}

/// Reads the arguments, without the program's name, behind those of the user's own file of options.
///
/// # Errors
/// The first that cannot be understood.
pub fn plan(args: Vec<OsString>, files: &mut dyn Files) -> Result<Plan, Wrong> {
    let plan = Plan { whole: Whole::default(), groups: vec![Group::default()] };
    let mut reading = Reading { plan, variables: Variables::default(), files };
    let quiet = args.first().and_then(|first| first.to_str());
    let quiet = quiet.is_some_and(|first| {
        first == "--disable" || first.starts_with("-q") // letters may run together
    });
    if !quiet && let Some((path, text)) = config_file::own(reading.files) {
        reading.lines(&path, &text, 0)?;
    }
    reading.words(args, 0)?;
    let Plan { whole, mut groups } = reading.plan;
    if whole.instead.is_none() {
        groups.iter_mut().try_for_each(Group::settle)?;
    }
    Ok(Plan { whole, groups })
}

/// How deep files of options may name files of options.
const DEEPEST: usize = 10;

/// What has been read so far.
struct Reading<'a> {
    plan: Plan,
    variables: Variables,
    files: &'a mut dyn Files,
}

impl Reading<'_> {
    fn words(&mut self, args: Vec<OsString>, depth: usize) -> Result<(), Wrong> {
        words::words(args)?.into_iter().try_for_each(|word| self.word(word, depth))
    }

    fn word(&mut self, word: Word, depth: usize) -> Result<(), Wrong> {
        let word = match word {
            Word::Expand(id, value) => Word::Value(id, self.expanded(&value)?),
            word => word,
        };
        match word {
            Word::Flag(Id::Next, _) => {
                self.next();
                Ok(())
            }
            Word::Value(Id::ConfigFile, file) => self.file(&file, depth),
            Word::Value(Id::Variable, said) => {
                self.variables.set(said.as_encoded_bytes(), self.files)
            }
            word => self.option(&Said::from(word)),
        }
    }

    fn option(&mut self, said: &Said) -> Result<(), Wrong> {
        let group = self.plan.groups.last_mut().ok_or_else(|| Wrong::new("no group"))?;
        match self.plan.whole.take(said)? || group.take(said, self.files)? {
            true => Ok(()),
            false => Err(Wrong::new(format!("option {}: is not supported yet", said.shown()))),
        }
    }

    /// A group without a URL goes on.
    fn next(&mut self) {
        if self.plan.groups.last().is_none_or(|group| !group.urls.is_empty()) {
            self.plan.groups.push(Group::default());
        }
    }

    fn expanded(&self, value: &OsStr) -> Result<OsString, Wrong> {
        let bytes = expand::expand(value.as_encoded_bytes(), &self.variables)?;
        let text = String::from_utf8(bytes);
        text.map(OsString::from).map_err(|_| Wrong::new("the expanded value is not UTF-8"))
    }

    /// `-K`.
    fn file(&mut self, file: &OsStr, depth: usize) -> Result<(), Wrong> {
        let path = Path::new(file);
        if depth == DEEPEST {
            return Err(Wrong::new("config files name one another without end"));
        }
        let text = self.files.read(path).map_err(|error| {
            Wrong::with(26, format!("cannot read config from '{}': {error}", path.display()))
        })?;
        self.lines(path, &text, depth + 1)
    }

    /// Takes what the lines of a file say, as if it had been said here.
    fn lines(&mut self, path: &Path, text: &[u8], depth: usize) -> Result<(), Wrong> {
        for line in config_file::lines(text) {
            let (number, valued) = (line.number, line.value.is_some());
            let words = words::words(line.args()).map_err(Wrong::from);
            let taken = words.and_then(|words| match words.last() {
                Some(Word::Url(_)) if valued => Err(Wrong::new("it takes no value")),
                _ => words.into_iter().try_for_each(|word| self.word(word, depth)),
            });
            taken.map_err(|why| config_file::Line::wrong(number, path, &why))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
