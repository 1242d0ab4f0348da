//! Each law is shown what it must catch and what it must let pass: a law that finds nothing in the real sources could
//! as well be blind. The plants are sources in memory.

use super::laws::{self, Law};
use super::tree::Tree;

/// A small crate with nothing wrong, full of what looks wrong at first sight.
const CLEAN: &[(&str, &str)] = &[
    ("src/lib.rs", "#![forbid(unsafe_code)]\npub mod h1; pub mod message; mod client; mod conn; mod net; mod pool;\npub use client::Client;"),
    ("src/message/mod.rs", "mod fields; pub use fields::Fields;"),
    ("src/message/fields.rs", "use core::net::IpAddr; use core::time::Duration; pub struct Fields(Option<IpAddr>, Duration);"),
    ("src/h1/mod.rs", "pub mod persistence; pub use persistence::*;"),
    (
        "src/h1/persistence.rs",
        "//! `tokio::spawn` and `unsafe` in prose are prose: [`crate::client::Client`].
         use std::io::Write as _; use crate::message::Fields;
         pub struct Sent(()); pub struct Received(Option<Fields>);
         #[derive(Debug)] pub struct Reusable { sealed: () }
         impl Reusable {
             pub fn prove(sent: Sent, received: &Received) -> Option<Self> { Self::new() }
             fn new() -> Option<Self> { Some(Self { sealed: () }) }
         }
         #[cfg(test)] mod tests { use crate::client::Client; fn t() { std::time::Instant::now(); None::<u8>.unwrap(); panic!() } }",
    ),
    ("src/net/mod.rs", "#[cfg(feature = \"tls\")] mod rustls; mod tcp; pub use tcp::Wire; pub use rustls::Rustls;"),
    ("src/net/tcp.rs", "use tokio::net::TcpStream; pub struct Wire(TcpStream);"),
    ("src/net/rustls.rs", "use rustls::client::Config; use super::Wire; pub struct Rustls(Wire, Config);"),
    ("src/conn/mod.rs", "pub mod connection;"),
    (
        "src/conn/connection.rs",
        "use crate::net; use crate::h1::Reusable;
         pub struct Connection { wire: net::Wire } pub struct Idle { connection: Connection }
         impl Connection {
             pub fn unused(self) -> Option<Idle> { Some(Idle { connection: self }) }
             pub fn rest(self, proof: Reusable) -> Idle { Idle { connection: self } }
         }
         impl Idle { pub fn aged(self) -> Idle { self } pub fn wake(self) -> Connection { self.connection } }",
    ),
    ("src/pool/mod.rs", "use crate::conn::connection::Idle; pub enum Slot { Idle(Idle) } pub fn keep(idle: Idle) -> Slot { Slot::Idle(idle) }"),
    (
        "src/client/mod.rs",
        "#[allow(dead_code)] // the plant needs no user
         struct Config; pub struct Client(Config); fn f() { let a: Option<u8> = None; a.unwrap_or(1); a.unwrap_or_default(); }",
    ),
    ("src/bin/wireline/main.rs", "mod args; fn main() { args::read(wireline::Client::new()); std::thread::spawn(|| ()); }"),
    ("src/bin/wireline/args.rs", "use wireline::Client; pub fn read(client: Client) {}"),
    ("tests/any.rs", "fn main() { None::<u8>.unwrap() }"),
];

/// Shows `law` the clean crate with each plant in the place of the file of that name, and what it must say.
#[track_caller]
fn catches(law: Law, plants: &[(&str, &str, &str)]) {
    assert_eq!(law(&Tree::new(CLEAN)), Vec::<String>::new(), "the clean crate must pass");
    for (path, text, wanted) in plants {
        let mut sources: Vec<_> = CLEAN.iter().copied().filter(|(p, _)| p != path).collect();
        sources.push((path, text));
        let found = law(&Tree::new(&sources));
        let told = found.iter().any(|line| line.starts_with(path) && line.contains(wanted));
        assert!(told, "planted in {path}: {text}\nwanted: {wanted}\nfound: {found:#?}");
    }
}

#[test]
fn floors() {
    catches(
        laws::floors,
        &[
            (
                "src/message/fields.rs",
                "\nuse crate::h1::Reusable;",
                "fields.rs:2: law 1: `message` may not import `h1`",
            ),
            (
                "src/net/tcp.rs",
                "fn f() -> crate::message::Fields { todo() }",
                "may not import `message` (src/message/fields.rs)",
            ),
            (
                "src/net/tcp.rs",
                "use crate::{h1::{self as grammar}}; fn f() { grammar::persistence::g() }",
                "may not import `h1`",
            ),
            (
                "src/conn/mod.rs",
                "fn f() { format!(\"{}\", crate::pool::LIMIT); }",
                "`conn` may not import `pool`",
            ),
            ("src/conn/mod.rs", "use super::*; fn f() -> Client {}", "may not import `client`"),
            (
                "src/client/mod.rs",
                "pub struct Client; pub use crate::bin::X; mod y { use super::super::lib; } use crate::nothing;",
                "may not import `lib`",
            ),
            ("src/extra/mod.rs", "", "`extra` is no floor"),
        ],
    );
}

#[test]
fn cycles() {
    assert_eq!(laws::cycles(&Tree::new(CLEAN)), Vec::<String>::new());
    // A cycle is told at its first file, whoever closed it.
    let three = [
        ("src/net/mod.rs", "mod a; mod b; mod c; pub use {a::A, b::B, c::C};"),
        ("src/net/a.rs", "pub struct A(super::B);"),
        ("src/net/b.rs", "\npub struct B(Vec<crate::net::c::C>);"),
        ("src/net/c.rs", "pub struct C; fn f() { vec![super::A] }"),
    ];
    let found = laws::cycles(&Tree::new(&three));
    let cycle = "src/net/a.rs:1: law 1: import cycle: -> src/net/b.rs (line 1) -> src/net/c.rs (line 2) -> src/net/a.rs (line 1)";
    assert_eq!(found, [cycle]);
}

#[test]
fn sans_io() {
    catches(
        laws::sans_io,
        &[
            ("src/message/fields.rs", "use tokio::io::AsyncRead;", "names `tokio::io::AsyncRead`"),
            (
                "src/message/fields.rs",
                "use std::{fmt, net::SocketAddr};",
                "names `std::net::SocketAddr`",
            ),
            (
                "src/message/fields.rs",
                "fn f() -> std::time::Duration {}",
                "names `std::time::Duration`",
            ),
            ("src/message/fields.rs", "fn f(now: Instant) {}", "names `Instant`"),
            (
                "src/h1/persistence.rs",
                "fn f() { println!(\"{:?}\", std::env::args()) }",
                "names `std::env::args`",
            ),
            ("src/h1/persistence.rs", "use serde::Serialize;", "names `serde::Serialize`"),
            (
                "src/h1/persistence.rs",
                "async fn f() {\n g().await }",
                "persistence.rs:2: law 2: awaits",
            ),
        ],
    );
}

#[test]
fn net_knows_no_http() {
    catches(
        laws::net_knows_no_http,
        &[
            ("src/net/tcp.rs", "use http::Uri;", "net names `http::Uri`"),
            (
                "src/net/tcp.rs",
                "fn f() { httparse::parse_chunk_size(b\"\"); }",
                "net names `httparse::",
            ),
            ("src/net/tcp.rs", "use crate::message;", "net names `crate::message`"),
            ("src/net/tcp.rs", "fn f() { assert!(crate::h1::OK) }", "net names `crate::h1::OK`"),
        ],
    );
}

#[test]
fn small_files() {
    let long = "// a line\n".repeat(401);
    catches(
        laws::small_files,
        &[
            ("src/net/tcp.rs", &long, "tcp.rs:401: law 3: 401 lines"),
            ("tests/any.rs", &long, "any.rs:401: law 3"),
            ("fuzz/fuzz_targets/head.rs", &long, "head.rs:401: law 3"),
        ],
    );
}

#[test]
fn config_stays_in_client() {
    catches(
        laws::config_stays_in_client,
        &[
            (
                "src/conn/mod.rs",
                "use crate::client::config::Config;",
                "names `crate::client::config::Config`",
            ),
            (
                "src/pool/mod.rs",
                "\npub struct Config { limit: usize }",
                "mod.rs:2: law 4: declares",
            ),
        ],
    );
}

#[test]
fn reusable_needs_proof() {
    catches(
        laws::reusable_needs_proof,
        &[
            (
                "src/h1/persistence.rs",
                "\npub struct Reusable;",
                "persistence.rs:2: law 6: `Reusable` must be a struct with private fields",
            ),
            ("src/h1/persistence.rs", "pub struct Reusable { pub(crate) x: u8 }", "private fields"),
            (
                "src/h1/persistence.rs",
                "#[derive(Clone)] pub struct Reusable { x: u8 }",
                "derives Clone",
            ),
            (
                "src/h1/persistence.rs",
                "pub struct Reusable(()); pub(crate) fn free() -> Reusable { Reusable(()) }",
                "`free` makes",
            ),
            (
                "src/h1/persistence.rs",
                "pub struct Reusable(()); impl Default for Reusable { fn default() -> Self {} }",
                "`default` makes",
            ),
            (
                "src/h1/persistence.rs",
                "pub struct Reusable(()); impl Reusable { pub fn half(sent: Sent) -> Result<Self, ()> {} }",
                "`half` makes",
            ),
            (
                "src/conn/mod.rs",
                "use crate::h1::Reusable; fn f() { Some(Reusable { sealed: () }) }",
                "constructs `Reusable`",
            ),
            (
                "src/conn/mod.rs",
                "use crate::h1; fn f() { h1::persistence::Reusable(()) }",
                "constructs `Reusable`",
            ),
        ],
    );
}

#[test]
fn idle_needs_proof() {
    catches(
        laws::idle_needs_proof,
        &[
            (
                "src/conn/connection.rs",
                "pub struct Idle(()); pub fn rest(c: Connection) -> Idle { Idle(()) }",
                "`rest` makes a `Idle` without",
            ),
            (
                "src/conn/connection.rs",
                "pub struct Idle(()); pub fn unused(c: Connection) -> Idle { Idle(()) }",
                "`unused` makes a `Idle` without",
            ),
            (
                "src/pool/mod.rs",
                "use crate::conn::connection::Idle as Rest; fn f() { vec![crate::conn::connection::Idle { connection }] }",
                "constructs `Idle`",
            ),
        ],
    );
}

#[test]
fn no_background_task() {
    catches(
        laws::no_background_task,
        &[
            ("src/client/mod.rs", "fn f() { tokio::spawn(async {}); }", "names `spawn`"),
            ("src/client/mod.rs", "use tokio::task::{self, JoinSet};", "names `JoinSet`"),
            (
                "src/conn/mod.rs",
                "fn f() { tokio::select! { _ = handle.spawn_blocking(f) => {} } }",
                "names `spawn_blocking`",
            ),
            ("src/net/tcp.rs", "fn f() { std::thread::spawn(|| ()); }", "names `spawn`"),
        ],
    );
}

#[test]
fn conn_hears_of_no_lease() {
    let plants = [
        ("src/conn/mod.rs", "struct X(crate::pool::Lease);", "names `crate::pool::Lease`"),
        ("src/conn/mod.rs", "fn f<Lease>(lease: Lease) {}", "names `Lease`"),
    ];
    catches(laws::conn_hears_of_no_lease, &plants);
}

#[test]
fn no_unsafe() {
    catches(
        laws::no_unsafe,
        &[
            (
                "src/net/tcp.rs",
                "fn f() {\n unsafe { g() } }",
                "tcp.rs:2: house rule: says `unsafe`",
            ),
            ("src/net/tcp.rs", "unsafe impl Send for X {}", "`unsafe`"),
            ("src/net/tcp.rs", "fn f() { vec![unsafe { g() }] }", "`unsafe`"),
            ("src/net/tcp.rs", "#[unsafe(no_mangle)] fn f() {}", "`unsafe`"),
        ],
    );
}

#[test]
fn allowances_have_reasons() {
    catches(
        laws::allowances_have_reasons,
        &[
            (
                "src/net/tcp.rs",
                "\n#[allow(dead_code)]\nfn f() {}",
                "tcp.rs:2: house rule: switches a lint off",
            ),
            ("src/net/tcp.rs", "#![expect(unused)]", "switches a lint off"),
            ("src/net/tcp.rs", "#[cfg_attr(test, allow(unused))] fn f() {}", "switches a lint off"),
            (
                "tests/any.rs",
                "#[cfg(test)] mod m { #[allow(unused)] fn f() {} }",
                "switches a lint off",
            ),
        ],
    );
}

#[test]
fn no_panics() {
    catches(
        laws::no_panics,
        &[
            ("src/net/tcp.rs", "fn f() {\n g().unwrap() }", "tcp.rs:2: house rule: calls `unwrap`"),
            ("src/net/tcp.rs", "fn f() { g().expect(\"g\") }", "calls `expect`"),
            ("src/net/tcp.rs", "fn f() { format!(\"{}\", g().unwrap()) }", "calls `unwrap`"),
            ("src/net/tcp.rs", "fn f() { g().map(Option::unwrap) }", "names `Option::unwrap`"),
            ("src/net/tcp.rs", "fn f() { todo!() }", "calls `todo!`"),
            ("src/net/tcp.rs", "fn f() { std::panic!(\"x\") }", "calls `panic!`"),
            ("src/net/tcp.rs", "impl X { fn f() { unreachable!() } }", "calls `unreachable!`"),
            (
                "src/net/tcp.rs",
                "#[cfg(not(test))] fn f() { unimplemented!() }",
                "calls `unimplemented!`",
            ),
        ],
    );
}
