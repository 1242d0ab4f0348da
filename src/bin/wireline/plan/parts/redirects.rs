//! Where redirects may lead, and what goes along.

use crate::plan::options::Id;
use crate::plan::said::{Said, Wrong};

/// Rules of redirects.
#[derive(Debug)]
pub struct Redirects {
    /// `-L`.
    pub follow: bool,
    /// `--follow`: an own `-X` is kept only where the status keeps the method.
    pub by_status: bool,
    /// `--location-trusted`.
    pub trusted: bool,
    /// `--max-redirs`; `None` is no limit.
    pub most: Option<u32>,
    /// `--post301`, `--post302`, `--post303`.
    pub keep_post: [bool; 3],
    /// `--proto`, as written.
    pub proto: Option<String>,
    /// `--proto-redir`, as written.
    pub proto_redir: Option<String>,
}

impl Default for Redirects {
    fn default() -> Redirects {
        Redirects {
            follow: false,
            by_status: false,
            trusted: false,
            most: Some(50),
            keep_post: [false; 3],
            proto: None,
            proto_redir: None,
        }
    }
}

impl Redirects {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said) -> Result<bool, Wrong> {
        match said.id {
            Id::Location => self.follow = said.on,
            Id::Follow => (self.follow, self.by_status) = (said.on, said.on),
            Id::LocationTrusted => (self.follow, self.trusted) = (said.on, said.on),
            Id::MaxRedirs if said.text()? == "-1" => self.most = None,
            Id::MaxRedirs => {
                let number = u32::try_from(said.number()?);
                self.most = Some(number.map_err(|_| said.not("a number"))?);
            }
            Id::Post301 => self.keep_post[0] = said.on,
            Id::Post302 => self.keep_post[1] = said.on,
            Id::Post303 => self.keep_post[2] = said.on,
            Id::Proto => self.proto = Some(said.text()?.to_owned()),
            Id::ProtoRedir => self.proto_redir = Some(said.text()?.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}
