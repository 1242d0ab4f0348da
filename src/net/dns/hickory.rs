//! Asynchronous DNS: hickory as a [`Resolve`], in the role aiodns plays for aiohttp.
//!
//! In: a name. Out: A and AAAA as two questions, each answered as soon as it can be, from the hosts
//! file, the cache, or the name servers of this machine. No type of hickory is public. No answer is
//! waited for longer than [`DnsOptions::deadline`], whatever hickory is up to.
//!
//! Facts about hickory that this file is built around, each found by running it:
//!
//! - It spawns tasks of its own for a look-up, so a resolver is tied to the runtime it was first
//!   used on. One is kept for every runtime that asks.
//! - `attempts` counts *re*tries, and the order of servers must stay the statistical one with two
//!   requests at a time, or a silent first server is never left.
//! - `lookup_ip` waits for both families, which is not what RFC 8305 §3 wants.
//! - The hosts file is looked up by family: a name that has only an IPv4 line would still be asked
//!   for on the network. So it is looked up here, for both, before any question is sent.
//! - Without a final dot the search list is appended, and a name meant for the internet is asked
//!   for below the local domain; so the dot is set unless [`DnsOptions::search`] is.
//!
//! The machine's configuration and its hosts file are read once for each runtime
//! (`hickory_setup.rs`). Where there is no configuration, getaddrinfo answers; never a public
//! server nobody chose.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use hickory_resolver::Hosts;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError as HickoryDnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::net::deadline::{Deadline, Timer};

use super::hickory_setup::{DnsOptions, Local, Source, build};
use super::resolve::{
    Answer, DnsError, DnsErrorKind, Family, Resolution, Resolve, addresses, failed,
};
use super::system::{SystemResolver, loopback};

/// How many addresses of one answer are looked at; no honest answer has more, a hostile one of 64
/// KiB has thousands.
const MAX_RECORDS: usize = 64;

/// For how many runtimes a resolver is kept; then the oldest goes, with its cache.
const MAX_RUNTIMES: usize = 16;

/// Looks names up with hickory. Clones share their caches.
#[derive(Clone)]
pub struct HickoryResolver(Arc<Inner>);

struct Inner {
    source: Source,
    options: DnsOptions,
    /// One for each runtime, the oldest first.
    resolvers: Mutex<Vec<(Id, Local)>>,
}

impl HickoryResolver {
    /// Asks the name servers this machine is set up for.
    pub fn from_system(options: DnsOptions) -> Self {
        Self::new(Source::system(), options)
    }

    /// Asks these servers, over UDP and, when an answer is too long for it, TCP.
    pub fn with_servers(servers: &[SocketAddr], options: DnsOptions) -> Self {
        Self::new(Source::Servers(servers.to_vec()), options)
    }

    fn new(source: Source, options: DnsOptions) -> Self {
        Self(Arc::new(Inner { source, options, resolvers: Mutex::default() }))
    }
}

impl std::fmt::Debug for HickoryResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HickoryResolver").field("options", &self.0.options).finish_non_exhaustive()
    }
}

impl Resolve for HickoryResolver {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        loopback(host, port).unwrap_or_else(|| {
            let (resolver, host) = (self.0.clone(), host.to_owned());
            Box::pin(Asking { resolver, host, port, state: State::Asleep, timer: Timer::new() })
        })
    }
}

impl Inner {
    /// The resolver of the runtime that polls.
    fn local(&self) -> Result<Local, Box<dyn std::error::Error + Send + Sync>> {
        let runtime = Handle::try_current()?.id();
        let mut resolvers = self.resolvers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, local)) = resolvers.iter().find(|(id, _)| *id == runtime) {
            return Ok(local.clone());
        }
        let local = build(&self.source, &self.options)?;
        if resolvers.len() >= MAX_RUNTIMES {
            resolvers.remove(0);
        }
        resolvers.push((runtime, local.clone()));
        Ok(local)
    }
}

/// A look-up: nothing happens before the first poll, which says what runtime this is.
struct Asking {
    resolver: Arc<Inner>,
    host: String,
    port: u16,
    state: State,
    timer: Timer,
}

enum State {
    Asleep,
    Asked {
        v6: Option<Half>,
        v4: Option<Half>,
        by: Deadline,
    },
    /// Somebody else answers, or nobody.
    Handed(Resolution),
}

type Half = Pin<Box<dyn Future<Output = Result<Lookup, NetError>> + Send>>;

impl Stream for Asking {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Asleep => this.state = this.ask(),
                State::Handed(resolution) => return resolution.as_mut().poll_next(cx),
                State::Asked { v6: None, v4: None, .. } => return Poll::Ready(None),
                State::Asked { v6, v4, by } => {
                    for (family, half) in [(Family::V6, v6), (Family::V4, v4)] {
                        let Some(asked) = half else { continue };
                        let late = match asked.as_mut().poll(cx) {
                            Poll::Ready(found) => {
                                Some(self::take(found, &this.host, this.port, family))
                            }
                            Poll::Pending => this.timer.poll(cx, *by).is_ready().then(|| {
                                Err(DnsError::new(DnsErrorKind::Timeout, &this.host, family))
                            }),
                        };
                        if let Some(result) = late {
                            *half = None;
                            return Poll::Ready(Some(Answer { family, result }));
                        }
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

impl Asking {
    fn ask(&self) -> State {
        let known = match self.resolver.local() {
            Ok(Local::Hickory(known)) => known,
            Ok(Local::System) => {
                return State::Handed(SystemResolver.resolve(&self.host, self.port));
            }
            Err(error) => {
                return State::Handed(failed(DnsErrorKind::Other, &self.host, Some(error)));
            }
        };
        let mut text = self.host.clone();
        if !self.resolver.options.search && !text.ends_with('.') {
            text.push('.');
        }
        // Not `from_str`, which applies IDNA and so refuses the underscores real hosts have.
        let name = match Name::from_ascii(&text) {
            Ok(name) => name,
            Err(error) => {
                return State::Handed(failed(
                    DnsErrorKind::BadName,
                    &self.host,
                    Some(error.into()),
                ));
            }
        };
        if let Some(found) = from_hosts(&known.hosts, &name, self.port) {
            return State::Handed(addresses(&self.host, found));
        }
        let half = |kind| -> Option<Half> {
            let (known, name) = (known.clone(), name.clone());
            Some(Box::pin(async move { known.resolver.lookup(name, kind).await }))
        };
        // RFC 8305 §3: AAAA first, A right behind it.
        let by = Deadline::after(Instant::now(), self.resolver.options.deadline);
        State::Asked { v6: half(RecordType::AAAA), v4: half(RecordType::A), by }
    }
}

/// Both families of the hosts file, if it knows the name in either.
fn from_hosts(hosts: &Hosts, name: &Name, port: u16) -> Option<Vec<SocketAddr>> {
    let found: Vec<_> = [RecordType::AAAA, RecordType::A]
        .into_iter()
        .filter_map(|kind| hosts.lookup_static_host(&Query::query(name.clone(), kind)))
        .flat_map(|lookup| records(&lookup, port))
        .collect();
    (!found.is_empty()).then_some(found)
}

fn records(lookup: &Lookup, port: u16) -> Vec<SocketAddr> {
    let ip = |data: &RData| match data {
        RData::A(a) => Some(IpAddr::V4(a.0)),
        RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
        _ => None,
    };
    let found = lookup.answers().iter().filter_map(|record| ip(&record.data));
    found.take(MAX_RECORDS).map(|ip| SocketAddr::new(ip, port)).collect()
}

fn take(
    found: Result<Lookup, NetError>,
    host: &str,
    port: u16,
    family: Family,
) -> Result<Vec<SocketAddr>, DnsError> {
    let found = found
        .map(|lookup| records(&lookup, port))
        .map_err(|error| DnsError::new(classify(&error), host, family).with_source(error))?;
    if found.is_empty() {
        return Err(DnsError::new(DnsErrorKind::NoData, host, family));
    }
    Ok(found)
}

fn classify(error: &NetError) -> DnsErrorKind {
    let by_code = |code: ResponseCode| match code {
        ResponseCode::NXDomain => DnsErrorKind::NxDomain,
        ResponseCode::NoError => DnsErrorKind::NoData,
        ResponseCode::ServFail => DnsErrorKind::ServFail,
        ResponseCode::Refused => DnsErrorKind::Refused,
        _ => DnsErrorKind::Other,
    };
    match error {
        NetError::Timeout => DnsErrorKind::Timeout,
        NetError::Io(_) => DnsErrorKind::Io,
        NetError::Dns(HickoryDnsError::NoRecordsFound(none)) => by_code(none.response_code),
        NetError::Dns(HickoryDnsError::ResponseCode(code)) => by_code(*code),
        _ => DnsErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s_101_without_a_configuration_the_system_answers_and_no_public_server() {
        let missing = || Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
        let resolver = HickoryResolver::new(Source::System(missing), DnsOptions::default());
        assert!(matches!(resolver.0.local(), Ok(Local::System)));
    }

    #[tokio::test]
    async fn one_resolver_for_each_runtime_and_no_more_than_that() {
        let server = "127.0.0.1:9".parse().unwrap();
        let resolver = HickoryResolver::with_servers(&[server], DnsOptions::default());
        for _ in 0..2 {
            assert!(resolver.0.local().is_ok());
        }
        assert_eq!(resolver.0.resolvers.lock().unwrap().len(), 1);
        let inner = resolver.0.clone();
        let others = std::thread::spawn(move || {
            for _ in 0..MAX_RUNTIMES + 3 {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                assert!(runtime.block_on(async { inner.local().is_ok() }));
            }
        });
        others.join().unwrap();
        assert_eq!(resolver.0.resolvers.lock().unwrap().len(), MAX_RUNTIMES);
    }

    #[test]
    fn the_hosts_file_answers_for_both_families_or_for_none() {
        let mut hosts = Hosts::default();
        hosts
            .read_hosts_conf(&b"127.0.0.55 pinned.test other.test\n::5 pinned.test\n"[..])
            .unwrap();
        let ask = |name| from_hosts(&hosts, &Name::from_ascii(name).unwrap(), 80);
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let both = vec![address("[::5]:80"), address("127.0.0.55:80")];
        assert_eq!(ask("PINNED.test."), Some(both));
        assert_eq!(ask("other.test."), Some(vec![address("127.0.0.55:80")]));
        assert_eq!(ask("third.test."), None);
    }

    #[test]
    fn outside_of_a_runtime_it_is_an_error() {
        let resolver = HickoryResolver::with_servers(&[], DnsOptions::default());
        assert!(resolver.0.local().is_err());
    }
}
