//! The wires: from a host to a connected stream. Knows no HTTP.
//!
//! ```text
//!   host ─▶ lookup ─▶ Resolve ─▶ Answer, Answer       (system, hickory, overrides, shared)
//!                                   │
//!                                   ▼
//!                 race ◀──────▶ Schedule              (connect, eyeballs)
//!                   │
//!                   ▼
//!                 Wire ─▶ Secure ─▶ Wire              (stream, tls, rustls)
//! ```
//!
//! The floor takes no settings bag and reads no environment, starts no task of its own, and has no
//! overall deadline: the caller puts one around it, and what was tried until then is in the
//! caller's [`ConnectLog`].
//!
//! Next: [`stream`]

pub mod attempts;
pub mod connect;
pub mod deadline;
pub mod eyeballs;
mod first_address;
#[cfg(feature = "dns")]
pub mod hickory;
#[cfg(feature = "dns")]
mod hickory_setup;
pub mod lookup;
pub mod overrides;
pub mod policy;
pub mod resolve;
#[cfg(feature = "tls")]
pub mod rustls;
#[cfg(feature = "tls")]
mod rustls_wire;
pub mod shared;
#[cfg(feature = "socks")]
pub mod socks;
pub mod stream;
pub mod system;
pub mod tls;
pub mod watch;

#[cfg(feature = "tls")]
pub use self::rustls::Rustls;
pub use attempts::{Attempt, AttemptOutcome, ConnectError, ConnectLog, LookupRecord};
pub use connect::{ConnectOptions, race, race_watched};
pub use deadline::{Deadline, Timer};
pub use eyeballs::{ATTEMPT_DELAY, Delays, Next, RESOLUTION_DELAY, Schedule};
pub use first_address::first_address;
#[cfg(feature = "dns")]
pub use hickory::HickoryResolver;
#[cfg(feature = "dns")]
pub use hickory_setup::{DNS_DEADLINE, DnsOptions};
pub use lookup::lookup;
pub use overrides::Overrides;
pub use policy::AddressPolicy;
pub use resolve::{Answer, DnsError, DnsErrorKind, Family, Resolution, Resolve, addresses, failed};
pub use shared::Shared;
pub use stream::{BoxedWire, Liveness, TcpWire, TlsInfo, Wire};
pub use system::SystemResolver;
pub use tls::{Secure, Securing, TlsError, TlsErrorKind, next_identity};
pub use watch::{DialStep, Watch, Watcher};
