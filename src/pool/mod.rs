//! Who may reuse which connection.
//!
//! [`ledger`] decides, from what is open ([`slots`]) and who waits ([`queue`]); it knows no socket, no
//! lock and no clock.

mod ledger;
mod queue;
mod slots;

#[cfg(test)]
mod ledger_books;
#[cfg(test)]
mod ledger_model;
#[cfg(test)]
mod ledger_tests;
