//! Who may reuse which connection.
//!
//! [`ledger`] decides, from what is open ([`slots`]) and who waits ([`queue`]); it knows no socket, no
//! lock and no clock. [`books`] puts the lock around it, [`lease`] owns the connections that are in use; [`upkeep`] and
//! [`closing`] are what one may ask of a pool besides a connection.
//!
//! Next: [`ledger`]

mod books;
mod closing;
mod decision;
mod fold;
mod lease;
mod ledger;
mod number;
mod queue;
mod rules;
mod slots;
mod stats;
mod stay;
mod tally;
mod upkeep;

pub use lease::{Lease, Leased, NoPlace, Place, Pool};
pub use rules::Rules;
pub use stats::{OriginStats, PoolStats};
pub use tally::Closed;

#[cfg(test)]
mod ledger_agrees;
#[cfg(test)]
mod ledger_books;
#[cfg(test)]
mod ledger_closing;
#[cfg(test)]
mod ledger_crowd;
#[cfg(test)]
mod ledger_model;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod slots_tests;
