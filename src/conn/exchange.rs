//! One request and its response over one connection: both lanes at once.
//!
//! [`Exchange`] holds the lanes' states, the buffers and the clocks; it borrows the connection at every poll and owns
//! none. Every poll moves bytes and then looks at what they mean, so a future dropped between two polls has changed
//! nothing by half: a partly written head is an offset in the outbox, a partly read one is bytes in the inbox.
//!
//! Sending and receiving run side by side from the first byte on. An early 413 is seen while the upload runs, and a
//! server that echoes is read while it is written to. What an early final response does to the upload:
//!
//! * an error, a redirect, or one that closes the connection stops it (§9.5); the response is delivered and the
//!   connection is not used again;
//! * a success lets it go on: whoever reads the response body to its end finishes the upload too.
//!
//! Next: [`super::download`]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::{io, mem};

use tokio::io::AsyncWrite;
use tokio::runtime;
use tokio::time::Instant;

use crate::h1::{
    AfterHead, CloseReason, Limits, ReceiveHead, RequestView, Reusable, SendHead, Step, Tolerance,
    Violation, persistence,
};
use crate::net::{Deadline, Timer};

use super::buffer::{Buffer, SMALL_READ};
use super::connection::Connection;
use super::failure::{Delivery, Failure};
use super::governor::{self, Governor};
use super::lanes::{Event, Receiving, Sending};
use super::outbox::Outbox;
use super::patience::{Milestones, Patience};
use super::upload::Upload;

/// Writes in a row before the other lane is looked at.
const BURST: usize = 16;

/// A request under way.
#[derive(Debug)]
pub struct Exchange {
    pub(super) sending: Sending,
    pub(super) receiving: Receiving,
    pub(super) upload: Upload,
    /// Bytes received and not understood yet.
    pub(super) inbox: Buffer,
    /// Bytes on their way out.
    pub(super) outbox: Outbox,
    pub(super) timer: Timer,
    /// Whose clock the timer hangs on: a timer of a finished runtime never rings.
    runtime: runtime::Id,
    pub(super) patience: Patience,
    pub(super) milestones: Milestones,
    /// What hardly any request asks for.
    pub(super) governor: Option<Box<Governor>>,
}

impl Exchange {
    /// An exchange that has not begun: nothing to send, nothing to receive.
    pub fn at_rest(runtime: runtime::Id) -> Exchange {
        Exchange {
            sending: Sending::Stopped,
            receiving: Receiving::Failed,
            upload: Upload::none(),
            inbox: Buffer::default(),
            outbox: Outbox::default(),
            timer: Timer::new(),
            runtime,
            patience: Patience::endless(),
            milestones: Milestones::new(Instant::now()),
            governor: None,
        }
    }

    /// Makes sure that the timer is one of `runtime`'s.
    pub fn move_to(&mut self, runtime: runtime::Id) {
        if self.runtime != runtime {
            self.timer = Timer::new();
            self.runtime = runtime;
        }
    }

    /// Begins: writes the head into the outbox. No byte has left yet.
    ///
    /// # Errors
    /// [`Failure::Misuse`], and nothing has begun.
    pub fn begin(
        &mut self,
        request: RequestView<'_>,
        upload: Upload,
        (limits, tolerance): (Limits, Tolerance),
        patience: Patience,
        now: Instant,
    ) -> Result<(), Failure> {
        let head = SendHead::new(request, upload.framing()).map_err(Failure::Misuse)?;
        self.sending = match self.outbox.text(|text| head.write(text)) {
            AfterHead::Sent(sent) => Sending::Flush(sent),
            AfterHead::Content(content) => Sending::Content(content),
            AfterHead::AwaitContinue(wait) => Sending::Await(wait, None),
        };
        self.receiving = Receiving::Head(ReceiveHead::new(request, limits, tolerance));
        self.upload = upload;
        self.patience = patience;
        self.milestones = Milestones::new(now);
        Ok(())
    }

    /// Drives both lanes to the next head.
    ///
    /// Cancel safe: call again, or drop the exchange and the connection with it.
    ///
    /// # Errors
    /// A [`Failure`]; the connection must be closed.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
    ) -> Poll<Result<Event, Failure>> {
        loop {
            self.poll_send(cx, connection)?;
            self.in_time()?;
            if let Some(event) = self.take_head()? {
                return Poll::Ready(Ok(event));
            }
            // What comes before the first byte of the request was not asked for by it.
            let filled = match self.milestones.accepted > 0 || self.is_broken() {
                true => self.poll_fill(cx, connection, SMALL_READ),
                false => Poll::Pending,
            };
            match filled {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(self.cut_off())),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(self.read_error(error))),
                Poll::Pending => match self.poll_clock(cx) {
                    Poll::Ready(result) => result?,
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }

    /// Reads the head at the front of the inbox, if it is complete.
    fn take_head(&mut self) -> Result<Option<Event>, Failure> {
        if self.inbox.unread().is_empty() {
            return Ok(None);
        }
        let Receiving::Head(lane) = mem::replace(&mut self.receiving, Receiving::Failed) else {
            return Err(Failure::Violation(Violation::UnaskedSwitch));
        };
        let (used, step) = lane.receive(self.inbox.unread()).map_err(Failure::Violation)?;
        self.inbox.consume(used);
        Ok(match step {
            Step::More(lane) => {
                self.receiving = Receiving::Head(lane);
                None
            }
            Step::Interim(head, lane) => {
                self.receiving = Receiving::Head(lane);
                if head.status == http::StatusCode::CONTINUE {
                    self.proceed();
                }
                Some(Event::Interim(head))
            }
            Step::Final(head, content) => {
                self.answered(head.status.is_success() && !content.closes());
                self.receiving = Receiving::Content(content);
                Some(Event::Final(head))
            }
            // What follows would be taken for the other protocol, and half a request is neither.
            Step::Switched(_) if !matches!(self.sending, Sending::Sent(_)) => {
                return Err(Failure::Violation(Violation::EarlySwitch));
            }
            Step::Switched(head) => {
                self.receiving = Receiving::Switched;
                Some(Event::Switched(head))
            }
        })
    }

    /// A final response has come. If the request is not finished: does the server want the rest?
    fn answered(&mut self, wanted: bool) {
        let stop = match &self.sending {
            // "Expect refused": the content was promised and is never sent.
            Sending::Await(..) => true,
            Sending::Content(_) | Sending::Flush(_) => !wanted,
            Sending::Sent(_) | Sending::Stopped | Sending::Broken(_) => false,
        };
        if stop {
            self.sending = Sending::Stopped;
            self.upload.abandon();
            self.outbox.reset();
        }
    }

    pub(super) fn proceed(&mut self) {
        self.sending = match mem::replace(&mut self.sending, Sending::Stopped) {
            Sending::Await(wait, _) => Sending::Content(wait.proceed()),
            other => other,
        };
    }

    fn is_broken(&self) -> bool {
        matches!(self.sending, Sending::Broken(_))
    }
}

/// The request lane.
impl Exchange {
    /// Sends as much as the wire and the source allow now. When it returns, the lane is done, or its waker is set.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        let before = self.milestones.accepted;
        for _ in 0..BURST {
            self.gather(cx, connection)?;
            let polled = match &self.sending {
                Sending::Sent(_) | Sending::Stopped | Sending::Broken(_) => return Ok(()),
                _ if !self.outbox.is_empty() => {
                    let (outbox, wire) = (&mut self.outbox, connection.wire());
                    match self.governor.as_mut().and_then(|governor| governor.upload()) {
                        None => outbox.poll_write(cx, wire),
                        Some(valve) => governor::poll_write(valve, cx, outbox, wire),
                    }
                }
                // Over TLS what was written may still wait inside the session.
                _ => Pin::new(&mut connection.wire()).poll_flush(cx).map_ok(|()| 0),
            };
            match polled {
                Poll::Pending => return Ok(()),
                Poll::Ready(Err(error)) => {
                    // A write under TLS is many writes below it; the ones before the one that failed have left.
                    if connection.wire().tls().is_some() && !self.outbox.is_empty() {
                        self.milestones.in_doubt();
                    }
                    self.upload.abandon();
                    self.outbox.reset();
                    self.sending = Sending::Broken(error);
                }
                Poll::Ready(Ok(0)) => {
                    self.flushed(self.milestones.accepted == before);
                    return Ok(());
                }
                Poll::Ready(Ok(count)) => self.milestones.wrote(count),
            }
        }
        // A quick source on a quick wire never waits; the other lane gets its turn all the same.
        cx.waker().wake_by_ref();
        Ok(())
    }

    /// Fills the outbox from the source.
    fn gather(&mut self, cx: &mut Context<'_>, connection: &mut Connection) -> Result<(), Failure> {
        while let Sending::Content(content) = &mut self.sending {
            let outbox = &mut self.outbox;
            if outbox.is_full() {
                break;
            }
            match self.upload.poll_piece(cx) {
                // All that was announced is here: a source that is slow to say so keeps nobody waiting.
                Poll::Pending if content.is_full() => self.finish_content()?,
                Poll::Pending => break,
                Poll::Ready(Some(Err(error))) => return Err(Failure::Upload(error)),
                Poll::Ready(Some(Ok(piece))) => {
                    let end = outbox.text(|text| content.piece(piece.len(), text));
                    let end = end.map_err(Failure::Misuse)?;
                    outbox.piece(piece, connection.wire().is_write_vectored());
                    outbox.text(|text| text.extend_from_slice(end));
                }
                Poll::Ready(None) => self.finish_content()?,
            }
        }
        Ok(())
    }

    fn finish_content(&mut self) -> Result<(), Failure> {
        let trailers = self.upload.trailers();
        let sending = mem::replace(&mut self.sending, Sending::Stopped);
        if let Sending::Content(content) = sending {
            let finished = self.outbox.text(|text| content.finish(&trailers, text));
            self.sending = Sending::Flush(finished.map_err(Failure::Misuse)?);
        }
        Ok(())
    }

    /// Everything written so far is with the kernel: since the last write, or, if it was `held` back, since now.
    fn flushed(&mut self, held: bool) {
        if held && matches!(self.sending, Sending::Flush(_) | Sending::Await(_, None)) {
            self.milestones.last = Instant::now();
        }
        self.sending = match mem::replace(&mut self.sending, Sending::Stopped) {
            Sending::Flush(sent) => {
                self.milestones.sent();
                Sending::Sent(sent)
            }
            // The wait for a 100 begins when the head is out.
            Sending::Await(wait, None) => {
                let until = Deadline::after(self.milestones.last, self.patience.expect);
                Sending::Await(wait, Some(until))
            }
            other => other,
        };
    }
}

/// The clocks and the ends.
impl Exchange {
    #[inline]
    pub(super) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
        room: usize,
    ) -> Poll<io::Result<usize>> {
        let (inbox, wire) = (&mut self.inbox, connection.wire());
        let filled = match self.governor.as_mut().and_then(|governor| governor.download()) {
            None => inbox.poll_fill(cx, wire, room),
            Some(valve) => governor::poll_fill(valve, cx, inbox, wire, room),
        };
        if let Poll::Ready(Ok(count @ 1..)) = filled {
            self.milestones.read(count);
        }
        filled
    }

    /// How much of the request the server can have seen, and whether it began to answer.
    pub fn delivery(&self) -> Delivery {
        match (&self.sending, self.milestones.accepted, self.milestones.received) {
            (_, _, 1..) => Delivery::ReplyStarted,
            (_, 0, 0) => Delivery::NotSent,
            (Sending::Sent(_), ..) => Delivery::SentNoReply,
            _ => Delivery::PartlySent,
        }
    }

    /// Directly after [`begin`](Self::begin): the head, byte for byte as it will leave.
    pub fn head_to_send(&self) -> &[u8] {
        self.outbox.unsent()
    }

    /// Bytes received and understood, heads and framing included.
    pub fn understood(&self) -> u64 {
        self.milestones.received.saturating_sub(self.inbox.unread().len() as u64)
    }

    /// When what happened, and how much.
    pub fn milestones(&self) -> &Milestones {
        &self.milestones
    }

    /// Bytes of content still to come, where the framing says.
    pub fn remaining(&self) -> Option<u64> {
        match &self.receiving {
            Receiving::Content(content) => content.remaining(),
            _ => None,
        }
    }

    /// Ends the exchange: the proof that the connection may be used again, or the reason why not. What is left is an
    /// exchange at rest.
    ///
    /// # Errors
    /// The [`CloseReason`].
    pub fn finish(&mut self) -> Result<Reusable, CloseReason> {
        let surplus = self.inbox.unread().len();
        let sending = mem::replace(&mut self.sending, Sending::Stopped);
        match (sending, mem::replace(&mut self.receiving, Receiving::Failed)) {
            (Sending::Sent(sent), Receiving::Received(received)) => {
                persistence(sent, &received, surplus)
            }
            (_, Receiving::Received(_)) => Err(CloseReason::RequestUnfinished),
            _ => Err(CloseReason::ResponseUnfinished),
        }
    }

    /// Lets go of whatever belonged to one request; keeps a little memory for the next.
    pub fn reset(&mut self) {
        self.sending = Sending::Stopped;
        self.receiving = Receiving::Failed;
        self.upload.abandon();
        self.inbox.reset();
        self.outbox.reset();
        self.governor = None;
    }

    /// Bytes of the other protocol that came with the head that switched to it.
    pub fn take_rest(&mut self) -> bytes::Bytes {
        let length = self.inbox.unread().len();
        self.inbox.take(length)
    }
}
