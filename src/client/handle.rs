//! The handle: a client is cheap to clone, and its clones share connections, buffers and settings.

use std::fmt;
use std::sync::Arc;

use crate::conn::Kits;
use crate::pool::Pool;

use super::config::Config;

/// An HTTP/1.1 client.
///
/// A clone is one atomic increment and shares everything. It belongs to no runtime: a `static` client works across
/// many, its idle connections being used only inside the one that made them. It runs no background task; dropping the
/// last clone closes the idle connections, and requests under way finish. [`close`](Client::close) waits for them.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    pool: Pool,
    kits: Arc<Kits>,
}

impl Client {
    pub(crate) fn from_parts(config: Config, pool: Pool) -> Client {
        Client { shared: Arc::new(Shared { config, pool, kits: Arc::default() }) }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.shared.config
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    pub(crate) fn kits(&self) -> &Arc<Kits> {
        &self.shared.kits
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.config().base_url).finish_non_exhaustive()
    }
}
