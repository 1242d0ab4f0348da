//! Whether a cookie is taken: the steps of RFC 6265bis §5.7 that need no look at the cookies already kept.
//!
//! In: a line as it was read, where it came from, the time. Out: a [`Cookie`], or the step that refused it. What is read
//! from a file comes this way too (S-73).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::cookie::{Cookie, CookieRefusal, SameSite, is_control};
use super::domain::{Parents, Place};
use super::set_cookie::SetCookie;

/// The longest a cookie lives from when it was last set: "the RECOMMENDED limit is 400 days in the future" (§5.5).
pub(crate) const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Steps 2 to 15 and 17 to 22. Step 18 is about browsing contexts, of which there are none here.
pub(crate) fn admit(
    line: SetCookie,
    place: &Place<'_>,
    parents: &Parents,
    now: SystemTime,
) -> Result<Cookie, CookieRefusal> {
    let (name, value) = (&line.name, &line.value);
    // Steps 2 and 4 have been kept by whoever made the line, step 3 by the parser alone: files come without it. A
    // semicolon, or a '=' in the name, would be read by the server as another cookie.
    let texts = [name, value, line.path.as_deref().unwrap_or_default()];
    if texts.iter().any(|text| text.bytes().any(is_control)) {
        return Err(CookieRefusal::Control);
    }
    if texts.iter().any(|text| text.contains(';')) || name.contains('=') {
        return Err(CookieRefusal::Malformed);
    }
    let expires = expiry(&line, now);
    let (domain, host_only) = parents.reach(place, line.domain.as_deref())?;
    // Step 11; an empty one stands for the default-path.
    let path = match line.path.as_deref() {
        None | Some("") => default_path(place.path).to_owned(),
        Some(path) => path.to_owned(),
    };
    // Step 13: "If the request-uri does not denote a 'secure' connection […], and the cookie's secure-only-flag is true,
    // then abort these steps and ignore the cookie entirely."
    if line.secure && !place.secure {
        return Err(CookieRefusal::NotSecure);
    }
    // Step 19: "If the cookie's 'same-site-flag' is 'None', abort this algorithm and ignore the cookie entirely unless
    // the cookie's secure-only-flag is true."
    if line.same_site == SameSite::None && !line.secure {
        return Err(CookieRefusal::SameSiteNone);
    }
    // Steps 20 and 21. A cookie that asked to be shared and was not is still none for `__Host-`.
    let asked_to_share = line.domain.as_deref().is_some_and(|domain| !domain.is_empty());
    let for_host = host_only && !asked_to_share && line.path.is_some() && path == "/";
    let promised = |text: &str| match text {
        _ if starts_with(text, "__host-") => line.secure && for_host,
        _ if starts_with(text, "__secure-") => line.secure,
        _ => true,
    };
    // Step 22: without a name, the value is what a server would take for one.
    let nameless = |text: &str| !starts_with(text, "__host-") && !starts_with(text, "__secure-");
    if !promised(name) || (name.is_empty() && !nameless(value)) {
        return Err(CookieRefusal::Prefix);
    }
    let SetCookie { name, value, secure, http_only, same_site, .. } = line;
    Ok(Cookie { name, value, domain, path, host_only, secure, http_only, same_site, expires })
}

/// Step 6: `Max-Age` before `Expires`, and neither beyond the limit: "Expires or Max-Age attributes that specify a
/// lifetime longer than the limit MUST be reduced to the limit" (§5.5).
fn expiry(line: &SetCookie, now: SystemTime) -> Option<SystemTime> {
    let latest = now.checked_add(MAX_AGE);
    match (line.max_age, line.expires) {
        // "If delta-seconds is less than or equal to zero (0), let expiry-time be the earliest representable date."
        (Some(..=0), _) => Some(UNIX_EPOCH),
        (Some(seconds), _) => {
            let age = Duration::from_secs(seconds.unsigned_abs()).min(MAX_AGE);
            Some(now.checked_add(age).unwrap_or(now))
        }
        (None, Some(expires)) => Some(latest.map_or(expires, |latest| expires.min(latest))),
        (None, None) => None,
    }
}

/// "UAs MUST match cookie name prefixes case-insensitively" (§5.4).
fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// §5.1.4: "Output the characters of the uri-path from the first character up to, but not including, the right-most '/'",
/// and `/` where that is nothing.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(last @ 1..) if path.starts_with('/') => path.get(..last).unwrap_or("/"),
        _ => "/",
    }
}

/// §5.1.4: identical, or "the cookie-path is a prefix of the request-path", with a slash at its end or right behind it.
/// Paths are compared as they are sent: `/%61` is not `/a`.
pub(crate) fn path_matches(path: &str, cookie_path: &str) -> bool {
    match path.strip_prefix(cookie_path) {
        Some(rest) => rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_paths() {
        for (path, expected) in [
            ("/", "/"),
            ("/a", "/"),
            ("/a/", "/a"),
            ("/a/b", "/a"),
            ("/a/b/", "/a/b"),
            ("//", "/"),
            ("//a", "/"),
            ("", "/"),
            ("*", "/"),
            ("a/b", "/"),
        ] {
            assert_eq!(default_path(path), expected, "{path}");
        }
    }

    #[test]
    fn paths_match_at_slashes() {
        for (path, cookie_path, expected) in [
            ("/", "/", true),
            ("/a", "/", true),
            ("/a", "/a", true),
            ("/a/", "/a", true),
            ("/a/b", "/a", true),
            ("/a/b", "/a/", true),
            ("/a", "/a/", false),
            ("/ab", "/a", false),
            ("/A", "/a", false),
            ("/", "/a", false),
            ("/%61", "/a", false),
        ] {
            assert_eq!(path_matches(path, cookie_path), expected, "{path} {cookie_path}");
        }
    }

    #[test]
    fn s_75_time_saturates() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let expiry = |line: &str| expiry(&SetCookie::parse(line).unwrap(), now);
        let latest = Some(now + MAX_AGE);
        assert_eq!(expiry("a=1"), None);
        assert_eq!(expiry("a=1; Max-Age=60"), Some(now + Duration::from_secs(60)));
        for age in ["34560000", "34560001", "18446744073709551616", &"9".repeat(1000)] {
            assert_eq!(expiry(&format!("a=1; Max-Age={age}")), latest, "{age}");
            let past = expiry(&format!("a=1; Max-Age=-{age}"));
            assert_eq!(past, Some(UNIX_EPOCH), "-{age}");
        }
        assert_eq!(expiry("a=1; Max-Age=0"), Some(UNIX_EPOCH));
        assert_eq!(expiry("a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT"), latest);
        assert_eq!(
            expiry("a=1; Expires=Mon, 01 Jan 1601 00:00:00 GMT").map(|e| e < now),
            Some(true)
        );
        // Max-Age outranks Expires in either order; one that is no number does not.
        let both = "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60";
        assert_eq!(expiry(both), Some(now + Duration::from_secs(60)));
        let neither = "a=1; Max-Age=+60; Max-Age=1e3; Max-Age=; Max-Age=-; Max-Age=6 0";
        assert_eq!(expiry(neither), None);
        let last = "a=1; Max-Age=10; Max-Age=20; Max-Age=x";
        assert_eq!(expiry(last), Some(now + Duration::from_secs(20)));
    }
}
