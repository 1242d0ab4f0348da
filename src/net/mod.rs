//! The wires: DNS, TCP, TLS. Knows no HTTP.
