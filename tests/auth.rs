//! Credentials on the wire: who gets them, when, and who never does. In: transcripts over sockets, and a server that works
//! out every Digest by itself. Out: RFC 7616, 7617 and 6750 as far as a client has to do with them, and S-09, S-47, S-60,
//! S-61, S-65, S-66 and S-112 under their numbers.
#![cfg(feature = "client")]

#[cfg(feature = "digest")]
#[path = "auth/any.rs"]
mod any;
#[path = "auth/bearer.rs"]
mod bearer;
#[path = "auth/challenges.rs"]
mod challenges;
#[cfg(feature = "digest")]
#[path = "auth/digest.rs"]
mod digest;
#[cfg(feature = "digest")]
#[path = "support/digest.rs"]
mod digest_server;
#[cfg(feature = "digest")]
#[path = "auth/digest_state.rs"]
mod digest_state;
#[cfg(feature = "auth")]
#[path = "auth/netrc.rs"]
mod netrc;
#[cfg(feature = "digest")]
#[path = "auth/origins.rs"]
mod origins;
#[cfg(feature = "auth")]
#[path = "auth/passwords.rs"]
mod passwords;
#[cfg(feature = "digest")]
#[path = "support/server.rs"]
mod server;
#[path = "auth/signing.rs"]
mod signing;
#[path = "support/sources.rs"]
mod sources;
mod support;
#[path = "support/talk.rs"]
mod talk;
