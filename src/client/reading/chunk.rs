//! A body piece by piece, by calls that may be given up.
//!
//! Somebody who waits for a piece and for something else at the same time drops the call whenever the other is quicker.
//! What was waited for until then is kept: or a server that has fallen silent would be waited for without end.

use std::future::poll_fn;

use bytes::Bytes;

use crate::client::error::Error;
use crate::client::incoming::Incoming;

impl Incoming {
    /// The next piece, never empty; `None` at the end.
    ///
    /// Cancel safe: a dropped call has lost nothing. The time for which it has waited counts for the read timeout of the
    /// next call, that between the two does not.
    ///
    /// # Errors
    /// Timeouts, a broken or cut-off connection, broken chunks; where content is decoded, what is wrong with it. After
    /// one, every call is an error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(exchange) = self.exchange() {
            exchange.call();
        }
        let call = Call(self);
        poll_fn(|cx| call.0.poll_chunk(cx)).await
    }
}

/// A call under way.
struct Call<'a>(&'a mut Incoming);

impl Drop for Call<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(exchange) = self.0.exchange() {
            exchange.pause();
        }
    }
}
