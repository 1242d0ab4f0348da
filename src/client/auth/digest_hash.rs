//! The hash functions of the Digest scheme, by the names it gives them (RFC 7616 §6.1).

use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha512_256};

/// A hash function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    /// Broken where collisions matter; here it is what most servers have.
    Md5,
    Sha256,
    Sha512_256,
}

impl Hash {
    /// By the names of §6.1, in any case, and whether it is a `-sess`.
    pub(crate) fn named(name: &str) -> Option<(Hash, bool)> {
        let lower = name.to_ascii_lowercase();
        let (base, session) = match lower.strip_suffix("-sess") {
            Some(base) => (base, true),
            None => (lower.as_str(), false),
        };
        let hash = match base {
            "md5" => Hash::Md5,
            "sha-256" => Hash::Sha256,
            "sha-512-256" => Hash::Sha512_256,
            _ => return None,
        };
        Some((hash, session))
    }

    /// The hash of `parts` with colons in between.
    pub(crate) fn of(self, parts: &[&str]) -> String {
        self.hex(parts.join(":").as_bytes())
    }

    pub(crate) fn hex(self, bytes: &[u8]) -> String {
        match self {
            Hash::Md5 => in_hex(&Md5::digest(bytes)),
            Hash::Sha256 => in_hex(&Sha256::digest(bytes)),
            Hash::Sha512_256 => in_hex(&Sha512_256::digest(bytes)),
        }
    }
}

fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
