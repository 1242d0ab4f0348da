//! Which sockets this process still holds to a server: exact where the number of all its descriptors would depend on the
//! tests that run beside (Linux; elsewhere nothing is counted).
#![allow(dead_code)] // every test file uses another part of it

use std::net::SocketAddr;

/// Sockets of this process that are connected to `server`, an IPv4 address, in whatever state. Those that are closed
/// and only linger in the kernel belong to no process and are not counted.
pub fn held(server: SocketAddr) -> usize {
    let Ok(table) = std::fs::read_to_string("/proc/self/net/tcp") else { return 0 };
    let port = format!(":{:04X}", server.port());
    let mine = table.lines().skip(1).filter(|line| {
        let mut columns = line.split_whitespace();
        let to_server = columns.nth(2).is_some_and(|remote| remote.ends_with(&port));
        let inode = columns.nth(6).unwrap_or("0");
        to_server && inode != "0"
    });
    mine.count()
}
