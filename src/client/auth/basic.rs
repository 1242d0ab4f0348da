//! The Basic scheme (RFC 7617): user name and password in Base64, which hides them from nobody. Over https they are safe
//! on the way; over http anyone can read them.
//!
//! A user name and a password go in, the value of `Authorization` comes out. It never holds what the RFC forbids, and
//! neither it nor what it was made of is ever shown.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::error::Error;
use crate::conn::BoxError;
use crate::message::{Uri, percent};

use super::authenticate::{Authenticate, Draft};

/// The same user name and password for every request, without waiting to be asked.
///
/// ```
/// use wireline::client::{Basic, Client};
///
/// let client = Client::builder().auth(Basic::new("Aladdin", "open sesame")?).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
pub struct Basic {
    value: String,
}

impl Basic {
    /// Both are sent as UTF-8, whatever `charset` the server may name (there is only one, §2.1).
    ///
    /// # Errors
    /// A colon in the user name, which would end it; a control character in either.
    pub fn new(user: impl AsRef<str>, password: impl AsRef<str>) -> Result<Basic, Error> {
        let value = encode(user.as_ref().as_bytes(), password.as_ref().as_bytes());
        value.map(|value| Basic { value }).map_err(Error::build)
    }

    pub(crate) fn into_value(self) -> String {
        self.value
    }
}

impl Authenticate for Basic {
    fn authorize(&self, _: &Draft<'_>) -> Result<Option<String>, BoxError> {
        Ok(Some(self.value.clone()))
    }
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basic([hidden])")
    }
}

/// What user name and password in a URL ask for: `http://user:pass%20word@host/`. `None` if there are none.
///
/// # Errors
/// As for [`Basic::new`], after percent-decoding.
pub(crate) fn of_userinfo(uri: &Uri) -> Result<Option<String>, BoxError> {
    uri.userinfo().map(|(user, password)| decoded(user, password)).transpose()
}

/// The value for user name and password as they stand in a URL. No password is an empty one.
///
/// # Errors
/// As for [`Basic::new`], after percent-decoding.
pub(crate) fn decoded(user: &str, password: Option<&str>) -> Result<String, BoxError> {
    encode(&percent::decode(user), &percent::decode(password.unwrap_or_default()))
}

/// "The user-id and password MUST NOT contain any control characters", and "a user-id containing a colon character is
/// invalid" (§2).
fn encode(user: &[u8], password: &[u8]) -> Result<String, BoxError> {
    if user.contains(&b':') {
        return Err("a user name for Basic may not hold a colon".into());
    }
    if user.iter().chain(password).any(u8::is_ascii_control) {
        return Err("a user name or password for Basic may not hold a control character".into());
    }
    let mut value = "Basic ".to_owned();
    STANDARD.encode_string([user, b":", password].concat(), &mut value);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        let value = |user, password| Basic::new(user, password).unwrap().into_value();
        assert_eq!(value("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(value("test", "123\u{a3}"), "Basic dGVzdDoxMjPCow==");
        assert_eq!(value("", ""), "Basic Og==");
        assert_eq!(value("u", ":p:"), "Basic dTo6cDo=");
    }

    #[test]
    fn s_01_what_the_rfc_forbids_is_refused_and_not_shown() {
        for (user, password) in
            [("a:b", "s3cret"), ("a\n", "s3cret"), ("a", "s3cret\0"), ("a\u{7f}", "")]
        {
            let error = Basic::new(user, password).unwrap_err();
            assert!(error.is_builder() && !format!("{error:?}").contains("s3cret"), "{error}");
        }
        assert_eq!(format!("{:?}", Basic::new("a", "s3cret").unwrap()), "Basic([hidden])");
    }

    #[test]
    fn userinfo_is_decoded() {
        let of = |url: &str| of_userinfo(&Uri::parse(url).unwrap()).map_err(drop);
        assert_eq!(of("http://h/"), Ok(None));
        assert_eq!(of("http://@h/"), Ok(None));
        assert_eq!(
            of("http://Aladdin:open%20sesame@h/").unwrap().unwrap(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(of("http://u@h/").unwrap().unwrap(), "Basic dTo=");
        assert_eq!(of("http://:p@h/").unwrap().unwrap(), "Basic OnA=");
        // Bytes that are no UTF-8 are bytes.
        assert_eq!(of("http://%ff:p@h/").unwrap().unwrap(), "Basic /zpw");
        for bad in ["http://a%3ab:c@h/", "http://a%0d%0ab@h/", "http://a:%00@h/"] {
            assert_eq!(of(bad), Err(()), "{bad}");
        }
    }
}
