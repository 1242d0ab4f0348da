//! TCP: which address is tried when, and what came of it.
//!
//! [`eyeballs`] decides, [`connect`] does it, [`attempts`] is the record and [`policy`] the veto.

pub mod attempts;
pub mod connect;
pub mod eyeballs;
pub mod policy;
