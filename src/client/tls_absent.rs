//! What stands in for TLS settings in a build without the feature `tls`: none, unless the caller brings some.

use std::sync::Arc;

use crate::net::Secure;

use super::error::Error;
use super::settings::Settings;

/// Nothing can be chosen.
#[derive(Default)]
pub(super) struct Draft {}

impl Draft {
    /// Nothing to be made of it.
    pub(super) fn settle(self, _: &mut Settings) -> Result<(), Error> {
        Ok(())
    }
}

/// None.
pub(super) fn default_secure() -> Option<Arc<dyn Secure>> {
    None
}
