//! The Bearer scheme (RFC 6750): a token that whoever holds it may use.

use std::fmt;

use crate::client::error::Error;
use crate::client::request::RequestBuilder;
use crate::conn::BoxError;

use super::authenticate::{Authenticate, Draft};

/// The same token for every request.
///
/// ```
/// use wireline::client::{Bearer, Client};
///
/// let client = Client::builder().auth(Bearer::new("mF_9.B5f-4.1JqM")?).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
pub struct Bearer {
    value: String,
}

impl Bearer {
    /// The grammar of tokens is `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (§2.1), but some servers give
    /// out others, such as `17|abc`. So visible ASCII is taken, without quotes, commas and backslashes.
    ///
    /// # Errors
    /// An empty token, and anything else in it: mostly a line end that came with it from a file, or the word `Bearer`.
    pub fn new(token: impl AsRef<str>) -> Result<Bearer, Error> {
        let token = token.as_ref();
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"\",\\".contains(&byte);
        match token.bytes().position(|byte| !fits(byte)) {
            None if token.is_empty() => Err(Error::build("a bearer token may not be empty")),
            None => Ok(Bearer { value: format!("Bearer {token}") }),
            // The token itself is a secret.
            Some(at) => Err(Error::build(format!(
                "byte {at} of the bearer token may not be in one; to send it all the same, use `sensitive_header`"
            ))),
        }
    }
}

impl Authenticate for Bearer {
    fn authorize(&self, _: &Draft<'_>) -> Result<Option<String>, BoxError> {
        Ok(Some(self.value.clone()))
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer([hidden])")
    }
}

impl RequestBuilder {
    /// `Authorization: Bearer`, for this request. Not carried along to another origin, and never shown. Replaces an
    /// `Authorization` that was set before; see [`Bearer::new`] for what a token may be.
    ///
    /// ```no_run
    /// # async fn example(client: wireline::Client) -> Result<(), wireline::Error> {
    /// client.get("https://api.example.com/me").bearer_auth("mF_9.B5f-4.1JqM").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn bearer_auth(self, token: impl AsRef<str>) -> Self {
        self.change(|request| {
            let value = Bearer::new(token)?.value;
            request.fields.set_sensitive("Authorization", value).map_err(Error::build)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_checked_and_not_shown() {
        for good in ["mF_9.B5f-4.1JqM", "a", "YQ==", "17|abc", "a:b"] {
            let bearer = Bearer::new(good).unwrap();
            assert_eq!(bearer.value, format!("Bearer {good}"));
            assert_eq!(format!("{bearer:?}"), "Bearer([hidden])");
        }
        for bad in [
            "",
            "Bearer s3cret",
            "s3cret\n",
            "s3cret\r\nX: y",
            "s3cret\u{e9}",
            "s3cret,",
            " s3cret",
        ] {
            let error = Bearer::new(bad).unwrap_err();
            assert!(error.is_builder() && !format!("{error:?}").contains("s3cret"), "{error}");
        }
    }
}
