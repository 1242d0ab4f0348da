//! The grammar of RFC 9112: bytes to words and back, no I/O.
