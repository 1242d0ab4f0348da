//! Basic credentials (RFC 7617), of a URL's userinfo and by hand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::conn::BoxError;
use crate::message::Uri;

/// The value of `Authorization` for the userinfo of `uri`.
pub(crate) fn of_userinfo(uri: &Uri) -> Result<Option<String>, BoxError> {
    let Some((user, password)) = uri.userinfo() else { return Ok(None) };
    let pair = format!("{user}:{}", password.unwrap_or_default());
    Ok(Some(format!("Basic {}", STANDARD.encode(pair))))
}
