//! Proxies: which one for which URL, and what it changes on the way.

pub mod choice;
pub(super) mod env;
pub mod no_proxy;
pub(super) mod options;
pub(super) mod proxied;
pub mod proxy;
pub(super) mod refusal;
pub(super) mod way;
