//! What nobody can foresee, without a crate for it: the standard library keys its hash maps from the system's random
//! source.

use std::hash::{BuildHasher, RandomState};

/// 128 bits in 32 hexadecimal digits, new at every call.
pub(crate) fn digits() -> String {
    let keys = RandomState::new();
    let [high, low] = [0_u8, 1].map(|half| keys.hash_one(half));
    format!("{high:016x}{low:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_equal() {
        let all: std::collections::BTreeSet<_> = (0..1000).map(|_| digits()).collect();
        assert_eq!(all.len(), 1000);
        assert!(all.iter().all(|one| one.len() == 32));
    }
}
