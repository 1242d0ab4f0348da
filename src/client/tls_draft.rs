//! TLS settings of a client that is being built (feature `tls`).
//!
//! Nothing is made of them before the client is: every shortcut of the builder changes the same draft, so that they add
//! up in any order.

use std::sync::Arc;

use crate::net::{Rustls, RustlsBuilder, Secure};

use super::error::Error;
use super::no_tls::Unusable;
use super::settings::{Secured, Settings};

/// What was chosen so far, if anything was.
#[derive(Default)]
pub(super) struct Draft(pub(super) Option<Box<RustlsBuilder>>);

impl Draft {
    /// Makes settings of it.
    pub(super) fn settle(self, settings: &mut Settings) -> Result<(), Error> {
        if let Some(draft) = self.0 {
            let rustls = draft.build().map_err(Error::build)?;
            settings.secure = Some(Secured::new(Arc::new(rustls)));
        }
        Ok(())
    }
}

/// Where the process has installed a crypto provider that rustls cannot use, https fails and says so; http works.
pub(super) fn default_secure() -> Option<Arc<dyn Secure>> {
    match Rustls::webpki() {
        Ok(rustls) => Some(Arc::new(rustls)),
        Err(error) => Some(Arc::new(Unusable::new(error.to_string()))),
    }
}
