//! User name and password for one request.

use crate::client::error::Error;
use crate::client::request::RequestBuilder;

use super::basic::Basic;

impl RequestBuilder {
    /// `Authorization: Basic`, for this request. Not carried along to another origin, and never shown. Replaces an
    /// `Authorization` that was set before. No password is an empty one.
    ///
    /// A user name that cannot be sent (see [`Basic::new`]) is an error of `send`.
    ///
    /// ```no_run
    /// # async fn example(client: wireline::Client) -> Result<(), wireline::Error> {
    /// client.get("https://api.example.com/").basic_auth("Aladdin", Some("open sesame")).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn basic_auth(self, user: impl AsRef<str>, password: Option<&str>) -> Self {
        self.change(|request| {
            let value = Basic::new(user, password.unwrap_or_default())?.into_value();
            request.fields.set_sensitive("Authorization", value).map_err(Error::build)
        })
    }
}
