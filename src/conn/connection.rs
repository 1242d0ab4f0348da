//! One connection: busy, or proved idle.
//!
//! [`Connection`] is a wire that carries at most one exchange at a time. [`Idle`] is the only thing a pool accepts, and
//! it is made here alone: from the proof that an exchange was finished ([`Connection::rest`]), or from a connection on
//! which none was begun ([`Connection::unused`]). Waking it asks the kernel whether it is still good (S-41).
//!
//! Dropping either closes the wire; over TLS that includes one attempt to send close_notify, which the wire's own
//! `Drop` makes (§9.8).
//!
//! Next: [`super::exchange`]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime;
use tokio::time::Instant;

use crate::h1::Reusable;
use crate::net::{BoxedWire, ConnectLog, Liveness, TlsInfo, UnixAddress, Wire};

use super::via::Via;

/// A connection that is carrying an exchange, or about to.
#[derive(Debug)]
pub struct Connection {
    wire: BoxedWire,
    info: Arc<ConnectionInfo>,
    /// A socket works only inside the runtime that made it.
    runtime: runtime::Id,
    /// Exchanges begun.
    served: u32,
    /// When it was made.
    born: Instant,
    /// When it last came to rest.
    rested: Option<Instant>,
}

/// A connection that may carry another exchange.
#[derive(Debug)]
pub struct Idle {
    connection: Connection,
}

/// Why an idle connection cannot be woken. It is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asleep {
    /// The peer has closed it, or has sent what nobody asked for.
    Dead,
    /// It works inside another runtime only.
    OtherRuntime,
}

/// What is known about a connection, and how it came to be. Shared by every response that came over it.
#[derive(Debug, Clone, Default)]
pub struct ConnectionInfo {
    /// Counts the connections of this process.
    pub id: u64,
    /// The proxy it leads to or through; `None` if it is direct.
    pub proxy: Option<Box<ProxyInfo>>,
    /// The peer's address, where the wire has one: the proxy's, if there is one.
    pub remote: Option<std::net::SocketAddr>,
    /// The Unix socket it leads to, in place of an address.
    pub unix_socket: Option<Arc<UnixAddress>>,
    /// Our address.
    pub local: Option<std::net::SocketAddr>,
    /// What the TLS handshake agreed on.
    pub tls: Option<Box<TlsInfo>>,
    /// Look-ups and connection attempts, with their times.
    pub log: ConnectLog,
    /// From the start to the first usable address.
    pub dns: Option<Duration>,
    /// From the start of the dial to the TCP connection, DNS included.
    pub connect: Option<Duration>,
    /// The TLS handshake with the origin alone, or with a proxy that forwards.
    pub handshake: Option<Duration>,
}

/// What is known about the proxy of a connection.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ProxyInfo {
    /// Such as `http://127.0.0.1:3128`: scheme, host and port, no credentials.
    pub url: String,
    /// From the TCP connection to the tunnel, TLS with the proxy included; `None` if it forwards.
    pub tunnel: Option<Duration>,
}

impl ProxyInfo {
    pub(crate) fn new(via: &Via) -> Box<ProxyInfo> {
        Box::new(ProxyInfo { url: via.to_string(), tunnel: None })
    }
}

impl Connection {
    /// Takes over a wire that was connected inside `runtime` and on which no byte of HTTP was sent.
    pub fn new(wire: BoxedWire, mut info: ConnectionInfo, runtime: runtime::Id) -> Connection {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        info.id = NEXT.fetch_add(1, Ordering::Relaxed);
        info.remote = wire.peer_addr();
        info.local = wire.local_addr();
        info.tls = wire.tls().cloned().map(Box::new);
        // Kept for as long as the connection: no spare room.
        info.log.dns.shrink_to_fit();
        info.log.attempts.shrink_to_fit();
        let (info, born) = (Arc::new(info), Instant::now());
        Connection { wire, info, runtime, served: 0, born, rested: None }
    }

    /// The wire, for the exchange to move bytes on. From here on the connection counts as used.
    pub fn begin(&mut self) {
        self.served = self.served.saturating_add(1);
    }

    /// The stream of bytes.
    pub fn wire(&mut self) -> &mut dyn Wire {
        &mut *self.wire
    }

    /// Facts and history.
    pub fn info(&self) -> &Arc<ConnectionInfo> {
        &self.info
    }

    /// Whether it had been idle before it was woken: after an earlier exchange, or since it was made in advance. Either
    /// way its server may have closed it in the meantime.
    pub fn is_reused(&self) -> bool {
        self.rested.is_some()
    }

    /// Exchanges begun.
    pub fn served(&self) -> u32 {
        self.served
    }

    /// When it was made.
    pub fn born(&self) -> Instant {
        self.born
    }

    /// Since when it had been idle before it was woken; `None` on a new one.
    pub fn rested(&self) -> Option<Instant> {
        self.rested
    }

    /// Comes to rest after a finished exchange.
    pub fn rest(mut self, _proof: Reusable, now: Instant) -> Idle {
        self.rested = Some(now);
        Idle { connection: self }
    }

    /// Rests before its first exchange: a connection made in advance. `None`, and closed, if one was begun.
    pub fn unused(mut self, now: Instant) -> Option<Idle> {
        self.rested = Some(now);
        (self.served == 0).then_some(Idle { connection: self })
    }

    /// Leaves HTTP: the bare wire, for another protocol.
    pub fn into_wire(self) -> BoxedWire {
        self.wire
    }
}

impl Idle {
    /// What rests, to be looked at.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection, if it is still as it was left: open, silent, and of this runtime.
    ///
    /// One system call. A byte that waits here was sent without a request, and would become the beginning of the next
    /// response (undici GHSA-35p6-xmwp-9g52); session tickets inside TLS are not such bytes.
    ///
    /// # Errors
    /// [`Asleep`]; the connection is closed.
    pub fn wake(mut self, runtime: runtime::Id) -> Result<Connection, Asleep> {
        if self.connection.runtime != runtime {
            return Err(Asleep::OtherRuntime);
        }
        match self.connection.wire.probe() {
            Liveness::Healthy => Ok(self.connection),
            _ => Err(Asleep::Dead),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::test_wire::Scripted;

    fn fresh() -> Connection {
        let runtime = runtime::Handle::current().id();
        Connection::new(Box::new(Scripted::new(b"")), ConnectionInfo::default(), runtime)
    }

    #[tokio::test]
    async fn only_a_connection_on_which_nothing_was_begun_is_unused() {
        assert!(fresh().unused(Instant::now()).is_some());
        let mut begun = fresh();
        begun.begin();
        assert!(begun.unused(Instant::now()).is_none());
    }

    #[tokio::test]
    async fn what_was_idle_counts_as_reused() {
        let mut fresh = fresh();
        fresh.begin();
        assert!(!fresh.is_reused());
        let idle = self::fresh().unused(Instant::now()).expect("nothing was begun");
        let mut woken = idle.wake(runtime::Handle::current().id()).expect("a healthy wire");
        woken.begin();
        assert_eq!((woken.is_reused(), woken.served()), (true, 1));
    }
}
