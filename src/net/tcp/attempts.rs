//! What was tried on the way to a connection, and what came of it.
//!
//! The race writes into a [`ConnectLog`] while it runs, so that the record is there as well when
//! the caller's own deadline ends the race. A [`ConnectError`] carries it to whoever has to find
//! out why a host cannot be reached: every address, its reason, its time.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::net::dns::resolve::{DnsError, Family};
use crate::net::tls::secure::{TlsError, TlsErrorKind};

use super::policy::{Denial, WAY_OUT};
use super::unix_address::UnixAddress;

/// Everything one race did. All times count from its start.
#[derive(Clone, Debug, Default)]
pub struct ConnectLog {
    /// The halves of the look-up, in the order they landed. A half still missing had no answer yet.
    pub dns: Vec<LookupRecord>,
    /// The connection attempts, in the order they were started.
    pub attempts: Vec<Attempt>,
}

/// One half of a look-up.
#[derive(Clone, Debug)]
pub struct LookupRecord {
    /// Which half.
    pub family: Family,
    /// When the answer was there.
    pub took: Duration,
    /// How many addresses there were, before any limit; or why none.
    pub outcome: Result<usize, DnsError>,
}

/// One attempt to connect to one address.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Where to.
    pub address: SocketAddr,
    /// When it was started.
    pub started: Duration,
    /// How long until the outcome was known; `None` if it never was. With [`Race::Tls`](crate::net::Race::Tls) the
    /// handshake is part of it.
    pub took: Option<Duration>,
    /// What came of it.
    pub outcome: AttemptOutcome,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// This is the connection.
    Connected,
    /// There will be none.
    Failed {
        /// The class of the failure.
        kind: io::ErrorKind,
        /// The operating system's words.
        message: Arc<str>,
    },
    /// The address policy has refused the address: nothing was sent.
    Denied {
        /// Why.
        reason: Arc<str>,
    },
    /// Still open when the race ended: another one won, or the time was up.
    Abandoned,
    /// TCP was connected, and TLS failed. Only where the handshake is part of the race: elsewhere an attempt ends with
    /// TCP, and has won.
    FailedInTls {
        /// The class of the failure.
        kind: TlsErrorKind,
        /// The same in words.
        message: Arc<str>,
    },
    /// TCP was connected, and TLS not finished when the race ended.
    AbandonedInTls {
        /// How long until TCP was connected.
        connected: Duration,
    },
}

impl AttemptOutcome {
    /// Whether it was still open when the race ended.
    pub fn is_abandoned(&self) -> bool {
        matches!(self, Self::Abandoned | Self::AbandonedInTls { .. })
    }

    /// That of an attempt that ended with `error`.
    pub(super) fn failed(error: &io::Error) -> AttemptOutcome {
        match denial(error) {
            Some(denial) => AttemptOutcome::Denied { reason: denial.reason().into() },
            None => {
                AttemptOutcome::Failed { kind: error.kind(), message: error.to_string().into() }
            }
        }
    }
}

/// What the address policy said, if it was the policy.
fn denial(error: &io::Error) -> Option<&Denial> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.address)?;
        match &self.outcome {
            AttemptOutcome::Denied { reason } => return f.write_str(reason),
            AttemptOutcome::Connected => f.write_str("connected"),
            AttemptOutcome::Failed { message, .. } => f.write_str(message),
            AttemptOutcome::FailedInTls { message, .. } => write!(f, "TLS failed: {message},"),
            AttemptOutcome::Abandoned => f.write_str("no answer"),
            AttemptOutcome::AbandonedInTls { connected } => {
                write!(f, "connected after {} ms, no end of TLS", connected.as_millis())
            }
        }?;
        match self.took {
            Some(took) => write!(f, " after {} ms", took.as_millis()),
            None => Ok(()),
        }
    }
}

/// Why there is no connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// No half of the look-up had an address.
    Dns(DnsError),
    /// There were addresses, and each of them failed.
    Failed {
        /// The error of the attempt that failed first.
        first: io::Error,
        /// Every attempt.
        attempts: Vec<Attempt>,
    },
    /// There were addresses, each of them failed, and at least one of them in the TLS handshake that was part of the
    /// race.
    Tls {
        /// The TLS error of the attempt that failed first in TLS.
        first: TlsError,
        /// Every attempt.
        attempts: Vec<Attempt>,
    },
    /// The address policy has refused what there was, before an attempt could be made.
    Denied(Denial),
    /// The Unix socket that stands in for all addresses does not answer.
    Unix {
        /// Which.
        socket: Arc<UnixAddress>,
        /// Why.
        error: io::Error,
    },
}

impl ConnectError {
    /// What the address policy said, if nothing but the policy stands in the way: of several addresses, about the one
    /// that was tried first.
    pub fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Denied(denial) => Some(denial),
            Self::Failed { first, attempts } if all_denied(attempts) => denial(first),
            _ => None,
        }
    }
}

fn all_denied(attempts: &[Attempt]) -> bool {
    attempts.iter().all(|attempt| matches!(attempt.outcome, AttemptOutcome::Denied { .. }))
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(error) => error.fmt(f),
            Self::Failed { attempts, .. } => {
                all(f, "connect", attempts)?;
                if self.denial().is_some() { write!(f, "; {WAY_OUT}") } else { Ok(()) }
            }
            Self::Denied(denial) => denial.fmt(f),
            Self::Unix { socket, error } => {
                write!(f, "could not connect to the Unix socket {socket}: {error}")
            }
            Self::Tls { first, attempts } => {
                all(f, "connect securely", attempts)?;
                first.hint().map_or(Ok(()), |hint| write!(f, " ({hint})"))
            }
        }
    }
}

fn all(f: &mut fmt::Formatter<'_>, what: &str, attempts: &[Attempt]) -> fmt::Result {
    match attempts.len() {
        1 => write!(f, "could not {what} to ")?,
        many => write!(f, "could not {what} to any of {many} addresses: ")?,
    }
    for (index, attempt) in attempts.iter().enumerate() {
        write!(f, "{}{attempt}", if index == 0 { "" } else { "; " })?;
    }
    Ok(())
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // It is the same error: its message is ours, so its source is ours too.
            Self::Dns(error) => error.source(),
            Self::Failed { first, .. } => Some(first),
            Self::Denied(_) => None,
            Self::Unix { error, .. } => Some(error),
            Self::Tls { first, .. } => Some(first),
        }
    }
}
