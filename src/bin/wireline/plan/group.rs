//! A group of options and the URLs they hold for: what stands between two `--next`.

use super::glob::Glob;
use super::options::Id;
use super::parts::{Auth, Body, Connect, Cookies, Limits, Output, Proxy, Redirects, Request, Tls};
use super::said::{Files, Said, Wrong};

/// One group.
#[derive(Debug, Default)]
pub struct Group {
    /// In order.
    pub urls: Vec<Asked>,
    /// `-o`, `-O`, `--out-null`, in order: the n-th is for the n-th URL.
    pub targets: Vec<Target>,
    /// `-T`, in the same way.
    pub uploads: Vec<std::ffi::OsString>,
    /// `-O` for all that have no other target.
    pub remote_name_all: bool,
    /// Patterns in URLs mean nothing.
    pub globoff: bool,
    pub request: Request,
    pub body: Body,
    pub auth: Auth,
    pub cookies: Cookies,
    pub redirects: Redirects,
    pub proxy: Proxy,
    pub connect: Connect,
    pub tls: Tls,
    pub output: Output,
    pub limits: Limits,
}

/// A URL as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked(pub String);

/// Where content goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `-o`: a file; `-` is the standard output; `#1` is what a pattern stood for.
    File(String),
    /// `-O`: named as the URL is.
    RemoteName,
    /// `--out-null`.
    Null,
}

impl Group {
    /// Takes an option, or a URL.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said, files: &mut dyn Files) -> Result<bool, Wrong> {
        match said.id {
            Id::Url => self.urls.push(Asked(said.text()?.to_owned())),
            Id::Output if said.text()?.is_empty() => return Err(said.not("the name of a file")),
            Id::Output => self.targets.push(Target::File(said.text()?.to_owned())),
            Id::RemoteName if said.on => self.targets.push(Target::RemoteName),
            Id::RemoteName => {}
            Id::OutNull => self.targets.push(Target::Null),
            Id::RemoteNameAll => self.remote_name_all = said.on,
            Id::UploadFile => self.uploads.push(said.raw().to_owned()),
            Id::Globoff => self.globoff = said.on,
            _ => return self.offer(said, files),
        }
        Ok(true)
    }

    /// Draws the conclusions once everything has been said.
    ///
    /// # Errors
    /// More than one of those that decide the method; patterns in `-T` that mean nothing.
    pub fn settle(&mut self) -> Result<(), Wrong> {
        self.unfold_uploads()?;
        let Group { request, body, uploads, .. } = self;
        if body.json {
            for line in ["Content-Type: application/json", "Accept: application/json"] {
                let name = line.split(':').next().unwrap_or_default();
                if !request.says(name) {
                    request.fields.push(line.to_owned());
                }
            }
        }
        let post = body.data.is_some() && !body.get;
        let kinds = [request.head, post, !body.form.is_empty(), !uploads.is_empty()];
        match kinds.into_iter().filter(|&kind| kind).count() {
            0 | 1 => Ok(()),
            _ => Err(Wrong::new(
                "only one of --head (-I), --data (-d), --form (-F) and --upload-file (-T) can be selected",
            )),
        }
    }

    /// `-T` may hold patterns too: its URL is then asked for as often.
    fn unfold_uploads(&mut self) -> Result<(), Wrong> {
        let mut at = 0;
        while let Some(upload) = self.uploads.get(at).filter(|_| !self.globoff) {
            let Some(text) = upload.to_str() else {
                at += 1;
                continue;
            };
            let glob = Glob::parse(text);
            let glob = glob.map_err(|error| Wrong::with(3, format!("{error}:\n{text}")))?;
            if glob.count() > MOST_UPLOADS {
                return Err(Wrong::with(3, format!("more files than anyone has:\n{text}")));
            }
            let names: Vec<_> = (0..glob.count()).map(|number| glob.nth(number).0.into()).collect();
            let count = names.len();
            self.uploads.splice(at..=at, names);
            repeat(&mut self.urls, at, count);
            repeat(&mut self.targets, at, count);
            at += count;
        }
        Ok(())
    }

    /// Offers an option to each part in turn.
    fn offer(&mut self, said: &Said, files: &mut dyn Files) -> Result<bool, Wrong> {
        Ok(self.request.take(said, files)?
            || self.body.take(said, files)?
            || self.auth.take(said)?
            || self.cookies.take(said)?
            || self.redirects.take(said)?
            || self.proxy.take(said, files)?
            || self.connect.take(said)?
            || self.tls.take(said)?
            || self.output.take(said, files)?
            || self.limits.take(said)?)
    }
}

/// Files that one `-T` may stand for.
const MOST_UPLOADS: u64 = 1 << 20;

/// Has what is there `count` times, if anything is.
fn repeat<T: Clone>(all: &mut Vec<T>, at: usize, count: usize) {
    if let Some(one) = all.get(at).cloned() {
        all.splice(at..=at, std::iter::repeat_n(one, count));
    }
}
