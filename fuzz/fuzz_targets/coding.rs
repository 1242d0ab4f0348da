//! The content codings: what is decoded does not depend on how the coded bytes were cut, stays within its limits, and is
//! what the library's own reader makes of it. In full: `invariants/coding.rs`.

#![no_main]

#[path = "invariants/coding.rs"]
mod coding;

libfuzzer_sys::fuzz_target!(|data: &[u8]| coding::hold(data));
