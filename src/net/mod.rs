//! The wires: from a host to a connected stream. Knows no HTTP.
//!
//! ```text
//!   host ─▶ lookup ─▶ Resolve ─▶ Answer, Answer       (dns)
//!                                   │
//!                                   ▼
//!                 race ◀──────▶ Schedule              (tcp)
//!                   │
//!                   ▼
//!                 Wire ─▶ Secure ─▶ Wire              (stream, tls)
//! ```
//!
//! The floor takes no settings bag and reads no environment, starts no task of its own, and has no
//! overall deadline: the caller puts one around it, and what was tried until then is in the
//! caller's [`ConnectLog`].
//!
//! Next: [`stream`]

pub mod deadline;
pub mod dns;
#[cfg(feature = "socks")]
pub mod socks;
#[cfg(feature = "socks")]
pub mod socks4;
pub mod stream;
pub mod tcp;
pub mod tls;
pub mod unix;
pub mod watch;

pub use deadline::{Deadline, Timer};
pub use dns::connect_to::ConnectTo;
pub use dns::first_address::first_address;
pub use dns::lookup::lookup;
pub use dns::overrides::Overrides;
pub use dns::resolve::{
    Answer, DnsError, DnsErrorKind, Family, Resolution, Resolve, addresses, failed,
};
#[cfg(feature = "dns")]
pub use dns::resolver::Resolver;
#[cfg(feature = "dns")]
pub use dns::setup::DNS_DEADLINE;
pub use dns::shared::Shared;
pub use dns::system::SystemResolver;
pub use stream::{BoxedWire, Liveness, TcpWire, TlsInfo, Wire};
pub use tcp::address_class::AddressClass;
pub use tcp::announcement::Announcement;
pub use tcp::attempts::{Attempt, AttemptOutcome, ConnectError, ConnectLog, LookupRecord};
pub use tcp::connect::{Finish, Finishing, race, race_to};
pub use tcp::eyeballs::{
    ATTEMPT_DELAY, Delays, FIRST_FAMILY_COUNT, Next, RESOLUTION_DELAY, Race, Schedule,
};
pub use tcp::options::{ConnectOptions, Keepalive, LocalAddress};
pub use tcp::policy::{AddressPolicy, Candidate, Denial, Purpose};
pub use tcp::sort::{Rank, rank};
pub use tcp::source::source;
pub use tcp::unix_address::UnixAddress;
#[cfg(feature = "tls")]
pub use tls::rustls::{Certificate, Pin, Rustls, RustlsBuilder, TlsVersion};
pub use tls::secure::{Secure, Securing, TlsError, TlsErrorKind, next_identity};
pub use watch::{DialStep, HeadBytes, Watch, Watcher};
