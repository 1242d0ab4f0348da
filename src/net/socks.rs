//! SOCKS5 (RFC 1928) and its passwords (RFC 1929): a wire to the proxy goes in, the same wire comes out with the origin
//! at its other end.
//!
//! A name is sent as a name, an address as an address; nothing is ever looked up here. What does not fit into the
//! protocol is an error before a byte is sent: a name of more than 255 bytes is not looked up instead (CVE-2023-38545).
//! Replies are read exactly to their end, since what follows them is the origin's.
//!
//! The library for this brings nine crates, wraps the wire in a type of its own and refuses empty passwords; the
//! protocol is four messages.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::stream::BoxedWire;

const VERSION: u8 = 5;
/// "X'00' NO AUTHENTICATION REQUIRED", "X'02' USERNAME/PASSWORD", "X'FF' NO ACCEPTABLE METHODS" (§3).
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;

/// User name and password.
type Login = (Vec<u8>, Vec<u8>);

/// Asks the proxy at the other end of `wire` for a connection to `host` and `port`. Credentials are sent if the proxy
/// wants them, before it hears where to.
///
/// # Errors
/// What does not fit; what the proxy refuses, in its words and under the nearest kind. The wire is closed then, as it is
/// when the future is dropped. No deadline: the caller's.
pub fn connect(
    wire: BoxedWire,
    host: String,
    port: u16,
    login: Option<Login>,
) -> Pin<Box<dyn Future<Output = io::Result<BoxedWire>> + Send>> {
    Box::pin(shake(wire, host, port, login))
}

async fn shake(
    mut wire: BoxedWire,
    host: String,
    port: u16,
    login: Option<Login>,
) -> io::Result<BoxedWire> {
    let request = request(&host, port)?;
    let login = login.map(credentials).transpose()?;
    let methods: &[u8] =
        if login.is_some() { &[VERSION, 2, NO_LOGIN, PASSWORD] } else { &[VERSION, 1, NO_LOGIN] };
    send(&mut wire, methods).await?;
    match (read(&mut wire).await?, &login) {
        ([VERSION, NO_LOGIN], _) => {}
        ([VERSION, PASSWORD], Some(login)) => {
            send(&mut wire, login).await?;
            // "VER … X'01', STATUS: a value of X'00' indicates success" (RFC 1929 §2).
            let [_, status] = read(&mut wire).await?;
            if status != 0 {
                return Err(denied("the SOCKS proxy refused the user name or password"));
            }
        }
        ([VERSION, NO_METHOD], Some(_)) => {
            return Err(denied("the SOCKS proxy takes neither a password nor nothing"));
        }
        ([VERSION, NO_METHOD], None) => {
            return Err(denied("the SOCKS proxy wants credentials; put them into its URL"));
        }
        ([VERSION, method], _) => {
            return Err(odd(format!("picked method {method}, which was not offered")));
        }
        ([first, second], _) => {
            let seen = [first, second].escape_ascii().to_string();
            return Err(odd(format!("answered \"{seen}\", which is no SOCKS5")));
        }
    }
    send(&mut wire, &request).await?;
    answer(&mut wire).await?;
    Ok(wire)
}

/// "VER CMD RSV ATYP DST.ADDR DST.PORT" (§4).
fn request(host: &str, port: u16) -> io::Result<Vec<u8>> {
    let mut message = vec![VERSION, 1, 0];
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            message.push(1);
            message.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            message.push(4);
            message.extend(address.octets());
        }
        Err(_) => {
            let length = u8::try_from(host.len()).ok().filter(|&length| length > 0);
            let length = length.ok_or_else(|| {
                misfit(format!("a host name of {} bytes; SOCKS5 has room for 255", host.len()))
            })?;
            message.extend([3, length]);
            message.extend(host.as_bytes());
        }
    }
    message.extend(port.to_be_bytes());
    Ok(message)
}

/// "VER ULEN UNAME PLEN PASSWD" (RFC 1929 §2).
fn credentials((user, password): Login) -> io::Result<Vec<u8>> {
    let mut message = vec![1];
    for (what, bytes) in [("user name", user), ("password", password)] {
        let length = u8::try_from(bytes.len()).map_err(|_| {
            misfit(format!("a {what} of {} bytes; SOCKS5 has room for 255", bytes.len()))
        })?;
        message.push(length);
        message.extend(bytes);
    }
    Ok(message)
}

/// "VER REP RSV ATYP BND.ADDR BND.PORT" (§6), of which only REP says something.
async fn answer(wire: &mut BoxedWire) -> io::Result<()> {
    let [version, reply, _, kind] = read(wire).await?;
    if version != VERSION {
        return Err(odd(format!("answered in version {version}")));
    }
    if reply != 0 {
        return Err(refused(reply));
    }
    let address: usize = match kind {
        1 => 4,
        4 => 16,
        3 => read::<1>(wire).await?[0].into(),
        _ => return Err(odd(format!("named an address of type {kind}"))),
    };
    let mut rest = [0; 255 + 2];
    match rest.get_mut(..address + 2) {
        Some(rest) => receive(wire, rest).await,
        None => Ok(()),
    }
}

/// The words of §6.
fn refused(reply: u8) -> io::Error {
    use io::ErrorKind::*;
    let (kind, words) = match reply {
        1 => (Other, "general SOCKS server failure"),
        2 => (PermissionDenied, "connection not allowed by ruleset"),
        3 => (NetworkUnreachable, "network unreachable"),
        4 => (HostUnreachable, "host unreachable"),
        5 => (ConnectionRefused, "connection refused"),
        6 => (TimedOut, "TTL expired"),
        7 => (Unsupported, "command not supported"),
        8 => (Unsupported, "address type not supported"),
        _ => (Other, "a reason of its own"),
    };
    io::Error::new(kind, format!("the SOCKS proxy did not connect: {words} (reply {reply})"))
}

async fn send(wire: &mut BoxedWire, message: &[u8]) -> io::Result<()> {
    wire.write_all(message).await?;
    wire.flush().await
}

async fn read<const N: usize>(wire: &mut BoxedWire) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    receive(wire, &mut bytes).await?;
    Ok(bytes)
}

pub(super) async fn receive(wire: &mut BoxedWire, bytes: &mut [u8]) -> io::Result<()> {
    match wire.read_exact(bytes).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(io::Error::new(error.kind(), "the SOCKS proxy closed the connection unanswered"))
        }
        Err(error) => Err(error),
    }
}

fn denied(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

pub(super) fn odd(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the SOCKS proxy {what}"))
}

pub(super) fn misfit(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_81_names_go_as_names_and_addresses_as_addresses() {
        assert_eq!(request("a.test", 80).expect("fits"), b"\x05\x01\0\x03\x06a.test\0\x50");
        assert_eq!(
            request("192.0.2.1", 443).expect("fits"),
            b"\x05\x01\0\x01\xc0\0\x02\x01\x01\xbb"
        );
        let six = request("2001:db8::1", 1).expect("fits");
        assert_eq!(six, b"\x05\x01\0\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x01");
        assert!(request(&"a".repeat(255), 80).is_ok());
        for host in [String::new(), "a".repeat(256)] {
            let error = request(&host, 80).expect_err("does not fit");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn credentials_of_0_to_255_bytes() {
        let pair = |user: usize, password: usize| (vec![b'u'; user], vec![b'p'; password]);
        assert_eq!(credentials(pair(2, 1)).expect("fits"), b"\x01\x02uu\x01p");
        assert_eq!(credentials(pair(255, 0)).expect("fits").len(), 258);
        for (user, password) in [(256, 1), (1, 256)] {
            let error = credentials(pair(user, password)).expect_err("does not fit");
            assert!(!error.to_string().contains("uu") && error.to_string().contains("256"));
        }
    }
}
