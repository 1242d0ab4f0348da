//! What is asked: method, fields, version, conditions.

use crate::plan::data::data;
use crate::plan::options::Id;
use crate::plan::said::{Files, Said, Wrong};

/// The request line and the fields.
#[derive(Debug, Default)]
pub struct Request {
    /// `-X`.
    pub method: Option<String>,
    /// `-I`.
    pub head: bool,
    /// `-0`.
    pub http_1_0: bool,
    /// `-H`, in order: `Name: value`, `Name:` (leave it out), `Name;` (send it empty).
    pub fields: Vec<String>,
    /// `-A`; empty leaves the field out.
    pub user_agent: Option<String>,
    /// `-e`, without `;auto`.
    pub referer: Option<String>,
    /// `-e ;auto`.
    pub auto_referer: bool,
    /// `--request-target`.
    pub target: Option<String>,
    /// `--path-as-is`.
    pub path_as_is: bool,
    /// `--url-query`, encoded and joined.
    pub query: Option<String>,
    /// `-r`.
    pub range: Option<String>,
    /// `-z`.
    pub time_cond: Option<String>,
    /// `--etag-compare`.
    pub etag_compare: Option<std::path::PathBuf>,
    /// `--compressed`.
    pub compressed: bool,
    /// `--raw`.
    pub raw: bool,
    /// `--ignore-content-length`.
    pub ignore_content_length: bool,
    /// `--proto-default`.
    pub proto_default: Option<String>,
}

impl Request {
    /// Whether `-H` says something of the field, be it that there is none.
    pub fn says(&self, name: &str) -> bool {
        self.fields.iter().any(|line| names(line, name))
    }

    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said, files: &mut dyn Files) -> Result<bool, Wrong> {
        match said.id {
            Id::Request => self.method = Some(said.text()?.to_owned()),
            Id::Head => self.head = said.on,
            Id::Http10 => self.http_1_0 = true,
            Id::Http11 => self.http_1_0 = false,
            Id::Header => self.fields.extend(lines(said, files)?),
            Id::UserAgent => self.user_agent = Some(said.text()?.to_owned()),
            Id::Referer => {
                let text = said.text()?;
                let url = text.strip_suffix(";auto");
                self.auto_referer = url.is_some();
                let url = url.unwrap_or(text);
                self.referer = (!url.is_empty()).then(|| url.to_owned());
            }
            Id::RequestTarget => self.target = Some(said.text()?.to_owned()),
            Id::PathAsIs => self.path_as_is = said.on,
            Id::UrlQuery => {
                let more = String::from_utf8_lossy(&data(said, files)?).into_owned();
                let all = self.query.take().filter(|all| !all.is_empty());
                self.query = Some(all.map_or(more.clone(), |all| format!("{all}&{more}")));
            }
            Id::Range => self.range = Some(said.text()?.to_owned()),
            Id::TimeCond => self.time_cond = Some(said.text()?.to_owned()),
            Id::EtagCompare => self.etag_compare = Some(said.raw().into()),
            Id::Compressed => self.compressed = said.on,
            Id::Raw => self.raw = said.on,
            Id::IgnoreContentLength => self.ignore_content_length = said.on,
            Id::ProtoDefault => self.proto_default = Some(said.text()?.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A field line, or those of a file (`@file`, one a line).
///
/// # Errors
/// A file that cannot be read.
pub fn lines(said: &Said, files: &mut dyn Files) -> Result<Vec<String>, Wrong> {
    let text = said.text()?;
    let Some(file) = text.strip_prefix('@') else { return Ok(vec![text.to_owned()]) };
    let read = files.read(file.as_ref());
    let read = read.map_err(|error| Wrong::with(26, format!("Failed to open {file}: {error}")))?;
    let text = String::from_utf8_lossy(&read);
    Ok(text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(Into::into).collect())
}

/// Whether a line of `-H` is about the field of that name.
pub fn names(line: &str, name: &str) -> bool {
    let end = line.find([':', ';']).unwrap_or(line.len());
    line.get(..end).is_some_and(|said| said.trim().eq_ignore_ascii_case(name))
}
