//! An async HTTP/1.1 client on raw streams, from first principles: what goes over the socket is written and read by code
//! that is here to be read. It speaks HTTP/1.1 and nothing else, keeps no background task and no global state, reads no
//! environment, and has its limits on from the start.
//!
//! # Quick start
//!
//! ```no_run
//! # #[cfg(feature = "client")]
//! #[tokio::main]
//! async fn main() -> Result<(), wireline::Error> {
//!     let client = wireline::Client::new(); // make one, clone it, keep it: it holds the connections
//!     let response = client.get("https://www.rust-lang.org/").send().await?.error_for_status()?;
//!     println!("{} {}", response.status(), response.fields().get_str("content-type").unwrap_or("-"));
//!     println!("{:?}", response.timings()); // queued, dns, connect, tls, sent, first byte
//!     println!("{}", response.text().await?);
//!     Ok(())
//! }
//! # #[cfg(not(feature = "client"))]
//! # fn main() {}
//! ```
//!
//! A status is not an error unless `error_for_status` makes it one. An error says which step failed and whether the
//! server can have seen the request. To see the client at work: `cargo run --release --example gather`.
//!
//! # The guide
//!
//! A page each about [names](mod@guide::resolver), the [race to their addresses](mod@guide::happy_eyeballs),
//! [which of them are allowed](mod@guide::addresses), [sockets](mod@guide::sockets), [TLS](mod@guide::tls),
//! [time](mod@guide::time), [rates](mod@guide::rate) and [the pool](mod@guide::pool); and
//! [how this compares](mod@parity) with other clients.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | none | | `message` and `h1`: HTTP/1.1 as a library that does no I/O |
//! | `client` | yes | the client over plain TCP; names are looked up by getaddrinfo |
//! | `tls` | yes | `https`: rustls with ring and Mozilla's roots |
//! | `native-roots` | | `RustlsBuilder::native_roots`: the certificates this machine trusts |
//! | `dns` | yes | asynchronous DNS by hickory instead of getaddrinfo |
//! | `auth` | yes | credentials that need Base64: Basic, by hand, from a URL or a `.netrc` |
//! | `digest` | | Digest (RFC 7616), and Digest or Basic as the server asks |
//! | `json` | | `RequestBuilder::json`, `Response::json` |
//! | `form` | | `RequestBuilder::form_serialize`, `query_serialize`; pairs need no feature |
//! | `multipart` | | `RequestBuilder::multipart`: forms with files |
//! | `gzip` | | `gzip` and `deflate` (zlib and bare) undone where `decompress` asks for it; `RequestBuilder::gzip_body` |
//! | `brotli` | | content coding `br` undone, the same way |
//! | `zstd` | | content coding `zstd` undone; builds libzstd, so it needs a C compiler |
//! | `charset` | | `Response::text` in all charsets of the web |
//! | `cookies` | | a cookie jar by the rules of RFC 6265bis, and its files |
//! | `psl` | | public suffixes for that jar |
//! | `socks` | | proxies that speak SOCKS5 or SOCKS4; HTTP proxies need no feature |
//! | `http-body` | | bodies as `http_body::Body`, both ways |
//! | `tracing` | | `ClientBuilder::tracing`: spans under OpenTelemetry's names |
//! | `full` | | all of these |
//! | `cli` | | the program `wireline`: curl's options over this library |
//!
//! # The picture
//!
//! ```text
//!     client ─────┐      what the caller wants: send, redirects, retries, errors
//!       │        pool    who may reuse which connection
//!       ▼         │
//!      conn ◀─────┘      one connection, both directions at once
//!       │ └───────┐
//!       ▼         ▼
//!      h1        net     the grammar of RFC 9112, no I/O; DNS, TCP and TLS, no HTTP
//!       │
//!       ▼
//!    message             the words of RFC 9110
//! ```
//!
//! A floor imports only floors below it. The way back up is ownership: a response body owns its lease, the lease owns the
//! connection, and dropping the body brings the connection home or closes it.
//!
//! # Reading order
//!
//! Chapters 1 and 2 need no async. Each file ends its introduction with a link to the next one.
//! (`cargo doc --document-private-items` shows all of them.)
//!
//! 1. `message`: `field`, `fields`, `line`, `invalid`, `origin`, `uri`, `percent`, `reference`, `date`, `head`
//! 2. `h1`: `target`, `write_head`, `read_head`, `framing`, `chunked`, `content`, `send`, `receive`, `persistence`,
//!    `violation`
//! 3. `net`: `stream`, `dns/resolve`, `tcp/eyeballs`, `tcp/connect`, `tls/secure`
//! 4. `conn`: `buffer`, `connection`, `exchange`, `download`, `dial`
//! 5. `pool`: `ledger`, `lease`
//! 6. `client`: `send`, `hop`, `attempt`, `incoming`, `redirect`, `retry`
//!
//! In a hurry: `h1::framing` decides where a message ends, `conn::exchange` runs one, `client::send` tells the whole story.
//!
//! # The files
//!
//! | file | what it is |
//! |---|---|
//! | **`message`** | the words; no bytes of the wire, no I/O |
//! | `field` `line` `fields` | what a field may hold; one line; the section: order, case and duplicates kept |
//! | `as_written` | lines kept as they are written, whatever stands behind the colon |
//! | `header_map` | to and from `http::HeaderMap` |
//! | `origin` `authority` | scheme, host and port, and the one reader of them |
//! | `uri` `parts` `percent` `invalid` | a URI: one string and the offsets of its parts, kept as typed |
//! | `reference` | where a `Location` leads |
//! | `head` `date` `calendar` | `RequestHead`, `ResponseHead`; the three forms of an HTTP-date; days since 1970 |
//! | **`h1`** | the grammar: bytes to words and back; no I/O, no clock |
//! | `violation` `limits` | what the peer may not do, and how much of what it may |
//! | `digits` `section` | the one number parser; finding and indexing a field section |
//! | `request` `target` `write_head` | a request head becomes bytes |
//! | `read_head` `steering` | bytes become a response head; the fields that steer what follows |
//! | `framing` | RFC 9112 §6.3 as one function: where a message ends |
//! | `chunked` `trailers` `content` | the chunked coding; content over all framings |
//! | `send` `receive` | the two lanes of an exchange, as states |
//! | `keep_alive` `persistence` | sent and received: reusable, or a reason to close |
//! | **`net`** | the wires; no HTTP |
//! | `stream` | `Wire`: bytes both ways, and whether a silent connection is still good |
//! | `deadline` | one clock for many steps, one lazy timer |
//! | `watch` | who is told of what while it happens |
//! | `socks` `socks4` | SOCKS5, SOCKS4 and 4a (feature `socks`) |
//! | `unix` | a wire to a Unix socket |
//! | **`net/dns`** | from a host to addresses |
//! | `resolve` `lookup` | the words and the trait; the door |
//! | `system` `overrides` `shared` | getaddrinfo; fixed addresses; one look-up for all who ask at once |
//! | `connect_to` | other places for hosts and ports |
//! | `resolver` `resolver_builder` | asynchronous DNS as a part of its own (feature `dns`) |
//! | `record` `service` `hosts` | DNS records as data, those of services; the hosts file |
//! | `engine` `asking` `setup` `translate` | one hickory a runtime; A and AAAA at once; what it is told; its words in ours |
//! | `first_address` | one address, for a proxy |
//! | **`net/tcp`** | from addresses to one connection |
//! | `eyeballs` | Happy Eyeballs (RFC 8305) as a pure scheduler |
//! | `sort` `source` | which address is the best (RFC 6724), and from where it would be reached |
//! | `connect` `attempts` | the race it runs, the record of it |
//! | `socket` `options` `system` | one socket; how it is made; what not every system has |
//! | `policy` `address_class` | which addresses are allowed; what kind of address one is |
//! | `unix_address` | where a Unix socket is |
//! | `announcement` | the line of the PROXY protocol |
//! | **`net/tls`** | the same, encrypted |
//! | `secure` | the socket for a TLS library |
//! | **`net/tls/rustls`** | the plug (feature `tls`) |
//! | `builder` `trust` `key_log` | settings chosen one by one; certificates and keys out of PEM; secrets to a file |
//! | `plug` `provider` `wire` | what becomes of them; whose cryptography; a wire with TLS on it |
//! | `verifier` `pin` | who is believed; keys that a server has to have |
//! | `certificate` `der` `explain` | what a certificate says of itself; errors in words that help |
//! | **`conn`** | one connection |
//! | `connection` `route` `via` | busy or proved idle; what tells one from another; the proxy among it |
//! | `dial` `reach` `dial_error` `tunnel` | look up, race, shake hands; the race; what can go wrong there; CONNECT |
//! | `exchange` `lanes` `ending` `patience` `failure` | both lanes at once; their states; clocks and ends; what can go wrong |
//! | `clock` `governor` `governed` | what a clock says when it runs out; what hardly any request asks for |
//! | `throttle` `speed` | arithmetic: token buckets, and how slow is too slow |
//! | `buffer` `outbox` `kit` | bytes not understood yet, bytes not sent yet, and their free list |
//! | `upload` `download` `sink` | content on its way out and in |
//! | `test_wire` `timed_wire` `clock_tests` | wires for tests; exchanges in paused time |
//! | **`pool`** | who may reuse what |
//! | `ledger` `slots` `queue` | the books: decisions, no lock, no clock |
//! | `decision` `stay` `number` `fold` | their words: what is decided, for how long, whose turn; a hasher |
//! | `tally` `stats` | what has happened; how it is shown |
//! | `books` `rules` | the lock around the ledger; what a pool is told once |
//! | `lease` | leases that come home by themselves |
//! | `upkeep` `closing` | numbers, room in advance, sweeps; the end |
//! | `ledger_books` `ledger_tests` `ledger_closing` `ledger_crowd` `slots_tests` | tests of the books, rule by rule and in a crowd |
//! | `ledger_model` `ledger_agrees` | the books against a model too simple to be wrong |
//! | **`client`** | what the caller wants |
//! | `send` `hop` `attempt` `trip` | the story: redirects, repeated attempts, one exchange; what goes along |
//! | `prepare` | what is added to a request on its way out |
//! | `handle` `builder` `client_options` | the client, and how it is built |
//! | `pool_options` `upkeep` `warm_up` | its connections: limits; numbers and the end; some in advance |
//! | `config` `settings` `defaults` | what it was told, and what stands in where it was not |
//! | `pace_options` | clocks and rates that hardly any request asks for |
//! | `connector` | what connections are made with |
//! | `socket_options` `address_options` | its sockets, by name; which addresses it may connect to |
//! | `request` `request_options` `outgoing` `template` | what is asked; the same again and again |
//! | `response` `reply` `incoming` `live` `upgrade` | what is answered; its body, and one on its way; a connection that left HTTP |
//! | `error` `error_text` | what went wrong, and its words |
//! | `redirect` `redirect_policy` | where a redirect leads; which are followed |
//! | `retry` `retry_policy` | the one retry that is safe; those that are wished |
//! | `json` `unforeseen` | feature `json`; random digits |
//! | `tls_draft` `tls_options` `no_tls` `tls_absent` | TLS chosen by the builders (feature `tls`); TLS that cannot be used; none |
//! | `tls_facts` | what is known about TLS afterwards |
//! | **`client/bodies`** | what a request carries |
//! | `body` `replayable` `sources` `file` `request_body` `progress` | bodies, once or again, and how far they have come |
//! | `multipart` `held` | bodies made of bodies (feature `multipart`); a body inside another kept to its length |
//! | `compress` | request bodies by gzip (feature `gzip`) |
//! | `form_serialize` | forms and queries by serde (feature `form`) |
//! | `http_body_request` | any `http_body::Body` as a request body (feature `http-body`) |
//! | **`client/reading`** | what can be made of a response |
//! | `chunk` `stream` `http_body` | a body piece by piece, as a `Stream`, and as an `http_body::Body` (feature `http-body`) |
//! | `tally` `on_download` | the progress of a download |
//! | `sse` `events` `event_source` | Server-Sent Events: the grammar; those of one response; those that go on |
//! | `validator` `resume` `download` `part_file` | going on where a response broke off; a response saved to a file |
//! | `links` `disposition` `parameters` `file_name` | what `Link` and `Content-Disposition` say; a name that is safe to save under |
//! | `retry_after` | what `Retry-After` says |
//! | **`client/codings`** | what content is written in |
//! | `choice` `decompress` `decode` `decoding` | which content codings are undone; how that is asked for; decoders; a row of them |
//! | `gzip` `brotli` `zstd` | the decoders (features of these names) |
//! | `charset` `encodings` | text out of bytes; the charsets of the web (feature `charset`) |
//! | **`client/auth`** | who asks |
//! | `authenticate` `bearer` `challenge` | the sockets for credentials and signatures; bearer tokens; what a server asks for |
//! | `basic` `credentials` `netrc` `netrc_read` | passwords by Basic; from a netrc (feature `auth`) |
//! | `digest` `digest_hash` `digest_state` `any` | Digest: arithmetic, and memory; Digest or Basic (feature `digest`) |
//! | **`client/cookies`** | what servers want remembered |
//! | `store` | the socket for cookies |
//! | `jar` `shelf` `cookie` `set_cookie` | the jar, what is in it, a line as it comes (feature `cookies`) |
//! | `admit` `date` `domain` `suffix` | its rules; dates; hosts; public suffixes (feature `psl`) |
//! | `file` `json` `request` `shelf_tests` | its files; cookies of requests and responses |
//! | **`client/proxies`** | who stands between |
//! | `proxy` `choice` `no_proxy` `env` `options` | a proxy; which one for which URL |
//! | `way` `proxied` `refusal` | the way of one hop, what a proxy changes in the story, and its no |
//! | **`client/telling`** | what is told of a request |
//! | `event` `event_text` `listen` | what happens, told while it happens; in words; to whom |
//! | `timings` `journal` | what took how long; what happened on the way |
//! | `tracing` | spans for a subscriber (feature `tracing`) |
//!
//! Next: [`message`]

#![forbid(unsafe_code)]
#![allow(rustdoc::private_intra_doc_links, reason = "the reading order leads through all floors")]

pub mod h1;
pub mod message;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
mod conn;
#[cfg(feature = "client")]
pub mod net;
#[cfg(feature = "client")]
mod pool;

#[cfg(feature = "multipart")]
pub use client::bodies::multipart;
#[cfg(feature = "client")]
pub use client::{
    Body, Client, ClientBuilder, Coding, Codings, Connector, CookieStore, Error, Event, Follow,
    Happening, Incoming, Redirect, Replayable, RequestBuilder, Response, Retry, Timings, Upgraded,
};
#[cfg(feature = "cookies")]
pub use client::{Cookie, CookieRefusal, Jar, LoadedCookies, SameSite, SessionCookies, SetCookie};
#[cfg(feature = "client")]
pub use conn::{BoxError, Clock, ConnectionInfo, Delivery, Phase, ProxyInfo};
pub use message::{Fields, Method, StatusCode, Uri, Version, header};
#[cfg(feature = "client")]
pub use net::{dns, tls};
#[cfg(feature = "client")]
pub use pool::{Closed, OriginStats, PoolStats};

#[cfg(all(any(doc, doctest), feature = "tls", feature = "dns"))]
pub mod guide;

#[cfg(doc)]
#[doc = include_str!("parity.md")]
pub mod parity {}

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "json"))]
#[doc = include_str!("../README.md")]
struct Readme;
