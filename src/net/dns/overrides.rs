//! Addresses the caller has fixed, in front of any resolver: what curl calls `--resolve`.
//!
//! In: a host, a port. Out: the fixed addresses, or whatever the resolver behind says. Fixed
//! addresses come before everything else, before `localhost` too; but an IP address is its own.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::resolve::{Resolution, Resolve, addresses};

/// A [`Resolve`] that knows some answers.
#[derive(Clone, Debug, Default)]
pub struct Overrides<R> {
    behind: R,
    fixed: HashMap<String, Vec<Entry>>,
}

/// The addresses for one port, or for every port that has none of its own.
#[derive(Clone, Debug)]
struct Entry {
    port: Option<u16>,
    addresses: Vec<SocketAddr>,
}

impl<R: Resolve> Overrides<R> {
    /// No override yet: everything goes to `behind`.
    pub fn new(behind: R) -> Self {
        Self { behind, fixed: HashMap::new() }
    }

    /// Asks another resolver for whatever is not fixed.
    pub fn put_behind(&mut self, behind: R) {
        self.behind = behind;
    }

    /// Fixes the addresses of `host`: for one port, or with `None` for all that are not fixed by
    /// themselves. `*` is every host that is not fixed by itself. A later call replaces an earlier
    /// one. Upper and lower case and a final dot make no difference. In `addresses`, port 0 means
    /// the port that is asked for.
    pub fn insert(&mut self, host: &str, port: Option<u16>, addresses: Vec<SocketAddr>) {
        let entries = self.fixed.entry(canonical(host)).or_default();
        entries.retain(|entry| entry.port != port);
        entries.push(Entry { port, addresses });
    }

    /// Takes back what was fixed for `host` and `port`, both as they were given. Not fixed, not missed.
    pub fn remove(&mut self, host: &str, port: Option<u16>) {
        let host = canonical(host);
        let Some(entries) = self.fixed.get_mut(&host) else { return };
        entries.retain(|entry| entry.port != port);
        if entries.is_empty() {
            self.fixed.remove(&host);
        }
    }

    fn find(&self, host: &str, port: u16) -> Option<&Entry> {
        if self.fixed.is_empty() {
            return None;
        }
        let of = |host: &str| {
            let entries = self.fixed.get(host)?;
            let exact = entries.iter().find(|entry| entry.port == Some(port));
            exact.or_else(|| entries.iter().find(|entry| entry.port.is_none()))
        };
        of(&canonical(host)).or_else(|| of("*"))
    }
}

impl<R: Resolve> Resolve for Overrides<R> {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        let Some(entry) = self.find(host, port) else { return self.behind.resolve(host, port) };
        let with_port = |mut address: SocketAddr| {
            if address.port() == 0 {
                address.set_port(port);
            }
            address
        };
        addresses(host, entry.addresses.iter().copied().map(with_port).collect())
    }
}

fn canonical(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}
