//! **The story**: one request, from the caller to a [`Response`], on one page.
//!
//! ```text
//! send ──▶ hop ──▶ attempt: lease (reuse, or dial) ──▶ exchange ──▶ head ──▶ response
//!   ▲       ▲ │                                                       │
//!   │       └─┴──── challenge answered, attempt repeated ─────────────┤
//!   └──────────────────────── redirect ───────────────────────────────┘
//! ```
//!
//! Next: [`hop`](super::hop)

use std::mem;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::conn::{Delivery, Phase};

use super::attempt::attempt;
use super::error::{Cause, Error};
use super::handle::Client;
use super::hop::{discard, hop};
use super::outgoing::Request;
use super::prepare::carry;
use super::proxies::proxied::choose_way;
use super::redirect::{Course, course};
use super::reply::Reply;
use super::response::Response;
use super::retry::without_expectation;
use super::telling::journal::Outcome;
use super::telling::listen::Listeners;
use super::trip::Trip;

/// Sends `request`, follows redirects, and returns the first response that is none.
pub(crate) async fn send(
    client: &Client,
    request: &mut Result<Request, Error>,
) -> Result<Response, Error> {
    let request = match request {
        Ok(request) => request,
        Err(error) => return Err(mem::replace(error, Error::build("told before"))),
    };
    let Ok(handle) = Handle::try_current() else {
        return Err(Error::build("a request must be sent inside a tokio runtime"));
    };
    let settings = request.settings(client.config());
    let mut trip = Trip::new(settings.timeouts.total, handle.id());
    let (begun, listeners) = (trip.marks.begun, settings.on_event.as_ref());
    trip.events = Listeners::begin(listeners, begun, &request.method, &request.uri);
    if let Some(retry) = &settings.retry {
        retry.begin();
        trip.retries = true;
    }
    let defaults = &client.config().fields;
    // Merged once: a redirect works on what it was carried by, so that nothing it drops returns with the defaults (S-61).
    let carried = carry(request, settings, defaults);
    let mut carried = carried.map_err(|error| trip.lose(error, request))?;
    request.hide_userinfo();
    loop {
        let plain = request.settings(client.config()).is_plain();
        if !plain {
            let before = (trip.marks.redirects > 0).then_some(trip.way.as_deref());
            let way = choose_way(client.config(), request, &mut carried, before);
            trip.way = way.map_err(|error| trip.lose(error, request))?;
        }
        let fields = carried.as_ref().unwrap_or(defaults);
        let reply = match plain {
            true => attempt(client, request, fields, &mut trip).await?,
            false => hop(client, request, fields, &mut trip).await?,
        };
        if let Some(fewer) = without_expectation(reply.head.status, fields, &request.body) {
            let outcome = Outcome::ExpectationFailed;
            trip.repeated(request, outcome, Delivery::ReplyStarted, Duration::ZERO);
            carried = Some(fewer);
            continue;
        }
        let policy = &request.settings(client.config()).redirect;
        let step = match course(request, policy, fields, &reply.head, trip.marks.redirects) {
            Ok(Course::Stay) => {
                trip.events.arrived();
                return arrive(client, request, reply, &mut trip);
            }
            Ok(Course::Go(step)) => step,
            Err(why) => {
                let error = Error::new(Cause::Redirect(why), Phase::Head)
                    .with_delivery(Delivery::ReplyStarted)
                    .with_connection(&reply.connection, reply.reused);
                return Err(trip.lose(error, request));
            }
        };
        trip.redirected(request, &reply.head);
        trip.credentials &= !step.elsewhere;
        let elsewhere = step.elsewhere;
        carried = Some(step.take(request));
        trip.tell_redirect(request, elsewhere);
        discard(reply, request.settings(client.config()).drain).await;
        trip.marks.now = Instant::now();
    }
}

/// The response of a request that was sent to its end. Its URL moves along; a copy would cost every request.
#[inline]
fn arrive(
    client: &Client,
    request: &mut Request,
    reply: Reply,
    trip: &mut Trip,
) -> Result<Response, Error> {
    let asked = (mem::take(&mut request.method), request.uri.take());
    let settings = request.settings(client.config());
    let way = (trip.marks, trip.take_journal());
    let mut response = Response::new(asked, reply, way, settings.max_body);
    if let Some(codings) = &settings.codings {
        response.decode(codings);
    }
    if settings.raise { response.error_for_status() } else { Ok(response) }
}
