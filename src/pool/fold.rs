//! A hasher for what is a hash already.

use std::hash::Hasher;

/// Hashes what is a hash already. The table under `HashMap` looks at the top seven bits and the
/// lowest ones, so one multiplication makes every bit count; SipHash would cost as much as all the
/// rest of a checkout.
#[derive(Default)]
pub(super) struct Fold(u64);

impl Hasher for Fold {
    fn write_u64(&mut self, hash: u64) {
        // 2^64 divided by the golden ratio: odd, and without a pattern in its bits.
        let product = u128::from(hash) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    /// Required by the trait; a `u64` does not come this way.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0.rotate_left(8).wrapping_add(u64::from(*byte)));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn folded(write: impl FnOnce(&mut Fold)) -> u64 {
        let mut hasher = Fold::default();
        write(&mut hasher);
        hasher.finish()
    }

    /// Hashes that differ only at one end differ at both after folding: many of the 128 values of seven
    /// bits are met. (128 random hashes would meet about 81.)
    #[test]
    fn every_bit_of_a_hash_counts() {
        for shift in [0, 7, 29, 57] {
            let folds: Vec<u64> =
                (0..128).map(|at| folded(|hasher| hasher.write_u64(at << shift))).collect();
            let low: HashSet<u64> = folds.iter().map(|fold| fold & 127).collect();
            let top: HashSet<u64> = folds.iter().map(|fold| fold >> 57).collect();
            assert!(low.len() > 50 && top.len() > 50, "{shift}: {} {}", low.len(), top.len());
        }
    }

    #[test]
    fn a_fold_is_both_halves_of_the_product() {
        let product = 3 * 0x9e37_79b9_7f4a_7c15_u128;
        assert_eq!(product, 0x1_daa6_6d2c_7ddf_743f);
        assert_eq!(folded(|hasher| hasher.write_u64(3)), 0xdaa6_6d2c_7ddf_743e);
    }

    #[test]
    fn bytes_are_hashed_in_order() {
        let texts: [&[u8]; 5] = [b"", b"a", b"b", b"ab", b"ba"];
        let folds: HashSet<u64> =
            texts.iter().map(|text| folded(|hasher| hasher.write(text))).collect();
        assert_eq!(folds.len(), texts.len());
    }
}
