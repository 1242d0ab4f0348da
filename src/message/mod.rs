//! The words of RFC 9110: no wire bytes, no I/O.
