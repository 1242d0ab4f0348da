//! A response head: any cut of the bytes gives the verdict of the whole, the verdict is the one of a recogniser too
//! simple to be wrong, every name is a token and every value free of controls, and an accepted head that is written
//! down and read again is the same head. In full: `invariants/head.rs`.

#![no_main]

mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::head::hold(data));
