//! URIs as people type them, and as attackers do.

use std::net::IpAddr;
use wireline::message::{Host, Scheme, Uri, UriProblem};

fn parse(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn problem(text: &str) -> UriProblem {
    match Uri::parse(text) {
        Ok(uri) => panic!("{text:?} was read as {uri:?}"),
        Err(error) => error.problem(),
    }
}

#[test]
fn what_is_typed_and_what_is_sent() {
    // Typed; the Host field; the request-target.
    let table = [
        ("http://example.com", "example.com", "/"),
        ("http://example.com/", "example.com", "/"),
        ("HTTP://EXAMPLE.COM/Path", "example.com", "/Path"),
        ("https://example.com:443/", "example.com", "/"),
        ("https://example.com:80/", "example.com:80", "/"),
        ("http://example.com:/", "example.com", "/"),
        ("http://example.com:0080/", "example.com", "/"),
        ("http://example.com:008080/", "example.com:8080", "/"),
        ("http://localhost:3000?x=1", "localhost:3000", "/?x=1"),
        ("http://localhost:3000#top", "localhost:3000", "/"),
        ("http://h?", "h", "/?"),
        ("http://h/a b?c d#e f", "h", "/a%20b?c%20d"),
        ("http://h/caf\u{e9}?\u{20ac}", "h", "/caf%C3%A9?%E2%82%AC"),
        ("http://h/%7esmith/%zz%", "h", "/%7esmith/%zz%"),
        ("http://h/a/../b/./c//d", "h", "/a/../b/./c//d"),
        ("http://h/?q={\"a\":[1|2]}&x=^`'<>\\", "h", "/?q={\"a\":[1|2]}&x=^`'<>\\"),
        ("http://h/a?b?c/d@e:f", "h", "/a?b?c/d@e:f"),
        ("http://h/a#b?c#d", "h", "/a"),
        ("http://h/@user:80", "h", "/@user:80"),
        ("http://user:pa%20ss@h:8080/x", "h:8080", "/x"),
        ("http://user@h", "h", "/"),
        ("http://@h", "h", "/"),
        ("  http://h/a  ", "h", "/a"),
        ("http://127.0.0.1:8080/items/42?x=1", "127.0.0.1:8080", "/items/42?x=1"),
        ("http://[::1]:8080/", "[::1]:8080", "/"),
        ("http://[::1]", "[::1]", "/"),
        ("http://[2001:DB8::1]/", "[2001:db8::1]", "/"),
        ("http://[fe80::1%25eth0]/", "[fe80::1]", "/"),
        ("http://[fe80::1%25eth0]:81/", "[fe80::1]:81", "/"),
        ("http://my_host/", "my_host", "/"),
        ("http://a-b.c~d!$&'()*+,;=/", "a-b.c~d!$&'()*+,;=", "/"),
        ("http://example.com./", "example.com.", "/"),
    ];
    for (typed, host, target) in table {
        let uri = parse(typed);
        assert_eq!(uri.authority_text(), host, "{typed}");
        assert_eq!(uri.path_and_query(), target, "{typed}");
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        assert_eq!(format!("{}{query}", uri.path()), target, "{typed}");
    }
}

#[test]
fn the_parts_of_a_full_uri() {
    let uri = parse("https://us%65r:p:w@EXAMPLE.com:8443/p/a?q=1?2#f/?#g");
    assert_eq!(uri.as_str(), "https://us%65r:p:w@example.com:8443/p/a?q=1?2#f/?#g");
    assert_eq!(uri.scheme(), Scheme::Https);
    assert_eq!(uri.userinfo(), Some(("us%65r", Some("p:w"))));
    assert_eq!((uri.host(), uri.host_text().as_ref()), ("example.com", "example.com"));
    assert_eq!((uri.port(), uri.explicit_port()), (8443, Some(8443)));
    assert_eq!((uri.path(), uri.query()), ("/p/a", Some("q=1?2")));
    assert_eq!(uri.fragment(), Some("f/?#g"));
    assert_eq!((uri.ip(), uri.zone()), (None, None));
    assert_eq!(uri.origin().to_string(), "https://example.com:8443");
    assert_eq!(uri.to_string(), "https://example.com:8443/p/a?q=1?2#f/?#g");

    let uri = parse("http://h");
    assert_eq!((uri.userinfo(), uri.query(), uri.fragment()), (None, None, None));
    assert_eq!((uri.port(), uri.explicit_port(), uri.as_str()), (80, None, "http://h/"));

    let uri = parse("http://[FE80::A%25Eth0]:81/?#");
    assert_eq!(uri.as_str(), "http://[fe80::a%25Eth0]:81/?#");
    assert_eq!((uri.host(), uri.zone()), ("fe80::a", Some("Eth0")));
    assert_eq!(uri.ip(), Some("fe80::a".parse::<IpAddr>().unwrap()));
    assert_eq!((uri.query(), uri.fragment()), (Some(""), Some("")));
    assert_eq!(uri.origin().to_string(), "http://[fe80::a%25Eth0]:81");
}

#[test]
fn equal_origins_are_equal_however_they_are_typed() {
    let same = |a: &str, b: &str| parse(a).origin() == parse(b).origin();
    assert!(same("http://EXAMPLE.com:80/~smith/", "http://u@example.com:/%7Esmith/?#"));
    assert!(same("https://h", "HTTPS://H:443"));
    assert!(same("http://[::1]/", "http://[0:0:0::0:1]:080/"));
    assert!(same("http://[::ffff:1.2.3.4]/", "http://[::FFFF:102:304]/"));
    assert!(!same("http://h/", "https://h/"));
    assert!(!same("http://h:80/", "https://h:80/"));
    assert!(!same("http://h/", "http://h./"));
    assert!(!same("http://h/", "http://h:81/"));
    assert!(!same("http://[::ffff:1.2.3.4]/", "http://1.2.3.4/"));
}

#[test]
fn what_is_no_url_says_why() {
    use UriProblem::*;
    let table = [
        ("", NoScheme),
        ("example.com", NoScheme),
        ("example.com/path?x", NoScheme),
        ("localhost:8080/x", NoScheme),
        ("/path", NoScheme),
        ("//h/path", NoScheme),
        ("\thttp://h/", NoScheme),
        ("http:/h/", NoAuthority),
        ("HTTPS:h", NoAuthority),
        ("ftp://h/", UnsupportedScheme),
        ("file:///etc/passwd", UnsupportedScheme),
        ("httpx://h/", UnsupportedScheme),
        ("ws+unix:x", UnsupportedScheme),
        ("http://", NoHost),
        ("http:///x", NoHost),
        ("http://:80/", NoHost),
        ("http://u:p@/", NoHost),
        ("http://?x", NoHost),
        ("http://h:0/", BadPort),
        ("http://h:65536/", BadPort),
        ("http://h:99999999999999999999/", BadPort),
        ("http://h:+80/", BadPort),
        ("http://h:8o/", BadPort),
        ("http://h: 80/", BadPort),
        ("http://::1/", NoHost),
        ("http://a b/", BadHostByte),
        ("http://h|x/", BadHostByte),
        ("http://a[::1]/", BadHostByte),
    ];
    for (text, expected) in table {
        assert_eq!(problem(text), expected, "{text:?}");
    }
    assert_eq!(problem(&format!("http://h/{}", "x".repeat(8_000_000))), TooLong);
    assert_eq!(problem(&format!("http://h/{}", " x".repeat(3_000_000))), TooLong);
    assert_eq!(Uri::parse("http://h:8o/").unwrap_err().position(), 9);
}

#[test]
fn s_05_controls_are_refused_everywhere_and_spaces_never_get_through() {
    let templates = [
        "http://u@h/@",
        "http://@h/",
        "http://h@/",
        "http://h:8@/",
        "http://h/@x",
        "http://h/?@",
        "http://h/#@x",
    ];
    for byte in (0..0x20).chain([0x7F]) {
        for template in templates {
            let text = template.replace('@', &char::from(byte).to_string());
            assert!(Uri::parse(&text).is_err(), "{text:?}");
        }
        let text = format!("http://u{}:p@h/", char::from(byte));
        assert_eq!(problem(&text), UriProblem::ControlByte, "{text:?}");
    }
    for text in
        ["http://h/a b", "http://h/?a b", "http://h/#a b", "http://u v@h/", "http://h/\u{a0}"]
    {
        let uri = parse(text);
        assert!(uri.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{uri:?}");
    }
}

#[test]
fn s_50_the_zone_tells_hosts_apart_and_stays_here() {
    let (a, b) = (parse("http://[fe80::1%25eth0]/"), parse("http://[fe80::1%25eth1]/"));
    assert_ne!(a.origin(), b.origin());
    assert_ne!(a.origin(), parse("http://[fe80::1]/").origin());
    assert_eq!((a.host(), a.host_text().as_ref()), (b.host(), "[fe80::1]"));
    assert_eq!(Host::parse("[fe80::1%25eth0]").unwrap().zone(), Some("eth0"));
    for bad in
        ["[fe80::1%eth0]", "[fe80::1%25]", "[fe80::1%]", "[fe80::1%25a%41]", "[fe80::1%25a b]"]
    {
        assert_eq!(problem(&format!("http://{bad}/")), UriProblem::BadZone, "{bad}");
    }
}

#[test]
fn s_103_names_are_not_decoded_or_converted() {
    assert_eq!(problem("http://b\u{fc}cher.example/"), UriProblem::NonAsciiHost);
    assert!(Uri::parse("http://b\u{fc}cher.example/").unwrap_err().to_string().contains("xn--"));
    assert_eq!(problem("http://\u{ff41}.com/"), UriProblem::NonAsciiHost);
    assert_eq!(problem("http://ex%2Fample.com/"), UriProblem::PercentInHost);
    assert_eq!(problem("http://127.0.0.1%2f.evil/"), UriProblem::PercentInHost);
    assert_eq!(parse("http://xn--example-.com/").host(), "xn--example-.com");
    assert_eq!(parse("http://XN--BCHER-KVA.example/").host(), "xn--bcher-kva.example");
    assert_eq!(parse("http://EXAMPLE.com./").host(), "example.com.");
}

#[test]
fn s_104_brackets_hold_ipv6_and_ipv4_is_four_numbers() {
    for bad in [
        "[example.com]",
        "[127.0.0.1]",
        "[]",
        "[::1",
        "[::g]",
        "[v1.x]",
        "[[::1]]",
        "[::1]]",
        "[::1]x",
        "[::1]80",
        "[1:2:3:4:5:6:7:8:9]",
    ] {
        assert_eq!(problem(&format!("http://{bad}/")), UriProblem::NotIpv6, "{bad}");
    }
    let legacy = [
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "127.0.0.01",
        "127.0.0.1.",
        "1.2.3.4.5",
        "256.1.1.1",
        "0x7f000001",
        "0x",
        "0X7F.0.0.1",
        "a.0x1",
        "a.1",
        "1.",
        "127.0.0.0x1",
        "0",
        "0xff",
        "1.0xA",
    ];
    for bad in legacy {
        assert_eq!(problem(&format!("http://{bad}/")), UriProblem::NotIpv4, "{bad}");
        assert_eq!(Host::parse(bad).unwrap_err().problem(), UriProblem::NotIpv4, "{bad}");
    }
    for name in
        ["1.2.3.4a", "1.com", "face", "0xg", "a1", "1e1", "x", "a.b0x1", "-1", "127.0.0.1.nip.io"]
    {
        assert_eq!(parse(&format!("http://{name}/")).ip(), None, "{name}");
    }
    assert_eq!(parse("http://127.0.0.1/").ip(), Some(IpAddr::from([127, 0, 0, 1])));
}

#[test]
fn s_105_the_host_is_after_the_last_at_sign() {
    let uri = parse("http://a@b@c/");
    assert_eq!((uri.host(), uri.userinfo()), ("c", Some(("a@b", None))));
    assert_eq!(parse("http://good.com:80@evil.com/").host(), "evil.com");
    assert_eq!(parse("http://evil.com#@good.com/").host(), "evil.com");
    assert_eq!(parse("http://evil.com?@good.com/").host(), "evil.com");
    assert_eq!(problem("http://h:80:90/"), UriProblem::BadPort);
    for text in ["http://h\\@e/", "http://h\\e/", "http://h\\", "http:\\\\h/", "http://u:\\@h/"] {
        let expected =
            if text.contains("//") { UriProblem::Backslash } else { UriProblem::NoAuthority };
        assert_eq!(problem(text), expected, "{text}");
    }
    // One linear pass: CVE-2021-33503 was a regular expression over many '@'.
    assert_eq!(parse(&format!("http://{}h/", "@".repeat(1_000_000))).host(), "h");
}

#[test]
fn s_112_userinfo_is_never_shown() {
    let uri = parse("http://user:s3cret@h:81/x#f");
    for shown in [format!("{uri}"), format!("{uri:?}"), uri.origin().to_string()] {
        assert!(!shown.contains("s3cret") && !shown.contains("user"), "{shown}");
    }
    assert!(!uri.authority_text().contains('@'));
    assert_eq!(uri.clone().without_userinfo().as_str(), "http://h:81/x#f");
    assert_eq!(uri.clone().without_userinfo(), parse("http://h:81/x#f"));
    let zoned = parse("http://user:s3cret@[fe80::1%25eth0]:81/").without_userinfo();
    assert_eq!((zoned.host(), zoned.zone(), zoned.path()), ("fe80::1", Some("eth0"), "/"));
    let theirs = http::Uri::try_from(&uri).unwrap();
    assert!(!format!("{theirs:?}").contains("s3cret"));

    // A password with a character that ends the authority must not end up in an error.
    let bad = [
        "http://user:s3cret/x@h/",
        "http://user:s3cret?x@h/",
        "http://user:s3cret#x@h/",
        "http://user:s3cret\x01@h/",
        "http://user:s3cret@h:x@/",
        "user:s3cret@h/",
        "s3cret://x@h/",
        "http://user:s3cret\\@h/",
        "http://user:x@s3cret:s3cret/@",
    ];
    for text in bad {
        let error = Uri::parse(text).unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[test]
fn s_110_errors_show_little_and_escape_it() {
    let error = Uri::parse("http://a\x1b[2Jb/").unwrap_err();
    assert!(!error.to_string().contains('\x1b'), "{error}");
    let error = Uri::parse("http://h/\x1b[2J").unwrap_err().to_string();
    assert_eq!(error, "invalid URI at byte 9: it contains a control character: \"\\x1b\"");
    let error = Uri::parse(&format!("http://{} /", "\u{fc}".repeat(5000))).unwrap_err();
    assert!(error.to_string().len() < 600, "{error}");
}

#[test]
fn fragments_and_query_pairs() {
    let mut uri = parse("http://h/a#old");
    uri.push_query_pair("a b", "c&d=\u{e9}").unwrap();
    assert_eq!(uri.as_str(), "http://h/a?a%20b=c%26d%3D%C3%A9#old");
    uri.push_query_pair("x", "").unwrap();
    assert_eq!(uri.query(), Some("a%20b=c%26d%3D%C3%A9&x="));
    uri.set_fragment(Some("n w")).unwrap();
    assert_eq!((uri.fragment(), uri.path()), (Some("n%20w"), "/a"));
    let before = uri.clone();
    assert!(uri.set_fragment(Some("a\nb")).is_err());
    assert!(uri.set_fragment(Some(&"x".repeat(8_000_000))).is_err());
    assert!(uri.push_query_pair("k", &"x".repeat(8_000_000)).is_err());
    assert_eq!(uri, before);
    uri.set_fragment(None).unwrap();
    assert_eq!(uri.fragment(), None);

    let mut uri = parse("http://h?");
    uri.push_query_pair("k", "v").unwrap();
    assert_eq!(uri.as_str(), "http://h/?k=v");
    let mut uri = parse("http://h/?sig=a+b%2f");
    uri.push_query_pair("k", "v").unwrap();
    assert_eq!(uri.path_and_query(), "/?sig=a+b%2f&k=v");
}

#[test]
fn http_uri_and_back() {
    for text in ["http://h/", "https://example.com:8443/a/b?c=d", "http://[::1]:80/?"] {
        let theirs: http::Uri = text.parse().unwrap();
        assert_eq!(Uri::try_from(&theirs).unwrap().as_str(), text);
        assert_eq!(http::Uri::try_from(&parse(text)).unwrap(), theirs);
    }
    let theirs: http::Uri = "http://u:p@h".parse().unwrap();
    assert_eq!(Uri::try_from(theirs).unwrap().as_str(), "http://u:p@h/");
    assert!(Uri::try_from(http::Uri::from_static("/path")).is_err());
    assert!(Uri::try_from(http::Uri::from_static("h:80")).is_err());
    assert_eq!(http::Uri::try_from(&parse("http://h/a#f")).unwrap(), "http://h/a");
    assert!(http::Uri::try_from(&parse("http://h/<")).is_err());
}
