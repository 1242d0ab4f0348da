//! Reaching the next hop: the race to its addresses, through TCP alone or through TLS as well.
//!
//! In: a look-up, the options, and TLS for the next hop if there is any. Out: a wire, and how long its handshake took if
//! that was part of the race ([`Race::Tls`]); else the handshake is the caller's.
//!
//! Only TLS with the next hop itself can be raced. Through a tunnel that is TLS with the proxy, where it has it: the
//! origin's handshake goes through a tunnel that is opened once.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::net::{
    BoxedWire, ConnectError, ConnectLog, ConnectOptions, DialStep, Finish, Race, Resolution,
    Secure, TcpWire, Watcher, race_to,
};

/// TLS with the next hop, and the name it has to prove.
#[derive(Clone, Copy)]
pub struct HopTls<'a> {
    /// The settings.
    pub secure: &'a dyn Secure,
    /// The name.
    pub name: &'a str,
}

/// A wire, and how long the handshake took that is behind it.
pub type Reached = (BoxedWire, Option<Duration>);

/// Races to the addresses of the next hop.
///
/// # Errors
/// [`ConnectError`]. Cancel safe: dropping the future closes what it opened.
pub async fn reach(
    resolution: Resolution,
    options: &ConnectOptions,
    tls: Option<HopTls<'_>>,
    log: &mut ConnectLog,
    watch: Watcher<'_>,
) -> Result<Reached, ConnectError> {
    let tls = tls.filter(|_| options.race == Race::Tls);
    let finish = |stream| finish(stream, tls);
    let (wire, handshake) = race_to(resolution, options, log, watch, finish).await?;
    if let (Some(took), Some(tls)) = (handshake, wire.tls()) {
        watch.tell(DialStep::Secured { tls, took });
    }
    Ok((wire, handshake))
}

fn finish(stream: TcpStream, tls: Option<HopTls<'_>>) -> Finish<Reached> {
    let wire: BoxedWire = Box::new(TcpWire::new(stream));
    let Some(HopTls { secure, name }) = tls else { return Finish::Now((wire, None)) };
    let begun = Instant::now();
    let securing = secure.secure(name, wire);
    Finish::Soon(Box::pin(async move { Ok((securing.await?, Some(begun.elapsed()))) }))
}
