//! A URI: whatever is accepted can be sent, reads back as itself, and points to the host, scheme and port that the `url`
//! crate sees; a reference resolved against it never panics and leads where `url` says it leads. In full:
//! `invariants/uri.rs`.

#![no_main]

mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::uri::hold(data));
