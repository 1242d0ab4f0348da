//! What one may ask of a client besides requests: how its connections are doing, to close some, and to close for good.

use std::future::Future;

use tokio::time::Instant;

use crate::pool::{NoPlace, OriginStats, PoolStats};

use super::error::{Cause, Error};
use super::handle::Client;

impl Client {
    /// How the connections of this client and its clones are doing. Nothing is counted for it but plain numbers under a
    /// lock that is taken anyway; asking looks at every idle connection once.
    pub fn pool_stats(&self) -> PoolStats {
        self.pool().stats()
    }

    /// The same by origin, in no order: those that have a connection, or a request that waits for one. Connections to one
    /// origin that were made with different settings (TLS, proxy, resolver) are different entries.
    pub fn origins(&self) -> Vec<OriginStats> {
        self.pool().origins()
    }

    /// Closes the idle connections whose time is over, and returns how many that were.
    ///
    /// A client has no task of its own: it looks for them whenever a request asks for a connection. One that is quiet for
    /// long keeps its idle sockets open until then, unless somebody calls this, every minute for instance.
    pub fn close_expired(&self) -> usize {
        self.pool().close_expired(Instant::now())
    }

    /// Closes all idle connections, and returns how many that were. Those in use are not touched, and are kept as always
    /// when they come home. For a network that has changed, or credentials that have.
    pub fn close_idle(&self) -> usize {
        self.pool().close_idle()
    }

    /// Closes this client and its clones: from this call on no request begins, and no idle connection is left.
    ///
    /// Who waits for a connection is told so, as is every request that asks later: the error
    /// [`is_closed`](Error::is_closed), and nothing was sent. A request that has a connection, and a response whose
    /// body is being read, go on as if nothing had happened; but a redirect, a retry or another attempt asks anew. The
    /// future ends when the last of them is done and every connection is closed. A response that is kept and not read
    /// keeps it waiting, so put a limit around it. Streams that were upgraded are the caller's own and not waited for.
    ///
    /// Cancel safe: a dropped future, or one never awaited, leaves the client closed. It belongs to no runtime, and may be
    /// awaited more than once, by several clones.
    ///
    /// ```no_run
    /// # async fn stop(client: wireline::Client) {
    /// use std::time::Duration;
    ///
    /// let patience = Duration::from_secs(10);
    /// if tokio::time::timeout(patience, client.close()).await.is_err() {
    ///     eprintln!("{} connections still in use", client.pool_stats().in_use);
    /// }
    /// # }
    /// ```
    pub fn close(&self) -> impl Future<Output = ()> + Send + use<> {
        self.pool().close()
    }
}

impl Error {
    /// The client was closed by [`Client::close`](Client::close) before the request got a connection.
    pub fn is_closed(&self) -> bool {
        matches!(self.cause(), Cause::Pool(NoPlace::Closed, _))
    }
}
