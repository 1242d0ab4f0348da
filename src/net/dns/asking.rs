//! One look-up of addresses: A and AAAA as two questions, each answered as soon as it can be, from the hosts file, the
//! cache, or the name servers.
//!
//! In: an [`Engine`], a host, which families. Out: a [`Resolution`]. Nothing happens before the first poll, which says
//! what runtime this is. No answer is waited for longer than the engine's deadline, whatever hickory is up to.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RecordType;

use crate::net::deadline::{Deadline, Timer};

use super::engine::Engine;
use super::hosts::Hosts;
use super::resolve::{
    Answer, DnsError, DnsErrorKind, Family, Resolution, Resolve, addresses, failed,
};
use super::setup::Local;
use super::system::{SystemResolver, loopback};
use super::translate;

/// Asks for the addresses of `host`, or for those of one family.
pub(super) fn ask(engine: &Arc<Engine>, host: &str, port: u16, only: Option<Family>) -> Resolution {
    loopback(host, port).unwrap_or_else(|| {
        let (engine, host) = (engine.clone(), host.to_owned());
        Box::pin(Asking { engine, host, port, only, state: State::Asleep, timer: Timer::new() })
    })
}

struct Asking {
    engine: Arc<Engine>,
    host: String,
    port: u16,
    only: Option<Family>,
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
                State::Asleep => this.state = this.begin(),
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
    fn begin(&self) -> State {
        let fail = |kind, source| State::Handed(failed(kind, &self.host, Some(source)));
        let known = match self.engine.local() {
            Ok(Local::Hickory(known)) => known,
            Ok(Local::System) => {
                return State::Handed(SystemResolver.resolve(&self.host, self.port));
            }
            Err(error) => return fail(DnsErrorKind::Other, error),
        };
        let name = match self.engine.name(&self.host) {
            Ok(name) => name,
            Err(reason) => return fail(DnsErrorKind::BadName, reason.into()),
        };
        if let Some(found) = from_hosts(&known.hosts, &self.host, self.port) {
            return State::Handed(addresses(&self.host, found));
        }
        let half = |family, kind| -> Option<Half> {
            if self.only.is_some_and(|only| only != family) {
                return None;
            }
            let (known, name) = (known.clone(), name.clone());
            Some(Box::pin(async move { known.resolver.lookup(name, kind).await }))
        };
        // RFC 8305 §3: AAAA first, A right behind it.
        State::Asked {
            v6: half(Family::V6, RecordType::AAAA),
            v4: half(Family::V4, RecordType::A),
            by: self.engine.deadline(),
        }
    }
}

/// Both families of the hosts file, if it knows the name in either.
fn from_hosts(hosts: &Hosts, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    let ips = hosts.addresses(host);
    (!ips.is_empty()).then(|| ips.iter().map(|&ip| SocketAddr::new(ip, port)).collect())
}

fn take(
    found: Result<Lookup, NetError>,
    host: &str,
    port: u16,
    family: Family,
) -> Result<Vec<SocketAddr>, DnsError> {
    let found = found.map(|lookup| translate::addresses(&lookup, port)).map_err(|error| {
        DnsError::new(translate::kind_of(&error), host, family).with_source(error)
    })?;
    if found.is_empty() {
        return Err(DnsError::new(DnsErrorKind::NoData, host, family));
    }
    Ok(found)
}
