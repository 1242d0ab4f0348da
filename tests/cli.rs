//! The command line `wireline`: the built binary against servers of the test's. In: cases as data (`cli/cases/*.txt`, the
//! format is told in `cli/case.rs`). Out: the bytes it sent, the bytes it wrote and its exit code are those of the case.
//!
//! `WIRELINE_CLI=/usr/bin/curl` runs another program by the same cases, `WIRELINE_CASE=word` only those with `word` in their
//! names, and `WIRELINE_BLESS=1` writes what happened into the files as what is expected.
#![cfg(feature = "cli")]

#[path = "cli/case.rs"]
mod case;
#[path = "support/certs.rs"]
mod certs;
#[path = "cli/clean.rs"]
mod clean;
#[path = "cli/groups.rs"]
mod groups;
#[path = "cli/http.rs"]
mod http;
#[path = "cli/play.rs"]
mod play;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/same.rs"]
mod same;
#[path = "cli/server.rs"]
mod server;
#[path = "cli/socks.rs"]
mod socks;
mod support;
#[path = "cli/text.rs"]
mod text;
