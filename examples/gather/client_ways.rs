//! Two of the three ways, with the [`Client`]: one request after another, and all of them at once.
//!
//! Neither says anything about connections. The first finds its one connection in the pool again and again; the second
//! gets as many as the pool allows (100 by default), and the requests beyond wait in its queue.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use wireline::{Client, Timings, Uri, header};

use super::outcome::{Fetch, Phases, Reply, Run};

/// One after another.
pub async fn sequential(client: &Client, uris: &[Uri]) -> Run {
    let begun = Instant::now();
    let mut fetches = Vec::new();
    for (number, uri) in uris.iter().enumerate() {
        fetches.push(fetch(client, number, uri).await);
    }
    Run { way: "one after another".into(), took: begun.elapsed(), fetches }
}

/// All at once.
pub async fn pooled(client: &Client, uris: &[Uri]) -> Run {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, uri) in uris.iter().enumerate() {
        let (client, uri) = (client.clone(), uri.clone());
        tasks.spawn(async move { fetch(&client, number, &uri).await });
    }
    let mut fetches = tasks.join_all().await;
    let took = begun.elapsed();
    fetches.sort_by_key(|fetch| fetch.number);
    Run { way: "all at once, pooled".into(), took, fetches }
}

async fn fetch(client: &Client, number: usize, uri: &Uri) -> Fetch {
    let begun = Instant::now();
    let outcome = get(client, uri).await.map_err(Into::into);
    Fetch { number, took: begun.elapsed(), outcome }
}

async fn get(client: &Client, uri: &Uri) -> Result<Reply, wireline::Error> {
    let response = client.get(uri.as_str()).send().await?;

    let status = response.status();
    let location = response.fields().get_str(header::LOCATION).map(str::to_owned);
    let connection = response.connection().id;
    let mut phases = phases(&response.timings());

    let head_came = Instant::now();
    let body = response.bytes().await?.into();
    phases.body = head_came.elapsed();
    Ok(Reply { status, location, body, connection, phases })
}

/// The client's record of the way to the head, as durations that do not overlap.
fn phases(timings: &Timings) -> Phases {
    let between = |from: Option<Duration>, to: Option<Duration>| {
        to.unwrap_or_default().saturating_sub(from.unwrap_or_default())
    };
    Phases {
        queued: timings.queued,
        dns: between(None, timings.dns),
        tcp: between(timings.dns, timings.connect),
        tls: between(None, timings.tls),
        sending: between(None, timings.sent),
        waiting: between(timings.sent, timings.first_byte),
        body: Duration::ZERO,
    }
}
