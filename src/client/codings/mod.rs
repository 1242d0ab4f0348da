//! What content is written in: content codings and characters.

#[cfg(feature = "brotli")]
pub(super) mod brotli;
pub(super) mod charset;
pub mod choice;
pub mod decode;
pub(super) mod decoding;
pub(super) mod decompress;
#[cfg(feature = "charset")]
pub(super) mod encodings;
#[cfg(feature = "gzip")]
pub(super) mod gzip;
#[cfg(feature = "zstd")]
pub(super) mod zstd;
