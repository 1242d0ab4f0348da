//! Proxies: what they are told, what they are not, and what becomes of their answers. In: transcripts of in-process proxies,
//! and real ones where they are installed. Out: S-46, S-64, S-80 to S-83 under their numbers.
#![cfg(feature = "client")]

#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "proxy/choice.rs"]
mod choice;
#[path = "proxy/credentials.rs"]
mod credentials;
#[path = "proxy/failures.rs"]
mod failures;
#[path = "proxy/forward.rs"]
mod forward;
#[path = "proxy/pairs.rs"]
mod pairs;
#[path = "support/server.rs"]
mod server;
#[cfg(all(feature = "tls", feature = "auth"))]
#[path = "proxy/servers.rs"]
mod servers;
#[cfg(feature = "socks")]
#[path = "proxy/socks.rs"]
mod socks;
#[path = "support/steps.rs"]
mod steps;
mod support;
#[path = "support/talk.rs"]
mod talk;
#[cfg(feature = "tls")]
#[path = "proxy/tls.rs"]
mod tls;
#[path = "proxy/tunnel.rs"]
mod tunnel;
