//! What a request carries, said with the builder: text.
//!
//! Bodies of a feature have their methods in the file of the feature.

use super::request::RequestBuilder;

impl RequestBuilder {
    /// A body of text, and `Content-Type: text/plain; charset=utf-8` unless one is set. `body` does the same with a
    /// `String` or a `&'static str`.
    ///
    /// ```
    /// # let client = wireline::Client::new();
    /// let name = String::from("Zoë");
    /// let request = client.post("http://h/greet").text(format!("Hello {name}"));
    /// ```
    pub fn text(self, text: impl Into<String>) -> Self {
        self.body(text.into())
    }
}
