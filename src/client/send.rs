//! **The story**: one request, from the caller to a [`Response`](super::Response), on one page.
//!
//! ```text
//! send ──▶ hop ──▶ lease (reuse, or dial) ──▶ exchange ──▶ head ──▶ response
//!   ▲       │ ▲                                  │            │
//!   │       │ └── once more, if that is safe ────┘            │
//!   └───────┴───────────────── redirect ──────────────────────┘
//! ```
//!
//! Next: [`incoming`](super::incoming)

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{self, Handle};
use tokio::time::{Instant, timeout};

use crate::conn::{
    Clock, Completion, ConnectionInfo, Delivery, Dialling, Event, Exchange, Failure, Patience,
    Phase, RouteView, dial,
};
use crate::h1::SendHead;
use crate::message::{Fields, ResponseHead};
use crate::net::Deadline;
use crate::pool::{Lease, Leased, Place};

use super::error::{Cause, Error};
use super::handle::Client;
use super::incoming::{Incoming, Live, finish};
use super::outgoing::Request;
use super::redirect::{follow, location};
use super::response::Reply;
use super::retry::{Attempt, without_expectation};
use super::timings::Marks;
use super::upgrade::Upgraded;

/// How much of a redirect's body is read so that its connection can be used again.
const REDIRECT_BODY: usize = 64 * 1024;

/// How long that may take: a new connection is cheaper than a slow rest.
const REDIRECT_WAIT: Duration = Duration::from_secs(1);

/// What goes along from hop to hop.
struct Trip {
    /// The clock is read anew only where time has passed.
    marks: Marks,
    runtime: runtime::Id,
    /// The caller's total timeout.
    total: Deadline,
}

/// An exchange that failed before its response head was complete. The connection is closed, the place is kept.
struct Failed {
    failure: Failure,
    delivery: Delivery,
    reused: bool,
    connection: Arc<ConnectionInfo>,
    place: Place,
}

/// Sends `request`, follows redirects, and returns the first response that is none.
pub(crate) async fn send(client: &Client, request: &mut Request) -> Result<(Reply, Marks), Error> {
    let Ok(handle) = Handle::try_current() else {
        return Err(Error::build("a request must be sent inside a tokio runtime"));
    };
    let policy = request.redirect(client.config());
    let mut trip = Trip::new(request.timeouts(client.config()).total, handle.id());
    let defaults = &client.config().fields;
    // Merged once: a redirect works on what it was carried by, so that nothing it drops returns with the defaults (S-61).
    let mut carried = merge(defaults, &request.fields);
    loop {
        let fields = carried.as_ref().unwrap_or(defaults);
        let reply = hop(client, request, fields, &mut trip).await?;
        let head = &reply.head;
        if let Some(fewer) = without_expectation(head.status, fields, &request.body) {
            carried = Some(fewer);
            trip.marks.retries += 1;
            continue;
        }
        let Some(target) = location(&policy, &request.method, head.status, &head.fields) else {
            return Ok((reply, trip.marks));
        };
        let next = follow(request, policy, fields, head.status, target, trip.marks.redirects);
        carried = Some(next.map_err(|why| {
            let error = Error::new(Cause::Redirect(why), Phase::Head)
                .with_delivery(Delivery::ReplyStarted)
                .with_connection(&reply.connection, reply.reused);
            trip.blame(error, request)
        })?);
        trip.marks.redirects += 1;
        // Raw bytes, never decoded: a redirect's body is nobody's to unpack (S-70).
        let _ = timeout(REDIRECT_WAIT, reply.body.discard(REDIRECT_BODY)).await;
        trip.marks.now = Instant::now();
    }
}

/// The client's fields in front of the request's own, without those the request sets itself. `None`: the client's will
/// do as they are.
fn merge(defaults: &Fields, own: &Fields) -> Option<Fields> {
    if own.is_empty() {
        return None;
    }
    let mut merged = Fields::with_capacity(defaults.len() + own.len(), 256);
    let kept = defaults.iter().filter(|field| !own.contains(field.name));
    for field in kept.chain(own.iter()) {
        let appended = merged.append(field.name, field.value);
        debug_assert!(appended.is_ok(), "{} was valid before", field.name);
        if field.sensitive {
            merged.mark_sensitive(field.name);
        }
    }
    Some(merged)
}

/// One request to one origin: at most two exchanges, the second on a new connection.
async fn hop(
    client: &Client,
    request: &mut Request,
    fields: &Fields,
    trip: &mut Trip,
) -> Result<Reply, Error> {
    let lease = lease(client, request, fields, trip).await;
    let lease = lease.map_err(|error| trip.blame(error, request))?;
    let failed = match exchange(client, request, fields, lease, trip).await {
        Ok(reply) => return Ok(reply),
        Err(failed) => failed,
    };
    let attempt = Attempt {
        method: &request.method,
        failure: &failed.failure,
        delivery: failed.delivery,
        reused: failed.reused,
        replayable: request.body.is_replayable(),
    };
    if !attempt.may_repeat() {
        return Err(failed.into_error(request, trip));
    }
    trip.marks.retries += 1;
    let earlier = failed.delivery;
    let lease = open(client, request, trip, failed.place).await;
    let lease = lease.map_err(|error| trip.blame(error.after_delivery(earlier), request))?;
    let again = exchange(client, request, fields, lease, trip).await;
    again.map_err(|failed| failed.into_error(request, trip).after_delivery(earlier))
}

/// A connection: a kept one, or a new one when it is this request's turn.
async fn lease(
    client: &Client,
    request: &Request,
    fields: &Fields,
    trip: &mut Trip,
) -> Result<Lease, Error> {
    let config = client.config();
    let route = RouteView::direct(&request.uri, config.secure);
    let leased = match client.pool().lease(&route, trip.runtime, trip.marks.now) {
        Ok(leased) => leased,
        Err(turn) => {
            let asked = trip.marks.now;
            let patience = request.timeouts(config).pool;
            let patience = patience.map_or(Deadline::none(), |time| Deadline::after(asked, time));
            let turn = client.pool().wait(turn, trip.runtime, patience.sooner(trip.total));
            let waited = Box::pin(turn).await;
            trip.marks.now = Instant::now();
            trip.marks.queued += trip.marks.now - asked;
            waited.map_err(|timeout| {
                let total = trip.total.passed(trip.marks.now);
                let total = total.then_some(Cause::Exchange(Failure::TimedOut(Clock::Total)));
                Error::new(total.unwrap_or(Cause::Pool(timeout)), Phase::Queue)
            })?
        }
    };
    match leased {
        Leased::Reused(lease) => Ok(lease),
        Leased::Open(place) => {
            check(request, fields)?;
            open(client, request, trip, place).await
        }
    }
}

/// What cannot be sent is not worth a connection.
fn check(request: &Request, fields: &Fields) -> Result<(), Error> {
    let target = request.target();
    let sound = SendHead::new(request.view(fields, &target), request.body.framing());
    sound.map(drop).map_err(|e| Error::new(Cause::Exchange(Failure::Misuse(e)), Phase::Build))
}

/// A new connection. Boxed, so that a request over a kept connection is not as large as one that builds its own.
async fn open(
    client: &Client,
    request: &Request,
    trip: &mut Trip,
    place: Place,
) -> Result<Lease, Error> {
    let route = RouteView::direct(&request.uri, client.config().secure);
    let dialling: Dialling<'_> = Box::pin(dial(route, &client.config().means, trip.total));
    let connection = dialling.await.map_err(Error::dial)?;
    trip.marks.now = Instant::now();
    Ok(place.fill(connection))
}

/// One exchange, up to the head of the final response.
async fn exchange(
    client: &Client,
    request: &mut Request,
    fields: &Fields,
    mut lease: Lease,
    trip: &mut Trip,
) -> Result<Reply, Box<Failed>> {
    let mut exchange = client.kits().lend(trip.runtime);
    if let Err(failure) = begin(&mut exchange, client, request, fields, trip) {
        return Err(Failed::new(failure, Delivery::NotSent, lease));
    }
    lease.connection().begin();
    loop {
        let event = poll_fn(|cx| exchange.poll_head(cx, lease.connection())).await;
        trip.marks.exchange(exchange.milestones());
        match event {
            Ok(Event::Final(head)) => {
                return Ok(receive(client, request, head, exchange, lease, trip));
            }
            Ok(Event::Switched(head)) => return Ok(switch(head, exchange, lease)),
            Ok(Event::Interim(head)) => {
                request.interim(&head);
            }
            Err(failure) => return Err(Failed::new(failure, exchange.delivery(), lease)),
        }
    }
}

fn begin(
    exchange: &mut Exchange,
    client: &Client,
    request: &mut Request,
    fields: &Fields,
    trip: &Trip,
) -> Result<(), Failure> {
    let config = client.config();
    let timeouts = request.timeouts(config);
    let patience = Patience {
        read: timeouts.read,
        write: timeouts.write,
        expect: timeouts.expect,
        total: trip.total,
    };
    let target = request.target();
    let upload = request.body.upload();
    let view = request.view(fields, &target);
    exchange.begin(view, upload, (config.limits, config.tolerance), patience, trip.marks.now)
}

/// The head is here. If the content is here too, the connection goes home before the caller sees the response.
fn receive(
    client: &Client,
    request: &Request,
    head: ResponseHead,
    mut exchange: Box<Exchange>,
    mut lease: Lease,
    trip: &Trip,
) -> Reply {
    let reused = lease.connection().is_reused();
    let connection = Arc::clone(lease.connection().info());
    let (first, completion) = exchange.take_arrived();
    let body = match completion {
        Completion::Complete => Incoming::arrived(first, finish(exchange, lease, client.kits())),
        Completion::Open => {
            let (method, uri) = (request.method.clone(), request.uri.clone());
            let kits = Arc::clone(client.kits());
            let marks = trip.marks;
            Incoming::live(first, Live { exchange, lease, kits, marks, method, uri })
        }
    };
    Reply { head, body, connection, reused }
}

/// HTTP ends here. The connection leaves the pool's count; bytes that came with the head go first.
fn switch(head: ResponseHead, mut exchange: Box<Exchange>, mut lease: Lease) -> Reply {
    let reused = lease.connection().is_reused();
    let connection = Arc::clone(lease.connection().info());
    let wire = lease.into_connection().into_wire();
    let body = Incoming::switched(Upgraded::new(exchange.take_rest(), wire));
    Reply { head, body, connection, reused }
}

impl Trip {
    fn new(total: Option<Duration>, runtime: runtime::Id) -> Trip {
        let now = Instant::now();
        let total = total.map_or(Deadline::none(), |time| Deadline::after(now, time));
        Trip { marks: Marks::new(now), runtime, total }
    }

    /// Writes into an error what it happened to, and when.
    fn blame(&mut self, error: Error, request: &Request) -> Error {
        self.marks.now = Instant::now();
        error.with_request(&request.method, &request.uri).with_marks(&self.marks)
    }
}

impl Failed {
    fn new(failure: Failure, delivery: Delivery, mut lease: Lease) -> Box<Failed> {
        let reused = lease.connection().is_reused();
        let connection = Arc::clone(lease.connection().info());
        Box::new(Failed { failure, delivery, reused, connection, place: lease.into_place() })
    }

    fn into_error(self, request: &Request, trip: &mut Trip) -> Error {
        let phase = match (&self.failure, self.delivery) {
            (Failure::Misuse(_), Delivery::NotSent) => Phase::Build,
            (_, Delivery::NotSent | Delivery::PartlySent) => Phase::Send,
            _ => Phase::Head,
        };
        let error = Error::new(Cause::Exchange(self.failure), phase)
            .with_delivery(self.delivery)
            .with_connection(&self.connection, self.reused);
        trip.blame(error, request)
    }
}
