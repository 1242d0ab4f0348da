//! Addresses that behave: one that answers, one that refuses, one that swallows every packet.
#![allow(dead_code)] // every test file uses another part of it

use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

/// A listener on a loopback address; `None`, with a word about it, where there is no such address.
pub fn live(ip: &str) -> Option<(TcpListener, SocketAddr)> {
    match TcpListener::bind((ip, 0)) {
        Ok(listener) => {
            let address = listener.local_addr().unwrap();
            Some((listener, address))
        }
        Err(error) => {
            println!("skipped: cannot listen on {ip}: {error}");
            None
        }
    }
}

/// A port that is taken but not listened on: connecting is refused for as long as this lives.
pub struct Refused {
    pub address: SocketAddr,
    _socket: Socket,
}

pub fn refused(ip: &str) -> Refused {
    let (socket, address) = bound(ip);
    Refused { address, _socket: socket }
}

/// A black hole: the queue of connections nobody accepts is full, so the kernel drops every further
/// SYN without a word (Linux).
pub struct Hole {
    pub address: SocketAddr,
    _listener: TcpListener,
    _queued: TcpStream,
}

pub fn hole(ip: &str) -> Hole {
    let (socket, address) = bound(ip);
    socket.listen(0).unwrap();
    Hole { address, _listener: socket.into(), _queued: TcpStream::connect(address).unwrap() }
}

fn bound(ip: &str) -> (Socket, SocketAddr) {
    let address = SocketAddr::new(ip.parse().unwrap(), 0);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    socket.bind(&address.into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}
