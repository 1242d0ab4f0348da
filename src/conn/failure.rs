//! What went wrong on one connection, and how much of the request was under way by then.
//!
//! [`Failure`] says what happened, [`Phase`] during which step, [`Delivery`] whether the server can have seen the
//! request. The last decides what may be tried again (RFC 9110 §9.2.2), so it is recorded and never guessed.

use std::fmt;
use std::io;

use crate::h1::{Misuse, Violation};

use super::clock::Expired;
use super::upload::BoxError;

/// What went wrong during an exchange. The connection is closed.
#[derive(Debug)]
pub enum Failure {
    /// Reading or writing failed.
    Io(io::Error),
    /// The peer broke the protocol, or ended the stream inside a message.
    Violation(Violation),
    /// The caller's request cannot be sent, or its content did not keep its promised length.
    Misuse(Misuse),
    /// The caller's content source failed.
    Upload(BoxError),
    /// Time ran out.
    TimedOut(Box<Expired>),
}

/// The step an error happened in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Building the request: nothing has left yet.
    Build,
    /// Waiting for a place in the pool.
    Queue,
    /// Finding the host's addresses.
    Resolve,
    /// Connecting to one of them.
    Connect,
    /// Being passed on by a proxy: CONNECT, SOCKS.
    Tunnel,
    /// The TLS handshake.
    Tls,
    /// Sending the request; no byte of a response has come.
    Send,
    /// The request is sent, the response head is awaited.
    Head,
    /// Reading the content.
    Body,
    /// Making something of the content: characters, JSON.
    Decode,
}

impl Failure {
    /// Time ran out.
    #[cold]
    pub fn timed_out(expired: Expired) -> Failure {
        Failure::TimedOut(Box::new(expired))
    }
}

/// How much of the request the server can have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Delivery {
    /// Not a byte reached the kernel: any request may be tried again.
    NotSent,
    /// Some of it did. The server may or may not act on part of a request.
    PartlySent,
    /// All of it did, and no byte of a reply came. Nobody knows what the server did.
    SentNoReply,
    /// A reply was begun.
    ReplyStarted,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(error) => fmt::Display::fmt(error, f),
            Failure::Violation(violation) => fmt::Display::fmt(violation, f),
            Failure::Misuse(misuse) => fmt::Display::fmt(misuse, f),
            Failure::Upload(error) => write!(f, "the request body failed: {error}"),
            Failure::TimedOut(expired) => fmt::Display::fmt(expired, f),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Build => "building the request",
            Phase::Queue => "waiting for a connection",
            Phase::Resolve => "resolving the host",
            Phase::Connect => "connecting",
            Phase::Tunnel => "opening the tunnel",
            Phase::Tls => "the TLS handshake",
            Phase::Send => "sending the request",
            Phase::Head => "waiting for the response",
            Phase::Body => "reading the response body",
            Phase::Decode => "decoding the response body",
        })
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Delivery::NotSent => "nothing was sent",
            Delivery::PartlySent => "the request was partly sent",
            Delivery::SentNoReply => "the request was sent, no reply came",
            Delivery::ReplyStarted => "a reply had begun",
        })
    }
}
