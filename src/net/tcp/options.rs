//! How sockets are made and raced, as a value.
//!
//! In: choices. Out: [`ConnectOptions`], which the race and every socket of it read. It does nothing itself.

use std::net::IpAddr;
use std::time::Duration;

use super::eyeballs::Delays;
use super::policy::AddressPolicy;

/// How many addresses of each family are tried at most.
///
/// At 250 ms between starts the default connect timeout of 10 s has room for 40; more can only be
/// reached by failing fast, and an answer of ten thousand records should not make the client knock
/// on ten thousand doors.
pub const MAX_ADDRESSES: usize = 20;

/// How sockets are made and raced.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Sends small writes at once (TCP_NODELAY). On by default: a request is written as one piece,
    /// and waiting for more of it would only add a round trip.
    pub nodelay: bool,
    /// Asks the peer's kernel for a sign of life after that much silence (SO_KEEPALIVE). Off by
    /// default.
    pub keepalive: Option<Duration>,
    /// The address of ours to connect from. Addresses of the other family fail then.
    pub local_address: Option<IpAddr>,
    /// The two waits of the race.
    pub delays: Delays,
    /// How many addresses of each family are tried at most; [`MAX_ADDRESSES`] by default.
    pub max_addresses: usize,
    /// Which addresses may be connected to; any by default.
    pub policy: AddressPolicy,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            nodelay: true,
            keepalive: None,
            local_address: None,
            delays: Delays::default(),
            max_addresses: MAX_ADDRESSES,
            policy: AddressPolicy::any(),
        }
    }
}
