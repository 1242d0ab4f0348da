//! How the sockets of a client or a request are set up: all that [`ConnectOptions`] has, by
//! name.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::net::{Announcement, ConnectOptions, Keepalive, UnixAddress};

use super::builder::ClientBuilder;
use super::connector::Connector;

/// Sockets. An option that the system refuses fails the connection, with an error that names it.
impl Connector {
    /// Whether small writes are sent at once (TCP_NODELAY). On by default.
    pub fn tcp_nodelay(self, on: bool) -> Self {
        self.set(|options| options.nodelay = on)
    }

    /// After which silence the peer's kernel is asked for a sign of life (SO_KEEPALIVE), in whole seconds; how often, and
    /// how long, is said by a [`Keepalive`]. Off by default.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wireline::Connector;
    /// use wireline::net::Keepalive;
    ///
    /// let often = Keepalive::after(Duration::from_secs(60)).interval(Duration::from_secs(10)).retries(3);
    /// let connector = Connector::new().tcp_keepalive(often);
    /// let connector = connector.tcp_keepalive(Duration::from_secs(60)); // the rest as the system has it
    /// ```
    pub fn tcp_keepalive(self, keepalive: impl Into<Keepalive>) -> Self {
        let keepalive = keepalive.into();
        self.set(|options| options.keepalive = Some(keepalive))
    }

    /// How long sent bytes may stay unacknowledged until the connection breaks (TCP_USER_TIMEOUT), in milliseconds. Linux and
    /// Android; the kernel's own limit by default, about a quarter of an hour.
    pub fn tcp_user_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        let timeout = timeout.into();
        self.set(|options| options.user_timeout = timeout)
    }

    /// Connects from this address of ours. Once for each family: addresses of a family without one are not connected to.
    pub fn local_address(self, ip: IpAddr) -> Self {
        self.set(|options| options.local_address = options.local_address.and(ip))
    }

    /// Connects from the first of these ports that is free. Every connection needs one, also those that race to several
    /// addresses, and a port that has carried one rests for a minute or so: make the range wide. The kernel picks by
    /// default.
    pub fn local_ports(self, ports: RangeInclusive<u16>) -> Self {
        self.set(|options| options.local_ports = Some(ports))
    }

    /// Sends through the network interface of this name (SO_BINDTODEVICE), such as `eth0`. Linux and Android.
    pub fn interface(self, name: &str) -> Self {
        self.set(|options| options.interface = Some(name.into()))
    }

    /// Bytes the kernel holds for sending (SO_SNDBUF). It rounds to limits of its own, and Linux takes twice the number.
    pub fn send_buffer_size(self, bytes: usize) -> Self {
        self.set(|options| options.send_buffer = Some(bytes))
    }

    /// Bytes the kernel holds that were not read yet (SO_RCVBUF): the most TCP's window can grow to. The kernel rounds.
    pub fn receive_buffer_size(self, bytes: usize) -> Self {
        self.set(|options| options.receive_buffer = Some(bytes))
    }

    /// Asks routers for a class of service (IP_TOS, IPV6_TCLASS): DSCP in the upper six bits. 0 by default.
    pub fn traffic_class(self, class: u8) -> Self {
        self.set(|options| options.traffic_class = Some(class))
    }

    /// Marks packets for rules of routing and the firewall (SO_MARK). Linux and Android; needs CAP_NET_ADMIN.
    pub fn mark(self, mark: u32) -> Self {
        self.set(|options| options.mark = Some(mark))
    }

    /// Connects to this Unix socket, whatever the host of a URL is: nothing is looked up, proxies are passed by, and the
    /// address policy is not asked. `Host` and TLS stay the URL's, and redirects come to the same socket. A name behind `@`
    /// or a NUL byte is an abstract one (Linux); for a file of such a name write `./@name`.
    ///
    /// ```
    /// use wireline::{Client, Connector};
    ///
    /// let docker = Connector::new().unix_socket("/run/docker.sock");
    /// let request = Client::new().get("http://docker/v1.47/version").connector(&docker);
    /// ```
    pub fn unix_socket(self, path: impl AsRef<Path>) -> Self {
        let address = Arc::new(UnixAddress::new(path));
        self.set(|options| options.unix_socket = Some(address))
    }

    /// Tells the origin who connects before anything else is said, by a line of the PROXY protocol (version 1): for servers
    /// that stand behind a load balancer and expect one. `client` stands in for our own address. Not sent to a proxy that
    /// forwards, nor for it.
    pub fn proxy_protocol(self, client: impl Into<Option<IpAddr>>) -> Self {
        let announcement = Announcement { client: client.into() };
        self.set(|options| options.announcement = Some(announcement))
    }

    /// Another connector, whose sockets are set up otherwise.
    fn set(self, change: impl FnOnce(&mut ConnectOptions)) -> Self {
        self.change(|means| change(&mut means.connect))
    }
}

/// Sockets. What each does, and where it works, is told at the method of [`Connector`].
impl ClientBuilder {
    /// Whether small writes are sent at once. On by default.
    pub fn tcp_nodelay(self, on: bool) -> Self {
        self.connecting(|connector| connector.tcp_nodelay(on))
    }

    /// After which silence the peer is asked for a sign of life: [`Connector::tcp_keepalive`].
    pub fn tcp_keepalive(self, keepalive: impl Into<Keepalive>) -> Self {
        self.connecting(|connector| connector.tcp_keepalive(keepalive))
    }

    /// How long sent bytes may stay unacknowledged: [`Connector::tcp_user_timeout`].
    pub fn tcp_user_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.connecting(|connector| connector.tcp_user_timeout(timeout))
    }

    /// Connects from this address of ours, once for each family: [`Connector::local_address`].
    pub fn local_address(self, ip: IpAddr) -> Self {
        self.connecting(|connector| connector.local_address(ip))
    }

    /// Connects from the first of these ports that is free: [`Connector::local_ports`].
    pub fn local_ports(self, ports: RangeInclusive<u16>) -> Self {
        self.connecting(|connector| connector.local_ports(ports))
    }

    /// Sends through this network interface: [`Connector::interface`].
    pub fn interface(self, name: &str) -> Self {
        self.connecting(|connector| connector.interface(name))
    }

    /// Bytes the kernel holds for sending: [`Connector::send_buffer_size`].
    pub fn send_buffer_size(self, bytes: usize) -> Self {
        self.connecting(|connector| connector.send_buffer_size(bytes))
    }

    /// Bytes the kernel holds that were not read yet: [`Connector::receive_buffer_size`].
    pub fn receive_buffer_size(self, bytes: usize) -> Self {
        self.connecting(|connector| connector.receive_buffer_size(bytes))
    }

    /// Asks routers for a class of service: [`Connector::traffic_class`].
    pub fn traffic_class(self, class: u8) -> Self {
        self.connecting(|connector| connector.traffic_class(class))
    }

    /// Marks packets for rules of routing and the firewall: [`Connector::mark`].
    pub fn mark(self, mark: u32) -> Self {
        self.connecting(|connector| connector.mark(mark))
    }

    /// Connects to this Unix socket, whatever the host of a URL is: [`Connector::unix_socket`].
    pub fn unix_socket(self, path: impl AsRef<Path>) -> Self {
        self.connecting(|connector| connector.unix_socket(path))
    }

    fn connecting(mut self, change: impl FnOnce(Connector) -> Connector) -> Self {
        self.connector = change(self.connector);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each option by its name in `Debug`, for a connector and for a client.
    #[test]
    fn s_45_every_option_arrives_where_sockets_are_made_and_makes_another_connector() {
        type OfConnector = fn(Connector) -> Connector;
        type OfBuilder = fn(ClientBuilder) -> ClientBuilder;
        macro_rules! options {
            ($($name:ident($value:expr) => $shown:literal),* $(,)?) => {{
                let all: Vec<(OfConnector, OfBuilder, &str)> =
                    vec![$((|c| c.$name($value), |c| c.$name($value), $shown)),*];
                all
            }};
        }
        let all = options! {
            tcp_nodelay(false) => "nodelay: false",
            tcp_keepalive(Duration::from_secs(7)) => "keepalive: Some(Keepalive { time: 7s",
            tcp_user_timeout(Duration::from_millis(8)) => "user_timeout: Some(8ms)",
            local_address(IpAddr::from([127, 0, 0, 9])) => "v4: Some(127.0.0.9)",
            local_ports(5000..=5001) => "local_ports: Some(5000..=5001)",
            interface("eth7") => "interface: Some(\"eth7\")",
            send_buffer_size(4096) => "send_buffer: Some(4096)",
            receive_buffer_size(8192) => "receive_buffer: Some(8192)",
            traffic_class(0x20) => "traffic_class: Some(32)",
            mark(9) => "mark: Some(9)",
            unix_socket("/s") => "unix_socket: Some(UnixAddress(\"/s\"))",
        };
        let base = Connector::new();
        for (connector, builder, shown) in all {
            let changed = connector(base.clone());
            assert_ne!(changed.means().identity, base.means().identity, "{shown}");
            let client = builder(crate::Client::builder()).connector;
            for connector in [changed, client] {
                let text = format!("{connector:?}");
                assert!(text.contains(shown), "{shown}: {text}");
            }
            assert!(!format!("{base:?}").contains(shown), "{shown} is the default");
        }
    }
}
