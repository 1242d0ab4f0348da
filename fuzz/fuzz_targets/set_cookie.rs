//! `Set-Cookie` lines and cookie files: what is read is what a plainer reader reads, what is kept can be sent and stays with
//! its host, and a file brings back what was written. In full: `invariants/set_cookie.rs`.

#![no_main]

mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::set_cookie::hold(data));
