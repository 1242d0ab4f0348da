//! From a host to addresses, as they become known.
//!
//! In: a host and a port. Out: a stream of [`Answer`]s, one a family, each as soon as it is known,
//! because RFC 8305 §3 says that an address of one family must not wait for the other's. This file
//! asks nobody, it has the words: [`Resolve`], [`Answer`], [`DnsError`]. The door to it is
//! [`lookup`](crate::net::lookup()), where what is no name never gets to a resolver.
//!
//! Addresses carry their port ([`SocketAddr`]), so that a resolver can send a host to another port
//! as well, which service records and tests both want.
//!
//! Next: [`eyeballs`](crate::net::tcp::eyeballs)

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

/// Something that finds addresses.
///
/// Implementations get names only: [`lookup`](crate::net::lookup()) answers IP addresses itself and
/// refuses what cannot be a name. Dropping the stream gives the look-up up.
///
/// A resolver that knows its answers is this much:
///
/// ```
/// use wireline::Client;
/// use wireline::dns::{DnsErrorKind, Resolution, Resolve, addresses, failed};
///
/// struct Inventory;
///
/// impl Resolve for Inventory {
///     fn resolve(&self, host: &str, port: u16) -> Resolution {
///         match host {
///             "db.internal" => addresses(host, vec![([10, 0, 0, 7], port).into()]),
///             _ => failed(DnsErrorKind::NxDomain, host, None),
///         }
///     }
/// }
///
/// let client = Client::builder().resolver(Inventory).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
pub trait Resolve: Send + Sync {
    /// Starts looking `host` up. Nothing happens before the stream is polled.
    fn resolve(&self, host: &str, port: u16) -> Resolution;
}

/// A look-up under way: one [`Answer`] a family in the order they land, then the end.
pub type Resolution = Pin<Box<dyn Stream<Item = Answer> + Send>>;

/// What one family's half of a look-up found.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which half.
    pub family: Family,
    /// Its addresses, best first. Never an empty list: that is [`DnsErrorKind::NoData`].
    pub result: Result<Vec<SocketAddr>, DnsError>,
}

/// An address family, and so a type of DNS record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// A records.
    V4,
    /// AAAA records.
    V6,
}

impl Family {
    /// The family an address belongs to.
    pub fn of(address: &SocketAddr) -> Self {
        if address.is_ipv6() { Self::V6 } else { Self::V4 }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::V4 => Self::V6,
            Self::V6 => Self::V4,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

impl<R: Resolve + ?Sized> Resolve for Arc<R> {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        (**self).resolve(host, port)
    }
}

/// A look-up that is over before it begins: both halves of `found`, IPv6 first.
///
/// A half without an address is `NoData`. This is all a resolver needs that knows its addresses.
pub fn addresses(host: &str, found: Vec<SocketAddr>) -> Resolution {
    let (v6, v4): (Vec<_>, Vec<_>) = found.into_iter().partition(SocketAddr::is_ipv6);
    let half = |family, found: Vec<_>| Answer {
        family,
        result: if found.is_empty() {
            Err(DnsError::new(DnsErrorKind::NoData, host, family))
        } else {
            Ok(found)
        },
    };
    Box::pin(Answers(VecDeque::from([half(Family::V6, v6), half(Family::V4, v4)])))
}

/// A look-up that has failed for both families, for the same reason.
pub fn failed(
    kind: DnsErrorKind,
    host: &str,
    source: Option<Box<dyn Error + Send + Sync>>,
) -> Resolution {
    let source = source.map(Arc::from);
    let half = |family| Answer {
        family,
        result: Err(DnsError { source: source.clone(), ..DnsError::new(kind, host, family) }),
    };
    Box::pin(Answers(VecDeque::from([half(Family::V6), half(Family::V4)])))
}

/// Answers that are known already.
struct Answers(VecDeque<Answer>);

impl Stream for Answers {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// Why a look-up found nothing.
#[derive(Clone, Debug)]
pub struct DnsError {
    kind: DnsErrorKind,
    host: Box<str>,
    asked: Asked,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Addresses,
    Family(Family),
    /// The records of this type, by its name in a zone file.
    Records(&'static str),
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DnsErrorKind {
    /// There is no such name.
    NxDomain,
    /// The name exists, but has nothing of what was asked for.
    NoData,
    /// The server could not find out.
    ServFail,
    /// The server did not want to answer.
    Refused,
    /// No server answered in time.
    Timeout,
    /// The host can be no name.
    BadName,
    /// The question could not be sent or the answer not be received.
    Io,
    /// Anything else; the source says what.
    Other,
}

impl DnsError {
    /// No address of one family, without a source.
    pub fn new(kind: DnsErrorKind, host: &str, family: Family) -> Self {
        Self { kind, host: host.into(), asked: Asked::Family(family), source: None }
    }

    /// No record of a type, which is named as in a zone file (`"MX"`), without a source.
    pub fn of_type(kind: DnsErrorKind, name: &str, record_type: &'static str) -> Self {
        Self { kind, host: name.into(), asked: Asked::Records(record_type), source: None }
    }

    /// The same for both families.
    pub fn of_any_family(self) -> Self {
        Self { asked: Asked::Addresses, ..self }
    }

    /// The same with what caused it.
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..self }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> DnsErrorKind {
        self.kind
    }

    /// Whether the next look-up may have another answer: silence and trouble pass, names that are not there do not.
    pub fn is_transient(&self) -> bool {
        use DnsErrorKind::*;
        matches!(self.kind, ServFail | Timeout | Io | Refused | Other)
    }

    /// The name that was looked up.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Which half of a look-up of addresses failed; `None` for both, and for records of other types.
    pub fn family(&self) -> Option<Family> {
        match self.asked {
            Asked::Family(family) => Some(family),
            _ => None,
        }
    }

    /// The type of the records that were asked for, `"A"` or `"MX"`; `None` for addresses of both families.
    pub fn record_type(&self) -> Option<&'static str> {
        match self.asked {
            Asked::Addresses => None,
            Asked::Family(Family::V4) => Some("A"),
            Asked::Family(Family::V6) => Some("AAAA"),
            Asked::Records(name) => Some(name),
        }
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.host.as_bytes()[..self.host.len().min(100)];
        match self.asked {
            Asked::Records(name) => {
                write!(f, "looking up {name} of \"{}\": ", shown.escape_ascii())
            }
            _ => write!(f, "looking up \"{}\": ", shown.escape_ascii()),
        }?;
        match self.kind {
            DnsErrorKind::NxDomain => f.write_str("no such host (NXDOMAIN)"),
            DnsErrorKind::NoData => match self.asked {
                Asked::Addresses => f.write_str("the name has no address"),
                Asked::Family(family) => write!(f, "the name has no {family} address"),
                Asked::Records(name) => write!(f, "the name has no {name} record"),
            },
            DnsErrorKind::ServFail => f.write_str("the name server failed (SERVFAIL)"),
            DnsErrorKind::Refused => f.write_str("the name server refused (REFUSED)"),
            DnsErrorKind::Timeout => f.write_str("no name server answered in time"),
            DnsErrorKind::BadName => f.write_str("this can be no host name"),
            DnsErrorKind::Io => f.write_str("no name server could be asked"),
            DnsErrorKind::Other => f.write_str("the look-up failed"),
        }?;
        // A reason of our own is part of the message; a library's error is left to the source
        // chain.
        match (&self.source, self.kind) {
            (Some(reason), DnsErrorKind::BadName) => write!(f, ": {reason}"),
            _ => Ok(()),
        }
    }
}

impl Error for DnsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
