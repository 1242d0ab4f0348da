//! What a resolver of hickory is made of: the caller's options, the machine's configuration, and
//! the figures in which hickory's defaults do not suit a client that has other addresses to try.
//!
//! In: [`DnsOptions`] and where the servers come from. Out: a resolver for one runtime, or the word
//! that the machine has no configuration. It asks nobody anything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{Hosts, Resolver, TokioResolver};

/// How long a look-up may take: two tries of 2 s, two servers asked in each, and some air.
pub const DNS_DEADLINE: Duration = Duration::from_secs(5);

/// How long one server is waited for. glibc waits 5 s; a resolver close by answers in far less.
const TRY: Duration = Duration::from_secs(2);

/// How names are looked up.
#[derive(Clone, Debug)]
pub struct DnsOptions {
    /// How long a look-up may take in all; [`DNS_DEADLINE`] by default.
    pub deadline: Duration,
    /// Whether the search list of the machine is tried for names without a final dot. Off by
    /// default.
    pub search: bool,
    /// Whether the hosts file is looked up first. On by default.
    pub hosts: bool,
    /// How many answers are kept for as long as they are valid, five minutes at most; 256 by
    /// default.
    pub cache: u64,
}

impl Default for DnsOptions {
    fn default() -> Self {
        Self { deadline: DNS_DEADLINE, search: false, hosts: true, cache: 256 }
    }
}

/// Where the name servers come from.
pub(crate) enum Source {
    System(fn() -> Result<(ResolverConfig, ResolverOpts), NetError>),
    Servers(Vec<SocketAddr>),
}

impl Source {
    /// The servers of this machine.
    pub(crate) const fn system() -> Self {
        Self::System(read_system)
    }
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
    pub(crate) hosts: Hosts,
}

/// Makes the resolver of one runtime. Reads two small files of the machine's.
pub(crate) fn build(source: &Source, options: &DnsOptions) -> Result<Local, NetError> {
    let (config, given) = match source {
        Source::Servers(servers) => (with_ports(servers), ResolverOpts::default()),
        Source::System(read) => match read() {
            Ok(read) => read,
            Err(_) => return Ok(Local::System),
        },
    };
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    *builder.options_mut() = given;
    tune(builder.options_mut(), options);
    let hosts = match options.hosts {
        true => Hosts::from_system().unwrap_or_default(),
        false => Hosts::default(),
    };
    Ok(Local::Hickory(Arc::new(Known { resolver: builder.build()?, hosts })))
}

/// Android's configuration is only to be had through a Java object that a library has no hands on.
fn read_system() -> Result<(ResolverConfig, ResolverOpts), NetError> {
    if cfg!(target_os = "android") {
        return Err(std::io::Error::from(std::io::ErrorKind::Unsupported).into());
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

fn tune(to: &mut ResolverOpts, options: &DnsOptions) {
    to.timeout = TRY;
    to.attempts = 1;
    to.num_concurrent_reqs = 2;
    to.try_tcp_on_error = true;
    to.edns0 = true;
    // What fits everywhere without IP fragments (DNS flag day 2020).
    to.edns_payload_len = 1232;
    to.cache_size = options.cache;
    // TTL 0 would send every one of a burst of requests to the server; a day is too long to be
    // wrong.
    to.positive_min_ttl = Some(Duration::from_secs(1));
    to.positive_max_ttl = Some(Duration::from_secs(300));
    to.negative_min_ttl = None;
    to.negative_max_ttl = Some(Duration::from_secs(10));
    to.use_hosts_file = ResolveHosts::Never;
}
