//! The source address: where the system would send from, and whether it knows a way at all.
//!
//! In: a destination. Out: the address the kernel picks for it. A UDP socket is connected for that,
//! which looks the route up and sends no packet, so it never waits: four system calls each, before
//! a handshake that takes a round trip.
//!
//! Next: [`sort`](super::sort)

use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, SockRef, Socket, Type};

use super::options::ConnectOptions;
use super::{socket, system};

/// The address of ours that packets to `destination` carry, with those of the options that decide about the way: the
/// local address, the interface, the mark. `None` where there is no route, a route that forbids it, no such family, or
/// one of these options cannot be had.
pub fn source(destination: SocketAddr, options: &ConnectOptions) -> Option<IpAddr> {
    let socket = Socket::new(Domain::for_address(destination), Type::DGRAM, None).ok()?;
    if let Some(mark) = options.mark {
        system::set_mark(&SockRef::from(&socket), mark).ok()?;
    }
    if let Some(interface) = options.interface.as_deref() {
        system::bind_device(&SockRef::from(&socket), interface).ok()?;
    }
    if !options.local_address.is_any() {
        let ip = options.local_address.towards(destination.ip())?;
        socket.bind(&socket::end(ip, 0, destination).into()).ok()?;
    }
    socket.connect(&destination.into()).ok()?;
    let ip = socket.local_addr().ok()?.as_socket()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_reached_from_loopback() {
        let to = "127.0.0.1:9".parse().unwrap();
        let from = |ip: &str| ConnectOptions {
            local_address: ip.parse::<IpAddr>().unwrap().into(),
            ..ConnectOptions::default()
        };
        assert_eq!(source(to, &ConnectOptions::default()), Some([127, 0, 0, 1].into()));
        assert_eq!(source(to, &from("127.0.0.7")), Some([127, 0, 0, 7].into()));
        assert_eq!(source(to, &from("::1")), None, "the other family");
    }
}
