//! What must hold, whatever the bytes: one function a target, which panics where it does not. The fuzzers call them with
//! what they invent, `tests/fuzz_corpus.rs` with what they have found so far.

#![allow(dead_code, reason = "each fuzz target uses one of them")]

pub mod chunked;
pub mod cuts;
pub mod head;
pub mod oracle;
pub mod receive;
#[cfg(feature = "cookies")]
pub mod set_cookie;
pub mod uri;

use wireline::h1::{Limits, Tolerance};

/// The ways a reader is set up: as by default, with every liberty refused, and with limits small enough to be met by small
/// inputs. What a later one accepts, the first accepts too.
pub fn settings() -> [(Limits, Tolerance); 3] {
    let strict = Tolerance {
        bare_lf: false,
        obs_fold: false,
        status_above_599: false,
        ..Tolerance::default()
    };
    let tight = Limits {
        head_bytes: 120,
        fields: 3,
        interim: 2,
        trailer_bytes: 40,
        trailer_fields: 2,
        extension_bytes: 8,
    };
    [
        (Limits::default(), Tolerance::default()),
        (Limits::default(), strict),
        (tight, Tolerance::default()),
    ]
}
