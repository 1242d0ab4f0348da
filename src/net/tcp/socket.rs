//! One socket: made, set up, connected to one address.
//!
//! In: an address and [`ConnectOptions`]. Out: a connected socket with every option set before it was connected, or the
//! reason why not. It asks the address policy first, and knows nothing of other addresses.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};

use super::options::{ConnectOptions, Keepalive};
use super::system;

/// One attempt. Cancel safe: dropping the future closes the socket. No deadline: the caller's.
pub async fn connect(address: SocketAddr, options: ConnectOptions) -> io::Result<TcpStream> {
    options.policy.judge(Some(address))?;
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    set_up(&socket, address, &options)?;
    bind(&socket, address, &options)?;
    let stream = socket.connect(address).await?;
    // A port nobody listens on can be the very one the kernel picked for us: TCP then connects the
    // socket to itself, and the request would come back as the answer.
    if address.ip().is_loopback() && stream.local_addr()? == address {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

fn set_up(socket: &TcpSocket, address: SocketAddr, options: &ConnectOptions) -> io::Result<()> {
    let bare = SockRef::from(socket);
    if options.nodelay {
        named("nodelay", true, socket.set_nodelay(true))?;
    }
    if let Some(keepalive) = options.keepalive {
        set_keepalive(&bare, keepalive)?;
    }
    if let Some(timeout) = options.user_timeout {
        let shown = format_args!("{} ms", timeout.as_millis());
        named("user_timeout", shown, system::set_user_timeout(&bare, timeout))?;
    }
    set_buffers(&bare, options)?;
    if let Some(class) = options.traffic_class {
        named("traffic_class", class, system::set_traffic_class(&bare, address, class))?;
    }
    if let Some(mark) = options.mark {
        named("mark", mark, system::set_mark(&bare, mark))?;
    }
    if let Some(interface) = options.interface.as_deref() {
        let shown = interface.escape_debug();
        named("interface", shown, system::bind_device(&bare, interface))?;
    }
    Ok(())
}

/// The sizes of a socket's buffers, of whatever family it is.
pub fn set_buffers(socket: &SockRef<'_>, options: &ConnectOptions) -> io::Result<()> {
    // The number travels as a C int, and a larger one would arrive as another.
    let fits = |bytes: usize| match i32::try_from(bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "more than 2147483647 bytes")),
    };
    if let Some(bytes) = options.send_buffer {
        let set = fits(bytes).and_then(|bytes| socket.set_send_buffer_size(bytes));
        named("send_buffer", bytes, set)?;
    }
    if let Some(bytes) = options.receive_buffer {
        let set = fits(bytes).and_then(|bytes| socket.set_recv_buffer_size(bytes));
        named("receive_buffer", bytes, set)?;
    }
    Ok(())
}

fn set_keepalive(socket: &SockRef<'_>, keepalive: Keepalive) -> io::Result<()> {
    let Keepalive { time, interval, retries } = keepalive;
    let mut wanted = TcpKeepalive::new().with_time(whole_seconds(time));
    if interval.is_some() || retries.is_some() {
        let probes = system::with_probes(wanted, interval.map(whole_seconds), retries);
        wanted = named("keepalive", format_args!("{keepalive:?}"), probes)?;
    }
    named("keepalive", format_args!("{keepalive:?}"), socket.set_tcp_keepalive(&wanted))
}

/// Zero is refused by kernels, and parts of a second would be cut off.
fn whole_seconds(time: Duration) -> Duration {
    let part = u64::from(time.subsec_nanos() > 0);
    Duration::from_secs(time.as_secs().saturating_add(part).max(1))
}

/// Gives the socket its own end, where one was chosen.
fn bind(socket: &TcpSocket, to: SocketAddr, options: &ConnectOptions) -> io::Result<()> {
    let local = options.local_address;
    if local.is_any() && options.local_ports.is_none() {
        return Ok(());
    }
    let ip = match local.towards(to.ip()) {
        Some(ip) => ip,
        None if local.is_any() => unspecified(to),
        None => {
            let family = if to.is_ipv6() { "IPv6" } else { "IPv4" };
            let why = format!("`local_address` has none for {family}");
            return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, why));
        }
    };
    let Some(ports) = options.local_ports.clone() else {
        return named("local_address", ip, socket.bind(end(ip, 0, to)));
    };
    let (first, last) = (*ports.start(), *ports.end());
    let mut bound = Err(io::Error::new(io::ErrorKind::InvalidInput, "the range is empty"));
    for port in ports {
        bound = socket.bind(end(ip, port, to));
        // Another port does not help against any other error.
        if !matches!(&bound, Err(error) if error.kind() == io::ErrorKind::AddrInUse) {
            break;
        }
    }
    named("local_ports", format_args!("{first} to {last} at {ip}"), bound)
}

fn unspecified(to: SocketAddr) -> IpAddr {
    match to {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// An address of one link needs its zone: that of the peer, which is on the same link.
pub fn end(ip: IpAddr, port: u16, to: SocketAddr) -> SocketAddr {
    match (ip, to) {
        (IpAddr::V6(ip), SocketAddr::V6(to)) if ip.is_unicast_link_local() => {
            SocketAddrV6::new(ip, port, 0, to.scope_id()).into()
        }
        _ => SocketAddr::new(ip, port),
    }
}

/// The error of an option that was refused says which, and what it was to be.
fn named<T>(option: &str, value: impl fmt::Display, outcome: io::Result<T>) -> io::Result<T> {
    outcome.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot set `{option}` to {value}: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keepalive_is_in_whole_seconds_and_never_none() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (77_000, 77)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), Duration::from_secs(seconds));
        }
        assert_eq!(whole_seconds(Duration::MAX), Duration::from_secs(u64::MAX));
    }

    #[test]
    fn an_address_of_one_link_takes_the_zone_of_the_peer() {
        let peer = SocketAddrV6::new("fe80::1".parse().expect("an address"), 80, 0, 7).into();
        let zoned = end("fe80::2".parse().expect("an address"), 0, peer);
        assert!(matches!(zoned, SocketAddr::V6(end) if end.scope_id() == 7), "{zoned}");
        let global = end("2001:db8::2".parse().expect("an address"), 0, peer);
        assert!(matches!(global, SocketAddr::V6(end) if end.scope_id() == 0), "{global}");
    }
}
