//! The source address: where the system would send from, and whether it knows a way at all.
//!
//! In: a destination. Out: the address the kernel picks for it. A UDP socket is connected for that,
//! which looks the route up and sends no packet, so it never waits: four system calls each, before
//! a handshake that takes a round trip.
//!
//! Next: [`sort`](super::sort)

use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Socket, Type};

use super::options::LocalAddress;

/// The address of ours that packets to `destination` carry; `None` where there is no route, a route
/// that forbids it, no such family, or no such address as the one of `bound` for it, from which is sent if there is any.
pub fn source(destination: SocketAddr, bound: LocalAddress) -> Option<IpAddr> {
    let socket = Socket::new(Domain::for_address(destination), Type::DGRAM, None).ok()?;
    if !bound.is_any() {
        socket.bind(&SocketAddr::new(bound.towards(destination.ip())?, 0).into()).ok()?;
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
        let from = |ip: &str| LocalAddress::from(ip.parse::<IpAddr>().unwrap());
        assert_eq!(source(to, LocalAddress::default()), Some([127, 0, 0, 1].into()));
        assert_eq!(source(to, from("127.0.0.7")), Some([127, 0, 0, 7].into()));
        assert_eq!(source(to, from("::1")), None, "the other family");
    }
}
