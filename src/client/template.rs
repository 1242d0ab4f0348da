//! A request that is sent again and again: by what goes on after a break.
//!
//! Only GET without a body can be one, because only that may be repeated without asking anybody (RFC 9110 §9.2.2). It
//! keeps the settings of the request it was made from, but for what hears of interim responses.

use std::time::Duration;

use crate::message::Method;

use super::error::Error;
use super::handle::Client;
use super::outgoing::Request;
use super::request::RequestBuilder;
use super::retry_policy::RETRIED_STATUSES;

/// Enough to make a request from, any number of times.
pub(super) struct Template {
    client: Client,
    request: Request,
}

impl Template {
    /// `None` if the request cannot be repeated, or not be sent at all.
    pub(super) fn of(builder: &RequestBuilder) -> Option<Template> {
        let request = builder.request.as_ref().ok()?;
        let repeatable = request.method == Method::GET && request.body.length() == Some(0);
        repeatable.then(|| Template { client: builder.client.clone(), request: request.bare() })
    }

    /// The request, once more.
    pub(super) fn request(&self) -> RequestBuilder {
        RequestBuilder { client: self.client.clone(), request: Ok(self.request.bare()) }
    }
}

/// Whether what failed may be gone the next time: on the way, or at a server that says it is not ready.
pub(super) fn may_pass(error: &Error) -> bool {
    let not_ready = error.status().is_some_and(|s| RETRIED_STATUSES.contains(&s.as_u16()));
    error.is_transient() || error.is_status() && not_ready
}

/// `first`, doubled for every failure in a row behind the first, at most `longest`.
pub(super) fn backoff(first: Duration, failures: u32, longest: Duration) -> Duration {
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(longest.max(first))
}
