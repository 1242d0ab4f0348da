//! JSON bodies, both ways.

use crate::conn::Phase;

use super::body::Body;
use super::error::{Cause, Error};

/// A body of JSON.
pub(crate) fn body<T: serde::Serialize + ?Sized>(value: &T) -> Result<Body, Error> {
    serde_json::to_vec(value).map(Body::from).map_err(Error::build)
}

/// Parses a whole body; the error says at which line and column.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::new(Cause::Decode(error.into()), Phase::Decode))
}
