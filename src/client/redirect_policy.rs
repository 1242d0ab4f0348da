//! Which redirects are followed.

use std::fmt;
use std::sync::Arc;

use crate::message::{Method, ResponseHead, Uri};

/// Redirects followed for one request, unless told otherwise.
pub const MAX_REDIRECTS: u32 = 10;

/// How far to follow.
#[derive(Clone)]
pub(crate) struct RedirectPolicy {
    /// Redirects followed for one request; 0 hands them out.
    pub(crate) most: u32,
    /// Whether https may lead to http.
    pub(crate) allow_downgrade: bool,
    /// Whether the URL that redirected is told to the next one.
    pub(crate) referer: bool,
    /// The caller's word on each of them.
    pub(crate) decide: Option<Arc<Decide>>,
}

/// Says what is to be done with a redirect.
pub(crate) type Decide = dyn Fn(&Redirect<'_>) -> Follow + Send + Sync;

/// A redirect that the rules allow, about to be followed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Redirect<'a> {
    /// The URL that was asked for, without userinfo.
    pub from: &'a Uri,
    /// Where it leads, without userinfo.
    pub to: &'a Uri,
    /// The method that will be used there.
    pub method: &'a Method,
    /// The answer that says so.
    pub head: &'a ResponseHead,
    /// Redirects followed before this one.
    pub followed: u32,
}

/// What to do with a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follow {
    /// Follow it.
    Yes,
    /// Do not; the redirect is the response.
    HandOut,
    /// Do not; the request fails for this reason.
    Refuse(String),
}

impl Default for RedirectPolicy {
    fn default() -> RedirectPolicy {
        RedirectPolicy { most: MAX_REDIRECTS, allow_downgrade: false, referer: false, decide: None }
    }
}

impl fmt::Debug for RedirectPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedirectPolicy")
            .field("most", &self.most)
            .field("allow_downgrade", &self.allow_downgrade)
            .field("referer", &self.referer)
            .finish_non_exhaustive()
    }
}
