//! Cookies at the face of the client: a jar for a client or a request, a cookie for one request, those of a response.

use crate::client::builder::ClientBuilder;
use crate::client::error::Error;
use crate::client::request::RequestBuilder;
use crate::client::response::Response;
use crate::message::header;

use super::jar::Jar;
use super::set_cookie::SetCookie;

impl ClientBuilder {
    /// Keeps cookies in `jar`, for this client alone or, if a clone of it is given to another one, for both. None are kept
    /// by default. Needs feature `cookies`.
    pub fn cookies(self, jar: Jar) -> Self {
        self.cookie_store(jar)
    }
}

impl RequestBuilder {
    /// Takes the cookies of this request from `jar`, and keeps those it is sent there, in place of the client's. With
    /// [`no_cookies`](Self::no_cookies) there are none. Needs feature `cookies`.
    pub fn cookies(self, jar: Jar) -> Self {
        self.cookie_store(jar)
    }

    /// Sends a cookie with this request and keeps it nowhere. Needs feature `cookies`.
    ///
    /// It stands behind the jar's in one `Cookie` field and in place of one of the jar's with that name. It stays through
    /// redirects within the origin, is not sent to another one, and not when they lead back (S-60, S-61). Nothing is
    /// encoded: `value` goes as it is.
    ///
    /// ```
    /// # async fn show() -> Result<(), wireline::Error> {
    /// use wireline::{Client, Jar};
    ///
    /// let client = Client::builder().cookies(Jar::new()).build()?;
    /// client.get("https://example.com/login").send().await?; // whatever it sets
    /// client.get("https://example.com/").cookie("theme", "dark").send().await?; // goes along
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// By `send`: a name that is empty or holds `=`; a semicolon, a control character, or blanks around either, because
    /// the server would read another cookie; more than 4096 bytes.
    pub fn cookie(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.change(|request| {
            let pair = pair(name.as_ref(), value.as_ref()).map_err(Error::build)?;
            let mut field = Vec::new();
            for earlier in request.fields.get_all(header::COOKIE) {
                field.extend_from_slice(earlier);
                field.extend_from_slice(b"; ");
            }
            field.extend_from_slice(pair.as_bytes());
            request.fields.set_sensitive("Cookie", field).map_err(Error::build)
        })
    }
}

impl Response {
    /// What its `Set-Cookie` lines say, whether or not a jar took it; lines that cannot be read are left out. Cookies that
    /// came with redirects are in the jar alone. Needs feature `cookies`.
    pub fn cookies(&self) -> impl Iterator<Item = SetCookie> + '_ {
        let lines = self.fields().get_all(header::SET_COOKIE);
        lines.filter_map(|line| SetCookie::parse(line).ok())
    }
}

/// `name=value`, if a `Set-Cookie` line of that text means the same.
fn pair(name: &str, value: &str) -> Result<String, String> {
    let pair = format!("{name}={value}");
    let name_shown = || name.bytes().take(100).collect::<Vec<u8>>().escape_ascii().to_string();
    if name.is_empty() {
        return Err("a cookie needs a name".to_owned());
    }
    match SetCookie::parse(&pair) {
        Ok(read) if read.name() == name && read.value() == value => Ok(pair),
        Ok(_) => Err(format!(
            "the cookie \"{}\" would be read as another one: no semicolon in it, no = in its name, no blanks around either",
            name_shown()
        )),
        Err(refusal) => Err(format!("the cookie \"{}\" cannot be sent: {refusal}", name_shown())),
    }
}
