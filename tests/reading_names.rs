//! `Link` and `Content-Disposition` by their bytes: what the RFCs and their appendices show, what servers really write,
//! and names that would do harm (S-111). In: field values. Out: links and names; whatever the bytes, never a panic.
#![cfg(feature = "client")]

use proptest::prelude::*;
use wireline::Uri;
use wireline::client::reading::disposition::ContentDisposition;
use wireline::client::reading::file_name::safe_file_name;
use wireline::client::reading::links::Link;

fn links(value: &str) -> Vec<Link> {
    let base = Uri::parse("https://example.com/a/b?c#d").expect("a URI");
    Link::parse(&base, value.as_bytes())
}

/// Target, relation types, title.
fn shown(value: &str) -> Vec<(String, String, Option<String>)> {
    let shown = links(value).into_iter().map(|link| {
        let rel: Vec<&str> = link.rel().collect();
        (link.target().to_owned(), rel.join(" "), link.title().map(str::to_owned))
    });
    shown.collect()
}

#[track_caller]
fn reads(value: &str, expected: &[(&str, &str, Option<&str>)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(target, rel, title)| ((*target).into(), (*rel).into(), title.map(str::to_owned)))
        .collect();
    assert_eq!(shown(value), expected, "{value}");
}

/// RFC 8288 §3.5.
#[test]
fn links_of_the_rfc() {
    reads(
        "<http://example.com/TheBook/chapter2>; rel=\"previous\"; title=\"previous chapter\"",
        &[("http://example.com/TheBook/chapter2", "previous", Some("previous chapter"))],
    );
    reads("</>; rel=\"http://example.net/foo\"", &[("/", "http://example.net/foo", None)]);
    reads(
        "</TheBook/chapter2>; rel=\"previous\"; title*=UTF-8'de'letztes%20Kapitel, \
         </TheBook/chapter4>; rel=\"next\"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel",
        &[
            ("/TheBook/chapter2", "previous", Some("letztes Kapitel")),
            ("/TheBook/chapter4", "next", Some("nächstes Kapitel")),
        ],
    );
    reads(
        "<http://example.org/>; rel=\"start http://example.net/relation/other\"",
        &[("http://example.org/", "start http://example.net/relation/other", None)],
    );
    let anchored = &links("</terms>; rel=\"copyright\"; anchor=\"#foo\"")[0];
    assert_eq!((anchored.anchor(), anchored.has_rel("COPYRIGHT")), (Some("#foo"), true));
}

#[test]
fn links_as_servers_write_them() {
    // GitHub's pages.
    reads(
        "<https://api.github.com/u?page=2>; rel=\"next\", <https://api.github.com/u?page=5>; rel=\"last\"",
        &[
            ("https://api.github.com/u?page=2", "next", None),
            ("https://api.github.com/u?page=5", "last", None),
        ],
    );
    reads(
        "</a,b>;rel=x;title=\"c, \\\"d\\\"; <e>\",</f>;rel=y",
        &[("/a,b", "x", Some("c, \"d\"; <e>")), ("/f", "y", None)],
    );
    reads("<a>;REL=next ; Title = plain", &[("a", "next", Some("plain"))]);
    reads("<a>; rel=next; rel=prev; title=1; title=2", &[("a", "next", Some("1"))]);
    reads("<a>; title=plain; title*=UTF-8''star", &[("a", "", Some("star"))]);
    reads("<a>; title=plain; title*=x''star", &[("a", "", Some("plain"))]);
    reads("<a>; rel=next; rel*=UTF-8''prev", &[("a", "next", None)]);
    reads("<a>; rel*=UTF-8''prev", &[("a", "prev", None)]);
    reads("<>; rel=self", &[("", "self", None)]);
    reads(
        ", ,<a>;rel=x, ,junk, <b> junk; rel=y,, <c>",
        &[("a", "x", None), ("b", "", None), ("c", "", None)],
    );
    for junk in ["", " ", ",", "a", "<a", "a>", "rel=next", "<a; rel=next"] {
        reads(junk, &[]);
    }
    reads("<a>;;; rel=\"x", &[("a", "x", None)]);
    assert_eq!(links("<a>; type=\"text/html\"; media=x")[0].parameter("type"), Some("text/html"));
}

#[test]
fn targets_are_resolved() {
    let url = |value: &str| links(value)[0].url().map(|url| url.as_str().to_owned());
    assert_eq!(url("<?page=2>"), Ok("https://example.com/a/b?page=2".into()));
    assert_eq!(url("< ../x >"), Ok("https://example.com/x".into()));
    assert_eq!(url("<//other/>"), Ok("https://other/".into()));
    assert_eq!(url("<>"), Ok("https://example.com/a/b?c".into()));
    assert!(url("<mailto:a@b>").is_err() && url("<javascript:x>").is_err());
}

/// Sixty-four kilobytes of links are read as fast as they are long, whatever they resolve to.
#[test]
fn many_links_cost_what_they_weigh() {
    let base = Uri::parse(&format!("https://example.com/{}", "a".repeat(8000))).expect("a URI");
    let links = Link::parse(&base, "<>,".repeat(21_000).as_bytes());
    assert_eq!(links.len(), 21_000);
    assert_eq!(Link::parse(&base, "<>;=\",".repeat(10_000).as_bytes()).len(), 5_000);
}

fn disposition(value: &str) -> ContentDisposition {
    ContentDisposition::parse(value.as_bytes())
}

/// RFC 6266 §5, and what servers write instead.
#[test]
fn dispositions() {
    for (value, kind, raw) in [
        ("Attachment; filename=example.html", "attachment", Some("example.html")),
        ("INLINE; FILENAME= \"an example.html\"", "inline", Some("an example.html")),
        ("attachment; filename*= UTF-8''%e2%82%ac%20rates", "attachment", Some("€ rates")),
        (
            "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates",
            "attachment",
            Some("€ rates"),
        ),
        ("attachment; filename*=ISO-8859-1'en'%A3.txt; filename=x", "attachment", Some("£.txt")),
        ("attachment; filename=\"fallback\"; filename*=UTF-8''%ff", "attachment", Some("fallback")),
        ("attachment; filename=\"fallback\"; filename*=nonsense", "attachment", Some("fallback")),
        ("attachment", "attachment", None),
        ("", "", None),
        (";filename=a", "", Some("a")),
        ("filename=a.txt", "attachment", Some("a.txt")),
        ("filename=\"a;b.txt\"; x=y", "attachment", Some("a;b.txt")),
        (
            "attachment; filename=two words, and a comma.txt ; x",
            "attachment",
            Some("two words, and a comma.txt"),
        ),
        ("attachment; filename=\"a\\\"b\\\\c\"", "attachment", Some("a\"b\\c")),
        ("attachment; filename=\"open", "attachment", Some("open")),
        ("attachment; filename=naïve.txt", "attachment", Some("naïve.txt")),
        ("attachment; filename=a; filename=b", "attachment", Some("a")),
        ("form-data; name=f", "form-data", None),
    ] {
        let disposition = disposition(value);
        assert_eq!((disposition.kind(), disposition.raw_file_name()), (kind, raw), "{value}");
        assert_eq!(disposition.is_attachment(), kind != "inline", "{value}");
    }
    let latin = ContentDisposition::parse(b"attachment; filename=\"na\xefve.txt\"");
    assert_eq!(latin.file_name().as_deref(), Some("naïve.txt"));
}

/// CVE-2025-11563 wcurl, CVE-2022-27778 curl, aiohttp #13206: a name from the server that is a path somewhere else.
#[test]
fn s_111_a_name_is_never_a_path() {
    for (value, name) in [
        ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
        ("attachment; filename*=UTF-8''..%2f..%2fetc", Some("etc")),
        ("attachment; filename*=UTF-8''..%5C..%5Cetc", Some("etc")),
        ("attachment; filename=..%2f..%2fetc", Some("%2f..%2fetc")),
        ("attachment; filename=C:\\x", Some("x")),
        ("attachment; filename=C:x", Some("x")),
        ("attachment; filename=\"\\\\\\\\host\\\\share\\\\x\"", Some("x")),
        ("attachment; filename*=UTF-8''%2e%2e", None),
        ("attachment; filename=/", None),
        ("attachment; filename=a/", None),
        ("attachment; filename=\"\"", None),
        ("attachment; filename=\". . .\"", None),
        ("attachment; filename*=UTF-8''%2ebashrc", Some("bashrc")),
        ("attachment; filename*=UTF-8''a%00b%0a%1b%5b31m", Some("a_b__[31m")),
        ("attachment; filename*=UTF-8''gpj%2eexe%E2%80%AE", Some("gpj.exe_")),
        ("attachment; filename=\"a.txt:stream\"", Some("a.txt_stream")),
        ("attachment; filename=\"a. . \"", Some("a")),
        ("attachment; filename=\"CON\"", Some("_CON")),
        ("attachment; filename=\"nul .tar.gz\"", Some("_nul .tar.gz")),
        ("attachment; filename=\"Com1.txt\"", Some("_Com1.txt")),
        ("attachment; filename=\"com10.txt\"", Some("com10.txt")),
        ("attachment; filename*=UTF-8''LPT%C2%B9", Some("_LPT¹")),
        ("attachment; filename=console.log", Some("console.log")),
    ] {
        assert_eq!(disposition(value).file_name().as_deref(), name, "{value}");
    }
}

#[test]
fn s_111_long_names_are_cut_before_their_extension() {
    let long = safe_file_name(&format!("{}.tar.gz", "ü".repeat(200))).expect("a name");
    assert_eq!(long, format!("{}.gz", "ü".repeat(126)));
    let plain = safe_file_name(&format!("{} {}", "a".repeat(254), "b".repeat(50))).expect("a name");
    assert_eq!(plain, "a".repeat(254));
    let dotted = safe_file_name(&format!("a.{}", "b".repeat(300))).expect("a name");
    assert_eq!(dotted.len(), 255);
}

proptest! {
    /// S-111: one component, for any system, and safe stays as it is.
    #[test]
    fn s_111_any_name_is_made_safe(name in ".{0,300}|[./\\\\: \u{0}a-dA-Zœ¹]{0,300}|(con|nul|lpt1)[. ]?[a-z]{0,3}") {
        let Some(safe) = safe_file_name(&name) else { return Ok(()) };
        prop_assert!(!safe.is_empty() && safe.len() <= 255, "{:?}", safe);
        let harmful = |c: char| c.is_control() || "/\\:<>\"|?*\u{202e}".contains(c);
        prop_assert!(!safe.contains(harmful), "{:?}", safe);
        prop_assert!(!safe.starts_with(['.', ' ']) && !safe.ends_with(['.', ' ']), "{:?}", safe);
        let path = std::path::Path::new(&safe);
        prop_assert_eq!(path.file_name(), Some(path.as_os_str()));
        prop_assert_eq!(safe_file_name(&safe), Some(safe));
    }

    #[test]
    fn any_value_is_read(value in prop::collection::vec(any::<u8>(), 0..200), text in "[<>;,=\"\\\\* 'a-z%0-9]{0,200}") {
        let base = Uri::parse("http://h/").expect("a URI");
        for bytes in [&value[..], text.as_bytes()] {
            for link in Link::parse(&base, bytes) {
                let _ = (link.url(), link.has_rel("next"), link.title());
            }
            let disposition = ContentDisposition::parse(bytes);
            prop_assert!(disposition.raw_file_name().is_some() || disposition.file_name().is_none());
        }
    }

    /// What is written by the rules is read as it was written.
    #[test]
    fn a_quoted_name_comes_back(name in "[ -~]{1,40}") {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        let disposition = disposition(&format!("attachment; a=b; filename=\"{quoted}\"; c=d"));
        prop_assert_eq!(disposition.raw_file_name(), Some(name.as_str()));
        let base = Uri::parse("http://h/").expect("a URI");
        let links = Link::parse(&base, format!("<x>; title=\"{quoted}\"; rel=a, <y>; rel=b").as_bytes());
        prop_assert_eq!(links.len(), 2);
        prop_assert_eq!((links[0].title(), links[1].has_rel("b")), (Some(name.as_str()), true));
    }
}
