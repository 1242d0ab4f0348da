//! The main job, to be run first: `cargo run --release --example gather`.
//!
//! 150 JSON resources are fetched in three ways: one after another on one connection, by blocking calls in 16 threads,
//! and all at once through the pool; once in clear and once over TLS. The server, the name server and the certificate
//! authority are part of this program, so it needs no network, and every byte that arrives can be checked. The exit code
//! is 1 if one was wrong.
//!
//! `cargo run --release --example gather -- https://host/path …` fetches real URLs in the same three ways.
//!
//! Where to read on: `client_ways.rs` is what a user of the crate writes. `exchange.rs` is the whole of HTTP/1.1 on a
//! blocking socket, by the floor `wireline::h1` alone. `demo.rs` and `visit.rs` run both and print what `report.rs` made
//! of it. The rest is stage: `server.rs`, `name_server.rs`, `authority.rs`, `resources.rs`.

mod authority;
mod client_ways;
mod demo;
mod exchange;
mod name_server;
mod outcome;
mod report;
mod resources;
mod server;
mod setting;
mod threads;
mod visit;

use std::process::ExitCode;

const USAGE: &str = "usage: gather [URL ...]

Without URLs: fetches 150 resources from a server of its own, in three ways, in clear and over TLS.
With URLs:    fetches these in the same three ways. Redirects are shown, not followed.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if let Some(option) = arguments.iter().find(|argument| argument.starts_with('-')) {
        eprintln!("gather: there is no option {option}\n\n{USAGE}");
        return ExitCode::from(2);
    }
    let all_well = if arguments.is_empty() { demo::run() } else { visit::run(&arguments) };
    match all_well {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("gather: {error}");
            ExitCode::from(2)
        }
    }
}
