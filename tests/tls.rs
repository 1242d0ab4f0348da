//! TLS as a client chooses it: what each setting does, what it shares with others (S-45, S-48), what is told afterwards, and
//! how refusals on both sides read. The servers are rustls, in this process, under authorities made for the test.
#![cfg(feature = "tls")]

#[path = "support/certs.rs"]
mod certs;
#[path = "tls/choices.rs"]
mod choices;
#[path = "tls/client_certificates.rs"]
mod client_certificates;
#[path = "tls/environment.rs"]
mod environment;
#[path = "tls/facts.rs"]
mod facts;
#[path = "tls/identity.rs"]
mod identity;
#[path = "tls/openssl.rs"]
mod openssl;
#[path = "tls/refusals.rs"]
mod refusals;
#[path = "tls/server.rs"]
mod server;
mod support;
