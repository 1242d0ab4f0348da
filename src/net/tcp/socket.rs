//! One socket: made, set up, connected to one address.
//!
//! In: an address and [`ConnectOptions`]. Out: a connected socket with every option set before it was connected, or the
//! reason why not. It asks the address policy first, and knows nothing of other addresses.

use std::io;
use std::net::SocketAddr;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};

use super::options::ConnectOptions;

/// One attempt. Cancel safe: dropping the future closes the socket. No deadline: the caller's.
pub async fn connect(address: SocketAddr, options: ConnectOptions) -> io::Result<TcpStream> {
    if !options.policy.allows(address) {
        let reason = "refused by the address policy; nothing was sent";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    if options.nodelay {
        socket.set_nodelay(true)?;
    }
    if let Some(time) = options.keepalive {
        SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(time))?;
    }
    if let Some(ip) = options.local_address {
        socket.bind(SocketAddr::new(ip, 0))?;
    }
    let stream = socket.connect(address).await?;
    // A port nobody listens on can be the very one the kernel picked for us: TCP then connects the
    // socket to itself, and the request would come back as the answer.
    if address.ip().is_loopback() && stream.local_addr()? == address {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}
