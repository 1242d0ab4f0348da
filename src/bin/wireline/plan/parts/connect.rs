//! How connections are made.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::plan::options::Id;
use crate::plan::said::{Said, Wrong};

/// Names, addresses, sockets.
#[derive(Debug, Default)]
pub struct Connect {
    /// `--resolve`, as written, in order.
    pub resolve: Vec<String>,
    /// `--connect-to`, as written, in order.
    pub connect_to: Vec<String>,
    /// `--dns-servers`, as written.
    pub dns_servers: Option<String>,
    /// `-4` or `-6`, whichever came last.
    pub family: Option<Family>,
    /// `--interface`.
    pub interface: Option<String>,
    /// `--local-port`.
    pub local_ports: Option<RangeInclusive<u16>>,
    pub unix_socket: Option<UnixSocket>,
    /// `--tcp-nodelay`; on unless turned off.
    pub no_nodelay: bool,
    /// `--no-keepalive`.
    pub no_keepalive: bool,
    /// `--keepalive-time`.
    pub keepalive_time: Option<Duration>,
    /// `--connect-timeout`.
    pub timeout: Option<Duration>,
}

/// Which addresses will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

/// `--unix-socket` or `--abstract-unix-socket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnixSocket {
    pub path: std::ffi::OsString,
    pub is_abstract: bool,
}

impl Connect {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said) -> Result<bool, Wrong> {
        match said.id {
            Id::Resolve => self.resolve.push(said.text()?.to_owned()),
            Id::ConnectTo => self.connect_to.push(said.text()?.to_owned()),
            Id::DnsServers => self.dns_servers = Some(said.text()?.to_owned()),
            Id::Ipv4 => self.family = Some(Family::V4),
            Id::Ipv6 => self.family = Some(Family::V6),
            Id::Interface => self.interface = Some(said.text()?.to_owned()),
            Id::LocalPort => self.local_ports = Some(ports(said)?),
            Id::UnixSocket | Id::AbstractUnixSocket => {
                let is_abstract = said.id == Id::AbstractUnixSocket;
                self.unix_socket = Some(UnixSocket { path: said.raw().to_owned(), is_abstract });
            }
            Id::TcpNodelay => self.no_nodelay = !said.on,
            Id::Keepalive => self.no_keepalive = !said.on,
            Id::KeepaliveTime => self.keepalive_time = Some(Duration::from_secs(said.number()?)),
            Id::ConnectTimeout => self.timeout = Some(said.seconds()?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `PORT` or `FIRST-LAST`.
fn ports(said: &Said) -> Result<RangeInclusive<u16>, Wrong> {
    let text = said.text()?;
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err(said.not("a port, or the first and the last of a range")),
    }
}
