//! Connections made in advance.
//!
//! They are made as those of a request are: same way, same settings, same limits, same events. No byte of HTTP is sent on
//! them. A server may close them before they are used, so the first request on one is treated as on any kept connection.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use tokio::runtime::Handle;

use crate::conn::Phase;
use crate::pool::Place;

use super::attempt::open;
use super::error::{Cause, Error};
use super::handle::Client;
use super::outgoing::Request;
use super::prepare::carry;
use super::proxies::proxied::choose_way;
use super::request::RequestBuilder;
use super::telling::listen::Listeners;
use super::trip::Trip;

impl Client {
    /// Makes connections to the origin of `url` in advance, until `count` are idle: DNS, TCP, proxy and TLS are done with
    /// when the first request comes. Returns how many were made.
    ///
    /// They are made side by side, inside the connect timeout. There are fewer than asked for where the limits of the pool
    /// leave no room: nobody is evicted for them, and they wait for nobody. They expire like any idle connection, and many
    /// servers close one that sends nothing sooner than that: see [`idle_timeout`](super::ClientBuilder::idle_timeout).
    ///
    /// The first request on such a connection [is reused](super::Response::is_reused), takes no time to connect, and is
    /// repeated on a new one, if that is safe, should the server have closed it meanwhile.
    ///
    /// Cancel safe: what is made when the future is dropped stays, the rest is closed.
    ///
    /// # Errors
    /// Those of a request that cannot get a connection; of several, the first. What could be made stays.
    pub async fn warm_up(&self, url: &str, count: usize) -> Result<usize, Error> {
        self.get(url).warm_up(count).await
    }
}

impl RequestBuilder {
    /// Makes connections in advance for requests like this one, with its settings: see [`Client::warm_up`]. The request
    /// itself is not sent.
    ///
    /// # Errors
    /// As there.
    pub async fn warm_up(self, count: usize) -> Result<usize, Error> {
        let RequestBuilder { client, request } = self;
        let mut request = request?;
        let Ok(handle) = Handle::try_current() else {
            return Err(Error::build("connections must be made inside a tokio runtime"));
        };
        let config = client.config();
        let settings = request.settings(config);
        let total = settings.timeouts.total;
        let mut carried = carry(&request, settings, &config.fields)?;
        request.hide_userinfo();
        let way = choose_way(config, &request, &mut carried, None)?;
        let trip = || {
            let mut trip = Trip::new(total, handle.id());
            trip.way = way.clone();
            trip
        };
        let now = trip().marks.now;
        let route = request.route(way.as_deref(), config);
        let places = client.pool().reserve(&route, count, now);
        let places = places.map_err(|why| {
            trip().blame(Error::new(Cause::Pool(why, None), Phase::Queue), &request)
        })?;
        let made = places.into_iter().map(|place| one(&client, &request, place, trip()));
        all(made.map(|dial| Box::pin(dial) as Dial<'_>).collect()).await
    }
}

type Dial<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// One connection, put to rest.
async fn one(
    client: &Client,
    request: &Request,
    place: Place,
    mut trip: Trip,
) -> Result<(), Error> {
    let listeners = request.settings(client.config()).on_event.as_ref();
    trip.events = Listeners::begin(listeners, trip.marks.begun, &request.method, &request.uri);
    match open(client, request, &mut trip, place).await {
        Ok(lease) => {
            trip.events.warmed();
            lease.give_back_unused(trip.marks.now);
            Ok(())
        }
        Err(error) => Err(trip.lose(error, request)),
    }
}

/// All of them side by side, in this task: how many succeeded, or the first error.
async fn all(mut dials: Vec<Dial<'_>>) -> Result<usize, Error> {
    let (mut made, mut failed) = (0, None);
    poll_fn(|cx| {
        dials.retain_mut(|dial| match dial.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(())) => {
                made += 1;
                false
            }
            Poll::Ready(Err(error)) => {
                failed.get_or_insert(error);
                false
            }
        });
        if dials.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    failed.map_or(Ok(made), Err)
}
