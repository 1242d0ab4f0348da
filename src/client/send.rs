//! **The story**: one request, from the caller to a [`Response`], on one page.
//!
//! ```text
//! send ──▶ hop ──▶ lease (reuse, or dial) ──▶ exchange ──▶ head ──▶ response
//!   ▲       │ ▲                                  │            │
//!   │       │ └── once more, if that is safe ────┘            │
//!   └───────┴───────────────── redirect ──────────────────────┘
//! ```
//!
//! Next: the plugs, [`redirect`](super::redirect) first.

use std::future::poll_fn;
use std::sync::Arc;

use tokio::runtime::{self, Handle};
use tokio::time::Instant;

use crate::conn::{
    Completion, ConnectionInfo, Delivery, Dialling, Event, Exchange, Failure, Patience, Phase,
    RouteView, dial,
};
use crate::h1::RequestView;
use crate::message::{Fields, ResponseHead};
use crate::net::Deadline;
use crate::pool::{Lease, Leased, Place};

use super::error::{Cause, Error};
use super::handle::Client;
use super::incoming::{Incoming, Live, finish};
use super::redirect::{follow, location};
use super::request::Request;
use super::response::Response;
use super::retry::Attempt;
use super::timings::Timings;
use super::upgrade::Upgraded;

/// How much of a redirect's body is read so that its connection can be used again.
const REDIRECT_BODY: usize = 64 * 1024;

/// What goes along from hop to hop.
struct Trip {
    begun: Instant,
    /// The latest reading of the clock; read anew only where time has passed.
    now: Instant,
    runtime: runtime::Id,
    /// The caller's total timeout.
    total: Deadline,
    timings: Timings,
}

/// A final response, or a switch of protocols.
struct Reply {
    head: ResponseHead,
    body: Incoming,
    connection: Arc<ConnectionInfo>,
    reused: bool,
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
pub(crate) async fn send(client: &Client, mut request: Request) -> Result<Response, Error> {
    let Ok(handle) = Handle::try_current() else {
        return Err(Error::build("a request must be sent inside a tokio runtime"));
    };
    let mut trip = Trip::new(&request, handle.id());
    let defaults = &client.config().fields;
    loop {
        let merged = merge(defaults, &request.fields);
        let fields = merged.as_ref().unwrap_or(defaults);
        let reply = hop(client, &mut request, fields, &mut trip).await?;
        let head = &reply.head;
        let Some(target) = location(&request.redirect, head.status, &head.fields) else {
            return Ok(reply.into_response(request, &trip, client.config().max_body));
        };
        follow(&mut request, fields, head.status, target, trip.timings.redirects).map_err(
            |why| {
                let error = Error::new(Cause::Redirect(why), Phase::Head);
                trip.blame(error.with_delivery(Delivery::ReplyStarted), &request)
            },
        )?;
        trip.timings.redirects += 1;
        // Raw bytes, never decoded: a redirect's body is nobody's to unpack (S-70).
        reply.body.discard(REDIRECT_BODY).await;
        trip.now = Instant::now();
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
    let lease = lease(client, request, trip).await.map_err(|e| trip.blame(e, request))?;
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
    trip.timings.retries += 1;
    let lease = open(client, request, trip, failed.place).await;
    let lease = lease.map_err(|error| trip.blame(error, request))?;
    let again = exchange(client, request, fields, lease, trip).await;
    again.map_err(|failed| failed.into_error(request, trip))
}

/// A connection: a kept one, or a new one when it is this request's turn.
async fn lease(client: &Client, request: &Request, trip: &mut Trip) -> Result<Lease, Error> {
    let route = RouteView::direct(&request.uri, client.config().secure);
    let patience =
        request.timeouts.pool.map_or(Deadline::none(), |time| Deadline::after(trip.now, time));
    let until = patience.sooner(trip.total);
    match client.pool().lease(&route, trip.runtime, trip.now, until).await {
        Ok(Leased::Reused(lease)) => Ok(lease),
        Ok(Leased::Open(place)) => {
            let asked = std::mem::replace(&mut trip.now, Instant::now());
            trip.timings.queued += trip.now - asked;
            open(client, request, trip, place).await
        }
        Err(timeout) => Err(Error::new(Cause::Pool(timeout), Phase::Queue)),
    }
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
    let info = connection.info();
    trip.timings.dns = info.dns;
    trip.timings.connect = info.connect;
    trip.timings.tls = info.handshake;
    trip.now = Instant::now();
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
    let mut exchange = match begin(client, request, fields, trip) {
        Ok(exchange) => exchange,
        Err(failure) => return Err(Failed::new(failure, Delivery::NotSent, lease)),
    };
    lease.connection().begin();
    loop {
        let event = poll_fn(|cx| exchange.poll_head(cx, lease.connection())).await;
        trip.now = exchange.milestones().last;
        trip.timings.exchange(exchange.milestones());
        match event {
            Ok(Event::Final(head)) => return receive(request, head, exchange, lease),
            Ok(Event::Switched(head)) => return Ok(switch(head, exchange, lease)),
            Ok(Event::Interim(head)) => {
                if let Some(listener) = &mut request.on_interim {
                    listener(&head);
                }
            }
            Err(failure) => return Err(Failed::new(failure, exchange.delivery(), lease)),
        }
    }
}

fn begin(
    client: &Client,
    request: &mut Request,
    fields: &Fields,
    trip: &Trip,
) -> Result<Exchange, Failure> {
    let config = client.config();
    let patience = Patience {
        read: request.timeouts.read,
        write: request.timeouts.write,
        expect: request.timeouts.expect,
        total: trip.total,
    };
    let upload = request.body.upload();
    let view = RequestView {
        method: &request.method,
        uri: &request.uri,
        version: request.version,
        fields,
        target: &request.target,
    };
    let kit = client.kits().lend(trip.runtime);
    Exchange::new(view, upload, (config.limits, config.tolerance), patience, kit, trip.now)
}

/// The head is here. If the content is here too, the connection goes home before the caller sees the response.
fn receive(
    request: &Request,
    head: ResponseHead,
    mut exchange: Exchange,
    mut lease: Lease,
) -> Result<Reply, Box<Failed>> {
    let reused = lease.connection().is_reused();
    let connection = Arc::clone(lease.connection().info());
    let (first, completion) = match exchange.take_arrived() {
        Ok(arrived) => arrived,
        Err(failure) => return Err(Failed::new(failure, Delivery::ReplyStarted, lease)),
    };
    let body = match completion {
        Completion::Complete => Incoming::arrived(first, finish(exchange, lease)),
        Completion::Open => {
            let (method, uri) = (request.method.clone(), request.uri.clone());
            Incoming::live(first, Live { exchange, lease, method, uri })
        }
    };
    Ok(Reply { head, body, connection, reused })
}

/// HTTP ends here. The connection leaves the pool's count; bytes that came with the head go first.
fn switch(head: ResponseHead, exchange: Exchange, mut lease: Lease) -> Reply {
    let reused = lease.connection().is_reused();
    let connection = Arc::clone(lease.connection().info());
    let wire = lease.into_connection().into_wire();
    let body = Incoming::switched(Upgraded::new(exchange.into_rest(), wire));
    Reply { head, body, connection, reused }
}

impl Trip {
    fn new(request: &Request, runtime: runtime::Id) -> Trip {
        let begun = Instant::now();
        let total = request.timeouts.total;
        let total = total.map_or(Deadline::none(), |time| Deadline::after(begun, time));
        Trip { begun, now: begun, runtime, total, timings: Timings::default() }
    }

    fn timings(&self) -> Timings {
        Timings { total: self.now.saturating_duration_since(self.begun), ..self.timings }
    }

    /// Writes into an error what it happened to, and when.
    fn blame(&self, error: Error, request: &Request) -> Error {
        let mut timings = self.timings();
        timings.total = self.begun.elapsed();
        error.with_request(&request.method, &request.uri).with_timings(timings)
    }
}

impl Reply {
    fn into_response(self, request: Request, trip: &Trip, max_body: u64) -> Response {
        let Reply { head, body, connection, reused } = self;
        let Request { method, uri, .. } = request;
        let timings = trip.timings();
        Response { method, uri, head, body, timings, connection, reused, max_body }
    }
}

impl Failed {
    fn new(failure: Failure, delivery: Delivery, mut lease: Lease) -> Box<Failed> {
        let reused = lease.connection().is_reused();
        let connection = Arc::clone(lease.connection().info());
        Box::new(Failed { failure, delivery, reused, connection, place: lease.into_place() })
    }

    fn into_error(self, request: &Request, trip: &Trip) -> Error {
        let phase = match (&self.failure, self.delivery) {
            (Failure::Misuse(_), Delivery::NotSent) => Phase::Build,
            (_, Delivery::NotSent | Delivery::PartlySent) => Phase::Send,
            _ => Phase::Head,
        };
        let error = Error::new(Cause::Exchange(self.failure), phase)
            .with_delivery(self.delivery)
            .with_connection(&self.connection);
        trip.blame(error, request)
    }
}
