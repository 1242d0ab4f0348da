//! Who may reuse which connection.
//!
//! [`ledger`] decides, from what is open ([`slots`]) and who waits ([`queue`]); it knows no socket, no
//! lock and no clock. [`lease`] puts the lock around it, and owns the connections that are in use.
//!
//! Next: [`ledger`]

mod lease;
mod ledger;
mod queue;
mod slots;

pub use lease::{Lease, Leased, Place, Pool, PoolTimeout};

#[cfg(test)]
mod ledger_books;
#[cfg(test)]
mod ledger_model;
#[cfg(test)]
mod ledger_tests;
