//! The grammar of RFC 9112: bytes to words and back. No I/O, no clock, no allocation that a peer decides alone.
//!
//! Two lanes make an exchange, and reuse is decided where they meet:
//!
//! ```text
//!  ┌─ SendHead ─▶ (AwaitContinue) ─▶ SendContent ─▶ Sent ────┐
//!  │                                                         ├─▶ Reusable, or a CloseReason
//!  └─ ReceiveHead ─▶ interim* ─▶ ReceiveContent ─▶ Received ─┘
//! ```
//!
//! Every function takes slices and returns slices or small values; whoever owns the socket owns the bytes. The
//! section signs in this folder (§) are RFC 9112's unless another RFC is named.
//!
//! Next: [`target`]

pub mod chunked;
pub mod content;
pub mod digits;
pub mod framing;
pub mod keep_alive;
pub mod limits;
pub mod persistence;
pub mod read_head;
pub mod receive;
pub mod request;
pub mod section;
pub mod send;
pub mod steering;
pub mod target;
pub mod trailers;
pub mod violation;
pub mod write_head;

pub use framing::Framing;
pub use keep_alive::{CloseReason, KeepAlive};
pub use limits::{Limits, Tolerance};
pub use persistence::{Reusable, persistence};
pub use receive::{Piece, ReceiveContent, ReceiveHead, Received, Step};
pub use request::{Automatic, HostLine, RequestView};
pub use send::{AfterHead, AwaitContinue, SendContent, SendHead, Sent};
pub use target::{ExactTarget, Target};
pub use violation::{Excerpt, Incomplete, Misuse, Violation};
