//! CONNECT (RFC 9110 §9.3.6): a proxy becomes a pipe to the origin, or says why not.
//!
//! In goes a connected wire and the request; out comes the same wire, silent, with the origin at its other end. The reply
//! is read by the reader of all responses and under the same limits. Only a 2xx opens the tunnel; what a proxy says
//! instead is a [`Refusal`] and never the origin's response. A byte behind the head of a 2xx is an error: nobody has
//! spoken to the origin yet, so it would be the proxy's word in the origin's mouth (S-80).

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use crate::h1::{
    Excerpt, Framing, Limits, Misuse, Piece, ReceiveContent, ReceiveHead, RequestView, SendHead,
    Step, Target, Tolerance, Violation,
};
use crate::message::{RequestHead, ResponseHead};
use crate::net::{BoxedWire, DialStep, HeadBytes, Liveness, Watcher, Wire};

use super::buffer::{Buffer, SMALL_READ};

/// Why there is no tunnel.
#[derive(Debug)]
pub enum NoTunnel {
    /// The proxy said no.
    Refused(Box<Refusal>),
    /// The connection to the proxy failed.
    Io(io::Error),
    /// The proxy broke HTTP's rules.
    Violation(Violation),
    /// The request to the proxy contradicts itself.
    Misuse(Misuse),
    /// Bytes came through the tunnel before anything was sent through it.
    Early(Excerpt),
    /// SOCKS, in its own words.
    Socks(io::Error),
}

/// What a proxy answered instead of opening a tunnel.
#[derive(Debug)]
pub struct Refusal {
    /// The head of its response.
    pub head: ResponseHead,
    /// As much of the content as came along with the head, at most 1 KiB: enough for a sentence, and nobody waits for
    /// more.
    pub body: Bytes,
}

/// How much of it is kept.
const SENTENCE: usize = 1024;

/// Asks for a tunnel. `request` has the method CONNECT; its URI names the origin.
///
/// # Errors
/// [`NoTunnel`]; the wire is closed. No deadline: the caller's.
pub async fn connect(
    mut wire: BoxedWire,
    request: &RequestHead,
    (limits, tolerance): (Limits, Tolerance),
    watch: Watcher<'_>,
) -> Result<BoxedWire, NoTunnel> {
    let request = RequestView::new(request, &Target::Authority);
    let mut head = Vec::with_capacity(256);
    SendHead::new(request, Framing::None).map_err(NoTunnel::Misuse)?.write(&mut head);
    watch.tell(DialStep::TunnelAsked(HeadBytes::new(&head)));
    wire.write_all(&head).await.map_err(NoTunnel::Io)?;
    wire.flush().await.map_err(NoTunnel::Io)?;
    let mut lane = ReceiveHead::new(request, limits, tolerance);
    let mut inbox = Buffer::default();
    loop {
        let (used, step) = lane.receive(inbox.unread()).map_err(NoTunnel::Violation)?;
        inbox.consume(used);
        if let Step::Interim(head, _) | Step::Final(head, _) | Step::Switched(head) = &step {
            let head = HeadBytes::new(head.received().unwrap_or_default());
            watch.tell(DialStep::TunnelAnswered(head));
        }
        lane = match step {
            Step::Interim(_, lane) => lane,
            Step::Switched(_) => return silent(wire, inbox.unread()),
            Step::Final(head, content) => return Err(refused(head, content, inbox.unread())),
            Step::More(lane) => {
                let filled = poll_fn(|cx| inbox.poll_fill(cx, &mut *wire, SMALL_READ)).await;
                if filled.map_err(NoTunnel::Io)? == 0 {
                    return Err(NoTunnel::Violation(lane.end_of_stream(inbox.unread())));
                }
                lane
            }
        };
    }
}

/// The wire, if nothing has come over it yet; `read` is what has been read already.
///
/// # Errors
/// [`NoTunnel::Early`].
pub fn silent(mut wire: BoxedWire, read: &[u8]) -> Result<BoxedWire, NoTunnel> {
    let mut waiting = [0; Excerpt::MAX];
    match wire.probe() {
        _ if !read.is_empty() => Err(NoTunnel::Early(Excerpt::new(read))),
        Liveness::Surplus => {
            let count = wire.try_read(&mut waiting).unwrap_or_default();
            let waiting = waiting.get(..count).unwrap_or_default();
            Err(NoTunnel::Early(Excerpt::new(waiting)))
        }
        // Closed already: whoever writes next is told.
        Liveness::Healthy | Liveness::Closed => Ok(wire),
    }
}

/// What came along with the head of a response that opens no tunnel.
fn refused(head: ResponseHead, mut content: ReceiveContent, mut arrived: &[u8]) -> NoTunnel {
    let mut body = Vec::new();
    while body.len() < SENTENCE {
        // Broken content is no more than a sentence that ends early.
        let Ok(Piece::Data { consumed, data }) = content.decode(arrived) else { break };
        body.extend_from_slice(data);
        arrived = arrived.get(consumed..).unwrap_or_default();
    }
    body.truncate(SENTENCE);
    NoTunnel::Refused(Box::new(Refusal { head, body: body.into() }))
}

impl fmt::Display for NoTunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoTunnel::Refused(refusal) => refusal.fmt(f),
            NoTunnel::Io(error) | NoTunnel::Socks(error) => error.fmt(f),
            NoTunnel::Violation(violation) => violation.fmt(f),
            NoTunnel::Misuse(misuse) => misuse.fmt(f),
            NoTunnel::Early(bytes) => {
                write!(
                    f,
                    "the proxy sent bytes into the tunnel before the origin was spoken to: {bytes}"
                )
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.head.status;
        write!(f, "the proxy answered {} {}", status.as_u16(), self.head.reason)?;
        match status.as_u16() {
            407 => f.write_str("; give it credentials with `Proxy::basic_auth` or `Proxy::auth`"),
            403 | 405 => f.write_str("; it may not allow tunnels to this host or port"),
            _ => Ok(()),
        }
    }
}

impl NoTunnel {
    /// Whether it may be gone at the next attempt.
    pub fn is_transient(&self) -> bool {
        use io::ErrorKind::*;
        match self {
            NoTunnel::Refused(refusal) => matches!(refusal.head.status.as_u16(), 429 | 502..=504),
            NoTunnel::Io(error) => error.kind() != InvalidData,
            NoTunnel::Violation(violation) => violation.is_incomplete(),
            NoTunnel::Socks(error) => {
                !matches!(error.kind(), InvalidData | InvalidInput | PermissionDenied | Unsupported)
            }
            NoTunnel::Misuse(_) | NoTunnel::Early(_) => false,
        }
    }

    /// The next error of the chain.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            NoTunnel::Io(error) | NoTunnel::Socks(error) => Some(error),
            NoTunnel::Violation(violation) => Some(violation),
            NoTunnel::Misuse(misuse) => Some(misuse),
            NoTunnel::Refused(_) | NoTunnel::Early(_) => None,
        }
    }
}
