//! `multipart/form-data` (RFC 7578) and `multipart/mixed` (RFC 2046 §5.1): bodies made of bodies (feature `multipart`).
//!
//! Nothing that a caller puts into a part's name, file name, type or field can end its line or its quotes: control
//! characters are refused, `"` and `\` are quoted (S-07). The boundary is 128 random bits, so no content holds it.
//! No type is guessed from a file's name. A part that announces a length is held to it, so that none takes a byte that was
//! announced for another.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::client::error::Error;
use crate::client::request::RequestBuilder;
use crate::client::unforeseen;
use crate::conn::{BoxError, Source, Upload};
use crate::message::Fields;

use super::body::Body;
use super::held::Held;
use super::replayable::Replayable;

/// What a file is when nobody says: 'or "application/octet-stream"' (RFC 7578 §4.4).
const OCTETS: &str = "application/octet-stream";

impl RequestBuilder {
    /// A body of several parts, and the `Content-Type` that goes with it. `Content-Length` is exact if the length of every
    /// part is known, else the body is chunked. It can be sent again if every part can.
    ///
    /// A `Content-Type` of the request's own must name the form's boundary, or the request is refused.
    ///
    /// ```
    /// use wireline::multipart::{Form, Part};
    ///
    /// # let client = wireline::Client::new();
    /// let form = Form::new()
    ///     .text("title", "Holidays")
    ///     .part("photo", Part::new(vec![0xff, 0xd8]).file_name("beach.jpg").content_type("image/jpeg"));
    /// let request = client.post("http://h/upload").multipart(form);
    /// ```
    pub fn multipart(self, form: Form) -> Self {
        self.change(|request| {
            request.body = form.into_body()?;
            Ok(())
        })
    }
}

/// Parts in order, and the boundary between them.
#[derive(Debug)]
#[must_use = "a form is nothing until it is sent"]
pub struct Form {
    kind: Kind,
    boundary: String,
    /// What stands before each part, boundary and head, and the part.
    parts: Vec<(Bytes, Body)>,
    /// The first mistake; reported when the form is made a body.
    mistake: Option<BoxError>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    FormData,
    Mixed,
}

/// One part: a body and what is said of it.
#[derive(Debug)]
#[must_use = "a part is nothing until it is added to a form"]
pub struct Part {
    body: Body,
    fields: Fields,
    file_name: Option<String>,
    mistake: Option<BoxError>,
}

impl Form {
    /// `multipart/form-data`: what a browser sends for a form with files.
    pub fn new() -> Form {
        Form::of(Kind::FormData)
    }

    /// `multipart/mixed`: parts without names, added by [`attach`](Form::attach).
    pub fn mixed() -> Form {
        Form::of(Kind::Mixed)
    }

    fn of(kind: Kind) -> Form {
        Form { kind, boundary: unforeseen::digits(), parts: Vec::new(), mistake: None }
    }

    /// A part of text. It is sent as UTF-8 and without a `Content-Type`, which is what it is without one (RFC 7578 §4.4).
    pub fn text(self, name: impl AsRef<str>, value: impl Into<String>) -> Form {
        self.part(name, Part::new(value.into()))
    }

    /// A file under its own name; see [`Part::file`].
    ///
    /// # Errors
    /// Those of [`Part::file`].
    pub async fn file(self, name: impl AsRef<str>, path: impl AsRef<Path>) -> io::Result<Form> {
        Ok(self.part(name, Part::file(path).await?))
    }

    /// A part with a name, which is sent as UTF-8. In names and file names `"` and `\` stand behind a backslash, as in
    /// any quoted-string and as curl does it; a `%22` like a browser's would be taken literally by most servers.
    pub fn part(self, name: impl AsRef<str>, part: Part) -> Form {
        let name = name.as_ref();
        self.add(part, |kind, part| match kind {
            Kind::Mixed => Err("parts of multipart/mixed have no names: use `attach`".into()),
            Kind::FormData => {
                let mut said = format!("form-data; name={}", quoted("name", name)?);
                if let Some(file_name) = &part.file_name {
                    said = format!("{said}; filename={}", quoted("file name", file_name)?);
                }
                // Text is what a part is anyway.
                let own = part.body.content_type().filter(|own| !own.starts_with("text/plain"));
                Ok((Some(said), own.map(str::to_owned)))
            }
        })
    }

    /// A part without a name. With a file name it is an `attachment`.
    pub fn attach(self, part: Part) -> Form {
        self.add(part, |kind, part| match kind {
            Kind::FormData => Err("a part of a form needs a name: use `part`".into()),
            Kind::Mixed => {
                let quoted = part.file_name.as_ref().map(|name| quoted("file name", name));
                let said = quoted.transpose()?.map(|name| format!("attachment; filename={name}"));
                Ok((said, part.body.content_type().map(str::to_owned)))
            }
        })
    }

    /// Adds a part: `say` gives its disposition, and its type unless the caller has set one.
    fn add(
        mut self,
        part: Part,
        say: impl FnOnce(Kind, &Part) -> Result<(Option<String>, Option<String>), BoxError>,
    ) -> Form {
        match say(self.kind, &part).and_then(|said| self.head(&part, said)) {
            Ok(head) => self.parts.push((head, part.body)),
            Err(mistake) => {
                self.mistake.get_or_insert(part.mistake.unwrap_or(mistake));
            }
        }
        self
    }

    /// What stands before a part: "the CRLF preceding the boundary delimiter line is conceptually attached to the
    /// boundary" (RFC 2046 §5.1.1).
    fn head(&self, part: &Part, said: (Option<String>, Option<String>)) -> Result<Bytes, BoxError> {
        if part.mistake.is_some() {
            return Err("the part is not sound".into());
        }
        if part.body.content_encoding().is_some() {
            return Err("a part cannot be compressed by itself, only the whole form".into());
        }
        let (disposition, own_type) = said;
        let mut fields = Fields::new();
        if let Some(disposition) = disposition {
            fields.append("Content-Disposition", disposition)?;
        }
        if !part.fields.contains("content-type") {
            let octets = || part.file_name.is_some().then(|| OCTETS.to_owned());
            if let Some(own_type) = own_type.or_else(octets) {
                fields.append("Content-Type", own_type)?;
            }
        }
        fields.extend(&part.fields)?;
        let mut head = Vec::with_capacity(256);
        if !self.parts.is_empty() {
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(format!("--{}\r\n", self.boundary).as_bytes());
        fields.write_to(&mut head);
        head.extend_from_slice(b"\r\n");
        Ok(head.into())
    }

    /// What separates the parts: 32 hexadecimal digits, new for every form.
    pub fn boundary(&self) -> &str {
        &self.boundary
    }

    /// The media type, boundary included.
    pub fn content_type(&self) -> String {
        let kind = match self.kind {
            Kind::FormData => "form-data",
            Kind::Mixed => "mixed",
        };
        format!("multipart/{kind}; boundary={}", self.boundary)
    }

    /// The whole as a body, for whoever does not go through [`RequestBuilder::multipart`]; as a part of another form it
    /// keeps its type.
    ///
    /// # Errors
    /// The first mistake: a name, file name, type or field that cannot be sent, or a name where none may be.
    pub fn into_body(self) -> Result<Body, Error> {
        let content_type = Some(self.content_type());
        if let Some(mistake) = self.mistake {
            return Err(Error::build(mistake));
        }
        let between = if self.parts.is_empty() { "" } else { "\r\n" };
        let close = Bytes::from(format!("{between}--{}--\r\n", self.boundary));
        let length = length(&self.parts, &close);
        let copies = self.parts.iter().map(|(head, body)| Some((head.clone(), body.replayable()?)));
        if let Some(parts) = copies.collect::<Option<Vec<_>>>() {
            let make = move || {
                let uploads = parts.iter().map(|(head, part)| (head.clone(), part.upload()));
                PartsSource::boxed(uploads, close.clone())
            };
            return Ok(Replayable::made(make, length, content_type).into());
        }
        let uploads: Vec<(Bytes, Upload)> =
            self.parts.into_iter().map(|(head, mut body)| (head, body.upload())).collect();
        Ok(Body::once(PartsSource::new(uploads, close), length, content_type))
    }
}

impl Default for Form {
    fn default() -> Form {
        Form::new()
    }
}

impl Part {
    /// Bytes, text, a stream, a reader: whatever makes a [`Body`]. Trailer fields of a stream have no place in a part and
    /// are not asked for.
    pub fn new(body: impl Into<Body>) -> Part {
        Part { body: body.into(), fields: Fields::new(), file_name: None, mistake: None }
    }

    /// A file (see [`Body::file`]) with its own name, and `application/octet-stream` unless another type is set.
    ///
    /// # Errors
    /// Whatever opening the file gives; that its name is not UTF-8.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Part> {
        let path = path.as_ref();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            let why = format!("{} has no name in UTF-8 to send", path.display());
            io::Error::new(io::ErrorKind::InvalidInput, why)
        })?;
        Ok(Part::new(Body::file(path).await?).file_name(name))
    }

    /// The file name to send, as UTF-8. It makes the part a file: `application/octet-stream` unless another type is set.
    pub fn file_name(mut self, name: impl Into<String>) -> Part {
        self.file_name = Some(name.into());
        self
    }

    /// The media type of the part.
    pub fn content_type(mut self, content_type: impl AsRef<str>) -> Part {
        let set = self.fields.set("Content-Type", content_type.as_ref());
        self.mistaken(set.err().map(Into::into))
    }

    /// A field of the part's own. `Content-Disposition` is the form's to write.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Part {
        if name.as_ref().eq_ignore_ascii_case("content-disposition") {
            let why = "Content-Disposition is written from the name and the file name of the part";
            return self.mistaken(Some(why.into()));
        }
        let appended = self.fields.append(name, value);
        self.mistaken(appended.err().map(Into::into))
    }

    fn mistaken(mut self, mistake: Option<BoxError>) -> Part {
        self.mistake = self.mistake.or(mistake);
        self
    }
}

/// The parts, each behind its head, then what closes the whole.
struct PartsSource {
    parts: VecDeque<(Bytes, Upload)>,
    /// The part whose head has been given.
    current: Option<Held>,
    close: Option<Bytes>,
}

impl PartsSource {
    fn new(parts: impl IntoIterator<Item = (Bytes, Upload)>, close: Bytes) -> PartsSource {
        PartsSource { parts: parts.into_iter().collect(), current: None, close: Some(close) }
    }

    fn boxed(
        parts: impl IntoIterator<Item = (Bytes, Upload)>,
        close: Bytes,
    ) -> Pin<Box<dyn Source>> {
        Box::pin(PartsSource::new(parts, close))
    }
}

/// The length of the whole, if every part's is known.
fn length(parts: &[(Bytes, Body)], close: &Bytes) -> Option<u64> {
    parts.iter().try_fold(close.len() as u64, |sum, (head, body)| {
        sum.checked_add(head.len() as u64)?.checked_add(body.length()?)
    })
}

impl Source for PartsSource {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let this = &mut *self;
        if let Some(current) = &mut this.current {
            match current.poll_piece(cx) {
                Poll::Ready(None) => this.current = None,
                other => return other,
            }
        }
        Poll::Ready(match this.parts.pop_front() {
            Some((head, upload)) => {
                this.current = Some(Held::new(upload));
                Some(Ok(head))
            }
            None => this.close.take().map(Ok),
        })
    }
}

/// A quoted-string (RFC 2045 §5.1, RFC 822 §3.3): `"` and `\` behind a backslash, everything else as it is.
fn quoted(what: &str, text: &str) -> Result<String, BoxError> {
    if text.chars().any(|char| char.is_ascii_control()) {
        let shown: String = text.chars().take(100).collect();
        let shown = shown.escape_debug();
        return Err(format!("the {what} \"{shown}\" of a part holds a control character").into());
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
