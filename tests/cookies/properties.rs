//! Properties of lines and jars, for text that looks like cookies and text that looks like nothing.

use proptest::prelude::*;
use wireline::{CookieStore, Fields, Jar, SessionCookies, SetCookie};

use crate::conformance::{jar, uri};
use crate::files::facts;

/// Lines in which everything that means something comes often.
fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-c]{0,3}",
        "[ \t;=,\"%\\\\]{0,4}",
        Just("__Host-".to_owned()),
        Just("__secure-".to_owned()),
        "\\PC{0,4}",
    ];
    let attribute = prop_oneof![
        "(Domain|domain)=[.]?(site[.]test|test|x[.]site[.]test|co[.]uk|)[.]?",
        "(Path|PATH)=/?[a-z/]{0,5}",
        "Max-Age=(|0|-[0-9]{1,25}|[1-9][0-9]{3,25}|[0-9]x)",
        "Expires=[0-9A-Za-z:, -]{0,30}",
        "(Secure|HttpOnly|SameSite=(None|Lax|Strict|x))",
        "\\PC{0,8}",
    ];
    let words = prop::collection::vec(word, 0..5).prop_map(|words| words.concat());
    (words, prop::collection::vec(attribute, 0..5)).prop_map(|(pair, attributes)| {
        std::iter::once(pair).chain(attributes).collect::<Vec<_>>().join("; ")
    })
}

proptest! {
    /// Any bytes: no panic, and what is read is within its limits and has no blanks around it.
    #[test]
    fn lines_of_any_bytes(line in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(read) = SetCookie::parse(&line) {
            prop_assert!(read.name().len() + read.value().len() <= SetCookie::MAX_LEN);
            prop_assert!(!read.name().contains(['=', ';']) && !read.value().contains(';'));
        }
        let jar = Jar::new();
        let _ = jar.set(&uri("https://site.test/"), &line);
        prop_assert!(jar.len() <= 1);
    }

    /// What is kept is sent as it was read, can be sent as a field, and is read as itself again.
    #[test]
    fn what_is_kept_is_sent_as_it_came(line in line()) {
        let url = uri("https://x.site.test/a/b");
        let jar = jar();
        if jar.set(&url, &line).is_ok() && !jar.is_empty() {
            let cookie = jar.iter().next().expect("one");
            let read = SetCookie::parse(&line).expect("it was taken");
            prop_assert_eq!((cookie.name(), cookie.value()), (read.name(), read.value()));
            let text = format!("{}={}", cookie.name(), cookie.value());
            let again = SetCookie::parse(&text).expect("what was read can be read");
            prop_assert_eq!((again.name(), again.value()), (read.name(), read.value()));
            if let Some(field) = jar.cookies(&url) {
                let mut fields = Fields::new();
                prop_assert!(fields.append("cookie", &field).is_ok(), "{field:?}");
                let text = if read.name().is_empty() { read.value() } else { &text };
                prop_assert_eq!(field, text);
            }
            // Never to strangers, whatever it said.
            for other in ["https://site.test.evil/", "https://evil.test/", "https://test/", "https://xsite.test/"] {
                prop_assert_eq!(jar.cookies(&uri(other)), None);
            }
        }
    }

    /// A jar that has been through a file is the same jar, if the format can hold it.
    #[test]
    fn s_73_files_are_faithful(lines in prop::collection::vec(line(), 0..8)) {
        let jar = jar();
        for (number, line) in lines.iter().enumerate() {
            let host = ["https://site.test/", "https://x.site.test/p/", "http://127.0.0.1/"][number % 3];
            let _ = jar.set(&uri(host), line);
        }
        let held = jar.iter().all(|c| !c.name().is_empty() && ![c.name(), c.value(), c.path()].concat().contains('\t'));
        let text = jar.to_netscape(SessionCookies::Keep);
        let copy = crate::conformance::jar();
        let report = copy.add_netscape(&text, SessionCookies::Keep);
        prop_assert!(report.refused.is_empty(), "{report:?}\n{text}");
        if held {
            prop_assert_eq!(facts(&copy), facts(&jar));
        }
        #[cfg(feature = "json")]
        {
            let copy = crate::conformance::jar();
            copy.add_json(jar.to_json(SessionCookies::Keep), SessionCookies::Keep).expect("JSON");
            prop_assert_eq!(facts(&copy), facts(&jar));
        }
    }

    /// A file of any bytes: no panic, and nothing gets in that a server could not have set.
    #[test]
    fn s_77_files_of_any_bytes(text in prop::collection::vec(any::<u8>(), 0..400)) {
        let jar = jar();
        let lines = [&b"site.test\tFALSE\t/\tFALSE\t0\ta\t"[..], &text].concat();
        jar.add_netscape(&lines, SessionCookies::Keep);
        jar.add_netscape(&text, SessionCookies::Keep);
        if let Some(field) = jar.cookies(&uri("https://site.test/")) {
            prop_assert!(Fields::new().append("cookie", &field).is_ok(), "{field:?}");
        }
    }
}
