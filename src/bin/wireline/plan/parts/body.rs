//! What is sent along: data and forms, in the order in which they were said.

use crate::plan::data::data;
use crate::plan::form;
use crate::plan::options::Id;
use crate::plan::said::{Files, Said, Wrong};

/// The content of a request.
#[derive(Debug, Default)]
pub struct Body {
    /// `-d` and its sisters, joined as they are read; `None` if nothing was said.
    pub data: Option<Vec<u8>>,
    /// `--json` was said: its fields are added unless they are there.
    pub json: bool,
    /// `-G`: the data goes into the URL.
    pub get: bool,
    /// `-F` and `--form-string`, in order.
    pub form: Vec<form::Part>,
    /// How many parts of the form are still open, by `-F "=("`.
    open: usize,
    /// `--form-escape`.
    pub form_escape: bool,
    /// `--expect100-timeout`.
    pub expect_timeout: Option<std::time::Duration>,
}

impl Body {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none, a file that cannot be read.
    pub fn take(&mut self, said: &Said, files: &mut dyn Files) -> Result<bool, Wrong> {
        match said.id {
            Id::Data | Id::DataAscii | Id::DataBinary | Id::DataRaw | Id::DataUrlencode => {
                self.join(&data(said, files)?, b"&");
            }
            Id::Json => {
                self.join(&data(said, files)?, b"");
                self.json = true;
            }
            Id::Get => self.get = said.on,
            Id::Form => form::add(&mut self.form, &mut self.open, said.text()?, files)?,
            Id::FormString => form::literal(&mut self.form, self.open, said.text()?)?,
            Id::FormEscape => self.form_escape = said.on,
            Id::ExpectTimeout => self.expect_timeout = Some(said.seconds()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether something is sent that makes a POST of the request.
    pub fn is_sent(&self) -> bool {
        !self.form.is_empty() || self.data.is_some() && !self.get
    }

    /// Adds data, behind `between` if there is any already.
    fn join(&mut self, data: &[u8], between: &[u8]) {
        let all = match &mut self.data {
            Some(all) => {
                all.extend_from_slice(between);
                all
            }
            none => none.insert(Vec::new()),
        };
        all.extend_from_slice(data);
    }
}
