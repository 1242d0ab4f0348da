//! Whom to trust, and as whom to come.

use std::path::PathBuf;

use crate::plan::options::Id;
use crate::plan::said::{Said, Wrong};

/// TLS to the origin.
#[derive(Debug, Default)]
pub struct Tls {
    /// `-k`.
    pub insecure: bool,
    /// `--cacert`.
    pub cacert: Option<PathBuf>,
    /// `--capath`.
    pub capath: Option<PathBuf>,
    /// `-E`, as written: a password may follow a colon.
    pub cert: Option<String>,
    /// `--key`.
    pub key: Option<PathBuf>,
    /// `--pinnedpubkey`, as written.
    pub pins: Option<String>,
    /// `--tlsv1.2`, `--tlsv1.3`.
    pub min: Option<Version>,
    /// `--tls-max`.
    pub max: Option<Version>,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Tls12,
    Tls13,
}

impl Tls {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said) -> Result<bool, Wrong> {
        match said.id {
            Id::Insecure => self.insecure = said.on,
            Id::CaCert => self.cacert = Some(said.raw().into()),
            Id::CaPath => self.capath = Some(said.raw().into()),
            Id::Cert => self.cert = Some(said.text()?.to_owned()),
            Id::Key => self.key = Some(said.raw().into()),
            Id::PinnedPubkey => self.pins = Some(said.text()?.to_owned()),
            Id::Tlsv1 | Id::Tlsv12 => self.min = Some(Version::Tls12),
            Id::Tlsv13 => self.min = Some(Version::Tls13),
            Id::TlsMax => {
                self.max = match said.text()? {
                    "default" => None,
                    "1.2" => Some(Version::Tls12),
                    "1.3" => Some(Version::Tls13),
                    _ => return Err(said.not("1.2, 1.3 or default (older ones are not spoken)")),
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
