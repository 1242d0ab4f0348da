//! Addresses that behave: one that answers, one that refuses, one that swallows every packet.
#![allow(dead_code)] // every test file uses another part of it

use std::io;
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
    refused_at(ip, 0).unwrap()
}

/// The same on a port that may be taken.
pub fn refused_at(ip: &str, port: u16) -> io::Result<Refused> {
    let (socket, address) = bound(ip, port)?;
    Ok(Refused { address, _socket: socket })
}

/// A black hole: the queue of connections nobody accepts is full, so the kernel drops every further
/// SYN without a word (Linux).
pub struct Hole {
    pub address: SocketAddr,
    _listener: TcpListener,
    _queued: TcpStream,
}

pub fn hole(ip: &str) -> Hole {
    hole_at(ip, 0).unwrap()
}

/// The same on a port that may be taken.
pub fn hole_at(ip: &str, port: u16) -> io::Result<Hole> {
    let (socket, address) = bound(ip, port)?;
    socket.listen(0)?;
    Ok(Hole { address, _listener: socket.into(), _queued: TcpStream::connect(address)? })
}

fn bound(ip: &str, port: u16) -> io::Result<(Socket, SocketAddr)> {
    let address = SocketAddr::new(ip.parse().unwrap(), port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&address.into())?;
    let address = socket.local_addr()?.as_socket().unwrap();
    Ok((socket, address))
}
