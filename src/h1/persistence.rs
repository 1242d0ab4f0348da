//! May this connection carry another request? `Sent + Received → Reusable`, or the reason why not (§9.3).
//!
//! [`Reusable`] is a proof, not a flag: only [`persistence`] makes one, and it wants to be shown that the request was
//! sent to its last byte and the response received to its last byte, with nothing left over. A connection in doubt is
//! closed; the price is one handshake, the price of the other mistake is somebody else's response.
//!
//! Next: [`super::violation`]

use super::keep_alive::{CloseReason, KeepAlive};
use super::receive::Received;
use super::send::Sent;

/// Proof that a connection has carried a whole exchange and may carry another.
#[derive(Debug)]
pub struct Reusable {
    keep_alive: KeepAlive,
}

impl Reusable {
    /// What the server said about how long it will wait.
    pub fn keep_alive(&self) -> KeepAlive {
        self.keep_alive
    }
}

/// Where the two lanes meet. `surplus` is how many bytes were received behind the response.
///
/// # Errors
/// The [`CloseReason`], if the connection must not be used again.
pub fn persistence(
    sent: Sent,
    received: &Received,
    surplus: usize,
) -> Result<Reusable, CloseReason> {
    let after = received.after();
    match (sent.persists(), after.close, surplus) {
        (_, Some(reason), _) => Err(reason),
        (false, None, _) => Err(CloseReason::RequestAsked),
        (true, None, 1..) => Err(CloseReason::Surplus),
        (true, None, 0) => Ok(Reusable { keep_alive: after.keep_alive }),
    }
}
