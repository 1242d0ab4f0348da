//! Where a redirect leads, and with which method: curl's rules, which differ from a browser's and from the library's.
//!
//! In: the request that was answered and the head of its answer. Out: the next request, none, or why there can be none.
//! Nothing is sent here.

use wireline::message::{ResponseHead, Scheme};
use wireline::{Method, Uri};

use crate::exit::Failed;
use crate::plan::Group;

use super::hop::Hop;
use super::url;

/// What a redirect's `Location` says, if the response is a redirect.
pub fn location(head: &ResponseHead) -> Option<&[u8]> {
    let location = head.fields.get("location").map(<[u8]>::trim_ascii);
    location.filter(|location| head.status.is_redirection() && !location.is_empty())
}

/// Where it leads.
///
/// # Errors
/// 1: a scheme that is not spoken; 3: no URL.
pub fn target(group: &Group, base: &Uri, location: &[u8]) -> Result<Uri, Failed> {
    let text = String::from_utf8_lossy(location);
    // Servers send spaces, which curl makes sendable: in a query as forms have them.
    let text = match text.split_once('?') {
        Some((path, query)) => format!("{path}?{}", query.replace(' ', "+")),
        None => text.into_owned(),
    };
    url::next(base, &text, group.request.path_as_is).map_err(|failed| match failed.code {
        3 => {
            let message = failed.message;
            Failed::new(3, format!("The redirect target URL could not be parsed: {message}"))
        }
        _ => failed,
    })
}

/// The request that follows. `followed` counts the redirects so far.
///
/// # Errors
/// 47: too many; 1: a scheme that is not allowed; 3: no URL.
pub fn next<'a>(
    hop: &Hop<'a>,
    first: &Uri,
    head: &ResponseHead,
    followed: u32,
) -> Result<Option<Hop<'a>>, Failed> {
    let group = hop.transfer.group;
    let Some(location) = location(head).filter(|_| group.redirects.follow) else {
        return Ok(None);
    };
    if let Some(most) = group.redirects.most.filter(|most| followed >= *most) {
        return Err(Failed::new(47, format!("Maximum ({most}) redirects followed")));
    }
    let url = target(group, &hop.url, location)?;
    allowed(group, &url, true)?;
    let (method, with_body) = rewritten(hop, head.status.as_u16());
    let cross_origin = !group.redirects.trusted && url.origin() != first.origin();
    let referer = match group.request.auto_referer {
        true => Some(plain(&hop.url)),
        false => hop.referer.clone(),
    };
    let (transfer, range_from) = (hop.transfer, hop.range_from);
    Ok(Some(Hop { transfer, url, method, with_body, cross_origin, referer, range_from }))
}

/// Whether a URL's scheme may be used, after `--proto` and `--proto-redir`.
///
/// # Errors
/// 1: it may not.
pub fn allowed(group: &Group, url: &Uri, redirected: bool) -> Result<(), Failed> {
    let scheme = url.scheme();
    let listed = |list: &Option<String>| {
        list.as_deref().is_none_or(|list| may(list, scheme == Scheme::Https))
    };
    let redirects = &group.redirects;
    if listed(&redirects.proto) && (!redirected || listed(&redirects.proto_redir)) {
        return Ok(());
    }
    let place = if redirected { " in redirect" } else { "" };
    Err(Failed::new(1, format!("Protocol \"{}\" disabled{place}", scheme.as_str())))
}

/// Whether a list such as `-all,https` or `=http` has a scheme in it. It begins with all.
fn may(list: &str, https: bool) -> bool {
    let wanted = if https { "https" } else { "http" };
    let mut has = true;
    for said in list.split(',') {
        let name = said.trim_start_matches(['+', '-', '=']);
        let prefix = &said[..said.len() - name.len()];
        let hit = name.eq_ignore_ascii_case("all") || name.eq_ignore_ascii_case(wanted);
        match prefix.chars().next_back() {
            Some('-') if hit => has = false,
            Some('=') => has = hit,
            Some('-') => {}
            _ => has |= hit,
        }
    }
    has
}

/// The method of the request that follows, and whether the content is sent again.
fn rewritten(hop: &Hop<'_>, status: u16) -> (Method, bool) {
    let group = hop.transfer.group;
    let redirects = &group.redirects;
    let posts = hop.with_body && hop.transfer.upload.is_none();
    let keep = |nth: usize| redirects.keep_post.get(nth).copied().unwrap_or(false);
    let obeys = redirects.by_status && group.request.method.is_some();
    let becomes_get = match status {
        301 => (posts || obeys && hop.method == Method::POST) && !keep(0),
        302 => (posts || obeys && hop.method == Method::POST) && !keep(1),
        303 if posts => !keep(2),
        303 => hop.with_body || obeys && hop.method != Method::HEAD,
        _ => false,
    };
    match (becomes_get, &group.request.method) {
        (false, _) => (hop.method.clone(), hop.with_body),
        // With -L an own method stays, whatever the status says.
        (true, Some(_)) if !redirects.by_status => (hop.method.clone(), false),
        (true, _) if group.request.head => (Method::HEAD, false),
        (true, _) => (Method::GET, false),
    }
}

/// As `Referer`: without credentials and fragment.
fn plain(url: &Uri) -> String {
    let mut url = url.clone().without_userinfo();
    let _ = url.set_fragment(None);
    url.as_str().to_owned()
}

#[cfg(test)]
mod tests;
