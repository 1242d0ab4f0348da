//! A request about to be sent, borrowed from wherever its parts are kept.

use http::{Method, Version};

use crate::message::{Fields, RequestHead, Uri};

use super::target::Target;

/// The words of a request head and the form of its target.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// What is asked for.
    pub uri: &'a Uri,
    /// HTTP/1.1, or HTTP/1.0.
    pub version: Version,
    /// The field section, `Host` and framing fields aside.
    pub fields: &'a Fields,
    /// How `uri` is written into the request line.
    pub target: &'a Target,
}

impl<'a> RequestView<'a> {
    /// `head` as it is, with the target in the form of `target`.
    pub fn new(head: &'a RequestHead, target: &'a Target) -> RequestView<'a> {
        let RequestHead { method, uri, version, fields } = head;
        RequestView { method, uri, version: *version, fields, target }
    }
}
