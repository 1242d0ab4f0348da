//! The socket for cookies: who keeps them, and what is asked of whoever does.
//!
//! A store sees the URL and nothing else of a request: a `Host` set by hand does not choose cookies (S-76). The jar that
//! comes with the crate is behind the feature `cookies`.

use std::sync::Arc;

use crate::message::{Fields, Uri};

/// Keeps cookies between requests.
pub trait CookieStore: Send + Sync {
    /// The value of the `Cookie` field for a request to `uri`, if there is one.
    fn cookies(&self, uri: &Uri) -> Option<String>;

    /// Hears of every response head, those of redirects and challenges included, and takes what its `Set-Cookie` lines
    /// say.
    fn store(&self, uri: &Uri, fields: &Fields);
}

impl<S: CookieStore + ?Sized> CookieStore for Arc<S> {
    fn cookies(&self, uri: &Uri) -> Option<String> {
        (**self).cookies(uri)
    }

    fn store(&self, uri: &Uri, fields: &Fields) {
        (**self).store(uri, fields);
    }
}
