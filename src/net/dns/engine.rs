//! The machinery of a [`Resolver`](super::resolver): hickory, once for each runtime.
//!
//! In: a [`Setup`]. Out: whatever answers on the runtime that asks. Facts about hickory that this file, `asking.rs` and
//! `setup.rs` are built around, each found by running it, each with a test in `tests/dns`:
//!
//! - It spawns tasks of its own for a look-up, so a resolver is tied to the runtime it was first
//!   used on. One is kept for every runtime that asks.
//! - `attempts` counts *re*tries, and the order of servers must stay the statistical one with two
//!   requests at a time, or a silent first server is never left.
//! - `lookup_ip` waits for both families, which is not what RFC 8305 §3 wants.
//! - The hosts file is looked up by family: a name that has only an IPv4 line would still be asked
//!   for on the network. And its reader drops names with underscores. So there is one of ours.
//! - Without a final dot the search list is appended, and a name meant for the internet is asked
//!   for below the local domain; so the dot is set unless a search list is wished.
//!
//! The machine's configuration and its hosts file are read once for each runtime, and again after
//! [`Engine::reload`]. Where there is no configuration, getaddrinfo answers; never a public server
//! nobody chose.

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_resolver::proto::rr::Name;
use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::net::deadline::Deadline;

use super::record::RecordType;
use super::setup::{Known, Local, Search, Setup, build};
use super::translate;

/// For how many runtimes a resolver is kept; then the oldest goes, with its cache.
const MAX_RUNTIMES: usize = 16;

/// Resolvers of one setup.
pub(crate) struct Engine {
    setup: Setup,
    /// One for each runtime, the oldest first.
    locals: Mutex<Vec<(Id, Local)>>,
}

impl Engine {
    pub(crate) fn new(setup: Setup) -> Engine {
        Engine { setup, locals: Mutex::default() }
    }

    /// The resolver of the runtime that polls.
    ///
    /// # Errors
    /// There is no runtime; the hosts file that was named cannot be read.
    pub(crate) fn local(&self) -> Result<Local, Box<dyn Error + Send + Sync>> {
        let runtime = Handle::try_current()?.id();
        let mut locals = self.locals();
        if let Some((_, local)) = locals.iter().find(|(id, _)| *id == runtime) {
            return Ok(local.clone());
        }
        let local = build(&self.setup)?;
        if locals.len() >= MAX_RUNTIMES {
            locals.remove(0);
        }
        locals.push((runtime, local.clone()));
        Ok(local)
    }

    /// The name to ask for.
    ///
    /// # Errors
    /// A text that can be no name.
    pub(crate) fn name(&self, text: &str) -> Result<Name, &'static str> {
        translate::name(text, matches!(self.setup.search, Search::Off))
    }

    /// When a look-up that begins now is over.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(Instant::now(), self.setup.deadline)
    }

    /// How long a look-up may take.
    pub(crate) fn patience(&self) -> Duration {
        self.setup.deadline
    }

    /// Forgets what is known of `name`, or everything, on all runtimes.
    pub(crate) fn clear_cache(&self, name: Option<&Name>) {
        let locals: Vec<_> = self.locals().iter().map(|(_, local)| local.clone()).collect();
        for local in locals {
            let Local::Hickory(known) = local else { continue };
            match name {
                None => known.resolver.clear_cache(),
                Some(name) => clear(&known, name),
            }
        }
    }

    /// Reads everything anew at the next look-up.
    pub(crate) fn reload(&self) {
        self.locals().clear();
    }

    fn locals(&self) -> MutexGuard<'_, Vec<(Id, Local)>> {
        self.locals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn clear(known: &Known, name: &Name) {
    for kind in RecordType::ALL {
        known.resolver.clear_lookup_cache(name.clone(), translate::record_type(*kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::dns::setup::{HostsFrom, Source};

    fn with_servers() -> Engine {
        let source = Source::Servers(vec!["127.0.0.1:9".parse().unwrap()]);
        Engine::new(Setup { source, hosts: HostsFrom::Nowhere, ..Setup::default() })
    }

    #[tokio::test]
    async fn s_101_without_a_configuration_the_system_answers_and_no_public_server() {
        let missing = || Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
        let engine = Engine::new(Setup { source: Source::System(missing), ..Setup::default() });
        assert!(matches!(engine.local(), Ok(Local::System)));
    }

    #[tokio::test]
    async fn one_resolver_for_each_runtime_and_no_more_than_that() {
        let engine = std::sync::Arc::new(with_servers());
        for _ in 0..2 {
            assert!(engine.local().is_ok());
        }
        assert_eq!(engine.locals().len(), 1);
        let elsewhere = engine.clone();
        let others = std::thread::spawn(move || {
            for _ in 0..MAX_RUNTIMES + 3 {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                assert!(runtime.block_on(async { elsewhere.local().is_ok() }));
            }
        });
        others.join().unwrap();
        assert_eq!(engine.locals().len(), MAX_RUNTIMES);
        engine.reload();
        assert!(engine.locals().is_empty());
    }

    #[test]
    fn outside_of_a_runtime_it_is_an_error() {
        assert!(with_servers().local().is_err());
    }
}
