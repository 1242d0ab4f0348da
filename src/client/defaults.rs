//! The defaults of a client and their reasons.
//!
//! Nothing is read from the environment.

use std::time::Duration;

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
/// How much of a body that nobody wants is read so that its connection can be used again: what arrives in the time a new
/// connection would take.
pub const DRAIN_LIMIT: usize = 64 * 1024;
/// How long that may take where it is waited for: a new connection is cheaper than a slow rest.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
