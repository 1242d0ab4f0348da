//! TLS settings that cannot be used: every handshake fails with the reason.

use std::io;

use crate::net::{BoxedWire, Secure, Securing, TlsError, TlsErrorKind, next_identity};

/// Stands in for TLS settings that could not be made.
pub(crate) struct Unusable {
    reason: String,
    identity: u64,
}

impl Unusable {
    pub(crate) fn new(reason: String) -> Unusable {
        Unusable { reason, identity: next_identity() }
    }
}

impl Secure for Unusable {
    fn secure(&self, _: &str, _: BoxedWire) -> Securing {
        let source = io::Error::other(self.reason.clone());
        let error = TlsError::new(TlsErrorKind::Settings, self.reason.clone(), source);
        Box::pin(std::future::ready(Err(error)))
    }

    fn identity(&self) -> u64 {
        self.identity
    }
}
