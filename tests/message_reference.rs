//! References against a base: RFC 3986 §5.4 complete, and what servers put into `Location`.

use proptest::prelude::*;
use std::time::{Duration, Instant};
use wireline::message::{InvalidUri, Uri, UriProblem, resolve};

fn against(base: &str, reference: &str) -> Result<String, InvalidUri> {
    resolve(&Uri::parse(base)?, reference).map(|uri| uri.as_str().to_owned())
}

/// RFC 3986 §5.4.1, without `g:h`, which names a scheme this crate does not speak.
const NORMAL: [(&str, &str); 22] = [
    ("g", "http://a/b/c/g"),
    ("./g", "http://a/b/c/g"),
    ("g/", "http://a/b/c/g/"),
    ("/g", "http://a/g"),
    ("//g", "http://g/"), // "http://g" there; an empty path is "/" here
    ("?y", "http://a/b/c/d;p?y"),
    ("g?y", "http://a/b/c/g?y"),
    ("#s", "http://a/b/c/d;p?q#s"),
    ("g#s", "http://a/b/c/g#s"),
    ("g?y#s", "http://a/b/c/g?y#s"),
    (";x", "http://a/b/c/;x"),
    ("g;x", "http://a/b/c/g;x"),
    ("g;x?y#s", "http://a/b/c/g;x?y#s"),
    ("", "http://a/b/c/d;p?q"),
    (".", "http://a/b/c/"),
    ("./", "http://a/b/c/"),
    ("..", "http://a/b/"),
    ("../", "http://a/b/"),
    ("../g", "http://a/b/g"),
    ("../..", "http://a/"),
    ("../../", "http://a/"),
    ("../../g", "http://a/g"),
];

/// RFC 3986 §5.4.2, without `http:g`.
const ABNORMAL: [(&str, &str); 18] = [
    ("../../../g", "http://a/g"),
    ("../../../../g", "http://a/g"),
    ("/./g", "http://a/g"),
    ("/../g", "http://a/g"),
    ("g.", "http://a/b/c/g."),
    (".g", "http://a/b/c/.g"),
    ("g..", "http://a/b/c/g.."),
    ("..g", "http://a/b/c/..g"),
    ("./../g", "http://a/b/g"),
    ("./g/.", "http://a/b/c/g/"),
    ("g/./h", "http://a/b/c/g/h"),
    ("g/../h", "http://a/b/c/h"),
    ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
    ("g;x=1/../y", "http://a/b/c/y"),
    ("g?y/./x", "http://a/b/c/g?y/./x"),
    ("g?y/../x", "http://a/b/c/g?y/../x"),
    ("g#s/./x", "http://a/b/c/g#s/./x"),
    ("g#s/../x", "http://a/b/c/g#s/../x"),
];

#[test]
fn rfc_3986_5_4_examples() {
    for (reference, target) in NORMAL.into_iter().chain(ABNORMAL) {
        assert_eq!(against("http://a/b/c/d;p?q", reference).unwrap(), target, "{reference}");
    }
    let problem = |reference| against("http://a/b/c/d;p?q", reference).unwrap_err().problem();
    assert_eq!(problem("g:h"), UriProblem::UnsupportedScheme);
    assert_eq!(problem("http:g"), UriProblem::NoAuthority); // strict: not "http://a/b/c/g"
}

#[test]
fn a_fragment_or_query_of_the_base_does_not_leak_into_the_target() {
    assert_eq!(against("http://a/b?q#f", "").unwrap(), "http://a/b?q");
    assert_eq!(against("http://a/b?q#f", "c").unwrap(), "http://a/c");
    assert_eq!(against("http://a/b?q#f", "?").unwrap(), "http://a/b?");
    assert_eq!(against("http://a/b?q#f", "#").unwrap(), "http://a/b?q#");
    assert_eq!(against("http://a/b?q", "http://c").unwrap(), "http://c/");
}

#[test]
fn a_base_url_is_completed_as_its_author_meant_it() {
    assert_eq!(against("https://h/v1/", "users").unwrap(), "https://h/v1/users");
    assert_eq!(against("https://h/v1", "users").unwrap(), "https://h/users");
    assert_eq!(against("https://h:8443/v1/", "/users").unwrap(), "https://h:8443/users");
    assert_eq!(against("https://h", "users?a=b").unwrap(), "https://h/users?a=b");
    assert_eq!(against("http://[fe80::1%25eth0]/", "x").unwrap(), "http://[fe80::1%25eth0]/x");
}

#[test]
fn s_05_a_location_is_checked_like_a_url() {
    assert_eq!(against("http://h/", "/x%0d%0a").unwrap(), "http://h/x%0d%0a");
    assert_eq!(against("http://h/", "/a b").unwrap(), "http://h/a%20b");
    assert_eq!(against("http://h/", "/caf\u{e9}").unwrap(), "http://h/caf%C3%A9");
    assert_eq!(against("http://h/", "  /x  ").unwrap(), "http://h/x");
    for bad in ["/a\tb", "/a\r\nX: y", "\n/a", "/a\0", "?\x7f", "#\x1b", "//h\n/"] {
        let error = against("http://h/", bad).unwrap_err();
        assert_eq!(error.problem(), UriProblem::ControlByte, "{bad:?}");
    }
}

#[test]
fn s_71_other_schemes_are_refused() {
    for bad in ["file:///etc/passwd", "FTP://h/", "javascript:x", "data:,x", "gopher://h:25/x"] {
        let error = against("http://h/", bad).unwrap_err();
        assert_eq!(error.problem(), UriProblem::UnsupportedScheme, "{bad}");
    }
    assert_eq!(against("https://h/", "HTTP://other").unwrap(), "http://other/");
}

#[test]
fn s_71_the_target_names_its_own_host_and_userinfo() {
    assert_eq!(against("https://h/a", "//other/b").unwrap(), "https://other/b");
    let target = resolve(&Uri::parse("http://h/").unwrap(), "http://u:p@h/").unwrap();
    assert_eq!(target.userinfo(), Some(("u", Some("p"))));
    assert_eq!(target.without_userinfo().as_str(), "http://h/");
    // No browser's backslash: it belongs to the path.
    assert_eq!(against("http://h/", "/\\other/x").unwrap(), "http://h/\\other/x");
    // Dot segments never make a second authority.
    assert_eq!(against("http://h/", "/.//other/x").unwrap(), "http://h//other/x");
    for bad in ["//", "//u@/", "///x", "//:80", "http://", "https:/h", "//h\\@e/"] {
        assert!(against("http://h/", bad).is_err(), "{bad}");
    }
}

#[test]
fn s_71_long_targets_take_linear_time() {
    let started = Instant::now();
    let base = format!("http://h/{}", "a/".repeat(100_000));
    assert_eq!(against(&base, &"../".repeat(100_001)).unwrap(), "http://h/");
    assert_eq!(against("http://h/", &"..".repeat(100_000)).unwrap().len(), 200_009);
    assert_eq!(against("http://h/", &"../".repeat(100_000)).unwrap(), "http://h/");
    assert_eq!(against("http://h/", &"/..".repeat(100_000)).unwrap(), "http://h/");
    let location = format!("/{}", "x".repeat(8192));
    assert_eq!(against("http://h/", &location).unwrap().len(), 8201);
    // A second is a thousand times what it takes; quadratic would take minutes.
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn s_05_a_dot_segment_takes_no_control_character_away() {
    let base = Uri::parse("http://h/a").unwrap();
    for control in ['\t', '\r', '\n', '\0', '\x7f'] {
        assert!(resolve(&base, &format!("x{control}y:/../g")).is_err(), "{control:?}");
    }
}

#[test]
fn s_105_dot_segments_leave_no_authority_behind() {
    let base = Uri::parse("http://h/a").unwrap();
    for reference in ["http:.//evil/", "http:..//evil/", "http:/.//evil/", "http:/a/..//evil/"] {
        assert!(resolve(&base, reference).is_err(), "{reference}");
    }
    assert_eq!(resolve(&base, ".//x").unwrap().as_str(), "http://h//x");
}

proptest! {
    /// The `url` crate as the oracle. It is more lenient (`http:g`, backslashes, empty hosts) and
    /// tidies more (a dot segment in an absolute URI, empty userinfo), so only what both accept is
    /// compared, and only what both keep. It also tidies the base.
    #[test]
    fn agrees_with_another_implementation(
        base in "http://h/[ab/]{0,8}(\\?[a/]{1,3})?",
        reference in "[abg./?#;=:@-]{0,14}",
    ) {
        let ours = Uri::parse(&base).and_then(|base| resolve(&base, &reference));
        let theirs = url::Url::parse(&base).and_then(|base| base.join(&reference));
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            prop_assert_eq!(Some(ours.host()), theirs.host_str());
            prop_assert_eq!(ours.path(), if ours.path() == Uri::parse(&base).unwrap().path() {
                ours.path() // an empty reference keeps the base's path as it was typed
            } else {
                theirs.path()
            });
            prop_assert_eq!(ours.query(), theirs.query());
            prop_assert_eq!(ours.fragment(), theirs.fragment());
        }
    }

    #[test]
    fn never_panics_and_never_leaves_a_dot_segment(reference in "\\PC{0,24}|[./a%2e]{0,40}") {
        let base = Uri::parse("http://h/x/../y/./z").unwrap();
        if let Ok(target) = resolve(&base, &reference)
            && target.path() != base.path()
        {
            prop_assert!(target.path().split('/').all(|segment| segment != "." && segment != ".."));
        }
    }
}
