//! One look-up for all who ask the same question at the same time.
//!
//! In: any [`Resolve`]. Out: the same answers, but a hundred requests to a new host ask once. It is
//! no cache: when the look-up is over, the next one asks again.
//!
//! Nobody leads. The look-up belongs to all its followers together, whoever is polled drives it,
//! and whatever happens to it wakes them all. So there is no background task, and when the one who
//! asked first is dropped, the others do not even notice. When the last one is dropped, so is the
//! look-up.
//!
//! Questions from different runtimes are different questions: a socket or timer that belongs to a
//! runtime that is not running never wakes anybody.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

use futures_core::Stream;
use tokio::runtime::{Handle, Id};

use super::resolve::{Answer, Resolution, Resolve};

/// Shares the look-ups of the resolver behind it.
#[derive(Debug, Default)]
pub struct Shared<R> {
    behind: R,
    flights: Arc<Mutex<Flights>>,
}

type Flights = HashMap<Question, Weak<Flight>>;
type Question = (Option<Id>, String, u16);

impl<R: Resolve> Shared<R> {
    /// Shares the look-ups of `behind`.
    pub fn new(behind: R) -> Self {
        Self { behind, flights: Arc::default() }
    }
}

impl<R: Resolve> Resolve for Shared<R> {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        let question = (runtime, host.to_ascii_lowercase(), port);
        let mut flights = lock(&self.flights);
        let flight = match flights.get(&question).and_then(Weak::upgrade) {
            Some(flight) => flight,
            None => {
                let flight = Arc::new(Flight {
                    question: question.clone(),
                    flights: self.flights.clone(),
                    progress: Mutex::new(Progress {
                        answers: Vec::new(),
                        resolution: Some(self.behind.resolve(host, port)),
                    }),
                    followers: Arc::default(),
                });
                flights.insert(question, Arc::downgrade(&flight));
                flight
            }
        };
        drop(flights);
        let id = flight.followers.join();
        Box::pin(Follower { flight, id, taken: 0 })
    }
}

/// A look-up under way, owned by its followers.
struct Flight {
    question: Question,
    flights: Arc<Mutex<Flights>>,
    progress: Mutex<Progress>,
    followers: Arc<Followers>,
}

struct Progress {
    answers: Vec<Answer>,
    /// `None` once it is over.
    resolution: Option<Resolution>,
}

impl Flight {
    /// Takes no new followers from now on.
    fn close(&self) {
        let mut flights = lock(&self.flights);
        // Another flight for the same question may have taken off since.
        let ours = |flight: &Weak<Flight>| std::ptr::eq(flight.as_ptr(), self);
        if flights.get(&self.question).is_some_and(ours) {
            flights.remove(&self.question);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.close();
    }
}

/// Who is to be woken. It is apart from [`Flight`], so that the waker the look-up holds does not
/// own the look-up, and under a lock of its own, because the look-up may wake it while it is
/// polled.
#[derive(Default)]
struct Followers(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    joined: u64,
    wakers: HashMap<u64, Waker>,
}

impl Followers {
    fn join(&self) -> u64 {
        let mut waiting = lock(&self.0);
        waiting.joined += 1;
        waiting.joined
    }

    fn wait(&self, id: u64, waker: &Waker) {
        lock(&self.0).wakers.insert(id, waker.clone());
    }

    fn leave(&self, id: u64) {
        lock(&self.0).wakers.remove(&id);
    }
}

impl Wake for Followers {
    fn wake(self: Arc<Self>) {
        // Outside the lock: a waker may do anything, drop a follower too.
        let wakers = std::mem::take(&mut lock(&self.0).wakers);
        wakers.into_values().for_each(Waker::wake);
    }
}

/// One caller's view of a flight.
struct Follower {
    flight: Arc<Flight>,
    id: u64,
    /// How many of the answers this one has had.
    taken: usize,
}

impl Stream for Follower {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        let this = &mut *self;
        let mut progress = lock(&this.flight.progress);
        loop {
            if let Some(answer) = progress.answers.get(this.taken) {
                this.taken += 1;
                return Poll::Ready(Some(answer.clone()));
            }
            let Some(resolution) = &mut progress.resolution else { return Poll::Ready(None) };
            // Before the poll, or a wake-up between the two would find nobody.
            this.flight.followers.wait(this.id, cx.waker());
            let waker = Waker::from(this.flight.followers.clone());
            match resolution.as_mut().poll_next(&mut Context::from_waker(&waker)) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(answer)) => progress.answers.push(answer),
                Poll::Ready(None) => progress.resolution = None,
            }
            let over = progress.resolution.is_none();
            // The others have to look as well, and whatever waking them does, it does without
            // locks.
            drop(progress);
            if over {
                this.flight.close();
            }
            this.flight.followers.leave(this.id);
            waker.wake();
            progress = lock(&this.flight.progress);
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.flight.followers.leave(self.id);
    }
}

/// A panic elsewhere leaves no half-made change behind any of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
