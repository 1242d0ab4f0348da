//! JSON bodies, both ways.

use crate::conn::Phase;
use crate::message::header;

use super::error::{Cause, Error};
use super::request::Request;

/// Gives `request` a body of JSON.
pub(crate) fn set<T: serde::Serialize + ?Sized>(
    request: &mut Request,
    value: &T,
) -> Result<(), Error> {
    request.body = serde_json::to_vec(value).map_err(Error::build)?.into();
    if !request.fields.contains(header::CONTENT_TYPE) {
        request.fields.append(header::CONTENT_TYPE, "application/json").map_err(Error::build)?;
    }
    Ok(())
}

/// Parses a whole body; the error says at which line and column.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::new(Cause::Decode(error.into()), Phase::Decode))
}
