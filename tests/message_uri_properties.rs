//! What holds for every URI that is accepted, whatever was typed.

use proptest::prelude::*;
use wireline::message::{Host, Uri};

/// Text that looks like a URI often enough to get past the first check.
fn uri_like() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(http|https|HTTP|ftp)://\\PC{0,20}",
        "https?://([a-zA-Z0-9:%.-]{0,6}@){0,2}[a-zA-Z0-9.x%_-]{0,8}(:[0-9]{0,6})?[/?#]?\\PC{0,12}",
        "http://\\[[0-9a-fA-F:.%]{0,12}\\](:[0-9]{0,3})?[/?#@a]{0,4}",
        "http://[0-9x.]{1,12}/",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_is_accepted_is_stable_and_can_be_sent(text in uri_like()) {
        let Ok(uri) = Uri::parse(&text) else { return Ok(()) };
        prop_assert!(uri.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert!(!uri.host().is_empty() && uri.port() != 0 && uri.path().starts_with('/'));
        prop_assert_eq!(uri.host(), uri.host().to_ascii_lowercase());

        // Reading what was made of it changes nothing.
        let again = Uri::parse(uri.as_str()).unwrap();
        prop_assert_eq!(again.as_str(), uri.as_str());
        prop_assert_eq!(again.origin(), uri.origin());
        let shown = Uri::parse(&uri.to_string()).unwrap();
        prop_assert_eq!(shown.to_string(), uri.to_string());
        prop_assert_eq!(&shown, &uri.clone().without_userinfo());
        prop_assert_eq!(shown.path_and_query(), uri.path_and_query());
        prop_assert_eq!(shown.authority_text(), uri.authority_text());

        // The Host field passes the check of a Host field and names the same host.
        let (host, port) = Host::parse_with_port(&uri.authority_text()).unwrap();
        prop_assert_eq!(host.ip(), uri.ip());
        prop_assert_eq!(port.unwrap_or(uri.scheme().default_port()), uri.port());
    }

    /// The `url` crate as the oracle for the one thing two parsers must never see differently:
    /// where a request goes.
    #[test]
    fn the_host_is_where_another_implementation_finds_it(text in uri_like()) {
        let (Ok(ours), Ok(theirs)) = (Uri::parse(&text), url::Url::parse(&text)) else {
            return Ok(());
        };
        prop_assert_eq!(ours.scheme().as_str(), theirs.scheme());
        prop_assert_eq!(Some(ours.port()), theirs.port_or_known_default());
        match theirs.host() {
            Some(url::Host::Domain(name)) => prop_assert_eq!(ours.host(), name),
            Some(url::Host::Ipv4(address)) => prop_assert_eq!(ours.ip(), Some(address.into())),
            Some(url::Host::Ipv6(address)) => prop_assert_eq!(ours.ip(), Some(address.into())),
            None => prop_assert!(false, "{} has no host", theirs),
        }
        prop_assert_eq!(ours.fragment().is_some(), theirs.fragment().is_some());
        prop_assert_eq!(ours.query().is_some(), theirs.query().is_some());
    }
}
