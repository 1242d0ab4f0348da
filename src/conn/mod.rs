//! One connection: the only floor that knows both the grammar ([`h1`](crate::h1)) and the wires ([`net`](crate::net)).
//!
//! ```text
//!   dial ──▶ Connection ──▶ Exchange ──▶ Reusable ──▶ Idle
//!                ▲              │                       │
//!                │              └─▶ CloseReason: closed │
//!                └───────────── wake ───────────────────┘
//! ```
//!
//! It never hears of a pool.
//!
//! Next: [`buffer`]

pub mod buffer;
pub mod clock;
#[cfg(test)]
mod clock_tests;
pub mod connection;
pub mod dial;
pub mod dial_error;
pub mod download;
pub mod ending;
pub mod exchange;
pub mod failure;
pub mod governed;
pub mod governor;
pub mod kit;
pub mod lanes;
pub mod outbox;
pub mod patience;
pub mod reach;
pub mod route;
pub mod sink;
pub mod speed;
#[cfg(test)]
pub mod test_wire;
pub mod throttle;
#[cfg(test)]
pub mod timed_wire;
pub mod tunnel;
pub mod upload;
pub mod via;

pub use clock::{Clock, Expired};
pub use connection::{Asleep, Connection, ConnectionInfo, Idle, ProxyInfo};
pub use dial::{Dialling, Means, Opening, dial};
pub use dial_error::{DialCause, DialError};
pub use download::Completion;
pub use exchange::Exchange;
pub use failure::{Delivery, Failure, Phase};
pub use governor::Pace;
pub use kit::Kits;
pub use lanes::Event;
pub use patience::{Milestones, Patience};
pub use route::{Identity, Passage, Route, RouteView};
pub use sink::Sink;
pub use speed::Floor;
pub use throttle::{Bucket, Shared};
pub use tunnel::{NoTunnel, Refusal};
pub use upload::{BoxError, Source, Upload};
pub use via::{Handshake, Via, ViaKind};
