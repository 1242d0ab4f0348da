//! What may be in a field section, and that a section behaves like a list of pairs.

use proptest::collection::vec;
use proptest::prelude::*;
use wireline::message::header::{self, HeaderMap, HeaderValue};
use wireline::message::{FieldPart, Fields, Host, field};

/// RFC 9110 §5.6.2, written down a second time and differently.
fn may_be_in_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 9110 §5.5, likewise.
fn may_be_in_a_value(byte: u8) -> bool {
    byte >= 0x80 || byte == b'\t' || (0x20..0x7F).contains(&byte)
}

/// `byte` at the start, in the middle and at the end of something harmless, and alone.
fn placed(byte: u8) -> [Vec<u8>; 4] {
    [vec![byte, b'a', b'b'], vec![b'a', byte, b'b'], vec![b'a', b'b', byte], vec![byte]]
}

#[test]
fn s_03_every_byte_in_a_name() {
    for byte in 0..=u8::MAX {
        for name in placed(byte) {
            let is_good = may_be_in_a_name(byte);
            assert_eq!(field::check_name(&name).is_ok(), is_good, "{}", name.escape_ascii());
            let Ok(name) = std::str::from_utf8(&name) else { continue };
            let mut fields = Fields::new();
            assert_eq!(fields.append(name, "v").is_ok(), is_good, "{name:?}");
            assert_eq!(fields.set(name, "v").is_ok(), is_good, "{name:?}");
            assert_eq!(fields.len(), usize::from(is_good));
        }
    }
    assert_eq!(field::check_name(b"").unwrap_err().part(), FieldPart::Name);
}

#[test]
fn s_03_every_byte_in_a_value() {
    for byte in 0..=u8::MAX {
        for value in placed(byte) {
            let is_good = may_be_in_a_value(byte);
            let mut fields = Fields::new();
            let appended = fields.append("n", &value);
            assert_eq!(appended.is_ok(), is_good, "{}", value.escape_ascii());
            if let Err(error) = appended {
                assert_eq!(error.part(), FieldPart::Value);
                assert_eq!(value[error.position()], byte);
                assert!(fields.set("n", &value).is_err() && fields.is_empty());
                continue;
            }
            let held = fields.get("n").unwrap();
            assert_eq!(held, field::trim_ows(&value));
            assert!(!held.first().is_some_and(|b| b" \t".contains(b)));
            assert!(!held.last().is_some_and(|b| b" \t".contains(b)));
        }
    }
}

#[test]
fn s_03_a_refused_line_leaves_no_trace() {
    let mut fields = Fields::new();
    fields.append("a", "1").unwrap();
    for (name, value) in [("b", "x\r\nHost: evil"), ("b\r\nHost", "evil"), ("b:", "x"), ("", "x")] {
        assert!(fields.append(name, value).is_err());
        assert!(fields.set(name, value).is_err());
    }
    assert!(fields.set("a", "x\ny").is_err());
    let mut wire = Vec::new();
    fields.write_to(&mut wire);
    assert_eq!(wire, b"a: 1\r\n");
}

#[test]
fn s_29_a_name_is_a_token_without_space_before_the_colon() {
    for bad in ["Transfer-Encoding ", " a", "a\tb", "a:", "a\0", "a\r", "a\u{b}", "\u{e9}", "(a)"] {
        assert!(Fields::new().append(bad, "chunked").is_err(), "{bad:?}");
    }
}

#[test]
fn s_04_a_host_field_passes_the_grammar_of_the_url() {
    for good in ["a.com", "a.com:8080", "a.com:", "A.com", "[::1]:80", "127.0.0.1", "a_b"] {
        assert!(Host::parse_with_port(good).is_ok(), "{good}");
    }
    let bad = [
        "a.com\r\nX: y",
        "a b",
        "",
        ":80",
        "u@a.com",
        "a.com/",
        "a?b",
        "a#b",
        "a,b:x",
        "a\tb",
        "a:0",
        "a:65536",
        "a:+5",
        "a:80:80",
        "[::1",
        "[::1]x",
        "::1",
        "a\\b",
        "a%41",
        "ü",
    ];
    for bad in bad {
        assert!(Host::parse_with_port(bad).is_err(), "{bad}");
    }
}

#[test]
fn s_112_debug_shows_no_secret() {
    let mut fields = Fields::new();
    let secrets = [
        "Authorization",
        "authorization",
        "Proxy-Authorization",
        "PROXY-Something",
        "Cookie",
        "Set-Cookie",
        "WWW-Authenticate",
        "Proxy-Authenticate",
        "X-Api-Key",
    ];
    for name in secrets {
        fields.append(name, "s3cret").unwrap();
    }
    fields.append("Accept", "a\u{e9}").unwrap();
    fields.mark_sensitive("x-api-key");
    let shown = format!("{fields:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(shown.contains("X-Api-Key: [hidden]") && shown.contains("Accept: a\\xc3\\xa9"));
    // A new value for a field that was marked is as secret as the old one.
    fields.set("X-API-Key", "s3cret too").unwrap();
    assert!(!format!("{fields:?}").contains("s3cret"));
}

#[test]
fn s_110_debug_escapes_what_a_terminal_would_obey() {
    let mut fields = Fields::new();
    fields.append("a", b"\xc2\x9b31m").unwrap(); // CSI as a C1 control, in UTF-8
    assert_eq!(format!("{fields:?}"), "[a: \\xc2\\x9b31m]");
}

#[test]
fn set_keeps_the_place_of_the_first_line() {
    let mut fields = Fields::new();
    for (name, value) in [("A", "1"), ("b", "2"), ("a", "3"), ("C", "4")] {
        fields.append(name, value).unwrap();
    }
    fields.set("a", "five").unwrap();
    fields.set("D", "6").unwrap();
    let mut wire = Vec::new();
    fields.write_to(&mut wire);
    assert_eq!(wire.escape_ascii().to_string(), r"a: five\r\nb: 2\r\nC: 4\r\nD: 6\r\n");
}

#[test]
fn tokens_are_found_over_all_lines() {
    let mut fields = Fields::new();
    fields.append("Connection", "keep-alive, Upgrade").unwrap();
    fields.append("connection", "\"a, close\", x=close").unwrap();
    assert!(fields.has_token("CONNECTION", "upgrade"));
    assert!(fields.has_token(header::CONNECTION, "Keep-Alive"));
    assert!(!fields.has_token("connection", "close"));
    assert!(!fields.has_token("connection", ""));
    assert!(!fields.has_token("keep-alive", "upgrade"));
}

#[test]
fn equality_ignores_case_of_names_only() {
    let of = |pairs: &[(&str, &str)]| {
        let mut fields = Fields::new();
        pairs.iter().try_for_each(|(name, value)| fields.append(name, value)).unwrap();
        fields
    };
    assert_eq!(of(&[("A", "1"), ("b", "2")]), of(&[("a", "1"), ("B", "2")]));
    assert_ne!(of(&[("A", "1"), ("b", "2")]), of(&[("b", "2"), ("A", "1")]));
    assert_ne!(of(&[("A", "x")]), of(&[("A", "X")]));
    assert_ne!(of(&[("A", "x")]), of(&[("A", "x"), ("A", "x")]));
}

#[test]
fn a_header_map_and_back() {
    let mut fields = Fields::new();
    fields.append("Set-Cookie", "a=1").unwrap();
    fields.append("X-Key", "caf\u{e9}").unwrap();
    fields.append("set-cookie", "b=2").unwrap();
    fields.mark_sensitive("x-key");
    let map = HeaderMap::try_from(&fields).unwrap();
    assert_eq!(map.get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert!(map["x-key"].is_sensitive() && !map["set-cookie"].is_sensitive());

    let back = Fields::try_from(&map).unwrap();
    assert_eq!(back.get_all("Set-Cookie").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
    assert!(back.iter().any(|field| field.name == "x-key" && field.sensitive));

    let mut map = HeaderMap::new();
    map.insert("a", HeaderValue::from_static(" padded\t"));
    assert_eq!(Fields::try_from(map).unwrap().get("a"), Some(&b"padded"[..]));

    let mut long = Fields::new();
    long.append("a".repeat(70_000), "").unwrap();
    assert!(HeaderMap::try_from(&long).is_err());
}

/// What a caller may do to a section.
#[derive(Debug, Clone)]
enum Act {
    Append(String, Vec<u8>),
    Set(String, Vec<u8>),
    Remove(String),
    Mark(String),
    ExtendFromItself,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    // Few names, so that they meet; one is the beginning of another.
    let name = || prop::sample::select(vec!["a", "A", "ab", "aB", "Host", "host", "x-y"]);
    let value = || vec(prop::sample::select(b"ab ,\"\\\t\xff".to_vec()), 0..6);
    let act = prop_oneof![
        4 => (name(), value()).prop_map(|(n, v)| Act::Append(n.into(), v)),
        2 => (name(), value()).prop_map(|(n, v)| Act::Set(n.into(), v)),
        2 => name().prop_map(|n| Act::Remove(n.into())),
        1 => name().prop_map(|n| Act::Mark(n.into())),
        1 => Just(Act::ExtendFromItself),
    ];
    vec(act, 0..16)
}

/// The section as a plain list: name, value, marked.
type Model = Vec<(String, Vec<u8>, bool)>;

fn act_on_model(model: &mut Model, act: &Act) {
    let named = |name: &str| {
        let name = name.to_lowercase();
        move |line: &(String, Vec<u8>, bool)| line.0.to_lowercase() == name
    };
    let trimmed = |v: &[u8]| field::trim_ows(v).to_vec();
    match act {
        Act::Append(name, value) => model.push((name.clone(), trimmed(value), false)),
        Act::Set(name, value) => {
            let Some(first) = model.iter().position(named(name)) else {
                return act_on_model(model, &Act::Append(name.clone(), value.clone()));
            };
            let mark = model.iter().any(|line| named(name)(line) && line.2);
            model[first] = (name.clone(), trimmed(value), mark);
            let mut at = 0;
            model.retain(|line| {
                at += 1;
                at - 1 == first || !named(name)(line)
            });
        }
        Act::Remove(name) => model.retain(|line| !named(name)(line)),
        Act::Mark(name) => model.iter_mut().filter(|l| named(name)(l)).for_each(|l| l.2 = true),
        Act::ExtendFromItself if model.len() > 64 => {}
        Act::ExtendFromItself => model.extend(model.clone()),
    }
}

fn act_on_fields(fields: &mut Fields, act: &Act) {
    match act {
        Act::Append(name, value) => fields.append(name, value).unwrap(),
        Act::Set(name, value) => fields.set(name, value).unwrap(),
        Act::Remove(name) => {
            let count = fields.get_all(name).count();
            assert_eq!(fields.remove(name), count);
        }
        Act::Mark(name) => fields.mark_sensitive(name),
        Act::ExtendFromItself if fields.len() > 64 => {}
        Act::ExtendFromItself => fields.extend(&fields.clone()).unwrap(),
    }
}

proptest! {
    #[test]
    fn a_section_is_a_list_of_pairs(acts in acts()) {
        let (mut fields, mut model) = (Fields::new(), Model::new());
        for act in &acts {
            act_on_fields(&mut fields, act);
            act_on_model(&mut model, act);

            let held: Model =
                fields.iter().map(|f| (f.name.to_owned(), f.value.to_vec(), f.sensitive)).collect();
            prop_assert_eq!(&held, &model);
            prop_assert_eq!(fields.len(), model.len());
            for name in ["a", "AB", "hOst", "x", "x-y", ""] {
                let all: Vec<&[u8]> = model
                    .iter()
                    .filter(|line| line.0.to_lowercase() == name.to_lowercase())
                    .map(|line| line.1.as_slice())
                    .collect();
                prop_assert_eq!(fields.get(name), all.first().copied());
                prop_assert_eq!(fields.contains(name), !all.is_empty());
                prop_assert_eq!(fields.get_all(name).collect::<Vec<_>>(), all);
            }
            let mut wire = Vec::new();
            fields.write_to(&mut wire);
            let expected: Vec<u8> = model
                .iter()
                .flat_map(|line| [line.0.as_bytes(), b": ", &line.1, b"\r\n"].concat())
                .collect();
            prop_assert_eq!(wire, expected);
        }
    }

    #[test]
    fn whatever_is_accepted_reads_back_through_another_parser(
        lines in vec((vec(any::<u8>(), 0..8), vec(any::<u8>(), 0..12)), 0..8),
    ) {
        let mut fields = Fields::new();
        for (name, value) in &lines {
            let Ok(name) = std::str::from_utf8(name) else { continue };
            let _ = fields.append(name, value); // refused more often than not
        }
        let mut wire = Vec::new();
        fields.write_to(&mut wire);
        wire.extend_from_slice(b"\r\n");
        let mut parsed = [httparse::EMPTY_HEADER; 8];
        let (_, parsed) = httparse::parse_headers(&wire, &mut parsed).unwrap().unwrap();
        prop_assert_eq!(parsed.len(), fields.len());
        for (parsed, field) in parsed.iter().zip(&fields) {
            prop_assert_eq!(parsed.name, field.name);
            prop_assert_eq!(parsed.value, field.value);
        }
    }
}
