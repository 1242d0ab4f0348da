//! What happened on the way to a response: redirects followed, attempts repeated.

use std::time::Duration;

use crate::conn::Delivery;
use crate::message::{Method, ResponseHead, StatusCode, Uri};

/// The way to a response.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    pub(crate) history: Vec<Redirected>,
    pub(crate) attempts: Vec<Attempted>,
}

/// A redirect that was followed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Redirected {
    /// The method that was answered with it.
    pub method: Method,
    /// The URL that was, without userinfo.
    pub url: Uri,
    /// The answer.
    pub head: ResponseHead,
}

/// An attempt that was not the last one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempted {
    /// The URL, without userinfo.
    pub url: Uri,
    /// What came of it.
    pub outcome: Outcome,
    /// How much of it the server can have seen.
    pub delivery: Delivery,
    /// When it was over, from the call of `send`.
    pub ended: Duration,
    /// How long was waited after it.
    pub waited: Duration,
}

/// What came of an attempt that was repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It failed; the message says how.
    Failed(String),
    /// A status that is worth another try.
    Status(StatusCode),
    /// A challenge (401, 407) that was then answered.
    Challenged(StatusCode),
    /// 417: repeated without the expectation.
    ExpectationFailed,
}
