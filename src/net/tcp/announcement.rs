//! The line that tells a server behind a load balancer who is there: the PROXY protocol, version 1.
//!
//! In: the two ends of a connection. Out: the line to send before everything else. Servers that do not expect it take it
//! for a broken request, so nobody sends it unasked.

use std::net::{IpAddr, SocketAddr};

/// Sends the line, and says who the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Announcement {
    /// The client's address in place of ours.
    pub client: Option<IpAddr>,
}

impl Announcement {
    /// The line for a connection between these ends; `PROXY UNKNOWN` where they have no addresses.
    pub fn line(&self, local: Option<SocketAddr>, remote: Option<SocketAddr>) -> String {
        let (Some(local), Some(remote)) = (local, remote) else {
            return "PROXY UNKNOWN\r\n".to_owned();
        };
        let client = self.client.unwrap_or(local.ip());
        let family = if remote.is_ipv6() { "TCP6" } else { "TCP4" };
        let (server, from, to) = (remote.ip(), local.port(), remote.port());
        format!("PROXY {family} {client} {server} {from} {to}\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_named() {
        let end = |text: &str| Some(text.parse::<SocketAddr>().expect("an address"));
        let ours = Announcement::default();
        assert_eq!(
            ours.line(end("192.0.2.1:4000"), end("192.0.2.2:80")),
            "PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\n"
        );
        assert_eq!(ours.line(end("[::1]:4000"), end("[::2]:80")), "PROXY TCP6 ::1 ::2 4000 80\r\n");
        let other = Announcement { client: Some([198, 51, 100, 7].into()) };
        assert_eq!(
            other.line(end("192.0.2.1:4000"), end("192.0.2.2:80")),
            "PROXY TCP4 198.51.100.7 192.0.2.2 4000 80\r\n"
        );
        assert_eq!(ours.line(None, None), "PROXY UNKNOWN\r\n");
    }
}
