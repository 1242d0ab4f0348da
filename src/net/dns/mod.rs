//! Names: from a host to addresses, and from a name to the records DNS has for it.
//!
//! [`resolve`] has the words, [`lookup`] is the door, and the others answer: getaddrinfo, [`Resolver`] (DNS itself, with
//! the feature `dns`), what the caller has fixed, and one look-up for all who ask at the same time.

#[cfg(feature = "dns")]
pub(super) mod asking;
pub mod connect_to;
#[cfg(feature = "dns")]
pub(super) mod engine;
pub(super) mod first_address;
#[cfg(feature = "dns")]
pub(super) mod hosts;
pub mod lookup;
pub mod overrides;
#[cfg(feature = "dns")]
pub mod record;
pub mod resolve;
#[cfg(feature = "dns")]
pub mod resolver;
#[cfg(feature = "dns")]
pub mod resolver_builder;
#[cfg(feature = "dns")]
pub mod service;
#[cfg(feature = "dns")]
pub(super) mod setup;
pub mod shared;
pub mod system;
#[cfg(feature = "dns")]
pub(super) mod translate;

#[cfg(feature = "dns")]
pub use record::{Record, RecordData, RecordType, Records, UnknownRecordType};
pub use resolve::{Answer, DnsError, DnsErrorKind, Family, Resolution, Resolve, addresses, failed};
#[cfg(feature = "dns")]
pub use resolver::{Resolver, reverse_name};
#[cfg(feature = "dns")]
pub use resolver_builder::ResolverBuilder;
#[cfg(feature = "dns")]
pub use service::ServiceBinding;
pub use shared::Shared;
pub use system::SystemResolver;
