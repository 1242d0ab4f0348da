//! The choices behind a [`Resolver`]. In: choices. Out: a resolver; nothing is read and nobody asked until it is used.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::rr::Name;

use super::hosts::Hosts;
use super::lookup::check_query;
use super::resolve::{DnsError, DnsErrorKind};
use super::resolver::Resolver;
use super::setup::{HostsFrom, Search, Setup, Source};
use super::translate;

/// Builds a [`Resolver`].
///
/// ```
/// use std::time::Duration;
/// use wireline::dns::Resolver;
///
/// let resolver = Resolver::builder()
///     .name_servers(["127.0.0.1:5353".parse().unwrap()])
///     .try_timeout(Duration::from_millis(500))
///     .hosts_file(false)
///     .build()?;
/// let client = wireline::Client::builder().resolver(resolver).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct ResolverBuilder {
    setup: Setup,
    deadline: Option<Duration>,
    /// The first choice that could not be understood.
    error: Option<DnsError>,
}

impl Resolver {
    /// Chooses servers, times, files and the rest.
    pub fn builder() -> ResolverBuilder {
        ResolverBuilder::new()
    }
}

impl ResolverBuilder {
    fn new() -> Self {
        Self { setup: Setup::default(), deadline: None, error: None }
    }

    /// Asks these servers and not the machine's, over UDP and, where an answer is too long for it, TCP. Two are asked at
    /// once; which two is decided by how well they have answered so far, so that a silent one is left. An empty list is a
    /// resolver that knows the hosts file only.
    pub fn name_servers(mut self, servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.setup.source = Source::Servers(servers.into_iter().collect());
        self
    }

    /// With more than two servers: the next two for every question, in a ring. Off by default.
    pub fn rotate(mut self, rotate: bool) -> Self {
        self.setup.rotate = rotate;
        self
    }

    /// For how long one try waits, a day at most; 2 s by default.
    pub fn try_timeout(mut self, wait: Duration) -> Self {
        self.setup.try_timeout = wait;
        self
    }

    /// How many tries a question has, the first one counted; 2 by default, 0 is taken for 1. A name server that is down
    /// costs a try where there are more than two.
    pub fn tries(mut self, tries: u32) -> Self {
        self.setup.tries = tries.max(1);
        self
    }

    /// How long a look-up may take in all, aliases and search list included. By default what the tries may take and one
    /// second more: 5 s where nothing was chosen ([`DNS_DEADLINE`](super::setup::DNS_DEADLINE)).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Whether the machine's search list is tried for names without a final dot. Off by default: a name meant for the
    /// internet would be asked for below the local domain too.
    pub fn search(mut self, search: bool) -> Self {
        self.setup.search = if search { Search::System } else { Search::Off };
        self
    }

    /// Tries these domains for names without a final dot, in this order, in place of the machine's list.
    pub fn search_domains<'a>(mut self, domains: impl IntoIterator<Item = &'a str>) -> Self {
        match domains.into_iter().map(domain).collect() {
            Ok(domains) => self.setup.search = Search::Domains(domains),
            Err(error) => _ = self.error.get_or_insert(error),
        }
        self
    }

    /// With a search list: names with at least so many dots are tried as they are first. By default what the machine
    /// says, or 1.
    pub fn ndots(mut self, dots: usize) -> Self {
        self.setup.ndots = Some(dots);
        self
    }

    /// Whether the machine's hosts file comes before DNS. On by default.
    pub fn hosts_file(mut self, read: bool) -> Self {
        self.setup.hosts = if read { HostsFrom::System } else { HostsFrom::Nowhere };
        self
    }

    /// Reads another hosts file. If it cannot be read, look-ups fail with [`DnsErrorKind::Other`].
    pub fn hosts_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.setup.hosts = HostsFrom::File(path.into());
        self
    }

    /// Takes this text for the hosts file.
    pub fn hosts_text(mut self, text: &str) -> Self {
        self.setup.hosts = HostsFrom::Text(Arc::new(Hosts::parse(text)));
        self
    }

    /// How many answers are kept, on each runtime; 256 by default. With 0 every question is asked.
    pub fn cache_size(mut self, answers: u64) -> Self {
        self.setup.cache = answers;
        self
    }

    /// For how long an answer is kept at most; 5 min by default. Less where its TTLs say so, but at least 1 s. That there is
    /// nothing is kept for as long as the zone says, at most 10 s.
    pub fn max_ttl(mut self, ttl: Duration) -> Self {
        self.setup.max_ttl = ttl;
        self
    }

    /// The resolver.
    ///
    /// # Errors
    /// [`DnsErrorKind::BadName`]: a search domain that can be no name.
    pub fn build(self) -> Result<Resolver, DnsError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let deadline = self.whole();
        Ok(Resolver::new(Setup { deadline, ..self.setup }))
    }

    fn whole(&self) -> Duration {
        let all_tries = self.setup.try_timeout.saturating_mul(self.setup.tries);
        self.deadline.unwrap_or(all_tries.saturating_add(Duration::from_secs(1)))
    }
}

fn domain(text: &str) -> Result<Name, DnsError> {
    let fail = |why| {
        let error = DnsError::new(DnsErrorKind::BadName, text, super::resolve::Family::V6);
        error.of_any_family().with_source(why)
    };
    check_query(text).and_then(|()| translate::name(text, true)).map_err(fail)
}

impl std::fmt::Debug for ResolverBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResolverBuilder").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::DNS_DEADLINE;
    use crate::net::dns::record::RecordType;

    #[test]
    fn the_deadline_follows_the_tries() {
        let second = Duration::from_secs(1);
        assert_eq!(ResolverBuilder::new().whole(), DNS_DEADLINE);
        assert_eq!(ResolverBuilder::new().try_timeout(second).tries(3).whole(), second * 4);
        assert_eq!(ResolverBuilder::new().tries(0).whole(), second * 3);
        assert_eq!(ResolverBuilder::new().deadline(second).tries(9).whole(), second);
        assert_eq!(ResolverBuilder::new().try_timeout(Duration::MAX).whole(), Duration::MAX);
    }

    /// A silent server and endless patience: the deadline ends it, and nothing is added to a clock that does not fit.
    #[tokio::test]
    async fn times_that_no_clock_can_tell_are_as_good_as_others() {
        let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let asked = Resolver::builder()
            .name_servers([silent.local_addr().unwrap()])
            .try_timeout(Duration::MAX)
            .tries(u32::MAX)
            .max_ttl(Duration::MAX)
            .deadline(Duration::from_millis(50))
            .build()
            .unwrap();
        let error = asked.query("a.test", RecordType::Mx).await.unwrap_err();
        assert_eq!(error.kind(), DnsErrorKind::Timeout);
        let error = asked.resolve("a.test", 80, None).await.unwrap_err();
        assert_eq!(error.kind(), DnsErrorKind::Timeout);
    }

    #[test]
    fn a_search_domain_must_be_a_name() {
        let error = Resolver::builder().search_domains(["a.test", "b..test"]).build().unwrap_err();
        let told =
            "looking up \"b..test\": this can be no host name: two dots in a row, or one in front";
        assert_eq!((error.kind(), error.to_string().as_str()), (DnsErrorKind::BadName, told));
        assert!(Resolver::builder().search_domains(["a.test."]).build().is_ok());
    }
}
