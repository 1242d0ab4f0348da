//! The cookie jar: RFC 6265bis as tables and as transcripts, files, and S-08, S-60, S-72 to S-77 under their numbers.
#![cfg(feature = "cookies")]

#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "cookies/conformance.rs"]
mod conformance;
#[path = "cookies/files.rs"]
mod files;
#[path = "cookies/floods.rs"]
mod floods;
#[path = "cookies/hosts.rs"]
mod hosts;
#[path = "cookies/jars.rs"]
mod jars;
#[cfg(feature = "json")]
#[path = "cookies/json.rs"]
mod json;
#[path = "cookies/properties.rs"]
mod properties;
#[path = "cookies/requests.rs"]
mod requests;
#[cfg(feature = "tls")]
#[path = "cookies/schemes.rs"]
mod schemes;
#[cfg(feature = "tls")]
#[path = "support/schemes.rs"]
mod schemes_stage;
mod support;
#[path = "cookies/table.rs"]
mod table;
#[path = "support/talk.rs"]
mod talk;
#[cfg(feature = "tls")]
#[path = "support/tls.rs"]
mod tls_server;
