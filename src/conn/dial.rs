//! Building a connection: look the host up, race to its addresses, pass through a proxy if there is one, shake hands.
//!
//! In go a route and the means of a client; out comes a fresh [`Connection`], or a [`DialError`] that says which step
//! failed, with whom, and what had been tried. One deadline covers all steps. Dropping the future closes every socket it
//! opened.
//!
//! Next: [`crate::pool`]

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::runtime;
use tokio::time::{Instant, timeout_at};

use crate::h1::{Limits, Tolerance};
use crate::message::{RequestHead, Scheme, percent};
use crate::net::{
    AddressPolicy, Attempt, AttemptOutcome, BoxedWire, ConnectError, ConnectOptions, ConnectTo,
    Deadline, DialStep, Overrides, Purpose, Resolution, Resolve, Secure, UnixAddress, Watcher,
    first_address, lookup, unix,
};

use super::clock::{Clock, Expired};
use super::connection::{Connection, ConnectionInfo, ProxyInfo};
use super::dial_error::{DialCause, DialError};
use super::failure::Phase;
use super::reach::{HopTls, Reached, reach};
use super::route::{Passage, RouteView};
use super::tunnel::{self, NoTunnel};
use super::via::{Via, ViaKind};

/// What connections are built with.
#[derive(Clone)]
pub struct Means {
    /// Finds addresses.
    pub resolver: Overrides<Arc<dyn Resolve>>,
    /// Other places for origins; a proxy is where it is.
    pub connect_to: ConnectTo,
    /// How sockets are made and raced.
    pub connect: ConnectOptions,
    /// Tells these means from all others of this process, in the pool's key.
    pub identity: u64,
}

/// What it takes to pass through a proxy: needed for a route that is a tunnel.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// TLS to the proxy itself.
    pub secure: Option<&'a dyn Secure>,
    /// The CONNECT request, for a proxy that speaks HTTP.
    pub request: &'a RequestHead,
    /// How its reply is read.
    pub guards: (Limits, Tolerance),
}

/// How far it got.
#[derive(Default)]
struct Progress {
    info: ConnectionInfo,
    step: Step,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Step {
    /// Finding and reaching the next hop.
    #[default]
    Reach,
    /// TLS with the proxy.
    ProxyTls,
    /// Being passed on by the proxy.
    Tunnel,
    /// Finding the origin for a proxy that wants an address.
    Resolve,
    /// TLS with the other end.
    Tls,
}

/// Builds a connection for `route`, with `secure` for TLS, inside `limit` for all steps together and inside `total`.
/// `watch` is told of the steps.
///
/// # Errors
/// [`DialError`]. Cancel safe in the sense that nothing is left behind.
pub async fn dial(
    route: RouteView<'_>,
    means: &Means,
    secure: Option<&dyn Secure>,
    opening: Option<Opening<'_>>,
    limit: Option<Duration>,
    total: Deadline,
    watch: Watcher<'_>,
) -> Result<Connection, DialError> {
    let begun = Instant::now();
    let connect = limit.map_or(Deadline::none(), |wait| Deadline::after(begun, wait));
    let mut progress = Progress::default();
    progress.info.proxy = route.passage.map(|passage| ProxyInfo::new(&passage.via));
    let building = build(route, means, secure, opening, begun, &mut progress, watch);
    let built = match connect.sooner(total).instant() {
        None => building.await,
        Some(at) => match timeout_at(at, building).await {
            Ok(built) => built,
            Err(_) => {
                tell_abandoned(&progress.info, watch);
                Err(DialCause::TimedOut(match total.passed(at) {
                    true => Expired::total(total),
                    false => Expired::new(Clock::Connect, limit),
                }))
            }
        },
    };
    match built {
        Ok(wire) => Ok(Connection::new(wire, progress.info, runtime::Handle::current().id())),
        Err(cause) => Err(progress.failed(cause, &route)),
    }
}

async fn build(
    route: RouteView<'_>,
    means: &Means,
    secure: Option<&dyn Secure>,
    opening: Option<Opening<'_>>,
    begun: Instant,
    progress: &mut Progress,
    watch: Watcher<'_>,
) -> Result<BoxedWire, DialCause> {
    let secure = match (route.scheme, secure) {
        (Scheme::Http, _) => None,
        (Scheme::Https, Some(secure)) => Some(secure),
        (Scheme::Https, None) => {
            progress.step = Step::Tls;
            return Err(DialCause::NoTls);
        }
    };
    let tunnel = route.tunnel().map(|passage| &*passage.via);
    let info = &mut progress.info;
    let before = route.passage.and_then(|passage| passage.via.before.as_deref());
    let early = before.is_some() || tunnel.is_none() && means.connect.announcement.is_some();
    let tls = if early { None } else { hop_tls(route, secure, opening) };
    let (mut wire, raced) = match &means.connect.unix_socket {
        None => reach_hop(route, means, tls, info, watch).await?,
        Some(socket) => (reach_unix(socket, means, info).await?, None),
    };
    info.connect = Some(begun.elapsed().saturating_sub(raced.unwrap_or_default()));
    if let (Some(before), Some(Passage { via, .. })) = (before, route.passage) {
        wire = shake(before, wire, (via.uri.host(), via.uri.zone(), via.port), means, progress)
            .await?;
        progress.step = Step::Reach;
    }
    if let (Some(via), Some(opening)) = (tunnel, opening) {
        let connected = Instant::now();
        if raced.is_none() {
            wire = greet(via, wire, opening, progress, watch).await?;
        }
        wire = pass(via, wire, route, means, opening, progress, watch).await?;
        let took = connected.elapsed();
        if let Some(proxy) = &mut progress.info.proxy {
            proxy.tunnel = Some(took + raced.unwrap_or_default());
        }
        watch.tell(DialStep::Tunnelled { target: &route.to_string(), took });
    }
    if let Some(announcement) =
        means.connect.announcement.filter(|_| tunnel.is_some() || route.passage.is_none())
    {
        let line = announcement.line(wire.local_addr(), wire.peer_addr());
        let sent = async {
            wire.write_all(line.as_bytes()).await?;
            wire.flush().await
        };
        sent.await.map_err(|error| DialCause::Tunnel(NoTunnel::Io(error)))?;
    }
    match (secure, raced) {
        (None, _) => Ok(wire),
        (Some(_), Some(took)) if tunnel.is_none() => {
            progress.info.handshake = Some(took);
            Ok(wire)
        }
        (Some(secure), _) => {
            progress.step = Step::Tls;
            let (wire, took) = handshake(secure, route.host, wire, watch).await?;
            progress.info.handshake = Some(took);
            Ok(wire)
        }
    }
}

/// TLS with the next hop, if it has any.
fn hop_tls<'a>(
    route: RouteView<'a>,
    secure: Option<&'a dyn Secure>,
    opening: Option<Opening<'a>>,
) -> Option<HopTls<'a>> {
    match route.tunnel() {
        None => secure.map(|secure| HopTls { secure, name: route.host }),
        Some(Passage { via, .. }) if via.scheme() == Scheme::Https => {
            let secure = opening?.secure?;
            Some(HopTls { secure, name: via.uri.host() })
        }
        Some(_) => None,
    }
}

/// A connection to the next hop, which is a proxy if there is one.
async fn reach_hop(
    route: RouteView<'_>,
    means: &Means,
    tls: Option<HopTls<'_>>,
    info: &mut ConnectionInfo,
    watch: Watcher<'_>,
) -> Result<Reached, DialCause> {
    let (host, zone, port) = match route.tunnel() {
        None => place(means, &route),
        Some(Passage { via, .. }) => (via.uri.host(), via.uri.zone(), via.port),
    };
    let before = route.passage.and_then(|passage| passage.via.before.as_deref());
    let before = before.map(|via| (via.uri.host(), via.uri.zone(), via.port));
    let (host, zone, port) = before.unwrap_or((host, zone, port));
    let purpose = if route.passage.is_some() { Purpose::Proxy } else { Purpose::Origin };
    let options = match means.connect.policy.is_any() {
        true => Cow::Borrowed(&means.connect),
        false => {
            let policy = means.connect.policy.asked_for(host, port, purpose);
            Cow::Owned(ConnectOptions { policy, ..means.connect.clone() })
        }
    };
    let resolution = find(means, host, zone, port);
    let reached = reach(resolution, &options, tls, &mut info.log, watch).await;
    info.dns = info.log.dns.first().map(|record| record.took);
    reached.map_err(DialCause::Connect)
}

/// A connection to the socket that stands in for all hosts.
async fn reach_unix(
    socket: &Arc<UnixAddress>,
    means: &Means,
    info: &mut ConnectionInfo,
) -> Result<BoxedWire, DialCause> {
    info.unix_socket = Some(Arc::clone(socket));
    let connected = unix::connect(socket, &means.connect).await;
    connected.map_err(|error| {
        DialCause::Connect(ConnectError::Unix { socket: Arc::clone(socket), error })
    })
}

/// The wire inside TLS, and how long it took.
async fn handshake(
    secure: &dyn Secure,
    name: &str,
    wire: BoxedWire,
    watch: Watcher<'_>,
) -> Result<(BoxedWire, Duration), DialCause> {
    let begun = Instant::now();
    let wire = secure.secure(name, wire).await.map_err(DialCause::Tls)?;
    let took = begun.elapsed();
    if let Some(tls) = wire.tls() {
        watch.tell(DialStep::Secured { tls, took });
    }
    Ok((wire, took))
}

/// Time is up: the attempts of a race that nobody won are over.
fn tell_abandoned(info: &ConnectionInfo, watch: Watcher<'_>) {
    let running = |attempt: &&Attempt| attempt.outcome.is_abandoned();
    if info.connect.is_none() {
        let cut_off = info.log.attempts.iter().filter(running);
        cut_off.for_each(|attempt| watch.tell(DialStep::Attempted(attempt)));
    }
}

/// TLS with the proxy, where it has it. The proxy proves its own name, the origin will prove its own (S-82).
async fn greet(
    via: &Via,
    wire: BoxedWire,
    opening: Opening<'_>,
    progress: &mut Progress,
    watch: Watcher<'_>,
) -> Result<BoxedWire, DialCause> {
    if via.scheme() != Scheme::Https {
        return Ok(wire);
    }
    progress.step = Step::ProxyTls;
    let secure = opening.secure.ok_or(DialCause::NoTls)?;
    Ok(handshake(secure, via.uri.host(), wire, watch).await?.0)
}

/// From a connection to the proxy to one with the origin.
async fn pass(
    via: &Via,
    wire: BoxedWire,
    route: RouteView<'_>,
    means: &Means,
    opening: Opening<'_>,
    progress: &mut Progress,
    watch: Watcher<'_>,
) -> Result<BoxedWire, DialCause> {
    if via.is_http() {
        progress.step = Step::Tunnel;
        let tunnel = tunnel::connect(wire, opening.request, opening.guards, watch).await;
        return tunnel.map_err(DialCause::Tunnel);
    }
    shake(via, wire, place(means, &route), means, progress).await
}

/// From a connection to a SOCKS proxy to one with `place`.
async fn shake(
    via: &Via,
    wire: BoxedWire,
    place: Place<'_>,
    means: &Means,
    progress: &mut Progress,
) -> Result<BoxedWire, DialCause> {
    progress.step = Step::Tunnel;
    let Some((handshake, local_dns)) = via.kind.socks() else { return Ok(wire) };
    let (host, _, mut port) = place;
    let mut host = host.to_owned();
    if local_dns && host.parse::<IpAddr>().is_err() {
        progress.step = Step::Resolve;
        let address = address(means, place, matches!(via.kind, ViaKind::Socks4 { .. })).await?;
        (host, port) = (address.ip().to_string(), address.port());
        progress.step = Step::Tunnel;
    }
    let login = via.uri.userinfo().map(|(user, password)| {
        (percent::decode(user), percent::decode(password.unwrap_or_default()))
    });
    let wire = handshake(wire, host, port, login).await;
    let wire = wire.map_err(|error| DialCause::Tunnel(NoTunnel::Socks(error)))?;
    tunnel::silent(wire, &[]).map_err(DialCause::Tunnel)
}

/// The address for a proxy that is to see no name: the first one that may be connected to.
async fn address(
    means: &Means,
    (host, zone, port): Place<'_>,
    only_v4: bool,
) -> Result<SocketAddr, DialCause> {
    let mut policy = means.connect.policy.asked_for(host, port, Purpose::BehindProxy);
    if only_v4 {
        policy = policy.and(AddressPolicy::new(|address| address.is_ipv4()));
    }
    let found = first_address(find(means, host, zone, port), &policy).await;
    found.map_err(DialCause::Connect)
}

/// Host, zone and port.
type Place<'a> = (&'a str, Option<&'a str>, u16);

/// Where the end of `route` is looked for.
fn place<'a>(means: &'a Means, route: &RouteView<'a>) -> Place<'a> {
    let forward = route.passage.is_some_and(|passage| !passage.tunnel);
    match means.connect_to.find(route.host, route.port).filter(|_| !forward) {
        None => (route.host, route.zone, route.port),
        Some((None, port)) => (route.host, route.zone, port),
        Some((Some(host), port)) => (host, None, port),
    }
}

fn find(means: &Means, host: &str, zone: Option<&str>, port: u16) -> Resolution {
    match zone {
        None => lookup(&means.resolver, host, port),
        Some(zone) => lookup(&means.resolver, &format!("{host}%{zone}"), port),
    }
}

impl Progress {
    /// The step that was under way, and with whom.
    fn failed(self, cause: DialCause, route: &RouteView<'_>) -> DialError {
        let Progress { info, step } = self;
        let tried = !info.log.attempts.is_empty() || info.unix_socket.is_some();
        let in_tls =
            |attempt: &Attempt| matches!(attempt.outcome, AttemptOutcome::AbandonedInTls { .. });
        let phase = match (step, &cause) {
            (Step::ProxyTls | Step::Tls, _) => Phase::Tls,
            (Step::Reach, DialCause::Connect(ConnectError::Tls { .. })) => Phase::Tls,
            (Step::Reach, DialCause::TimedOut(_)) if info.log.attempts.iter().any(in_tls) => {
                Phase::Tls
            }
            (Step::Tunnel, _) => Phase::Tunnel,
            (Step::Resolve, _) | (_, DialCause::Connect(ConnectError::Dns(_))) => Phase::Resolve,
            (Step::Reach, _) if tried => Phase::Connect,
            (Step::Reach, _) => Phase::Resolve,
        };
        let with_proxy = matches!(step, Step::Reach | Step::ProxyTls | Step::Tunnel);
        let proxy = route.passage.is_some_and(|passage| !passage.tunnel || with_proxy);
        DialError { cause, phase, proxy, info }
    }
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").field("connect", &self.connect).finish_non_exhaustive()
    }
}

/// Dialling is boxed by its caller, so that waiting for a kept connection is not as large as building one.
pub type Dialling<'a> =
    std::pin::Pin<Box<dyn Future<Output = Result<Connection, DialError>> + Send + 'a>>;
