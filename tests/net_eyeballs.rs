//! The scheduler of RFC 8305 with a clock of paper: scenarios as a table, then whatever happens against a model.
#![cfg(feature = "client")]

#[path = "eyeballs/model.rs"]
mod model;
#[path = "eyeballs/script.rs"]
mod script;
#[path = "eyeballs/table.rs"]
mod table;
