//! Pages about the parts of the client, each with what it does, its defaults, what happens when it goes wrong, and
//! programs to copy from. They are documentation and hold no code of the crate.

#[doc = include_str!("resolver.md")]
pub mod resolver {}

#[doc = include_str!("happy_eyeballs.md")]
pub mod happy_eyeballs {}

#[doc = include_str!("addresses.md")]
pub mod addresses {}

#[doc = include_str!("sockets.md")]
pub mod sockets {}

#[doc = include_str!("tls.md")]
pub mod tls {}

#[doc = include_str!("time.md")]
pub mod time {}

#[doc = include_str!("rate.md")]
pub mod rate {}

#[doc = include_str!("pool.md")]
pub mod pool {}
