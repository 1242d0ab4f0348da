//! One attempt: a connection, an exchange on it, and the one repetition that is always safe.
//!
//! In goes a request that is ready to be sent; out comes the first final response head, with its body arrived or on its
//! way, or an [`Error`] that says how far it got. Dropping the future closes the connection and frees its place.
//!
//! Next: [`incoming`](super::incoming)

use std::future::poll_fn;
use std::sync::Arc;

use tokio::time::Instant;

use crate::conn::{
    Completion, Connection, ConnectionInfo, Delivery, Dialling, Event, Exchange, Expired, Failure,
    Patience, Phase, dial,
};
use crate::h1::SendHead;
use crate::message::{Fields, ResponseHead};
use crate::net::Deadline;
use crate::pool::{Lease, Leased, NoPlace, Place};

use super::error::{Cause, Error};
use super::handle::Client;
use super::incoming::Incoming;
use super::live::{Live, finish};
use super::outgoing::Request;
use super::proxies::proxied::dial_through;
use super::proxies::way::Way;
use super::reply::Reply;
use super::retry::Attempt;
use super::telling::event::{Fate, Happening};
use super::telling::listen::Listeners;
use super::trip::Trip;
use super::upgrade::Upgraded;

/// An exchange that failed before its response head was complete. The connection is closed, the place is kept.
struct Failed {
    failure: Failure,
    delivery: Delivery,
    reused: bool,
    connection: Arc<ConnectionInfo>,
    place: Place,
}

/// At most two exchanges, the second on a new connection.
pub(crate) async fn attempt(
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
        return Err(failed.into_error(request, Delivery::NotSent, trip));
    }
    trip.marks.retries += 1;
    let (connection, delivery) = (failed.connection.id, failed.delivery);
    trip.events.tell(|| Happening::Stale { connection, delivery });
    let earlier = failed.delivery;
    let lease = open(client, request, trip, failed.place).await;
    let lease = lease.map_err(|error| trip.blame(error.after_delivery(earlier), request))?;
    let again = exchange(client, request, fields, lease, trip).await;
    again.map_err(|failed| failed.into_error(request, earlier, trip))
}

/// A connection: a kept one, or a new one when it is this request's turn.
async fn lease(
    client: &Client,
    request: &Request,
    fields: &Fields,
    trip: &mut Trip,
) -> Result<Lease, Error> {
    let settings = request.settings(client.config());
    let route = request.route(trip.way.as_deref(), client.config());
    // The way here may have taken all the time there was: a redirect's body, a wait before another attempt.
    if trip.total.passed(trip.marks.now) {
        return Err(out_of_time(trip.total));
    }
    let leased = match client.pool().lease(&route, trip.runtime, trip.marks.now) {
        Ok(leased) => leased,
        Err(turn) => {
            let asked = trip.marks.now;
            let patience = settings.timeouts.pool;
            let patience = patience.map_or(Deadline::none(), |time| Deadline::after(asked, time));
            trip.events.tell(|| Happening::Queued);
            let turn = client.pool().wait(turn, trip.runtime, patience.sooner(trip.total));
            let waited = Box::pin(turn).await;
            trip.marks.now = Instant::now();
            let waiting = trip.marks.now - asked;
            trip.marks.queued += waiting;
            let leased = waited.map_err(|why| {
                match why != NoPlace::Closed && trip.total.passed(trip.marks.now) {
                    true => out_of_time(trip.total),
                    false => Error::new(Cause::Pool(why, settings.timeouts.pool), Phase::Queue),
                }
            })?;
            trip.events.tell(|| Happening::Turn { waited: waiting });
            leased
        }
    };
    match leased {
        Leased::Reused(mut lease) => {
            let now = trip.marks.now;
            trip.events.tell(|| reused(lease.connection(), now));
            Ok(lease)
        }
        Leased::Open(place) => {
            check(request, trip.way.as_deref(), fields)?;
            open(client, request, trip, place).await
        }
    }
}

#[cold]
fn out_of_time(total: Deadline) -> Error {
    let failure = Failure::timed_out(Expired::total(total));
    Error::new(Cause::Exchange(failure), Phase::Queue)
}

fn reused(connection: &mut Connection, now: Instant) -> Happening<'_> {
    let since = connection.rested().unwrap_or(now);
    Happening::Reused { connection: connection.info(), idle: now.saturating_duration_since(since) }
}

fn interim_head(head: &ResponseHead, bytes: u64) -> Happening<'_> {
    Happening::Interim { head, bytes }
}

fn final_head(head: &ResponseHead, bytes: u64) -> Happening<'_> {
    Happening::Head { head, bytes }
}

/// What cannot be sent is not worth a connection.
fn check(request: &Request, way: Option<&Way>, fields: &Fields) -> Result<(), Error> {
    let target = request.target(way);
    let sound = SendHead::new(request.view(fields, &target), request.body.framing());
    sound.map(drop).map_err(Error::misuse)
}

/// A new connection. Boxed, so that a request over a kept connection is not as large as one that builds its own.
pub(super) async fn open(
    client: &Client,
    request: &Request,
    trip: &mut Trip,
    place: Place,
) -> Result<Lease, Error> {
    let settings = request.settings(client.config());
    let config = client.config();
    let watch = trip.events.watcher();
    let dialling: Dialling<'_> = match trip.way.as_deref() {
        Some(way) => {
            let via = way.via();
            trip.events.tell(|| Happening::Opening { host: via.uri.host(), port: via.port });
            Box::pin(dial_through(way, config, request, trip.total, watch))
        }
        None => {
            let route = request.route(None, config);
            let secure = settings.secure.as_ref().map(|secured| &*secured.secure);
            let limit = settings.timeouts.connect;
            trip.events.tell(|| Happening::Opening { host: route.host, port: route.port });
            Box::pin(dial(route, request.means(config), secure, None, limit, trip.total, watch))
        }
    };
    let connection = dialling.await;
    let limit = settings.timeouts.connect;
    let connection = connection.map_err(|error| Error::dial(error, limit))?;
    trip.events.tell(|| Happening::Connected(connection.info()));
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
    trip.events.sending(&exchange, lease.connection().info());
    loop {
        let event = poll_fn(|cx| {
            let polled = exchange.poll_head(cx, lease.connection());
            trip.events.moved(&exchange);
            polled
        });
        let event = event.await;
        trip.marks.exchange(exchange.milestones());
        match event {
            Ok(Event::Final(head)) => {
                trip.events.head(&exchange, &head, final_head);
                return Ok(receive(client, request, head, exchange, lease, trip));
            }
            Ok(Event::Switched(head)) => {
                trip.events.head(&exchange, &head, final_head);
                return Ok(switch(head, exchange, lease, &trip.events));
            }
            Ok(Event::Interim(head)) => {
                trip.events.head(&exchange, &head, interim_head);
                request.interim(&head);
            }
            Err(failure) => {
                let delivery = exchange.delivery();
                trip.events.ended(&exchange, lease.connection().info(), Fate::Broken(delivery));
                return Err(Failed::new(failure, delivery, lease));
            }
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
    let settings = request.settings(client.config());
    let timeouts = settings.timeouts;
    let patience = Patience {
        read: timeouts.read,
        write: timeouts.write,
        expect: timeouts.expect,
        total: trip.total,
    };
    let guards = (settings.limits, settings.tolerance);
    let pace = settings.pace.clone();
    let target = request.target(trip.way.as_deref());
    let upload = request.upload();
    let view = request.view(fields, &target);
    exchange.begin(view, upload, guards, patience, trip.marks.now)?;
    if let Some(pace) = &pace {
        exchange.govern(pace);
    }
    Ok(())
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
    let events = &trip.events;
    events.content(first.len());
    let body = match completion {
        Completion::Complete => {
            Incoming::arrived(first, finish(exchange, lease, client.kits(), events))
        }
        Completion::Open => {
            let (method, uri) = (request.method.clone(), request.uri.clone());
            let (kits, events) = (Arc::clone(client.kits()), events.clone());
            let (marks, drain) = (trip.marks, request.settings(client.config()).drain.bytes);
            let live = Live { exchange, lease, kits, drain, events, marks, method, uri };
            Incoming::live(first, live)
        }
    };
    Reply { head, body, connection, reused }
}

/// HTTP ends here. The connection leaves the pool's count; bytes that came with the head go first.
fn switch(
    head: ResponseHead,
    mut exchange: Box<Exchange>,
    mut lease: Lease,
    events: &Listeners,
) -> Reply {
    let reused = lease.connection().is_reused();
    let connection = Arc::clone(lease.connection().info());
    events.ended(&exchange, &connection, Fate::Switched);
    let wire = lease.into_connection().into_wire();
    let body = Incoming::switched(Upgraded::new(exchange.take_rest(), wire));
    Reply { head, body, connection, reused }
}

impl Failed {
    fn new(failure: Failure, delivery: Delivery, mut lease: Lease) -> Box<Failed> {
        let reused = lease.connection().is_reused();
        let connection = Arc::clone(lease.connection().info());
        Box::new(Failed { failure, delivery, reused, connection, place: lease.into_place() })
    }

    /// `earlier`: what the attempt before it delivered.
    fn into_error(self, request: &Request, earlier: Delivery, trip: &mut Trip) -> Error {
        let phase = match (&self.failure, self.delivery) {
            (Failure::Misuse(_), Delivery::NotSent) => Phase::Build,
            (_, Delivery::NotSent | Delivery::PartlySent) => Phase::Send,
            _ => Phase::Head,
        };
        let error = Error::new(Cause::Exchange(self.failure), phase)
            .with_delivery(self.delivery)
            .with_connection(&self.connection, self.reused)
            .after_delivery(earlier);
        trip.blame(error, request)
    }
}
