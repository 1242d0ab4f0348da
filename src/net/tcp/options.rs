//! How sockets are made and raced, as a value.
//!
//! In: choices. Out: [`ConnectOptions`], which the race and every socket of it read. It does nothing itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::announcement::Announcement;
use super::eyeballs::{Delays, FIRST_FAMILY_COUNT, Race};
use super::policy::AddressPolicy;
use super::unix_address::UnixAddress;

/// How many addresses of each family are tried at most.
///
/// At 250 ms between starts the default connect timeout of 10 s has room for 40; more can only be
/// reached by failing fast, and an answer of ten thousand records should not make the client knock
/// on ten thousand doors.
pub const MAX_ADDRESSES: usize = 20;

/// How sockets are made and raced.
///
/// An option that the operating system refuses, or does not know, is an error of the attempt that names the option
/// and the value; nothing is left out in silence.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Sends small writes at once (TCP_NODELAY). On by default: a request is written as one piece,
    /// and waiting for more of it would only add a round trip.
    pub nodelay: bool,
    /// Asks the peer's kernel for a sign of life after that much silence (SO_KEEPALIVE). Off by
    /// default.
    pub keepalive: Option<Keepalive>,
    /// How long sent bytes may stay unacknowledged until the connection breaks (TCP_USER_TIMEOUT; Linux, Android).
    /// The kernel counts milliseconds. Its own limit by default, about a quarter of an hour.
    pub user_timeout: Option<Duration>,
    /// The addresses of ours to connect from. If there is one, addresses of a family without one fail.
    pub local_address: LocalAddress,
    /// The ports of ours to connect from: the first one that is free. The kernel picks by default.
    pub local_ports: Option<RangeInclusive<u16>>,
    /// The network interface to send through, by its name (SO_BINDTODEVICE; Linux, Android).
    pub interface: Option<Arc<str>>,
    /// Bytes the kernel holds for sending (SO_SNDBUF). It rounds to limits of its own, and Linux takes twice the number.
    pub send_buffer: Option<usize>,
    /// Bytes the kernel holds that nobody has read (SO_RCVBUF), which is what TCP's window can grow to. The same holds.
    pub receive_buffer: Option<usize>,
    /// The byte of each packet that asks for a class of service (IP_TOS, IPV6_TCLASS): DSCP in its upper six bits.
    pub traffic_class: Option<u8>,
    /// The mark of each packet for routing and firewall rules (SO_MARK; Linux, Android; needs CAP_NET_ADMIN).
    pub mark: Option<u32>,
    /// Connects there and nowhere else: nothing is looked up and nothing raced. Of the options above only the sizes of the
    /// buffers mean something then.
    pub unix_socket: Option<Arc<UnixAddress>>,
    /// Sends a line of the PROXY protocol to the origin before everything else; for an origin behind a proxy, through it.
    pub announcement: Option<Announcement>,
    /// The two waits of the race.
    pub delays: Delays,
    /// How many addresses of the family that goes first are tried before one of the other; 1 by default, 0 counts as 1.
    pub first_family_count: usize,
    /// Sorts what waits by RFC 6724, where there are two addresses or more. On by default. It asks the system for the
    /// source address of each: four system calls, no packet. Off: IPv6 goes first, and a family keeps the order of its
    /// resolver, which getaddrinfo has sorted already, by the administrator's table if there is one (`gai.conf`).
    pub sort: bool,
    /// What an attempt must have reached to win: TCP by default.
    pub race: Race,
    /// How many addresses of each family are tried at most; [`MAX_ADDRESSES`] by default, 0 counts as 1.
    pub max_addresses: usize,
    /// Which addresses may be connected to; any by default.
    pub policy: AddressPolicy,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            nodelay: true,
            keepalive: None,
            user_timeout: None,
            local_address: LocalAddress::default(),
            local_ports: None,
            interface: None,
            send_buffer: None,
            receive_buffer: None,
            traffic_class: None,
            mark: None,
            unix_socket: None,
            announcement: None,
            delays: Delays::default(),
            first_family_count: FIRST_FAMILY_COUNT,
            sort: true,
            race: Race::Tcp,
            max_addresses: MAX_ADDRESSES,
            policy: AddressPolicy::any(),
        }
    }
}

/// When a silent connection is asked for a sign of life. Kernels count in seconds: less than one is one, and parts are
/// rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepalive {
    /// The silence before the first probe.
    pub time: Duration,
    /// Between two probes without an answer; the system's own by default (75 s on Linux).
    pub interval: Option<Duration>,
    /// Probes without an answer that end the connection; the system's own by default (9 on Linux).
    pub retries: Option<u32>,
}

impl Keepalive {
    /// Probes after that much silence.
    pub const fn after(time: Duration) -> Self {
        Self { time, interval: None, retries: None }
    }

    /// The time between two probes.
    pub const fn interval(self, interval: Duration) -> Self {
        Self { interval: Some(interval), ..self }
    }

    /// How many probes may go without an answer.
    pub const fn retries(self, retries: u32) -> Self {
        Self { retries: Some(retries), ..self }
    }
}

impl From<Duration> for Keepalive {
    fn from(time: Duration) -> Self {
        Self::after(time)
    }
}

/// Which addresses of ours to connect from: at most one of each family. The kernel picks where there is none at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalAddress {
    /// For connections by IPv4.
    pub v4: Option<Ipv4Addr>,
    /// For connections by IPv6.
    pub v6: Option<Ipv6Addr>,
}

impl LocalAddress {
    /// The same with `ip` for its family.
    #[must_use]
    pub fn and(mut self, ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => self.v4 = Some(ip),
            IpAddr::V6(ip) => self.v6 = Some(ip),
        }
        self
    }

    /// That of the family of `destination`.
    pub fn towards(self, destination: IpAddr) -> Option<IpAddr> {
        match destination {
            IpAddr::V4(_) => self.v4.map(IpAddr::V4),
            IpAddr::V6(_) => self.v6.map(IpAddr::V6),
        }
    }

    /// Whether the kernel picks.
    pub fn is_any(self) -> bool {
        self == Self::default()
    }
}

impl From<IpAddr> for LocalAddress {
    fn from(ip: IpAddr) -> Self {
        Self::default().and(ip)
    }
}
