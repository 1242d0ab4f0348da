//! Names: from a host to addresses.
//!
//! [`resolve`] has the words, [`lookup`] is the door, and the others answer: getaddrinfo, hickory, what the caller has
//! fixed, and one look-up for all who ask at the same time.

pub(super) mod first_address;
#[cfg(feature = "dns")]
pub mod hickory;
#[cfg(feature = "dns")]
pub(super) mod hickory_setup;
pub mod lookup;
pub mod overrides;
pub mod resolve;
pub mod shared;
pub mod system;
