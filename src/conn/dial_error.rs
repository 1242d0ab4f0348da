//! Why a connection could not be built: what failed, during which step, and whether the proxy is to blame.

use std::error::Error;
use std::fmt;

use crate::net::{ConnectError, TlsError};

use super::clock::{Clock, Expired};
use super::connection::ConnectionInfo;
use super::failure::Phase;
use super::tunnel::NoTunnel;
use super::upload::BoxError;

/// Why there is no connection.
#[derive(Debug)]
pub struct DialError {
    /// What failed.
    pub cause: DialCause,
    /// During which step.
    pub phase: Phase,
    /// Whether that step was one with the proxy, and the origin has no part in it.
    pub proxy: bool,
    /// How far it got.
    pub info: ConnectionInfo,
}

/// What failed.
#[derive(Debug)]
pub enum DialCause {
    /// No address, or none that answered.
    Connect(ConnectError),
    /// The handshake.
    Tls(TlsError),
    /// Time ran out.
    TimedOut(Expired),
    /// `https`, and no TLS in this build or client.
    NoTls,
    /// The proxy leads nowhere.
    Tunnel(NoTunnel),
    /// There are no credentials for the proxy.
    Credentials(BoxError),
}

impl DialCause {
    /// Whether it may be gone at the next attempt.
    pub fn is_transient(&self) -> bool {
        match self {
            DialCause::Connect(ConnectError::Dns(error)) => error.is_transient(),
            // What does not pass counts more than what may: an address with a wrong certificate stays.
            DialCause::Connect(ConnectError::Tls { .. }) => false,
            // What the address policy refuses once it refuses again.
            DialCause::Connect(error) => error.denial().is_none(),
            DialCause::TimedOut(expired) => expired.clock == Clock::Connect,
            DialCause::Tunnel(why) => why.is_transient(),
            DialCause::Tls(_) | DialCause::NoTls | DialCause::Credentials(_) => false,
        }
    }

    /// The next error of the chain.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            DialCause::Connect(error) => Some(error),
            DialCause::Tls(error) => Some(error),
            DialCause::Tunnel(why) => why.source(),
            DialCause::Credentials(error) => Some(&**error),
            DialCause::TimedOut(_) | DialCause::NoTls => None,
        }
    }
}

impl fmt::Display for DialCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DialCause::Connect(error) => error.fmt(f),
            DialCause::Tls(error) => error.fmt(f),
            DialCause::Tunnel(why) => why.fmt(f),
            DialCause::Credentials(error) => error.fmt(f),
            DialCause::TimedOut(expired) => expired.fmt(f),
            DialCause::NoTls => {
                f.write_str("https needs the feature `tls`, or a client built with `secure`")
            }
        }
    }
}
