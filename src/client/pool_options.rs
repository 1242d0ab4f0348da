//! How many connections a client keeps, for how long, and how far it goes to get one back.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use super::builder::ClientBuilder;
use super::request::RequestBuilder;

impl ClientBuilder {
    /// Connections open at once, at least 1; [`MAX_CONNECTIONS`](super::defaults::MAX_CONNECTIONS) by default. Requests beyond wait in a fair queue.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.pool.total = NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Connections open at once to one origin; no limit by default.
    pub fn max_connections_per_origin(mut self, count: impl Into<Option<usize>>) -> Self {
        self.pool.per_origin = count.into().and_then(NonZeroUsize::new);
        self
    }

    /// How long an idle connection may be reused; [`IDLE_TIMEOUT`](super::defaults::IDLE_TIMEOUT) by default, less if the server names less. Zero
    /// keeps none.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.pool.idle_timeout = timeout;
        self
    }

    /// How long a connection may be reused, counted from when it was made; no limit by default. An exchange under way is
    /// never cut off: the connection is closed when it comes home, or when somebody asks for it later. For origins that
    /// move to other addresses behind one name, and for load balancers.
    pub fn max_connection_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.pool.max_age = age.into();
        self
    }

    /// How many requests one connection carries before it is closed; no limit by default, nor at 0. A server says
    /// the same of itself by `Keep-Alive: max=0` or `Connection: close`, which are always heeded.
    pub fn max_requests_per_connection(mut self, count: impl Into<Option<u32>>) -> Self {
        self.pool.max_requests = count.into().and_then(NonZeroU32::new);
        self
    }

    /// Bytes of a body nobody wants that are read so that its connection can be used again: what redirects, repeated
    /// attempts and dropped responses leave behind. [`DRAIN_LIMIT`](super::defaults::DRAIN_LIMIT) by default; more than
    /// that to come closes the connection.
    pub fn drain_limit(mut self, bytes: usize) -> Self {
        self.settings.drain.bytes = bytes;
        self
    }

    /// How long a redirect or a repeated attempt waits for such a body; [`DRAIN_TIMEOUT`](super::defaults::DRAIN_TIMEOUT)
    /// by default. A response that is dropped never waits: what has arrived is read.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.settings.drain.wait = timeout;
        self
    }
}

impl RequestBuilder {
    /// Bytes of a body nobody wants that are read. Replaces the client's.
    pub fn drain_limit(self, bytes: usize) -> Self {
        self.choose(|choices| choices.settings.drain.bytes = bytes)
    }

    /// How long is waited for such a body. Replaces the client's.
    pub fn drain_timeout(self, timeout: Duration) -> Self {
        self.choose(|choices| choices.settings.drain.wait = timeout)
    }
}
