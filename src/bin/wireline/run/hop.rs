//! One request of a transfer: the first, or one that a redirect, a challenge or a retry leads to.

use wireline::{Method, Uri};

use super::transfer::Transfer;

/// What is asked for now. Everything else about the request is in the transfer's group.
pub struct Hop<'a> {
    pub transfer: &'a Transfer<'a>,
    pub url: Uri,
    pub method: Method,
    /// Whether the group's content is sent along.
    pub with_body: bool,
    /// A redirect led to another origin: credentials and cookies said by hand do not go along.
    pub cross_origin: bool,
    /// In place of the group's, after redirects with `-e ";auto"`.
    pub referer: Option<String>,
    /// `-C`: the offset to go on at.
    pub range_from: Option<u64>,
}
