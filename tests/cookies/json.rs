//! Jars as JSON: S-73 without loss, and S-77: data and nothing else.

use std::fs;

use serde_json::{Value, json};
use wireline::{CookieRefusal, CookieStore, Jar, SameSite, SessionCookies};

use crate::conformance::{jar, uri};
use crate::files::{facts, varied};
use crate::support::Scratch;

#[test]
fn s_73_saved_and_loaded_it_is_the_same_jar_in_json() {
    let (scratch, saved) = (Scratch::new(), varied());
    let url = uri("http://site.test/");
    // What Netscape's format cannot hold.
    for line in ["nameless", "tab=a\tb", "a\tb=c", "strict=1; SameSite=Strict; Path=/\tx"] {
        saved.set(&url, line).expect("a good line");
    }
    let path = scratch.path().join("jar.json");
    assert_eq!(saved.save_json(&path, SessionCookies::Keep).expect("written"), 10);
    let loaded = jar();
    let report = loaded.load_json(&path, SessionCookies::Keep).expect("read");
    assert_eq!((report.taken, report.ended, report.refused.len()), (10, 0, 0));
    assert_eq!(facts(&loaded), facts(&saved));
    let same_sites =
        |jar: &Jar| jar.iter().map(|cookie| cookie.same_site()).collect::<Vec<SameSite>>();
    assert_eq!(same_sites(&loaded), same_sites(&saved));
    assert!(same_sites(&loaded).contains(&SameSite::Strict));
    assert_eq!(loaded.cookies(&uri("https://x.site.test/app/")).as_deref(), Some("shared=2"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = fs::read(&path).expect("there");
    assert!(serde_json::from_slice::<Value>(&text).expect("JSON")["cookies"].is_array());
    let report = jar().load_json(&path, SessionCookies::End).expect("read");
    assert_eq!((report.taken, report.ended), (5, 5));
}

#[test]
fn what_is_missing_is_as_little_as_can_be() {
    let jar = jar();
    let entry = json!({"name": "a", "value": "b", "domain": "Site.test", "unknown": [1]});
    let text = json!({"version": 9, "cookies": [entry]}).to_string();
    assert_eq!(jar.add_json(text, SessionCookies::Keep).expect("JSON").taken, 1);
    let cookie = jar.iter().next().expect("a cookie");
    assert_eq!((cookie.domain(), cookie.path(), cookie.expires()), ("site.test", "/", None));
    assert!(cookie.is_host_only() && !cookie.is_secure() && !cookie.is_http_only());
}

/// The same rules as for what a server sends, and no text that would break a line or a file later.
#[test]
fn s_73_entries_are_refused_like_lines() {
    let entry = |change: Value| {
        let mut entry = json!({"name": "a", "value": "b", "domain": "x.site.test"});
        for (name, value) in change.as_object().expect("an object") {
            entry[name] = value.clone();
        }
        entry
    };
    for (change, reason) in [
        (json!({"name": "a\r\nb"}), CookieRefusal::Control),
        (json!({"value": "b\u{0}"}), CookieRefusal::Control),
        (json!({"value": "b;c=d"}), CookieRefusal::Malformed),
        (json!({"name": "a=b"}), CookieRefusal::Malformed),
        (json!({"path": "/\n"}), CookieRefusal::Control),
        (json!({"path": "/;x"}), CookieRefusal::Malformed),
        (json!({"name": "", "value": ""}), CookieRefusal::Empty),
        (json!({"value": "x".repeat(4096)}), CookieRefusal::TooLong),
        (json!({"domain": "x\ty\nz"}), CookieRefusal::Malformed),
        (json!({"domain": ""}), CookieRefusal::Malformed),
        (json!({"domain": "a..b"}), CookieRefusal::Malformed),
        (json!({"same_site": "none"}), CookieRefusal::SameSiteNone),
        (json!({"same_site": "Sometimes"}), CookieRefusal::Malformed),
        (json!({"name": "__Host-a", "secure": true, "host_only": false}), CookieRefusal::Prefix),
        (json!({"name": "__Secure-a"}), CookieRefusal::Prefix),
        (json!({"name": 1}), CookieRefusal::Malformed),
        (json!({"secure": "yes"}), CookieRefusal::Malformed),
        (json!({"expires": "tomorrow"}), CookieRefusal::Malformed),
        (json!({"expires": 1.5e300}), CookieRefusal::Malformed),
    ] {
        let jar = jar();
        let text = json!({"cookies": [entry(change.clone())]}).to_string();
        let report = jar.add_json(text, SessionCookies::Keep).expect("JSON");
        assert_eq!(report.refused, [(1, reason)], "{change}");
        assert!(jar.is_empty(), "{change}");
    }
    let jar = jar();
    let report =
        jar.add_json(r#"{"cookies": [1, null, [], "x"]}"#, SessionCookies::Keep).expect("JSON");
    assert_eq!(report.refused.len(), 4);
}

#[test]
fn what_is_no_jar() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"cookies": {}}"#,
        r#"{"cookies": [}"#,
        "cos\nsystem\n(S'x'\ntR.",
    ] {
        let jar = jar();
        let error = jar.add_json(text, SessionCookies::Keep).expect_err("no jar");
        assert!(!error.to_string().is_empty(), "{text}");
        assert!(jar.is_empty());
    }
    let deep = format!("{{\"cookies\": {}", "[".repeat(100_000));
    assert!(jar().add_json(deep, SessionCookies::Keep).is_err(), "depth is bounded");
}
