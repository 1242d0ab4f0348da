//! Which sockets this process still holds to a server, and what waits in them: exact, where the number of all descriptors
//! would depend on the tests that run beside. Reads Linux's table of sockets, which knows what has arrived without
//! anybody reading it.
#![allow(dead_code)] // every test file uses another part of it

use std::net::SocketAddr;

const CLOSE_WAIT: u64 = 8;

#[derive(PartialEq)]
struct Socket {
    state: u64,
    unread: u64,
}

/// Our sockets connected to `server`, an IPv4 address. Those that are closed and only linger in the kernel belong to no
/// process and are not counted.
fn connected(server: SocketAddr) -> Vec<Socket> {
    // The kernel hands its table out a page at a time, and what comes and goes in between moves the rest: a socket may be
    // missed, but not time and again.
    let mut seen = look(server);
    loop {
        let again = look(server);
        if again == seen {
            return seen;
        }
        seen = again;
    }
}

fn look(server: SocketAddr) -> Vec<Socket> {
    let table = std::fs::read_to_string("/proc/self/net/tcp").expect("Linux");
    let port = format!(":{:04X}", server.port());
    // The table holds every socket of the machine, those that linger included.
    let lines = table.lines().filter(|line| line.contains(&port));
    let sockets = lines.filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let (state, unread) = (hex(columns[3])?, hex(columns[4].split_once(':')?.1)?);
        let ours = columns[2].ends_with(&port) && columns[9] != "0";
        ours.then_some(Socket { state, unread })
    });
    sockets.collect()
}

/// How many sockets to `server` are open on our side.
pub fn held(server: SocketAddr) -> usize {
    connected(server).len()
}

/// How many bytes from `server` have arrived and have not been read.
pub fn unread(server: SocketAddr) -> u64 {
    connected(server).iter().map(|socket| socket.unread).sum()
}

/// Whether something has happened to every connection to `server` that its owner does not know yet: bytes, or the end of
/// the stream. (A reset connection leaves the table at once.)
pub fn touched(server: SocketAddr) -> bool {
    connected(server).iter().all(|socket| socket.unread > 0 || socket.state == CLOSE_WAIT)
}
