//! One request and its response, without sockets: words in, bytes to send out; bytes received in, an answer out.
//!
//! Everything HTTP is done by the floor [`wireline::h1`]. Whoever holds a stream moves the bytes: `blocking.rs` with
//! std, `tutorial_streams.rs` with tokio, and neither has to know where a message ends.

use wireline::Uri;
use wireline::h1::{
    AfterHead, Framing, Limits, Piece, ReceiveContent, ReceiveHead, RequestView, SendHead, Sent,
    Step, Target, Tolerance, persistence,
};
use wireline::message::{Method, RequestHead, ResponseHead};

use super::{BoxError, Result};

/// What is read of a body at most.
const MOST: usize = 16 << 20;

/// A response.
pub struct Answer {
    pub head: ResponseHead,
    pub body: Vec<u8>,
    /// Whether the connection may carry another exchange.
    pub reusable: bool,
}

/// An exchange under way.
pub struct Exchange {
    sent: Sent,
    waiting: Waiting,
    inbox: Vec<u8>,
    body: Vec<u8>,
}

/// What is awaited. Each state is used up by the step that leads to the next.
enum Waiting {
    Head(ReceiveHead),
    Content(ResponseHead, ReceiveContent),
}

/// How far it has come.
pub enum Progress {
    More(Exchange),
    Done(Answer),
}

impl Exchange {
    /// A request without content: the bytes to send, and who understands the answer.
    pub fn new(method: Method, uri: &Uri) -> Result<(Vec<u8>, Exchange)> {
        let mut head = RequestHead::new(method, uri.clone());
        head.fields.append("user-agent", "wireline-tutorial")?;
        head.fields.append("accept", "*/*")?;
        let request = RequestView::new(&head, &Target::Origin);
        let mut outbox = Vec::new();
        let AfterHead::Sent(sent) = SendHead::new(request, Framing::None)?.write(&mut outbox)
        else {
            return Err("this request has no content to send".into());
        };
        let lane = ReceiveHead::new(request, Limits::default(), Tolerance::default());
        let waiting = Waiting::Head(lane);
        Ok((outbox, Exchange { sent, waiting, inbox: Vec::new(), body: Vec::new() }))
    }

    /// Takes what was read from the stream; nothing means that the stream has ended.
    pub fn receive(mut self, bytes: &[u8]) -> Result<Progress> {
        self.inbox.extend_from_slice(bytes);
        let ended = bytes.is_empty();
        loop {
            match self.waiting {
                Waiting::Head(lane) => {
                    let (used, step) = lane.receive(&self.inbox)?;
                    self.inbox.drain(..used);
                    self.waiting = match step {
                        Step::Final(head, content) => Waiting::Content(head, content),
                        Step::Interim(_, lane) => Waiting::Head(lane),
                        Step::Switched(_) => return Err("nobody asked for another protocol".into()),
                        Step::More(lane) if ended => {
                            return Err(lane.end_of_stream(&self.inbox).into());
                        }
                        Step::More(lane) => {
                            let waiting = Waiting::Head(lane);
                            return Ok(Progress::More(Exchange { waiting, ..self }));
                        }
                    };
                }
                Waiting::Content(head, mut content) => {
                    let received = match content.decode(&self.inbox)? {
                        Piece::Data { consumed, data } => {
                            self.body.extend_from_slice(data);
                            self.inbox.drain(..consumed);
                            None
                        }
                        Piece::End { consumed, received } => {
                            self.inbox.drain(..consumed);
                            Some(received)
                        }
                        Piece::More { consumed } => {
                            self.inbox.drain(..consumed);
                            if !ended {
                                let waiting = Waiting::Content(head, content);
                                return Ok(Progress::More(Exchange { waiting, ..self }));
                            }
                            Some(content.end_of_stream()?)
                        }
                    };
                    if self.body.len() > MOST {
                        return Err(BoxError::from(format!("more than {MOST} bytes of content")));
                    }
                    if let Some(received) = received {
                        // The proof that all was sent and all was received, with nothing left over.
                        let reusable = persistence(self.sent, &received, self.inbox.len()).is_ok();
                        return Ok(Progress::Done(Answer { head, body: self.body, reusable }));
                    }
                    self.waiting = Waiting::Content(head, content);
                }
            }
        }
    }
}
