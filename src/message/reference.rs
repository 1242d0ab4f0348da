//! Where a `Location` leads: a reference resolved against a base (RFC 3986 §5.2).
//!
//! A base and the text of a reference go in, a [`Uri`] comes out: one that has passed every check
//! of [`Uri::parse`], so a `Location` cannot bring in another scheme, a control character or a
//! confusing host. Time is linear in the lengths, also for 100 000 times `../`.
//!
//! The reading is strict: a reference that names its scheme is absolute, so `http:g` is an error
//! and not `g` relative to the base. It does not drop userinfo, inherit a fragment (RFC 9110
//! §10.2.2) or count redirects; that is policy and lives in the client.
//!
//! Next: [`date`](super::date)

use super::invalid::InvalidUri;
use super::parts;
use super::uri::Uri;

/// Resolves `reference` against `base`. Spaces around it are ignored.
///
/// ```
/// use wireline::message::{Uri, resolve};
///
/// let base = Uri::parse("http://a/b/c/d;p?q")?;
/// assert_eq!(resolve(&base, "../g?y#s")?.as_str(), "http://a/b/g?y#s");
/// # Ok::<(), wireline::message::InvalidUri>(())
/// ```
///
/// # Errors
///
/// If the reference holds a control character, or the result is no `http` or `https` URI; positions count in the result
/// then.
pub fn resolve(base: &Uri, reference: &str) -> Result<Uri, InvalidUri> {
    let text = reference.trim_matches(' ');
    // Before a dot segment can take it away: others would read the rest differently (S-05).
    parts::refuse_controls(text)?;
    let reference = Reference::split(text);
    if let Reference { scheme: Some(_), authority: None, .. } = reference {
        // No http URI. Read as it stands: without its dot segments `http:.//h` would come to have an authority.
        return Uri::parse(text);
    }
    let path = target_path(base, &reference);
    let mut target = String::with_capacity(base.as_str().len() + reference.len() + 8);
    // §5.3, component recomposition.
    target.push_str(reference.scheme.unwrap_or(base.scheme().as_str()));
    target.push(':');
    push_all(&mut target, ["//", reference.authority.unwrap_or(base.raw_authority())]);
    target.push_str(&path);
    if let Some(query) = target_query(base, &reference) {
        push_all(&mut target, ["?", query]);
    }
    if let Some(fragment) = reference.fragment {
        push_all(&mut target, ["#", fragment]);
    }
    Uri::parse(&target)
}

/// §5.2.2, what the path is in each of its cases.
fn target_path(base: &Uri, reference: &Reference<'_>) -> String {
    let absolute = reference.scheme.is_some() || reference.authority.is_some();
    if absolute || reference.path.starts_with('/') {
        remove_dot_segments(reference.path)
    } else if reference.path.is_empty() {
        base.path().to_owned()
    } else {
        // §5.2.3, merge: the reference takes the place of the last segment.
        let last_slash = base.path().rfind('/').map_or(0, |slash| slash + 1);
        remove_dot_segments(&[&base.path()[..last_slash], reference.path].concat())
    }
}

/// §5.2.2: the base's query stays only if the reference has nothing but a fragment.
fn target_query<'a>(base: &'a Uri, reference: &Reference<'a>) -> Option<&'a str> {
    match reference {
        Reference { scheme: None, authority: None, path: "", query: None, .. } => base.query(),
        _ => reference.query,
    }
}

/// §5.2.4, one segment at a time. Each is written once and removed at most once.
fn remove_dot_segments(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while !rest.is_empty() {
        // A segment is its slash, if it has one, and what follows up to the next.
        let slash = usize::from(rest.starts_with('/'));
        let end = rest[slash..].find('/').map_or(rest.len(), |next| slash + next);
        let is_last = end == rest.len();
        match &rest[slash..end] {
            "." | ".." if slash == 0 => {
                // 2.A and 2.D: a relative path begins so; the next slash goes with it.
                rest = rest[end..].strip_prefix('/').unwrap_or_default();
                continue;
            }
            // 2.B: "/./" is "/".
            "." => {}
            // 2.C: "/../" is "/" and takes the segment before it away.
            ".." => out.truncate(out.rfind('/').unwrap_or(0)),
            // 2.E
            _ => out.push_str(&rest[..end]),
        }
        if is_last && matches!(&rest[slash..end], "." | "..") {
            out.push('/');
        }
        rest = &rest[end..];
    }
    out
}

/// A reference in its parts (RFC 3986 §4.1). Any text is one.
struct Reference<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn split(text: &'a str) -> Self {
        let (scheme, rest) = match parts::scheme_len(text) {
            Some(len) => (Some(&text[..len]), &text[len + 1..]),
            None => (None, text),
        };
        let (rest, fragment) = split_off(rest, '#');
        let (rest, query) = split_off(rest, '?');
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query, fragment }
    }

    fn len(&self) -> usize {
        let length = |part: Option<&str>| part.map_or(0, |part| part.len() + 3);
        let parts = [self.scheme, self.authority, Some(self.path), self.query, self.fragment];
        parts.into_iter().map(length).sum()
    }
}

fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn push_all<const N: usize>(out: &mut String, parts: [&str; N]) {
    parts.into_iter().for_each(|part| out.push_str(part));
}
