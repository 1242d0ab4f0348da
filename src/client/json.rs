//! JSON bodies, both ways.

use crate::conn::Phase;

use super::body::Body;
use super::error::{Cause, Error};
use super::replayable::Replayable;

/// A body of JSON.
pub(crate) fn body<T: serde::Serialize + ?Sized>(value: &T) -> Result<Body, Error> {
    let json = serde_json::to_vec(value).map_err(Error::build)?;
    Ok(Replayable::bytes(json, Some("application/json")).into())
}

/// Parses a whole body; the error says at which line and column.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::new(Cause::Decode(error.into()), Phase::Decode))
}
