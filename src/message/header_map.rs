//! [`Fields`] to and from `http::HeaderMap`, for code that speaks the `http` crate's types.
//!
//! A `HeaderMap` keeps neither the case of names nor the order between different ones, so the way
//! there and back is not the identity; values, duplicates and marks of sensitivity survive it.

use super::field::{self, InvalidField};
use super::fields::Fields;
use http::header::{HeaderMap, HeaderName, HeaderValue};

impl TryFrom<&HeaderMap> for Fields {
    type Error = InvalidField;

    fn try_from(map: &HeaderMap) -> Result<Self, InvalidField> {
        let mut fields = Fields::with_capacity(map.len(), map.len() * 32);
        for (name, value) in map {
            // A HeaderValue may have whitespace at its ends.
            let text = field::check_value(value.as_bytes())?;
            fields.push(name.as_str(), text, value.is_sensitive())?;
        }
        Ok(fields)
    }
}

impl TryFrom<HeaderMap> for Fields {
    type Error = InvalidField;

    fn try_from(map: HeaderMap) -> Result<Self, InvalidField> {
        Self::try_from(&map)
    }
}

/// Fails for what a `HeaderMap` cannot hold: names of 64 KiB and more, 32 768 lines and more.
impl TryFrom<&Fields> for HeaderMap {
    type Error = http::Error;

    fn try_from(fields: &Fields) -> Result<Self, http::Error> {
        let mut map = HeaderMap::try_with_capacity(fields.len())?;
        for line in fields {
            let mut value = HeaderValue::from_bytes(line.value)?;
            value.set_sensitive(line.sensitive);
            map.try_append(HeaderName::from_bytes(line.name.as_bytes())?, value)?;
        }
        Ok(map)
    }
}
