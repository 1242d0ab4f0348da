//! TCP: which address is tried when, and what came of it.
//!
//! [`eyeballs`] decides, [`sort`] says what is best and [`source`] asks the system, [`connect`] does it with sockets made in
//! [`socket`] as [`options`] say, [`attempts`] is the record and [`policy`] the veto.

pub mod address_class;
pub mod announcement;
pub mod attempts;
pub mod connect;
pub mod eyeballs;
pub mod options;
pub mod policy;
pub mod socket;
pub mod sort;
pub mod source;
mod system;
pub mod unix_address;
