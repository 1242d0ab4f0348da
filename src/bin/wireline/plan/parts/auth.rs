//! Who asks.

use crate::plan::options::Id;
use crate::plan::said::{Said, Wrong};

/// Credentials for the origin.
#[derive(Debug, Default)]
pub struct Auth {
    /// `-u`.
    pub user: Option<String>,
    /// The last of `--basic`, `--digest`, `--anyauth`.
    pub scheme: Scheme,
    /// `--oauth2-bearer`.
    pub bearer: Option<String>,
    pub netrc: Netrc,
    /// `--netrc-file`.
    pub netrc_file: Option<std::path::PathBuf>,
}

/// How credentials are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    #[default]
    Basic,
    Digest,
    Any,
}

/// Whether the netrc file is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Netrc {
    #[default]
    Off,
    Optional,
    Required,
}

impl Auth {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said) -> Result<bool, Wrong> {
        match said.id {
            Id::User => self.user = Some(said.text()?.to_owned()),
            Id::Basic if said.on => self.scheme = Scheme::Basic,
            Id::Digest if said.on => self.scheme = Scheme::Digest,
            Id::AnyAuth if said.on => self.scheme = Scheme::Any,
            Id::Basic | Id::Digest | Id::AnyAuth => self.scheme = Scheme::Basic,
            Id::OauthBearer => self.bearer = Some(said.text()?.to_owned()),
            Id::Netrc => self.netrc = if said.on { Netrc::Required } else { Netrc::Off },
            Id::NetrcOptional => self.netrc = if said.on { Netrc::Optional } else { Netrc::Off },
            Id::NetrcFile => self.netrc_file = Some(said.raw().into()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}
