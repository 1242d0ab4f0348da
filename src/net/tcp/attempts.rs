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
    /// How long until the outcome was known; `None` if it never was.
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
        /// The operating system's words, or the address policy's.
        message: Arc<str>,
    },
    /// Still open when the race ended: another one won, or the time was up.
    Abandoned,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            AttemptOutcome::Connected => write!(f, "{}: connected", self.address),
            AttemptOutcome::Failed { message, .. } => write!(f, "{}: {message}", self.address),
            AttemptOutcome::Abandoned => write!(f, "{}: no answer", self.address),
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
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(error) => error.fmt(f),
            Self::Failed { attempts, .. } => {
                match attempts.len() {
                    1 => f.write_str("could not connect to ")?,
                    many => write!(f, "could not connect to any of {many} addresses: ")?,
                }
                for (index, attempt) in attempts.iter().enumerate() {
                    write!(f, "{}{attempt}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // It is the same error: its message is ours, so its source is ours too.
            Self::Dns(error) => error.source(),
            Self::Failed { first, .. } => Some(first),
        }
    }
}
