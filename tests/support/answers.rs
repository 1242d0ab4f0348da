//! Look-ups by script: which answer comes when.
#![allow(dead_code)] // every test file uses another part of it

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::time::{Sleep, sleep};
use wireline::net::{Answer, DnsError, DnsErrorKind, Family, Resolution};

/// Answers, each with the pause before it. The stream ends after the last.
pub fn scripted(answers: Vec<(Duration, Answer)>) -> Resolution {
    Box::pin(Scripted { answers: answers.into(), pause: None })
}

/// The same without pauses.
pub fn at_once(answers: Vec<Answer>) -> Resolution {
    scripted(answers.into_iter().map(|answer| (Duration::ZERO, answer)).collect())
}

pub fn found(family: Family, addresses: Vec<SocketAddr>) -> Answer {
    Answer { family, result: Ok(addresses) }
}

pub fn nothing(family: Family, kind: DnsErrorKind) -> Answer {
    Answer { family, result: Err(DnsError::new(kind, "scripted.test", family)) }
}

/// Every answer of a look-up, in the order they land.
pub async fn all(mut resolution: Resolution) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Some(answer) = next(&mut resolution).await {
        answers.push(answer);
    }
    answers
}

pub async fn next(resolution: &mut Resolution) -> Option<Answer> {
    poll_fn(|cx| resolution.as_mut().poll_next(cx)).await
}

struct Scripted {
    answers: VecDeque<(Duration, Answer)>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Stream for Scripted {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        let Some(&(pause, _)) = self.answers.front() else { return Poll::Ready(None) };
        if !pause.is_zero() {
            ready!(self.pause.get_or_insert_with(|| Box::pin(sleep(pause))).as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(self.answers.pop_front().map(|(_, answer)| answer))
    }
}
