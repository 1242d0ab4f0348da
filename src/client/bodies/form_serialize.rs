//! Forms and queries from whatever serde can serialize (feature `form`).

use crate::client::error::Error;
use crate::client::request::RequestBuilder;
use crate::message::percent;

use super::replayable::Replayable;
use super::request_body::FORM;

impl RequestBuilder {
    /// The fields of a struct, or the entries of a map, as [`form`](RequestBuilder::form) sends pairs. A sequence gives
    /// its name once for each element; `None` is left out.
    ///
    /// ```
    /// #[derive(serde::Serialize)]
    /// struct Search<'a> {
    ///     words: &'a str,
    ///     tag: Vec<&'a str>,
    ///     page: Option<u32>,
    /// }
    /// # let client = wireline::Client::new();
    /// let search = Search { words: "to go", tag: vec!["a", "b"], page: None };
    /// let request = client.post("http://h/find").form_serialize(&search); // words=to+go&tag=a&tag=b
    /// ```
    ///
    /// # Errors
    /// Told by `send`: a value that is no list of pairs, or nested deeper.
    pub fn form_serialize<T: serde::Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|request| {
            let form = serde_html_form::to_string(value).map_err(Error::build)?;
            request.body = Replayable::bytes(form, Some(FORM)).into();
            Ok(())
        })
    }

    /// The same for the query, percent-encoded as [`query`](RequestBuilder::query) does it: a space as `%20`.
    ///
    /// # Errors
    /// As for [`form_serialize`](RequestBuilder::form_serialize).
    pub fn query_serialize<T: serde::Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|request| {
            let pairs = serde_html_form::to_string(value).map_err(Error::build)?;
            for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                request.uri.push_query_pair(&plain(name), &plain(value)).map_err(Error::build)?;
            }
            Ok(())
        })
    }
}

/// What a name or value was before it was encoded for a form.
fn plain(encoded: &str) -> String {
    let bytes = percent::decode(&encoded.replace('+', " "));
    String::from_utf8_lossy(&bytes).into_owned()
}
