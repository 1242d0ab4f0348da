//! Reading challenges, on made-up ones: what was written comes back, and nothing that arrives does any harm.

use proptest::collection::vec;
use proptest::prelude::*;
use wireline::Fields;
use wireline::client::auth::challenge::parameters;
use wireline::client::{Challenge, challenges};

fn read(lines: &[impl AsRef<[u8]>]) -> Vec<Challenge> {
    let mut fields = Fields::new();
    for line in lines {
        // A line that cannot be received needs no reading.
        let _ = fields.append("WWW-Authenticate", line);
    }
    let _ = parameters(&fields, "www-authenticate");
    challenges(&fields, "www-authenticate")
}

/// What can follow a scheme.
#[derive(Debug, Clone)]
enum Rest {
    Nothing,
    Token(String),
    Parameters(Vec<(String, String, bool)>),
}

#[derive(Debug, Clone)]
struct Made {
    scheme: String,
    rest: Rest,
}

fn rest() -> impl Strategy<Value = Rest> {
    // Without quotes only a token can be written; any text can within them.
    let parameter = prop_oneof![
        ("[a-z*]{1,8}", "[a-zA-Z0-9!#$.^_`|~-]{1,8}")
            .prop_map(|(name, value)| (name, value, false)),
        ("[a-zA-Z]{1,8}", "[ -~\t\u{e9}]{0,12}").prop_map(|(name, value)| (name, value, true)),
    ];
    prop_oneof![
        Just(Rest::Nothing),
        "[a-zA-Z0-9._~+/-]{1,20}={0,2}".prop_map(Rest::Token),
        vec(parameter, 1..5).prop_map(Rest::Parameters),
    ]
}

fn made() -> impl Strategy<Value = Made> {
    ("[A-Za-z][A-Za-z0-9-]{0,8}", rest()).prop_map(|(scheme, rest)| Made { scheme, rest })
}

fn written(made: &Made, blank: &str) -> String {
    let scheme = &made.scheme;
    match &made.rest {
        Rest::Nothing => scheme.clone(),
        Rest::Token(token) => format!("{scheme} {token}"),
        Rest::Parameters(list) => {
            let one = |(name, value, quoted): &(String, String, bool)| match quoted {
                false => format!("{name}{blank}={blank}{value}"),
                true => {
                    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                    format!("{name}{blank}={blank}\"{value}\"")
                }
            };
            format!(
                "{scheme} {}",
                list.iter().map(one).collect::<Vec<_>>().join(&format!("{blank},{blank}"))
            )
        }
    }
}

fn as_made(challenge: &Challenge, made: &Made) -> bool {
    let same = match &made.rest {
        Rest::Nothing => challenge.token().is_none() && challenge.parameters().count() == 0,
        Rest::Token(token) => challenge.token() == Some(token),
        Rest::Parameters(list) => {
            let expected = list.iter().map(|(name, value, _)| (name.as_str(), value.as_bytes()));
            challenge.token().is_none() && challenge.parameters().eq(expected)
        }
    };
    same && challenge.scheme() == made.scheme
}

proptest! {
    #[test]
    fn what_is_written_is_read(lines in vec(vec(made(), 1..4), 1..4), blank in "[ \t]{0,2}") {
        let line = |list: &Vec<Made>| {
            list.iter().map(|made| written(made, &blank)).collect::<Vec<_>>().join(&format!("{blank},{blank}"))
        };
        let lines_written: Vec<String> = lines.iter().map(line).collect();
        let found = read(&lines_written);
        let made: Vec<&Made> = lines.iter().flatten().collect();
        prop_assert_eq!(found.len(), made.len(), "{:?}", lines_written);
        for (found, made) in found.iter().zip(made) {
            prop_assert!(as_made(found, made), "{:?} from {:?}", found, lines_written);
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(lines in vec(vec(any::<u8>(), 0..80), 1..4)) {
        let _ = read(&lines);
    }

    /// The bytes that mean something, in any order.
    #[test]
    fn any_grammar_is_read_without_harm(line in r#"[a="\\, \t=]{0,60}"#) {
        let all = read(&[&line]);
        prop_assert!(all.len() <= line.len());
    }
}

/// Every byte of a good line exchanged for every other, and the line cut at every place.
#[test]
fn one_wrong_byte_does_no_harm() {
    let line = br#"Basic realm="x", Digest realm="a\"b", nonce=n/==, qop="auth,auth-int" , stale=true,Negotiate YII="#;
    assert_eq!(read(&[line]).len(), 3);
    for at in 0..line.len() {
        let _ = read(&[&line[..at]]);
        let _ = read(&[&line[at..]]);
        for byte in 0..=255 {
            let mut wrong = line.to_vec();
            wrong[at] = byte;
            // Whatever it is taken for, what stands before the byte's own challenge is not touched by it.
            let found = read(&[&wrong]);
            assert!(
                at < 17 || found.first().is_none_or(|first| first.is("basic")),
                "{}",
                wrong.escape_ascii()
            );
        }
    }
}
