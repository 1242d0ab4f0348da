//! The whole response lane over arbitrary bytes: any cut gives the same responses, content, proof and violation as the
//! whole, no step uses more bytes than it was given, no sequence of steps goes on for ever, nothing panics, and limits
//! only ever take away. In full: `invariants/receive.rs`.

#![no_main]

mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::receive::hold(data));
