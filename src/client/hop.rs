//! One request to one origin, until it is answered: attempts that failed and may be repeated, challenges that can be
//! answered.
//!
//! ```text
//! prepare ──▶ attempt ──▶ answer ──▶ challenge? ──▶ worth another try? ──▶ reply
//!    ▲           │                      │                    │
//!    └───────────┴──────────────────────┴────────────────────┘
//! ```
//!
//! Each round prepares the request anew, so that credentials, cookies and signatures are those of the moment.
//!
//! Next: [`attempt`](super::attempt)

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::conn::Delivery;
use crate::message::{Fields, StatusCode, header};

use super::attempt::attempt;
use super::auth::authenticate::MOST_ANSWERS;
use super::error::Error;
use super::handle::Client;
use super::outgoing::Request;
use super::prepare::{prepare, with_draft};
use super::proxies::proxied;
use super::reading::retry_after::retry_after;
use super::reply::Reply;
use super::settings::Drain;
use super::telling::journal::Outcome;
use super::trip::Trip;

/// Sends `request` with `carried` until there is an answer for the caller.
pub(crate) async fn hop(
    client: &Client,
    request: &mut Request,
    carried: &Fields,
    trip: &mut Trip,
) -> Result<Reply, Error> {
    let (mut made, mut answered, mut let_in) = (1, 0, 0);
    loop {
        let settings = request.settings(client.config());
        let way = trip.way.as_deref();
        let prepared = prepare(request, way, settings, carried, trip.credentials);
        let prepared = prepared.map_err(|error| trip.lose(error, request))?;
        let fields = prepared.as_ref().unwrap_or(carried);
        let tried = attempt(client, request, fields, trip).await;
        let settings = request.settings(client.config());
        let drain = settings.drain;
        if let (Some(store), Ok(reply)) = (&settings.cookies, &tried)
            && !proxied::is_challenge(trip.way.as_deref(), &reply.head)
        {
            store.store(&request.uri, &reply.head.fields);
        }
        let enters = may_enter(request, carried, fields, trip, &tried, let_in);
        if enters.map_err(|error| trip.lose(error, request))? {
            let_in += 1;
            again(tried, Outcome::Challenged, Duration::ZERO, drain, request, trip).await;
            continue;
        }
        if settings.auth.is_none() && settings.retry.is_none() {
            return tried;
        }
        let answers = may_answer(client, request, carried, fields, trip, &tried, answered);
        if answers.map_err(|error| trip.lose(error, request))? {
            answered += 1;
            again(tried, Outcome::Challenged, Duration::ZERO, drain, request, trip).await;
            continue;
        }
        match wait(client, request, trip, &tried, made) {
            Some(wait) => {
                made += 1;
                again(tried, Outcome::Status, wait, drain, request, trip).await;
            }
            None => {
                if let Err(error) = &tried {
                    trip.events.failed(error);
                }
                return tried;
            }
        }
    }
}

/// Whether a 407 has been understood and the request can be sent once more.
fn may_enter(
    request: &Request,
    carried: &Fields,
    fields: &Fields,
    trip: &Trip,
    tried: &Result<Reply, Error>,
    answered: u32,
) -> Result<bool, Error> {
    let (Some(way), Ok(reply)) = (&trip.way, tried) else { return Ok(false) };
    if carried.contains(header::PROXY_AUTHORIZATION) {
        return Ok(false);
    }
    proxied::may_answer(way, request, fields, &reply.head, answered)
}

/// Whether a 401 has been understood and the request can be sent once more. Credentials that the caller wrote, or wants
/// none of, are the caller's to change.
fn may_answer(
    client: &Client,
    request: &Request,
    carried: &Fields,
    fields: &Fields,
    trip: &Trip,
    tried: &Result<Reply, Error>,
    answered: u32,
) -> Result<bool, Error> {
    let (Some(auth), Ok(reply)) = (&request.settings(client.config()).auth, tried) else {
        return Ok(false);
    };
    let by_hand = carried.contains(header::AUTHORIZATION) || !request.adds(&header::AUTHORIZATION);
    if by_hand || !trip.credentials || answered >= MOST_ANSWERS {
        return Ok(false);
    }
    with_draft(request, trip.way.as_deref(), fields, |draft| {
        if reply.head.status != StatusCode::UNAUTHORIZED {
            auth.accepted(draft, &reply.head);
            return false;
        }
        request.body.is_replayable() && auth.challenged(draft, &reply.head, answered)
    })
}

/// How long to wait before another attempt, if there is to be one.
fn wait(
    client: &Client,
    request: &Request,
    trip: &Trip,
    tried: &Result<Reply, Error>,
    made: u32,
) -> Option<Duration> {
    let retry = request.settings(client.config()).retry.as_ref()?;
    if !request.body.is_replayable() {
        return None;
    }
    let wait = match tried {
        Ok(reply) => {
            let asked = retry_after(&reply.head.fields);
            retry.after_status(made, &request.method, reply.head.status, asked)?
        }
        Err(error) => retry.after_failure(made, &request.method, error)?,
    };
    // An attempt that would begin after the end is none.
    let begins = trip.marks.now.checked_add(wait)?;
    (!trip.total.passed(begins)).then_some(wait)
}

/// Notes what an attempt came to, frees its connection, and waits. `told`: what a status is called that it came to.
async fn again(
    tried: Result<Reply, Error>,
    told: fn(StatusCode) -> Outcome,
    wait: Duration,
    drain: Drain,
    request: &Request,
    trip: &mut Trip,
) {
    let (outcome, delivery) = match &tried {
        Ok(reply) => (told(reply.head.status), Delivery::ReplyStarted),
        Err(error) => (Outcome::Failed(error.to_string()), error.delivery()),
    };
    trip.repeated(request, outcome, delivery, wait);
    if let Ok(reply) = tried {
        discard(reply, drain).await;
    }
    if !wait.is_zero() {
        Box::pin(sleep(wait)).await;
    }
    trip.marks.now = Instant::now();
}

/// Raw bytes, never decoded: a body that nobody asked for is nobody's to unpack (S-70).
pub(crate) async fn discard(reply: Reply, drain: Drain) {
    let _ = timeout(drain.wait, reply.body.discard(drain.bytes)).await;
}
