//! SOCKS 4, 4a and 5 on the server's side, as far as a CONNECT goes. What is asked for is written down; the connection
//! is then spoken to as if it had reached its goal.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::server::{Connection, Stage};

/// SOCKS4, and 4a where the address says that a name follows.
pub fn four(mut connection: Connection, stage: &Arc<Stage>) -> io::Result<()> {
    let head = connection.take(8)?;
    let port = u16::from_be_bytes([head[2], head[3]]);
    let address = Ipv4Addr::new(head[4], head[5], head[6], head[7]);
    let user = text(connection.take_until(&[0])?.0);
    // An address 0.0.0.x is none (SOCKS4a).
    let told = if head[4..7] == [0, 0, 0] && head[7] != 0 {
        let name = text(connection.take_until(&[0])?.0);
        format!("socks4a {name}:{port} user={user}\n")
    } else {
        format!("socks4 {address}:{port} user={user}\n")
    };
    stage.note(&connection.mark, told.as_bytes());
    connection.stream.write_all(&[0, 90, 0, 0, 0, 0, 0, 0])?;
    connection.mark += " socks4";
    connection.speak(stage)
}

/// SOCKS5 (RFC 1928); whoever offers a password is asked for it (RFC 1929).
pub fn five(mut connection: Connection, stage: &Arc<Stage>) -> io::Result<()> {
    let count = connection.take(2)?[1];
    let methods = connection.take(count.into())?;
    let mut told = String::from("socks5");
    if methods.contains(&2) {
        connection.stream.write_all(&[5, 2])?;
        let user = connection.take(2)?[1];
        let user = connection.take(user.into())?;
        let word = connection.take(1)?[0];
        let word = connection.take(word.into())?;
        told += &format!(" user={} password={}", text(user), text(word));
        connection.stream.write_all(&[1, 0])?;
    } else {
        connection.stream.write_all(&[5, 0])?;
    }
    let kind = connection.take(4)?[3];
    let host = match kind {
        1 => Ipv4Addr::from(<[u8; 4]>::try_from(connection.take(4)?).expect("four")).to_string(),
        4 => Ipv6Addr::from(<[u8; 16]>::try_from(connection.take(16)?).expect("16")).to_string(),
        _ => {
            let length = connection.take(1)?[0];
            format!("name {}", text(connection.take(length.into())?))
        }
    };
    let port = connection.take(2)?;
    let port = u16::from_be_bytes([port[0], port[1]]);
    stage.note(&connection.mark, format!("{told} {host}:{port}\n").as_bytes());
    connection.stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
    connection.mark += " socks5";
    connection.speak(stage)
}

fn text(mut bytes: Vec<u8>) -> String {
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
