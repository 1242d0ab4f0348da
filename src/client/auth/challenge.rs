//! What a server asks for when it answers 401, and a proxy when it answers 407 (RFC 9110 §11.3).
//!
//! ```text
//! WWW-Authenticate = [ challenge *( OWS "," OWS challenge ) ]
//! challenge        = auth-scheme [ 1*SP ( token68 / [ auth-param *( OWS "," OWS auth-param ) ] ) ]
//! auth-param       = token BWS "=" BWS ( token / quoted-string )
//! ```
//!
//! Commas part both challenges and their parameters, so only what follows a token tells which of the two it begins. All
//! lines of a field go in; the challenges come out in order, quoting undone (S-09). What is not understood is left out
//! and never an error: a server that asks badly is a server that was not understood. Nothing here knows any scheme.

use std::fmt;

use crate::message::Fields;
use crate::message::field::{is_tchar, list, trim_ows};

/// One way to authenticate that the server offers.
///
/// ```
/// use wireline::Fields;
/// use wireline::client::{Challenge, challenges};
///
/// let mut fields = Fields::new();
/// fields.append("WWW-Authenticate", r#"Negotiate, Basic realm="a \"quiet\" place", charset=utf-8"#)?;
/// let [negotiate, basic] = <[Challenge; 2]>::try_from(challenges(&fields, "www-authenticate")).unwrap();
/// assert!(negotiate.is("negotiate") && negotiate.token().is_none());
/// assert_eq!(basic.get_str("realm"), Some("a \"quiet\" place"));
/// assert_eq!(basic.get_str("Charset"), Some("utf-8"));
/// # Ok::<(), wireline::message::InvalidField>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    token: Option<String>,
    parameters: Vec<(String, Vec<u8>)>,
}

/// The challenges in all lines of the field `name`, in order: `www-authenticate` of a 401, `proxy-authenticate` of a 407.
pub fn challenges(fields: &Fields, name: impl AsRef<str>) -> Vec<Challenge> {
    let mut found = Vec::new();
    for value in fields.get_all(name.as_ref()) {
        // A parameter belongs to a challenge of its own line.
        let first = found.len();
        for element in list(value) {
            match element_of(element) {
                Element::Challenge(challenge) => found.push(challenge),
                Element::Parameter(name, value) if found.len() > first => {
                    if let Some(challenge) = found.last_mut() {
                        challenge.parameters.push((name, value));
                    }
                }
                Element::Parameter(..) | Element::Garbage => {}
            }
        }
    }
    found
}

/// The parameters in all lines of the field `name`, where no scheme stands before them: `Authentication-Info` (RFC 7615).
pub fn parameters(fields: &Fields, name: &str) -> Vec<(String, Vec<u8>)> {
    fields.get_all(name).flat_map(list).filter_map(parameter).collect()
}

impl Challenge {
    /// The scheme as the server wrote it, such as `Basic`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the scheme, in any case.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The single token that some schemes have in place of parameters (token68).
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The value of the first parameter of that name, in any case, without quotes and backslashes.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let named = |parameter: &&(String, Vec<u8>)| parameter.0.eq_ignore_ascii_case(name);
        self.parameters.iter().find(named).map(|(_, value)| value.as_slice())
    }

    /// As [`get`](Self::get), for values that are UTF-8; `None` also if this one is not.
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// All parameters in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

/// Values are escaped: the peer chose them.
impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        if let Some(token) = &self.token {
            write!(f, " {token}")?;
        }
        for (name, value) in &self.parameters {
            write!(f, " {name}=\"{}\"", value.escape_ascii())?;
        }
        Ok(())
    }
}

/// What stands between two commas.
enum Element {
    /// A scheme, and with it the first thing that follows.
    Challenge(Challenge),
    Parameter(String, Vec<u8>),
    Garbage,
}

fn element_of(element: &[u8]) -> Element {
    let Some((word, rest)) = token(element) else { return Element::Garbage };
    match trim_ows(rest) {
        [b'=', ..] => match parameter(element) {
            Some((name, value)) => Element::Parameter(name, value),
            None => Element::Garbage,
        },
        body if body.is_empty() || body.len() < rest.len() => {
            let token = token68(body);
            let parameters = if token.is_some() { None } else { parameter(body) };
            let parameters = parameters.into_iter().collect();
            Element::Challenge(Challenge { scheme: word, token, parameters })
        }
        // Something that is no token runs into the word.
        _ => Element::Garbage,
    }
}

/// A token at the beginning, and what follows it.
fn token(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|&byte| !is_tchar(byte)).unwrap_or(bytes.len());
    let (word, rest) = bytes.split_at_checked(end)?;
    let word = std::str::from_utf8(word).ok().filter(|word| !word.is_empty())?;
    Some((word.to_owned(), rest))
}

/// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, and nothing else.
fn token68(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let word = text.trim_end_matches('=');
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    (!word.is_empty() && word.bytes().all(fits)).then(|| text.to_owned())
}

/// One parameter. A value without quotes runs to the next blank, because nonces in Base64 come without quotes too.
fn parameter(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let (name, rest) = token(bytes)?;
    let value = match trim_ows(trim_ows(rest).strip_prefix(b"=")?) {
        [b'"', quoted @ ..] => unquoted(quoted)?,
        bare => {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
            let end = bare.iter().position(blank).unwrap_or(bare.len());
            bare.get(..end)?.to_vec()
        }
    };
    Some((name, value))
}

/// What stands in a quoted-string, given without its opening quote. "Recipients that process the value of a quoted-string
/// MUST handle a quoted-pair as if it were replaced by the octet following the backslash" (§5.6.4). `None` if it never
/// ends: half a value would be a wrong one.
fn unquoted(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [b'"', ..] => return Some(value),
            [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                value.push(*byte);
                after
            }
            [] => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<String> {
        let mut fields = Fields::new();
        lines.iter().for_each(|line| fields.append("WWW-Authenticate", line).unwrap());
        challenges(&fields, "www-authenticate").iter().map(|c| format!("{c:?}")).collect()
    }

    #[test]
    fn s_09_several_challenges_in_one_line() {
        let line =
            r#"Basic realm="x", Digest realm="a\"b, \\c", nonce=n , qop="auth,auth-int",Negotiate"#;
        let expected =
            [r#"Basic realm="x""#, r#"Digest realm="a\"b, \\c" nonce="n" qop="auth,auth-int""#];
        assert_eq!(read(&[line]), [expected[0], expected[1], "Negotiate"]);
        // RFC 9110 §11.6.1 gives this one as an example of what to expect.
        let line =
            r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#;
        assert_eq!(
            read(&[line]),
            [
                r#"Basic realm="simple""#,
                r#"Newauth realm="apps" type="1" title="Login to \"apps\"""#
            ]
        );
    }

    #[test]
    fn several_lines_keep_their_parameters_to_themselves() {
        let lines = ["Basic realm=a", "realm=stray, Digest nonce = \"n\"", "", ",,", "NTLM"];
        let expected = [r#"Basic realm="a""#, r#"Digest nonce="n""#, "NTLM"];
        assert_eq!(read(&lines), expected);
    }

    #[test]
    fn a_token_in_place_of_parameters() {
        assert_eq!(read(&["Negotiate YII/+w==, Basic"]), ["Negotiate YII/+w==", "Basic"]);
        assert_eq!(read(&["Odd a=b=="]), [r#"Odd a="b==""#]);
        assert_eq!(read(&["Digest nonce=AbC/+==, x"]), [r#"Digest nonce="AbC/+==""#, "x"]);
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        for bad in ["=", "\"", "\"a\" b", "(a)", "a(b", "=x, =y", "realm=\"x", "\\", "a\"b\"=c"] {
            assert_eq!(read(&[bad]), [""; 0], "{bad}");
        }
        assert_eq!(read(&["Basic realm=\"never closed"]), ["Basic"]);
        assert_eq!(read(&["Basic realm=\"x\\"]), ["Basic"]);
        assert_eq!(read(&["Basic (, realm=y"]), [r#"Basic realm="y""#]);
    }
}
