//! A client's settings, the defaults and their reasons.
//!
//! Only this floor knows [`Config`]; the floors below get the small values they need. Nothing is read from the
//! environment.

use std::time::Duration;

use crate::conn::Means;
use crate::h1::{Limits, Tolerance};
use crate::message::{Fields, Uri};

/// Connections open at once, those idle and those being opened included: enough to keep any one machine busy, below
/// the 1 024 descriptors a process has by default.
pub const MAX_CONNECTIONS: usize = 100;
/// How long an idle connection is kept: below the 60 s and 75 s of common servers, so that we close first.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// DNS, TCP and TLS together: three lost SYNs, and patience for a slow name server.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two bytes received.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two bytes accepted by the kernel.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Waiting for a place in the pool.
pub const POOL_TIMEOUT: Duration = Duration::from_secs(30);
/// Waiting for `100 Continue`: as long as curl.
pub const EXPECT_TIMEOUT: Duration = Duration::from_secs(1);
/// What `bytes()`, `text()` and `json()` buffer at most: 64 MiB.
pub const MAX_BODY: u64 = 64 << 20;

/// The settings of one client.
pub(crate) struct Config {
    pub(crate) base_url: Option<Uri>,
    /// Sent with every request that does not set them itself.
    pub(crate) fields: Fields,
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: Limits,
    pub(crate) tolerance: Tolerance,
    pub(crate) max_body: u64,
    pub(crate) redirect: RedirectPolicy,
    pub(crate) means: Means,
    /// The identity of the TLS settings, asked for once.
    pub(crate) secure: Option<u64>,
}

/// The clocks of one request. `None` is no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<Duration>,
    pub(crate) read: Option<Duration>,
    pub(crate) write: Option<Duration>,
    pub(crate) pool: Option<Duration>,
    pub(crate) total: Option<Duration>,
    pub(crate) expect: Duration,
}

/// How far to follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RedirectPolicy {
    /// Redirects followed for one request; 0 hands them out.
    pub(crate) most: u32,
    /// Whether https may lead to http.
    pub(crate) allow_downgrade: bool,
}

impl Default for RedirectPolicy {
    fn default() -> RedirectPolicy {
        RedirectPolicy { most: 10, allow_downgrade: false }
    }
}
