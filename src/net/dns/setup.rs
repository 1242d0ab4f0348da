//! What a resolver is made of: the caller's choices, the machine's configuration, and the figures in which hickory's
//! defaults do not suit a client that has other addresses to try.
//!
//! In: a [`Setup`]. Out: a resolver for one runtime, or the word that the machine has no configuration. It asks nobody
//! anything.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
    ServerOrderingStrategy,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::{Resolver, TokioResolver};

use super::hosts::{Hosts, system_path};

/// How long a look-up may take: two tries of 2 s, two servers asked in each, and some air.
pub const DNS_DEADLINE: Duration = Duration::from_secs(5);

/// Longer than anybody waits for one packet.
const LONGEST_TRY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the caller has chosen.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) source: Source,
    /// For how long one try waits. glibc waits 5 s; a resolver close by answers in far less.
    pub(crate) try_timeout: Duration,
    pub(crate) tries: u32,
    pub(crate) deadline: Duration,
    pub(crate) search: Search,
    pub(crate) ndots: Option<usize>,
    pub(crate) hosts: HostsFrom,
    pub(crate) cache: u64,
    pub(crate) max_ttl: Duration,
    pub(crate) rotate: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            source: Source::System(read_system),
            try_timeout: Duration::from_secs(2),
            tries: 2,
            deadline: DNS_DEADLINE,
            search: Search::Off,
            ndots: None,
            hosts: HostsFrom::System,
            cache: 256,
            max_ttl: Duration::from_secs(300),
            rotate: false,
        }
    }
}

/// Where the name servers come from.
#[derive(Clone)]
pub(crate) enum Source {
    System(ReadSystem),
    Servers(Vec<SocketAddr>),
}

type ReadSystem = fn() -> Result<(ResolverConfig, ResolverOpts), NetError>;

/// What is put behind names without a final dot.
#[derive(Clone)]
pub(crate) enum Search {
    Off,
    System,
    Domains(Vec<Name>),
}

/// Where the hosts file comes from.
#[derive(Clone)]
pub(crate) enum HostsFrom {
    Nowhere,
    /// One that cannot be read is an empty one.
    System,
    File(PathBuf),
    Text(Arc<Hosts>),
}

/// What answers on one runtime.
#[derive(Clone)]
pub(crate) enum Local {
    Hickory(Arc<Known>),
    /// The machine has no configuration hickory can read.
    System,
}

/// A resolver and the hosts file beside it.
pub(crate) struct Known {
    pub(crate) resolver: TokioResolver,
    pub(crate) hosts: Arc<Hosts>,
}

/// Makes the resolver of one runtime. Reads two small files of the machine's.
///
/// # Errors
/// A hosts file the caller has named and that cannot be read.
pub(crate) fn build(setup: &Setup) -> Result<Local, Box<dyn std::error::Error + Send + Sync>> {
    let (mut config, mut options) = match &setup.source {
        Source::Servers(servers) => (with_ports(servers), ResolverOpts::default()),
        Source::System(read) => match read() {
            Ok(read) => read,
            Err(_) => return Ok(Local::System),
        },
    };
    set_search(setup, &mut config, &mut options);
    tune(&mut options, setup);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    *builder.options_mut() = options;
    let hosts = match &setup.hosts {
        HostsFrom::Nowhere => Arc::default(),
        HostsFrom::System => Arc::new(Hosts::read(&system_path()).unwrap_or_default()),
        HostsFrom::File(path) => Arc::new(Hosts::read(path).map_err(|error| {
            io::Error::new(error.kind(), format!("the hosts file {}: {error}", path.display()))
        })?),
        HostsFrom::Text(hosts) => Arc::clone(hosts),
    };
    Ok(Local::Hickory(Arc::new(Known { resolver: builder.build()?, hosts })))
}

/// Android's configuration is only to be had through a Java object that a library has no hands on.
fn read_system() -> Result<(ResolverConfig, ResolverOpts), NetError> {
    if cfg!(target_os = "android") {
        return Err(io::Error::from(io::ErrorKind::Unsupported).into());
    }
    hickory_resolver::system_conf::read_system_conf()
}

fn with_ports(servers: &[SocketAddr]) -> ResolverConfig {
    let server = |address: &SocketAddr| {
        let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
        udp.port = address.port();
        tcp.port = address.port();
        NameServerConfig::new(address.ip(), true, vec![udp, tcp])
    };
    ResolverConfig::from_name_servers(servers.iter().map(server).collect())
}

/// Servers of the caller's do not bring a search list along; the machine's is read for them where it is wished.
fn set_search(setup: &Setup, config: &mut ResolverConfig, options: &mut ResolverOpts) {
    match (&setup.search, &setup.source) {
        (Search::Off, _) | (Search::System, Source::System(_)) => {}
        (Search::System, Source::Servers(_)) => {
            if let Ok((system, given)) = read_system() {
                (config.domain, config.search) = (system.domain, system.search);
                options.ndots = given.ndots;
            }
        }
        (Search::Domains(domains), _) => (config.domain, config.search) = (None, domains.clone()),
    }
    options.ndots = setup.ndots.unwrap_or(options.ndots);
}

fn tune(to: &mut ResolverOpts, setup: &Setup) {
    // Hickory adds it to the clock, and panics where it does not fit.
    to.timeout = setup.try_timeout.min(LONGEST_TRY);
    // Hickory counts the tries after the first.
    to.attempts = usize::try_from(setup.tries.saturating_sub(1)).unwrap_or(usize::MAX);
    // With one at a time, or in the order of the list, a silent first server is never left.
    to.num_concurrent_reqs = 2;
    to.server_ordering_strategy = match setup.rotate {
        true => ServerOrderingStrategy::RoundRobin,
        false => ServerOrderingStrategy::QueryStatistics,
    };
    to.try_tcp_on_error = true;
    to.edns0 = true;
    // What fits everywhere without IP fragments (DNS flag day 2020).
    to.edns_payload_len = 1232;
    to.cache_size = setup.cache;
    // TTL 0 would send every one of a burst of requests to the server; a day is too long to be
    // wrong.
    let shortest = Duration::from_secs(1).min(setup.max_ttl);
    to.positive_min_ttl = Some(shortest);
    to.positive_max_ttl = Some(setup.max_ttl);
    to.negative_min_ttl = None;
    to.negative_max_ttl = Some(Duration::from_secs(10).min(setup.max_ttl));
    to.use_hosts_file = ResolveHosts::Never;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of DESIGN §4.9; what they bring about is in `tests/dns`.
    #[test]
    fn what_hickory_is_told() {
        let mut options = ResolverOpts::default();
        tune(&mut options, &Setup::default());
        assert_eq!((options.timeout, options.attempts), (Duration::from_secs(2), 1));
        assert_eq!((options.edns0, options.edns_payload_len), (true, 1232));
        assert!(options.num_concurrent_reqs >= 2);
        assert_eq!(options.server_ordering_strategy, ServerOrderingStrategy::QueryStatistics);
        assert_eq!(options.use_hosts_file, ResolveHosts::Never);
        tune(&mut options, &Setup { tries: 0, max_ttl: Duration::ZERO, ..Setup::default() });
        assert_eq!(options.attempts, 0);
        assert_eq!(options.positive_min_ttl, Some(Duration::ZERO));
    }
}
