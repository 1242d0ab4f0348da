//! curl's rules of redirects as tables.

use std::ffi::OsString;

use wireline::StatusCode;

use super::*;
use crate::plan::{Files, plan};
use crate::run::Transfer;

struct NoFiles;

impl Files for NoFiles {
    fn read(&mut self, _: &std::path::Path) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// Follows one redirect from `http://one/a/b` as the arguments say.
fn after(args: &str, status: u16, to: &str) -> Result<Option<(String, String, bool, bool)>, u8> {
    let args = args.split_whitespace().map(OsString::from).chain(["http://one/a/b".into()]);
    let plan = plan(args.collect(), &mut NoFiles).unwrap();
    let group = &plan.groups[0];
    let transfer = Transfer::of(group, "http://one/a/b");
    let url = Uri::parse("http://one/a/b").unwrap();
    let (method, with_body) = transfer.method().unwrap();
    let hop = Hop {
        transfer: &transfer,
        url: url.clone(),
        method,
        with_body,
        cross_origin: false,
        referer: None,
        range_from: None,
    };
    let mut head = ResponseHead::new(StatusCode::from_u16(status).unwrap());
    head.fields.append("Location", to).unwrap();
    let next = next(&hop, &url, &head, 2).map_err(|failed| failed.code)?;
    Ok(next
        .map(|hop| (hop.url.to_string(), hop.method.to_string(), hop.with_body, hop.cross_origin)))
}

#[test]
fn methods_change_as_in_curl() {
    for (args, status, method, with_body) in [
        ("-L", 301, "GET", false),
        ("-L -I", 303, "HEAD", false),
        ("-L --data-raw x", 301, "GET", false),
        ("-L --data-raw x", 302, "GET", false),
        ("-L --data-raw x", 303, "GET", false),
        ("-L --data-raw x", 307, "POST", true),
        ("-L --data-raw x", 308, "POST", true),
        ("-L --post301 --data-raw x", 301, "POST", true),
        ("-L --post302 --data-raw x", 302, "POST", true),
        ("-L --post303 --data-raw x", 303, "POST", true),
        ("-L --post302 --data-raw x", 301, "GET", false),
        ("-L -X PATCH --data-raw x", 302, "PATCH", false),
        ("-L -X DELETE", 301, "DELETE", false),
        ("--follow -X PATCH --data-raw x", 302, "GET", false),
        ("--follow -X PATCH --data-raw x", 307, "PATCH", true),
        ("--follow -X DELETE", 303, "GET", false),
        ("--follow -X POST", 301, "GET", false),
    ] {
        let next = after(args, status, "/c").unwrap().expect("a redirect");
        let expected = ("http://one/c".to_owned(), method.to_owned(), with_body, false);
        assert_eq!(next, expected, "{args} {status}");
    }
}

#[test]
fn places_and_limits_are_curls() {
    assert_eq!(after("", 301, "/c"), Ok(None));
    assert_eq!(after("-L", 404, "/c"), Ok(None));
    assert_eq!(after("-L --max-redirs 2", 301, "/c"), Err(47));
    assert_eq!(after("-L --max-redirs 0", 301, "/c"), Err(47));
    assert!(after("-L --max-redirs -1", 301, "/c").is_ok());
    assert_eq!(after("-L", 301, "ftp://one/"), Err(1));
    assert_eq!(after("-L", 301, "http://[::/"), Err(3));
    assert_eq!(after("-L --proto-redir =https", 301, "http://one/"), Err(1));
    assert_eq!(after("-L --proto -http", 301, "/c"), Err(1));
    let to = |args: &str, location: &str| after(args, 302, location).unwrap().unwrap();
    assert_eq!(to("-L", "c d").0, "http://one/a/c%20d");
    assert!(!to("-L", "http://ONE:80/").3);
    assert!(to("-L", "http://two/").3);
    assert!(to("-L", "http://one:81/").3);
    assert!(to("-L", "https://one/").3);
    assert!(!to("--location-trusted", "http://two/").3);
}

#[test]
fn lists_of_schemes_are_read_in_order() {
    for (list, http, https) in [
        ("=https", false, true),
        ("-all,https", false, true),
        ("-http", false, true),
        ("http", true, true),
        ("=http,https", true, true),
        ("=ftp", false, false),
        ("-all", false, false),
    ] {
        assert_eq!((may(list, false), may(list, true)), (http, https), "{list}");
    }
}
