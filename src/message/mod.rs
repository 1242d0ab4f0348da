//! The words of RFC 9110: field sections, URIs, origins and message heads.
//!
//! Strings and bytes go in, checked values come out. Whatever these types hold has been checked
//! once, when it was made, and is trusted from then on: a [`Fields`] cannot contain a line break,
//! a [`Uri`] cannot contain a space. Nothing here reads or writes a byte of the wire (that is the
//! next floor, [`crate::h1`]), knows a socket or looks at a clock.
//!
//! Reading order: [`field`] and [`line`](mod@line) (one line), [`fields`] (a section), [`origin`] (who
//! answers), [`uri`] (what is asked for), [`reference`](mod@reference) (where a `Location` leads),
//! [`head`] (all of it together).
//!
//! Next: [`field`]

mod as_written;
mod authority;
pub mod calendar;
pub mod date;
pub mod field;
pub mod fields;
pub mod head;
mod header_map;
pub mod invalid;
pub mod line;
pub mod origin;
mod parts;
pub mod percent;
pub mod reference;
pub mod uri;

pub use field::{FieldPart, InvalidField};
pub use fields::Fields;
pub use head::{Reason, RequestHead, ResponseHead};
pub use invalid::{InvalidUri, UriProblem};
pub use line::Field;
pub(crate) use line::Line;
pub use origin::{Host, Origin, Scheme};
pub use reference::resolve;
pub use uri::Uri;

pub use http::{Method, StatusCode, Version, header};
