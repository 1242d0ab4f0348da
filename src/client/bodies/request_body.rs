//! What a request carries, said with the builder: text, a form, and who hears how far it has come.
//!
//! Bodies of a feature have their methods in the file of the feature.

use std::fmt::Display;
use std::sync::{Arc, Mutex};

use crate::client::request::RequestBuilder;
use crate::message::percent;

use super::replayable::Replayable;

/// <https://url.spec.whatwg.org/#application/x-www-form-urlencoded>
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

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

    /// A form as browsers send it: pairs as `application/x-www-form-urlencoded`, in this order, a space as `+`. Another
    /// `Content-Type` that is set stays.
    ///
    /// ```
    /// # let client = wireline::Client::new();
    /// let request = client.post("http://h/login").form(&[("user", "eve"), ("words", "to go")]); // user=eve&words=to+go
    /// ```
    pub fn form<K: AsRef<str>, V: Display>(self, pairs: &[(K, V)]) -> Self {
        let mut form = String::new();
        for (name, value) in pairs {
            if !form.is_empty() {
                form.push('&');
            }
            push_form_encoded(&mut form, name.as_ref());
            form.push('=');
            push_form_encoded(&mut form, &value.to_string());
        }
        self.body(Replayable::bytes(form, Some(FORM)))
    }

    /// Hears how much of the body has been handed to the connection, in bytes, and how much it is in all, where that is
    /// known. Called with 0 when the body begins to be sent, then after every piece.
    ///
    /// A body that is sent again, after a redirect or over a new connection, begins at 0 again. What is compressed is
    /// counted compressed. The listener is called while the request is being sent and must not block.
    ///
    /// ```
    /// # let client = wireline::Client::new();
    /// let upload = client.put("http://h/backup").body(vec![0; 1 << 20]).on_upload(|sent, total| {
    ///     eprintln!("{sent} of {total:?} bytes");
    /// });
    /// ```
    pub fn on_upload(self, listener: impl FnMut(u64, Option<u64>) + Send + 'static) -> Self {
        self.choose(|choices| choices.on_upload = Some(Arc::new(Mutex::new(listener))))
    }

    /// Hears the body itself, piece by piece, when each is handed to the connection: for a trace of what is sent. Behind
    /// content codings, before chunked coding and TLS.
    ///
    /// A body that is sent again is heard again. The listener is called while the request is being sent and must not block.
    /// A later call replaces it.
    ///
    /// ```
    /// # let client = wireline::Client::new();
    /// let upload = client.put("http://h/note").body("text").on_upload_piece(|piece| {
    ///     eprintln!("{}", piece.escape_ascii());
    /// });
    /// ```
    pub fn on_upload_piece(self, listener: impl FnMut(&[u8]) + Send + 'static) -> Self {
        self.choose(|choices| choices.on_upload_piece = Some(Arc::new(Mutex::new(listener))))
    }
}

/// Everything but `ALPHA / DIGIT / "*" / "-" / "." / "_"` and the space, which is a plus, is percent-encoded.
fn push_form_encoded(out: &mut String, text: &str) {
    for (number, word) in text.split(' ').enumerate() {
        if number > 0 {
            out.push('+');
        }
        percent::encode_into(out, word, |byte| {
            byte == b'~' || byte != b'*' && !percent::is_unreserved(byte)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_leaves_alone() {
        let mut out = String::new();
        push_form_encoded(&mut out, "aZ09*-._ ~+&=%\u{e9}\n/");
        assert_eq!(out, "aZ09*-._+%7E%2B%26%3D%25%C3%A9%0A%2F");
    }
}
