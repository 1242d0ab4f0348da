//! Where connections may lead and what their sockets are made of: the address policy from end to end (S-106), socket
//! options read back from the kernel, Unix sockets.
#![cfg(feature = "client")]

#[path = "sockets/addresses.rs"]
mod addresses;
#[path = "support/answers.rs"]
mod answers;
#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "sockets/local.rs"]
mod local;
#[path = "sockets/options.rs"]
mod options;
#[path = "sockets/proxied.rs"]
mod proxied;
#[path = "sockets/refused.rs"]
mod refused;
mod support;
#[path = "support/talk.rs"]
mod talk;
#[cfg(unix)]
#[path = "sockets/unix.rs"]
mod unix;
#[cfg(unix)]
#[path = "sockets/unix_errors.rs"]
mod unix_errors;
#[cfg(unix)]
#[path = "sockets/unix_server.rs"]
mod unix_server;
