//! A URI, by [`Uri::parse`] and [`resolve`]. The input is a URI, a line feed, and a reference to be resolved against it.
//!
//! - Whatever is accepted is visible ASCII, has a host, a port and an absolute path, and reads back as itself, with and
//!   without its userinfo, which `Display` never shows. Its authority passes the check of a `Host` field.
//! - Where the `url` crate accepts the same text, scheme, host and port are the same: two parsers must not send one
//!   request to two places. So are plain paths, and whether there is a query and a fragment.
//! - Resolving never panics. What comes out is as good as what was parsed, resolves to the same place, and goes where `url` goes.

use wireline::message::{Host, Uri, resolve};

/// Panics unless everything above holds for `data`.
pub fn hold(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, reference) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(uri) = Uri::parse(text) {
        is_sendable(&uri);
        goes_where_it_should(&uri, text);
        follow(&uri, reference);
    }
    // Whatever the reference is, it is followed from somewhere.
    let base = Uri::parse("https://example.com:8443/a/b/c?d").expect("a URI");
    follow(&base, reference);
    follow(&base, text);
}

fn is_sendable(uri: &Uri) {
    assert!(uri.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
    assert!(!uri.host().is_empty() && uri.port() != 0 && uri.path().starts_with('/'), "{uri}");
    assert!(!uri.path().contains(['?', '#']) && !uri.path_and_query().contains('#'), "{uri}");
    let again = Uri::parse(uri.as_str()).expect("what was accepted is accepted");
    assert_eq!((again.as_str(), again.origin()), (uri.as_str(), uri.origin()));
    let shown = Uri::parse(&uri.to_string()).expect("what is shown is accepted");
    assert_eq!(shown, uri.clone().without_userinfo());
    assert_eq!(shown.userinfo(), None);
    assert_eq!(shown.path_and_query(), uri.path_and_query());
    assert_eq!((shown.origin(), shown.fragment()), (uri.origin(), uri.fragment()));
    let authority = uri.authority_text();
    assert!(!authority.contains(['@', '/', '?', '#', '\\']), "{authority}");
    let (host, port) = Host::parse_with_port(&authority).expect("a Host field");
    assert_eq!((host.ip(), host.name()), (uri.ip(), uri.origin().host().name()));
    assert_eq!(port.unwrap_or(uri.scheme().default_port()), uri.port());
}

/// The `url` crate's opinion.
fn goes_where_it_should(ours: &Uri, text: &str) {
    let Ok(theirs) = url::Url::parse(text) else { return };
    same_place(ours, &theirs);
    assert_eq!(ours.query().is_some(), theirs.query().is_some(), "{ours} {theirs}");
    assert_eq!(ours.fragment().is_some(), theirs.fragment().is_some(), "{ours} {theirs}");
    let plain = |path: &str| {
        path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'~'))
    };
    if plain(ours.path()) {
        assert_eq!(ours.path(), theirs.path());
    }
}

fn same_place(ours: &Uri, theirs: &url::Url) {
    assert_eq!(ours.scheme().as_str(), theirs.scheme(), "{ours} {theirs}");
    assert_eq!(Some(ours.port()), theirs.port_or_known_default(), "{ours} {theirs}");
    match theirs.host() {
        Some(url::Host::Domain(name)) => assert_eq!(ours.host(), name),
        Some(url::Host::Ipv4(address)) => assert_eq!(ours.ip(), Some(address.into())),
        Some(url::Host::Ipv6(address)) => assert_eq!(ours.ip(), Some(address.into())),
        None => panic!("{theirs} has no host"),
    }
}

fn follow(base: &Uri, reference: &str) {
    let Ok(target) = resolve(base, reference) else { return };
    is_sendable(&target);
    // A reference without a path leaves the base's as it is; one with a path loses its dot segments, once.
    let again = resolve(base, target.as_str()).expect("what was accepted is accepted");
    assert_eq!(again.origin(), target.origin());
    assert_eq!(resolve(base, again.as_str()).as_ref(), Ok(&again), "{reference:?}");
    // Browsers read a backslash as a slash and skip surplus slashes before an authority; RFC 3986 does neither.
    let differs = reference.contains('\\') || reference.contains("///");
    let joined = url::Url::parse(base.as_str()).and_then(|base| base.join(reference));
    if let (Ok(theirs), false) = (joined, differs) {
        same_place(&target, &theirs);
    }
}
