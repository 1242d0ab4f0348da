//! The chunked coding: the decoder agrees with an oracle that reads the whole input at once and shares no code with it,
//! however the input is cut; each step makes progress; and what the encoder writes is what the decoder reads. In full:
//! `invariants/chunked.rs`.

#![no_main]

mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::chunked::hold(data));
