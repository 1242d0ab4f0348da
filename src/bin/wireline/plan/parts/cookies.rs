//! Cookies: those given, those in files, and where they are kept.

use std::path::PathBuf;

use crate::plan::options::Id;
use crate::plan::said::{Said, Wrong};

/// What is known of cookies.
#[derive(Debug, Default)]
pub struct Cookies {
    /// `-b name=value`, in order.
    pub given: Vec<String>,
    /// `-b file`, in order; an empty name only turns the jar on.
    pub files: Vec<PathBuf>,
    /// `-c`; `-` is the standard output.
    pub jar: Option<PathBuf>,
    /// `-j`.
    pub junk_session: bool,
}

impl Cookies {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said) -> Result<bool, Wrong> {
        match said.id {
            Id::Cookie => match said.text()? {
                pairs if pairs.contains('=') => self.given.push(pairs.to_owned()),
                file => self.files.push(file.into()),
            },
            Id::CookieJar => self.jar = Some(said.raw().into()),
            Id::JunkSessionCookies => self.junk_session = said.on,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether cookies are kept from response to request.
    pub fn is_on(&self) -> bool {
        !self.files.is_empty() || self.jar.is_some()
    }
}
