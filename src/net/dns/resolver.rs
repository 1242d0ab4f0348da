//! DNS as a part of its own, in the role aiodns has for Python: addresses, records of any type, names of addresses.
//!
//! In: a name and what is wanted of it. Out: addresses, or [`Records`] with their TTLs, or a [`DnsError`] whose kind a
//! program can match on. Answers come from the hosts file (addresses and their names only), the cache, and the name
//! servers of this machine or those that were chosen. No type of the library behind it is public. Nothing is asked that
//! the caller has not asked for: no search list unless it is wished, no public server ever.

use std::fmt;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::time::timeout;

use super::asking::ask;
use super::engine::Engine;
use super::lookup::{check_query, lookup};
use super::record::{RecordData, RecordType, Records};
use super::resolve::{DnsError, DnsErrorKind, Family, Resolution, Resolve};
use super::setup::{Local, Setup};
use super::translate;

/// Asks DNS. Clones are cheap and share their caches.
///
/// It is the resolver of a client by default, with the defaults of
/// [`ResolverBuilder`](crate::dns::ResolverBuilder); one that was made otherwise is
/// given to [`ClientBuilder::resolver`](crate::ClientBuilder::resolver). It works without a client as well:
///
/// ```no_run
/// use wireline::dns::{RecordData, RecordType, Resolver};
///
/// # async fn f() -> Result<(), wireline::dns::DnsError> {
/// let resolver = Resolver::from_system();
/// for address in resolver.resolve("example.com", 443, None).await? {
///     println!("{address}");
/// }
/// for record in resolver.query("example.com", RecordType::Mx).await?.data() {
///     if let RecordData::Mx { preference, exchange } = record {
///         println!("{preference} {exchange}");
///     }
/// }
/// println!("{:?}", resolver.reverse([192, 0, 2, 1].into()).await?);
/// # Ok(())
/// # }
/// ```
///
/// The machine's configuration and hosts file are read at the first look-up on each runtime, and again after
/// [`reload`](Self::reload). A machine without a configuration that can be read (`/etc/resolv.conf`, Windows' registry)
/// answers by getaddrinfo, and has no records.
///
/// All methods want a tokio runtime with its timer and I/O, and may be used on several, one after the other or at once:
/// each has a cache of its own. Dropping a future gives the look-up up. None takes longer than
/// [`deadline`](crate::dns::ResolverBuilder::deadline), but for getaddrinfo's.
#[derive(Clone)]
pub struct Resolver(Arc<Engine>);

impl Resolver {
    /// Asks the name servers this machine is set up for. Reads nothing yet.
    pub fn from_system() -> Resolver {
        Resolver::new(Setup::default())
    }

    pub(super) fn new(setup: Setup) -> Resolver {
        Resolver(Arc::new(Engine::new(setup)))
    }

    /// The addresses of `host` with `port`: of one family, or with `None` of both, IPv6 in front. They are at most 64
    /// a family.
    ///
    /// An IP address is its own answer, `localhost` is loopback, the hosts file comes before DNS. It waits for both
    /// families; a client does not, it has [`Resolve`].
    ///
    /// # Errors
    /// [`DnsErrorKind::NoData`] for a host that has no address of that family, and any other kind. With `None`, one family
    /// is enough.
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
        family: Option<Family>,
    ) -> Result<Vec<SocketAddr>, DnsError> {
        let mut resolution = lookup(&Only { engine: self.0.clone(), family }, host, port);
        let (mut found, mut failure) = (Vec::new(), None::<DnsError>);
        while let Some(answer) = poll_fn(|cx| resolution.as_mut().poll_next(cx)).await {
            if family.is_some_and(|family| family != answer.family) {
                continue;
            }
            match answer.result {
                Ok(addresses) => found.extend(addresses.into_iter().map(|a| (answer.family, a))),
                Err(error) => failure = Some(worse(failure, error)),
            }
        }
        if found.is_empty() {
            let error = DnsError::new(DnsErrorKind::NoData, host, Family::V6).of_any_family();
            return Err(failure.unwrap_or(error));
        }
        // The quicker family has come first.
        found.sort_by_key(|(family, _)| *family == Family::V4);
        Ok(found.into_iter().map(|(_, address)| address).collect())
    }

    /// The records of that type that DNS has for `name`, with their TTLs, and the CNAME records that led there. The hosts
    /// file is not looked at.
    ///
    /// `name` is any name of DNS in ASCII (underscores and `/` too, `.` is the root); it is absolute unless a search list
    /// was chosen.
    ///
    /// # Errors
    /// [`DnsErrorKind`]: `NxDomain` and `NoData` are DNS's own no, `BadName` is ours, all others say that nobody knows.
    /// Where the machine has no configuration: `Io`.
    pub async fn query(&self, name: &str, record_type: RecordType) -> Result<Records, DnsError> {
        let fail = |kind| DnsError::of_type(kind, name, record_type.name());
        check_query(name).map_err(|why| fail(DnsErrorKind::BadName).with_source(why))?;
        let asked = self.0.name(name);
        let asked = asked.map_err(|why| fail(DnsErrorKind::BadName).with_source(why))?;
        let local = self.0.local().map_err(|error| fail(DnsErrorKind::Other).with_source(error))?;
        let Local::Hickory(known) = local else {
            return Err(fail(DnsErrorKind::Io).with_source(NO_CONFIGURATION));
        };
        let answer = known.resolver.lookup(asked, translate::record_type(record_type));
        let answer = timeout(self.0.patience(), answer).await;
        let lookup = answer
            .map_err(|_| fail(DnsErrorKind::Timeout))?
            .map_err(|error| fail(translate::kind_of(&error)).with_source(error))?;
        translate::records(&lookup, record_type).ok_or_else(|| fail(DnsErrorKind::NoData))
    }

    /// The names of an address: those of the hosts file if it has any, else those of its PTR records.
    ///
    /// They are what the owner of the address says, no proof of anything.
    ///
    /// # Errors
    /// Those of [`query`](Self::query) for the [`reverse_name`] of `ip`.
    pub async fn reverse(&self, ip: IpAddr) -> Result<Vec<String>, DnsError> {
        if let Ok(Local::Hickory(known)) = self.0.local() {
            let names = known.hosts.names(ip);
            if !names.is_empty() {
                return Ok(names.to_vec());
            }
        }
        let records = self.query(&reverse_name(ip), RecordType::Ptr).await?;
        let names = records.data().filter_map(|data| match data {
            RecordData::Ptr(name) => Some(name.clone()),
            _ => None,
        });
        Ok(names.collect())
    }

    /// Forgets all answers.
    pub fn clear_cache(&self) {
        self.0.clear_cache(None);
    }

    /// Forgets the answers about one name, of all types; that it is an alias is an answer about it, what the alias stands
    /// for is another name.
    pub fn clear_cache_of(&self, name: &str) {
        if let Ok(name) = self.0.name(name) {
            self.0.clear_cache(Some(&name));
        }
    }

    /// Reads the machine's configuration and the hosts file anew, at the next look-up on each runtime, and forgets all
    /// answers. Look-ups under way end as they began.
    pub fn reload(&self) {
        self.0.reload();
    }
}

/// The name whose PTR records name an address: `1.2.0.192.in-addr.arpa` (RFC 1035 §3.5, RFC 3596 §2.5).
pub fn reverse_name(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            let halves = ip.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            halves.map(|half| format!("{half:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

const NO_CONFIGURATION: &str =
    "this machine has no configuration of DNS that can be read; choose name servers";

impl Resolve for Resolver {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        ask(&self.0, host, port, None)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// A resolver that asks for one family where only one is wanted.
struct Only {
    engine: Arc<Engine>,
    family: Option<Family>,
}

impl Resolve for Only {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        ask(&self.engine, host, port, self.family)
    }
}

/// What to tell of two failures: "no IPv6 address" is no news beside a time-out, and the same twice is one.
fn worse(before: Option<DnsError>, error: DnsError) -> DnsError {
    match before {
        Some(before) if before.kind() == error.kind() => before.of_any_family(),
        Some(before) if error.kind() == DnsErrorKind::NoData => before,
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s_101_without_a_configuration_there_are_no_records_and_an_error_says_why() {
        let missing = || Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
        let source = crate::net::dns::setup::Source::System(missing);
        let resolver = Resolver::new(Setup { source, ..Setup::default() });
        let error = resolver.query("example.com", RecordType::Txt).await.unwrap_err();
        assert_eq!(error.kind(), DnsErrorKind::Io);
        let why = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(why.as_deref(), Some(NO_CONFIGURATION));
        assert!(resolver.resolve("localhost", 80, None).await.is_ok());
    }

    #[test]
    fn names_of_addresses() {
        assert_eq!(reverse_name([192, 0, 2, 1].into()), "1.2.0.192.in-addr.arpa");
        let v6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        assert_eq!(reverse_name("2001:db8::1".parse().unwrap()), v6);
    }

    #[test]
    fn the_failure_that_says_more_is_told() {
        let error = |kind, family| DnsError::new(kind, "h", family);
        let none = error(DnsErrorKind::NoData, Family::V6);
        let late = error(DnsErrorKind::Timeout, Family::V4);
        for (first, second) in [(&none, &late), (&late, &none)] {
            assert_eq!(worse(Some(first.clone()), second.clone()).kind(), DnsErrorKind::Timeout);
        }
        let both = worse(Some(none.clone()), error(DnsErrorKind::NoData, Family::V4));
        assert_eq!(both.to_string(), "looking up \"h\": the name has no address");
        assert_eq!((both.family(), both.record_type()), (None, None));
    }
}
