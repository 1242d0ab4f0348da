//! Where what comes is written.

use std::path::PathBuf;

use crate::plan::options::Id;
use crate::plan::said::{Files, Said, Wrong};

/// Heads, content, and what is written about them.
#[derive(Debug, Default)]
pub struct Output {
    /// `-i`.
    pub show_heads: bool,
    /// `-D`.
    pub heads: Option<PathBuf>,
    /// `-w`; what stood in a file is here without its line ends.
    pub write_out: Option<String>,
    /// `-N`.
    pub unbuffered: bool,
    /// `-J`.
    pub server_name: bool,
    /// `--output-dir`.
    pub folder: Option<PathBuf>,
    /// `--create-dirs`.
    pub create_folders: bool,
    /// `--no-clobber`, `--clobber`.
    pub clobber: Option<bool>,
    /// `--skip-existing`.
    pub skip_existing: bool,
    /// `-R`.
    pub server_time: bool,
    /// `--remove-on-error`.
    pub remove_on_error: bool,
    /// `-C`: an offset, or `None` for `-`.
    pub continue_at: Option<Option<u64>>,
    /// `--etag-save`.
    pub etag_save: Option<PathBuf>,
    /// `-f`.
    pub fail: bool,
    /// `--fail-with-body`.
    pub fail_with_body: bool,
}

impl Output {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none, a file that cannot be read, options that exclude one another.
    pub fn take(&mut self, said: &Said, files: &mut dyn Files) -> Result<bool, Wrong> {
        match said.id {
            Id::ShowHeaders | Id::Include => self.show_heads = said.on,
            Id::DumpHeader => self.heads = Some(said.raw().into()),
            Id::WriteOut => self.write_out = Some(format(said, files)?),
            Id::Buffer => self.unbuffered = !said.on,
            Id::RemoteHeaderName => self.server_name = said.on,
            Id::OutputDir => self.folder = Some(said.raw().into()),
            Id::CreateDirs => self.create_folders = said.on,
            Id::Clobber => self.clobber = Some(said.on),
            Id::SkipExisting => self.skip_existing = said.on,
            Id::RemoteTime => self.server_time = said.on,
            Id::RemoveOnError => self.remove_on_error = said.on,
            Id::ContinueAt => {
                self.continue_at = Some(match said.text()? {
                    "-" => None,
                    _ => Some(said.number()?),
                });
            }
            Id::EtagSave => self.etag_save = Some(said.raw().into()),
            Id::Fail => (self.fail, self.fail_with_body) = (said.on, false),
            Id::FailWithBody => (self.fail_with_body, self.fail) = (said.on, false),
            _ => return Ok(false),
        }
        self.check(said)?;
        Ok(true)
    }

    /// A file cannot be continued and replaced.
    fn check(&self, said: &Said) -> Result<(), Wrong> {
        let replaced = self.remove_on_error || self.clobber == Some(false);
        match self.continue_at.is_some() && replaced {
            true => Err(Wrong::new(format!(
                "option {}: --continue-at excludes --no-clobber and --remove-on-error",
                said.shown()
            ))),
            false => Ok(()),
        }
    }
}

/// A format, or the file that holds it (`@file`).
fn format(said: &Said, files: &mut dyn Files) -> Result<String, Wrong> {
    let text = said.text()?;
    let Some(file) = text.strip_prefix('@') else { return Ok(text.to_owned()) };
    let read = files.read(file.as_ref());
    let read = read.map_err(|error| Wrong::with(26, format!("Failed to open {file}: {error}")))?;
    Ok(String::from_utf8_lossy(&read).replace(['\r', '\n'], ""))
}
