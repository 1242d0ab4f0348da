//! How a pool is doing, in numbers.

use super::tally::Closed;

/// The connections of a client: those there are, and what became of those there were.
///
/// All numbers are of one moment. `opened` is `idle` and those in use (`in_use` less `opening`), `closed.total()` and
/// `upgraded` together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// The limit: connections at once, those idle and those being opened included.
    pub max_connections: usize,
    /// The limit to any one origin, if there is one.
    pub max_per_origin: Option<usize>,
    /// Places taken: `in_use` and `idle` together.
    pub open: usize,
    /// Connections that carry an exchange, are being opened, or are on their way to a request that waited.
    pub in_use: usize,
    /// Those of them that are being opened.
    pub opening: usize,
    /// Connections kept for reuse, sockets that only await the next sweep included.
    pub idle: usize,
    /// Those of them whose time is over: [`Client::close_expired`](crate::Client::close_expired) would close them now.
    pub expired: usize,
    /// Requests that wait for a place.
    pub waiting: usize,
    /// Connections made, since the client was.
    pub opened: u64,
    /// Connections that were to be made and were not: the dial failed or was dropped.
    pub failed: u64,
    /// Requests that got a kept connection.
    pub reused: u64,
    /// Requests that had to wait for a place, successful or not.
    pub waits: u64,
    /// Connections closed, by reason.
    pub closed: Closed,
    /// Connections that have left HTTP, and are no longer counted.
    pub upgraded: u64,
}

/// The connections to one origin, or to one proxy that forwards.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OriginStats {
    /// Where they lead: `https://www.example.com:443`.
    pub origin: String,
    /// The proxy they lead through, or to: scheme, host and port, no credentials.
    pub proxy: Option<String>,
    /// Connections that carry an exchange, are being opened, or are on their way to a request that waited.
    pub in_use: usize,
    /// Connections kept for reuse.
    pub idle: usize,
    /// Requests that wait for a place.
    pub waiting: usize,
}
