//! The request of one hop, with the bytes that curl would send: its default fields in its order, those that were said,
//! then what the content needs.
//!
//! A hop in, a [`RequestBuilder`] out. Credentials, cookies and the way there are added by [`Means`](super::means), in
//! the places that [`RequestBuilder::field_order`] gives them.

use wireline::{Codings, Method, RequestBuilder, Version};

use crate::exit::Failed;
use crate::plan::Group;

use super::body::{Content, content};
use super::conditions;
use super::hop::Hop;
use super::shared::Run;
use super::transfer::Transfer;
use super::url::typed_host;

/// Content that is longer, or of unknown length, is sent when the server agrees.
const LARGE: u64 = 1 << 20;

/// The method that a transfer begins with.
///
/// # Errors
/// 3: `-X` says something that is none.
pub fn method(transfer: &Transfer<'_>) -> Result<Method, Failed> {
    let Group { request, body, .. } = transfer.group;
    match &request.method {
        Some(method) => Method::from_bytes(method.as_bytes())
            .map_err(|_| Failed::new(3, format!("{method:?} is no method"))),
        None if request.head => Ok(Method::HEAD),
        None if transfer.upload.is_some() => Ok(Method::PUT),
        None if body.is_sent() => Ok(Method::POST),
        None => Ok(Method::GET),
    }
}

/// The request for a hop.
///
/// # Errors
/// 26: content that cannot be read. 25: content of unknown length with HTTP/1.0. 18: an upload that has nothing left.
pub fn request(run: &Run, hop: &Hop<'_>) -> Result<RequestBuilder, Failed> {
    build(run, hop, content(hop)?)
}

/// The same without its content, which is held back until the server has asked for credentials.
///
/// # Errors
/// As [`request`].
pub fn request_held(run: &Run, hop: &Hop<'_>) -> Result<RequestBuilder, Failed> {
    let held = |content| Content { body: Vec::new().into(), length: Some(0), ..content };
    build(run, hop, content(hop)?.map(held))
}

fn build(run: &Run, hop: &Hop<'_>, content: Option<Content>) -> Result<RequestBuilder, Failed> {
    let group = hop.transfer.group;
    let said = &group.request;
    let builder = run.client.request(hop.method.clone(), hop.url.as_str()).verbatim();
    let agent = run.persona.user_agent();
    let codings = if said.compressed { "deflate, gzip, br, zstd" } else { "" };
    let since = conditions::since(group).unwrap_or_default();
    let etag = conditions::etag(group)?.unwrap_or_default();
    let referer = hop.referer.as_deref().or(said.referer.as_deref());
    // Up to 8.6 curl asked before every upload, since then before large ones only. Called by its name we are newer.
    let asks = hop.transfer.upload.is_some() && run.persona.name != "curl";
    let patient = if asks { 0 } else { LARGE };
    let out = Lines { builder, group, cross_origin: hop.cross_origin, patient }
        .host(hop)
        .range(hop, content.as_ref())
        .default("User-Agent", said.user_agent.as_deref().unwrap_or(&agent))
        .default("Accept", "*/*")
        .default("Accept-Encoding", codings)
        .default("Referer", referer.unwrap_or_default())
        .default(since.0, &since.1)
        .said(content.as_ref().is_some_and(|content| content.form_type.is_some()))
        .default("If-None-Match", &etag);
    let mut builder = match content {
        Some(content) => out.content(content)?,
        // A method that was said by hand brings no length.
        None => out.builder.without("Content-Length"),
    };
    if said.http_1_0 {
        builder = builder.version(Version::HTTP_10);
    }
    if let Some(target) = &said.target {
        builder = builder.request_target(target);
    }
    if said.compressed && !said.raw {
        builder = builder.decompress(Codings::all().max_ratio(None).max_chain(5));
    }
    // curl waits for a second.
    let patience = group.body.expect_timeout.unwrap_or(std::time::Duration::from_secs(1));
    Ok(builder.expect_timeout(patience))
}

/// A request whose lines are written one after the other.
struct Lines<'a> {
    builder: RequestBuilder,
    group: &'a Group,
    cross_origin: bool,
    /// Longer content waits for the server.
    patient: u64,
}

impl Lines<'_> {
    fn change(mut self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }

    /// A line that `-H` may leave out or say otherwise; without a value there is none.
    fn default(self, name: &str, value: &str) -> Self {
        match value.is_empty() || self.group.request.says(name) {
            true => self,
            false => self.change(|builder| builder.header(name, value)),
        }
    }

    /// One that was said holds for the origin that is asked first.
    fn host(self, hop: &Hop<'_>) -> Self {
        let said = self.group.request.fields.iter().filter_map(|line| line_of(line));
        match said.filter(|_| !self.cross_origin).find(|said| said.is("Host")) {
            None => match typed_host(hop.transfer, &hop.url) {
                Some(host) => self.change(|builder| builder.header("Host", host)),
                None => self,
            },
            Some(Line { line: None, .. }) => self.change(|builder| builder.without("Host")),
            Some(Line { line: Some(line), .. }) => {
                self.change(|builder| builder.header_line(line.as_bytes()))
            }
        }
    }

    /// Of what is asked for, or of what is sent.
    fn range(self, hop: &Hop<'_>, content: Option<&Content>) -> Self {
        let said = self.group.request.range.as_deref().map(|range| match range.contains('-') {
            true => range.to_owned(),
            false => format!("{range}-"),
        });
        let Some(content) = content else {
            let range = hop.range_from.map(|from| format!("{from}-")).or(said);
            let range = range.map_or_else(String::new, |range| format!("bytes={range}"));
            return self.default("Range", &range);
        };
        let from = hop.range_from.filter(|&from| from > 0);
        let range = match (from, said, content.length) {
            (Some(from), _, Some(left)) => {
                let total = from + left;
                format!("bytes {from}-{}/{total}", total.saturating_sub(1))
            }
            (None, Some(range), Some(length)) => format!("bytes {range}/{length}"),
            _ => String::new(),
        };
        self.default("Content-Range", &range)
    }

    /// The lines of `-H`. The type of a form is said behind them, with its boundary.
    fn said(mut self, form: bool) -> Self {
        for said in self.group.request.fields.iter().filter_map(|line| line_of(line)) {
            let secret = said.is("Authorization") || said.is("Cookie");
            let elsewhere = said.is("Host") || form && said.is("Content-Type");
            if let Some(line) = said.line
                && !elsewhere
                && !(secret && self.cross_origin)
            {
                self = self.change(|builder| builder.header_line(line.as_bytes()));
            }
        }
        self
    }

    /// What content needs, and the content.
    fn content(self, content: Content) -> Result<RequestBuilder, Failed> {
        let Group { request: said, body: plan, .. } = self.group;
        let Content { body, length, chunked, form_type } = content;
        let patient = self.patient;
        let framed = match length.filter(|_| !chunked) {
            Some(length) => self.default("Content-Length", &length.to_string()),
            None if said.http_1_0 => {
                return Err(Failed::new(25, "Chunky upload is not supported by HTTP 1.0"));
            }
            None => self.default("Transfer-Encoding", "chunked"),
        };
        let typed = match form_type {
            Some(form_type) => framed.change(|builder| builder.header("Content-Type", form_type)),
            None if plan.data.is_some() => {
                framed.default("Content-Type", "application/x-www-form-urlencoded")
            }
            None => framed,
        };
        let late = !said.http_1_0 && length.is_none_or(|length| length > patient);
        let all = typed.default("Expect", if late { "100-continue" } else { "" });
        Ok(all.builder.body(body))
    }
}

/// A line of `-H` as it is understood.
struct Line<'a> {
    name: &'a str,
    /// As it is sent; `None` leaves the field out.
    line: Option<std::borrow::Cow<'a, str>>,
}

impl Line<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// `Name: value` is sent as it is, `Name:` leaves the field out, `Name;` sends it empty; all else means nothing.
fn line_of(text: &str) -> Option<Line<'_>> {
    let (name, line) = match (text.split_once(':'), text.split_once(';')) {
        (Some((name, value)), _) if value.trim().is_empty() => (name, None),
        (Some((name, _)), _) => (name, Some(text.into())),
        (None, Some((name, rest))) if rest.trim().is_empty() => {
            (name, Some(format!("{name}:").into()))
        }
        (None, _) => return None,
    };
    (!name.is_empty()).then_some(Line { name, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sent_left_out_or_sent_empty() {
        let read = |text| line_of(text).map(|line| (line.name, line.line.map(|l| l.into_owned())));
        for (text, name, line) in [
            ("A: b", "A", Some("A: b")),
            ("A:b;c", "A", Some("A:b;c")),
            ("A:", "A", None),
            ("A:  ", "A", None),
            ("A;", "A", Some("A:")),
        ] {
            assert_eq!(read(text), Some((name, line.map(str::to_owned))), "{text}");
        }
        for text in ["A", "A;b", "", ": a", ":"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
