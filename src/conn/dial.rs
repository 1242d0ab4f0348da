//! Building a connection: look the host up, race to its addresses, shake hands.
//!
//! In go a route and the means of a client; out comes a fresh [`Connection`], or a [`DialError`] that says which step
//! failed and what had been tried. One deadline covers all steps. Dropping the future closes every socket it opened.
//!
//! Next: [`crate::pool`]

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime;
use tokio::time::{Instant, timeout_at};

use crate::message::Scheme;
use crate::net::{
    ConnectError, ConnectOptions, Deadline, Resolve, Secure, TcpWire, TlsError, lookup, race,
};

use super::connection::{Connection, ConnectionInfo};
use super::failure::{Clock, Phase};
use super::route::RouteView;

/// What a client builds connections with.
pub struct Means {
    /// Finds addresses.
    pub resolver: Arc<dyn Resolve>,
    /// How sockets are made and raced.
    pub connect: ConnectOptions,
}

/// Why there is no connection.
#[derive(Debug)]
pub struct DialError {
    /// What failed.
    pub cause: DialCause,
    /// During which step.
    pub phase: Phase,
    /// How far it got.
    pub info: ConnectionInfo,
}

/// What failed.
#[derive(Debug)]
pub enum DialCause {
    /// No address, or none that answered.
    Connect(ConnectError),
    /// The handshake.
    Tls(TlsError),
    /// Time ran out.
    TimedOut(Clock),
    /// `https`, and no TLS in this build or client.
    NoTls,
}

/// Builds a connection for `route`, with `secure` for TLS, inside `limit` for all steps together and inside `total`.
///
/// # Errors
/// [`DialError`]. Cancel safe in the sense that nothing is left behind.
pub async fn dial(
    route: RouteView<'_>,
    means: &Means,
    secure: Option<&dyn Secure>,
    limit: Option<Duration>,
    total: Deadline,
) -> Result<Connection, DialError> {
    let begun = Instant::now();
    let connect = limit.map_or(Deadline::none(), |wait| Deadline::after(begun, wait));
    let mut info = ConnectionInfo::default();
    let built = match connect.sooner(total).instant() {
        None => build(route, means, secure, begun, &mut info).await,
        Some(at) => match timeout_at(at, build(route, means, secure, begun, &mut info)).await {
            Ok(built) => built,
            Err(_) => {
                let clock = if total.passed(at) { Clock::Total } else { Clock::Connect };
                Err(DialCause::TimedOut(clock))
            }
        },
    };
    match built {
        Ok(wire) => Ok(Connection::new(wire, info, runtime::Handle::current().id())),
        Err(cause) => Err(DialError { phase: phase(&cause, &info), cause, info }),
    }
}

async fn build(
    route: RouteView<'_>,
    means: &Means,
    secure: Option<&dyn Secure>,
    begun: Instant,
    info: &mut ConnectionInfo,
) -> Result<crate::net::BoxedWire, DialCause> {
    let secure = match (route.scheme, secure) {
        (Scheme::Http, _) => None,
        (Scheme::Https, Some(secure)) => Some(secure),
        (Scheme::Https, None) => return Err(DialCause::NoTls),
    };
    let resolution = match route.zone {
        None => lookup(&*means.resolver, route.host, route.port),
        Some(zone) => lookup(&*means.resolver, &format!("{}%{zone}", route.host), route.port),
    };
    let stream = race(resolution, &means.connect, &mut info.log).await;
    info.dns = info.log.dns.first().map(|record| record.took);
    let stream = stream.map_err(DialCause::Connect)?;
    info.connect = Some(begun.elapsed());
    let wire = Box::new(TcpWire::new(stream));
    let Some(secure) = secure else { return Ok(wire) };
    let connected = Instant::now();
    let wire = secure.secure(route.host, wire).await.map_err(DialCause::Tls)?;
    info.handshake = Some(connected.elapsed());
    Ok(wire)
}

/// The step that was under way.
fn phase(cause: &DialCause, info: &ConnectionInfo) -> Phase {
    match cause {
        DialCause::Connect(ConnectError::Dns(_)) => Phase::Resolve,
        DialCause::Tls(_) | DialCause::NoTls => Phase::Tls,
        _ if info.connect.is_some() => Phase::Tls,
        _ if info.log.attempts.is_empty() => Phase::Resolve,
        _ => Phase::Connect,
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
