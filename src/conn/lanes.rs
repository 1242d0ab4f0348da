//! The states of the two lanes while they share a connection: what is sent next, what is received next.
//!
//! Each variant owns what its state needs and nothing else; the types inside come from [`h1`](crate::h1), where each is
//! consumed by its transition.

use std::io;

use crate::h1::{
    AwaitContinue, ReceiveContent, ReceiveHead, Received, SendContent, Sent, Violation,
};
use crate::message::ResponseHead;
use crate::net::Deadline;

/// What is sent next.
#[derive(Debug)]
pub enum Sending {
    /// Nothing, until a 100 comes or this moment passes; there is none before the head is out.
    Await(AwaitContinue, Option<Deadline>),
    /// Content.
    Content(SendContent),
    /// What is still in the outbox, or in the wire's own buffer.
    Flush(Sent),
    /// Nothing: the whole request has been accepted by the kernel.
    Sent(Sent),
    /// Nothing: the server wants no more of it. The request stays unfinished.
    Stopped,
    /// Nothing: writing failed. A response may be on its way all the same.
    Broken(io::Error),
}

/// What is received next.
#[derive(Debug)]
pub enum Receiving {
    /// A head.
    Head(ReceiveHead),
    /// Content.
    Content(ReceiveContent),
    /// Nothing: the response is complete.
    Received(Received),
    /// No more content: what followed the last good piece breaks the grammar, and every further call says so.
    Broken(Violation),
    /// Another protocol.
    Switched,
    /// Nothing that could be trusted.
    Failed,
}

/// What [`Exchange::poll_head`](super::exchange::Exchange::poll_head) found.
#[derive(Debug)]
pub enum Event {
    /// An interim response; the final one is still to come.
    Interim(ResponseHead),
    /// The final response; its content may be read.
    Final(ResponseHead),
    /// The connection has left HTTP (101, or 2xx to CONNECT).
    Switched(ResponseHead),
}
