//! What is known about TLS, on a response and on an error.

use std::error::Error as StdError;
use std::io;

use crate::conn::Failure;
use crate::net::{TlsError, TlsInfo};

use super::error::{Cause, Error};
use super::response::Response;

impl Response {
    /// What the TLS handshake of its connection agreed on, whether or not this was the first request on it; `None` for
    /// http.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.connection().tls.as_deref()
    }
}

impl Error {
    /// What went wrong with TLS, if that was it: in the handshake, or in an alert after it, which is how a TLS 1.3 server
    /// refuses a client certificate.
    pub fn tls(&self) -> Option<&TlsError> {
        match self.cause() {
            Cause::Dial(cause) => cause.source().and_then(find),
            Cause::Exchange(Failure::Io(error)) => find(error),
            _ => None,
        }
    }
}

/// The first one in the chain. What an [`io::Error`] holds is no part of its chain.
fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let held = held.and_then(|held| held.downcast_ref());
        if let Some(found) = error.downcast_ref().or(held) {
            return Some(found);
        }
        next = error.source();
    }
    None
}
