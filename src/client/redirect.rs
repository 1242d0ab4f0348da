//! Redirects (RFC 9110 §15.4): where to, with which method, and what is left behind on the way.
//!
//! The rules that matter are about what does *not* travel: credentials stay with their origin (S-60), and what was
//! dropped once does not come back on a later hop (S-61), because each hop starts from what the last one carried.
//!
//! Next: [`retry`](super::retry)

use std::borrow::Cow;

use http::{Method, StatusCode};

use crate::message::{Fields, ResponseHead, Scheme, Uri, header, resolve};

use super::bodies::body::Body;
use super::outgoing::Request;
use super::redirect_policy::{Follow, Redirect, RedirectPolicy};

/// What a response means for the request.
pub(crate) enum Course {
    /// It is the answer.
    Stay,
    /// It leads on.
    Go(Box<Step>),
}

/// The way to the next URL.
pub(crate) struct Step {
    uri: Uri,
    method: Method,
    /// What the next request is sent with.
    fields: Fields,
    without_body: bool,
    /// Leads to another origin.
    pub(crate) elsewhere: bool,
}

impl Step {
    /// Turns `request` into the one that was asked for, and returns the fields it is sent with.
    pub(crate) fn take(self, request: &mut Request) -> Fields {
        if self.without_body {
            request.body = Body::empty();
        }
        if self.elsewhere {
            request.login = None;
        }
        request.forget_target();
        request.method = self.method;
        request.uri = self.uri;
        self.fields
    }
}

/// Where the answer with this `head` leads. `carried` is what the request was sent with, before anything that was added
/// for this one hop. What a proxy answers to CONNECT is not the origin's word and leads nowhere (S-80).
///
/// # Errors
/// In words: too many, a downgrade, a scheme or URL we do not go to, a body that cannot be sent again, the caller's no.
pub(crate) fn course(
    request: &Request,
    policy: &RedirectPolicy,
    carried: &Fields,
    head: &ResponseHead,
    followed: u32,
) -> Result<Course, String> {
    let status = head.status;
    let redirects = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    if !redirects || policy.most == 0 || request.method == Method::CONNECT {
        return Ok(Course::Stay);
    }
    // Nowhere is not here again.
    let Some(location) = head.fields.get(header::LOCATION).filter(|location| !location.is_empty())
    else {
        return Ok(Course::Stay);
    };
    let shown = without_userinfo(location);
    let shown = shown[..shown.len().min(100)].escape_ascii();
    if followed >= policy.most {
        return Err(format!(
            "{status} to \"{shown}\", but {followed} redirects have been followed already (`max_redirects`)"
        ));
    }
    let text = std::str::from_utf8(location)
        .map_err(|_| format!("{status} to \"{shown}\", which is not UTF-8"))?;
    let next = destination(&request.uri, text).map_err(|why| format!("{status}: {why}"))?;
    let downgrade = request.uri.scheme() == Scheme::Https && next.scheme() == Scheme::Http;
    if downgrade && !policy.allow_downgrade {
        return Err(format!("{status} from https to \"{shown}\" refused (`allow_downgrade`)"));
    }
    let method = rewritten(status, &request.method);
    let without_body = method != request.method || status == StatusCode::SEE_OTHER;
    if !without_body && !request.body.is_replayable() {
        return Err(format!(
            "{status} asks for the body to be sent again, but it was a stream and is used up"
        ));
    }
    if let Some(decide) = &policy.decide {
        let from = &request.uri.clone().without_userinfo();
        match decide(&Redirect { from, to: &next, method: &method, head, followed }) {
            Follow::Yes => {}
            Follow::HandOut => return Ok(Course::Stay),
            Follow::Refuse(why) => return Err(format!("{status} to \"{shown}\" refused: {why}")),
        }
    }
    let elsewhere = next.origin() != request.uri.origin();
    let mut fields = carried.clone();
    if without_body {
        drop_content(&mut fields);
    }
    if elsewhere {
        drop_credentials(&mut fields);
    }
    if policy.referer {
        set_referer(&mut fields, &request.uri, elsewhere, downgrade)?;
    }
    Ok(Course::Go(Box::new(Step { uri: next, method, fields, without_body, elsewhere })))
}

/// The URL that redirected, for those who wish it told: never its userinfo and fragment (RFC 9110 §10.1.3), only the
/// origin to another origin, nothing from https to http (S-69).
fn set_referer(
    fields: &mut Fields,
    from: &Uri,
    elsewhere: bool,
    downgrade: bool,
) -> Result<(), String> {
    fields.remove(header::REFERER);
    if downgrade {
        return Ok(());
    }
    let origin = format!("{}://{}", from.scheme().as_str(), from.authority_text());
    let path = if elsewhere { "/" } else { from.path_and_query() };
    let set = fields.set("Referer", format!("{origin}{path}"));
    set.map_err(|error| error.to_string())
}

/// For messages, in which a password is not to be told (S-112). Nothing is decided by it.
fn without_userinfo(location: &[u8]) -> Cow<'_, [u8]> {
    let ends = |byte: &u8| matches!(byte, b'/' | b'?' | b'#');
    let start = match location.windows(2).position(|pair| pair == b"//") {
        // Behind the scheme, or at the very beginning; anywhere else it is part of a path.
        Some(slashes) if !location[..slashes].iter().any(ends) => slashes + 2,
        _ => return Cow::Borrowed(location),
    };
    let end = location[start..].iter().position(ends).map_or(location.len(), |end| start + end);
    match location[start..end].iter().rposition(|&byte| byte == b'@') {
        None => Cow::Borrowed(location),
        Some(at) => Cow::Owned([&location[..start], &location[start + at + 1..]].concat()),
    }
}

/// The URL a `Location` means: resolved against the one asked for, without the userinfo of that, and with the fragment
/// inherited if it has none itself ("the redirection inherits the fragment of the URI reference used to generate the
/// target URI", RFC 9110 §10.2.2).
fn destination(base: &Uri, location: &str) -> Result<Uri, String> {
    let next = resolve(base, location).map_err(|error| error.to_string())?;
    let mut next = next.without_userinfo();
    if next.fragment().is_none() && base.fragment().is_some() {
        next.set_fragment(base.fragment()).map_err(|error| error.to_string())?;
    }
    Ok(next)
}

/// 303 means "retrieve by GET"; after 301 and 302 "for historical reasons, a user agent MAY change the request method
/// from POST to GET" (§15.4.2), and everybody does; 307 and 308 MUST NOT change it.
fn rewritten(status: StatusCode, method: &Method) -> Method {
    match status {
        StatusCode::SEE_OTHER if method != Method::HEAD => Method::GET,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if method == Method::POST => Method::GET,
        _ => method.clone(),
    }
}

/// Without the body, nothing that describes it stays (S-68).
fn drop_content(fields: &mut Fields) {
    for name in [
        "content-length",
        "transfer-encoding",
        "content-type",
        "content-encoding",
        "content-language",
        "content-location",
        "content-range",
        "content-disposition",
        "last-modified",
        "digest",
        "content-digest",
        "repr-digest",
        "content-md5",
        "expect",
        "trailer",
    ] {
        fields.remove(name);
    }
}

/// What belongs to the old origin: every line of the well-known credentials, whatever was marked sensitive, and a `Host` or
/// `Referer` set by hand.
fn drop_credentials(fields: &mut Fields) {
    let marked: Vec<String> =
        fields.iter().filter(|f| f.sensitive).map(|f| f.name.to_owned()).collect();
    let known =
        ["authorization", "cookie", "proxy-authorization", "www-authenticate", "host", "referer"];
    for name in known.into_iter().chain(marked.iter().map(String::as_str)) {
        fields.remove(name);
    }
}
