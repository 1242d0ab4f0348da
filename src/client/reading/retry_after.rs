//! `Retry-After`: when the server wants to be asked again (RFC 9110 §10.2.3).
//!
//! In: fields. Out: how long to wait from now on, by this machine's clock where the server names a date; nothing where it
//! says nothing that can be read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::client::response::Response;
use crate::h1::digits::decimal;
use crate::message::{Fields, date, header};

/// `Retry-After = HTTP-date / delay-seconds`.
pub(crate) fn retry_after(fields: &Fields) -> Option<Duration> {
    let value = fields.get(header::RETRY_AFTER)?.trim_ascii();
    if let Some(seconds) = decimal(value) {
        return Some(Duration::from_secs(seconds));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    // A date that has passed asks for no wait.
    let at = Duration::from_secs(date::parse(value, now.as_secs())?);
    Some(at.saturating_sub(now))
}

impl Response {
    /// How long the server wants to be left alone, from now on; `None` if it does not say so in a form that can be read. A
    /// date that has passed asks for no wait.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.fields())
    }
}
