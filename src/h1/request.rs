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
    /// Which lines are written that are not in `fields`.
    pub automatic: Automatic,
}

/// The lines that a head gets by itself. Framing that the content needs is no choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Automatic {
    /// `Host`.
    pub host: HostLine,
    /// `Content-Length: 0`, for methods that are expected to have content and have none.
    pub zero_length: bool,
}

/// What becomes of `Host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostLine {
    /// It is the first line, whether it is set by hand or follows from the URI.
    #[default]
    First,
    /// Set by hand it stays where it is; else it is the first line.
    InPlace,
    /// Only if it is set by hand, where it is. A server MUST refuse an HTTP/1.1 request without one (§3.2).
    ByHand,
}

impl Default for Automatic {
    fn default() -> Automatic {
        Automatic { host: HostLine::First, zero_length: true }
    }
}

impl<'a> RequestView<'a> {
    /// `head` as it is, with the target in the form of `target`.
    pub fn new(head: &'a RequestHead, target: &'a Target) -> RequestView<'a> {
        let RequestHead { method, uri, version, fields } = head;
        let automatic = Automatic::default();
        RequestView { method, uri, version: *version, fields, target, automatic }
    }
}
