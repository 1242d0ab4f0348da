//! SOCKS4 and its extension 4a: a wire to the proxy goes in, the same wire comes out with the origin at its other end.
//!
//! There is no RFC: this is what Ying-Da Lee wrote down. SOCKS4 takes IPv4 addresses only; 4a takes names, and is given
//! nothing else here. There are no passwords: of the credentials the user name is sent. What does not fit is an error
//! before a byte is sent; replies are read exactly to their end, since what follows them is the origin's.

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;

use tokio::io::AsyncWriteExt;

use super::socks::{misfit, odd, receive};
use super::stream::BoxedWire;

/// A handshake under way.
type Shaking = Pin<Box<dyn Future<Output = io::Result<BoxedWire>> + Send>>;
/// User name and password.
type Login = (Vec<u8>, Vec<u8>);

/// "90: request granted".
const GRANTED: u8 = 90;

/// Asks for a connection to an IPv4 address.
///
/// # Errors
/// Any other host; what the proxy refuses. The wire is closed then. No deadline: the caller's.
pub fn connect(wire: BoxedWire, host: String, port: u16, login: Option<Login>) -> Shaking {
    let request = match host.parse::<Ipv4Addr>() {
        Ok(address) => request(address, port, login, None),
        Err(_) => Err(misfit(format!(
            "a host that is no IPv4 address; SOCKS4 takes nothing else (\"{}\")",
            shown(&host)
        ))),
    };
    Box::pin(shake(wire, request))
}

/// Asks for a connection to a name that the proxy looks up: SOCKS4a.
///
/// # Errors
/// As for [`connect`].
pub fn connect_by_name(wire: BoxedWire, host: String, port: u16, login: Option<Login>) -> Shaking {
    // "set the first three bytes of DSTIP to NULL and the last byte to a non-zero value"
    Box::pin(shake(wire, request(Ipv4Addr::new(0, 0, 0, 1), port, login, Some(&host))))
}

async fn shake(mut wire: BoxedWire, request: io::Result<Vec<u8>>) -> io::Result<BoxedWire> {
    wire.write_all(&request?).await?;
    wire.flush().await?;
    // "VN CD DSTPORT DSTIP", of which only CD says something.
    let mut reply = [0; 8];
    receive(&mut wire, &mut reply).await?;
    match reply {
        [0, GRANTED, ..] => Ok(wire),
        [0, code, ..] => Err(refused(code)),
        _ => Err(odd(format!("answered \"{}\", which is no SOCKS4", reply.escape_ascii()))),
    }
}

/// "VN CD DSTPORT DSTIP USERID NULL", and for 4a the name and another NULL.
fn request(
    address: Ipv4Addr,
    port: u16,
    login: Option<Login>,
    name: Option<&str>,
) -> io::Result<Vec<u8>> {
    let (user, _) = login.unwrap_or_default();
    let name = name.map(str::as_bytes);
    for (what, text) in [("user name", Some(&*user)), ("host name", name)] {
        if text.is_some_and(|text| text.len() > 255 || text.contains(&0)) {
            return Err(misfit(format!(
                "a {what} that is longer than 255 bytes or has a NUL in it"
            )));
        }
    }
    let mut message = vec![4, 1];
    message.extend(port.to_be_bytes());
    message.extend(address.octets());
    message.extend(user);
    message.push(0);
    if let Some(name) = name {
        message.extend(name);
        message.push(0);
    }
    Ok(message)
}

fn refused(code: u8) -> io::Error {
    let words = match code {
        91 => "request rejected or failed",
        92 => "it cannot reach the identd of this machine",
        93 => "identd names another user",
        _ => "a reason of its own",
    };
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!("the SOCKS proxy did not connect: {words} (reply {code})"),
    )
}

fn shown(host: &str) -> String {
    host.as_bytes().get(..host.len().min(100)).unwrap_or_default().escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_81_four_takes_addresses_and_four_a_takes_names() {
        let address = Ipv4Addr::new(192, 0, 2, 1);
        let plain = request(address, 80, None, None).expect("fits");
        assert_eq!(plain, b"\x04\x01\0\x50\xc0\0\x02\x01\0");
        let login = Some((b"me".to_vec(), b"hunter2".to_vec()));
        let named = request(Ipv4Addr::new(0, 0, 0, 1), 443, login, Some("a.test")).expect("fits");
        assert_eq!(named, b"\x04\x01\x01\xbb\0\0\0\x01me\0a.test\0");
        for host in ["a".repeat(256), "a\0b".to_owned()] {
            let error = request(address, 80, None, Some(&host)).expect_err("does not fit");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }
}
