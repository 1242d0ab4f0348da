//! What a client's pool tells, is told, and does besides lending connections: numbers, limits of age and use, connections
//! in advance, the end, many runtimes, and a crowd that waits. Sockets are real, the clock jumps where time must pass.
#![cfg(all(feature = "client", target_os = "linux"))]

#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "pool_care/closing.rs"]
mod closing;
#[path = "pool_care/crowd.rs"]
mod crowd;
#[path = "pool_care/drains.rs"]
mod drains;
#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "pool_care/limits.rs"]
mod limits;
#[path = "pool_care/runtimes.rs"]
mod runtimes;
#[path = "support/server.rs"]
mod server;
#[path = "support/sockets.rs"]
mod sockets;
#[path = "pool_care/stats.rs"]
mod stats;
#[path = "support/steps.rs"]
mod steps;
mod support;
#[cfg(feature = "tls")]
#[path = "pool_care/tls.rs"]
mod tls;
#[path = "pool_care/warm_up.rs"]
mod warm_up;

use std::time::Duration;

use server::{Guest, Server};
use support::deadline;
use wireline::{Client, PoolStats, Response};

const SECOND: Duration = Duration::from_secs(1);

async fn get(client: &Client, server: &Server, path: &str) -> Response {
    deadline(client.get(server.url(path)).send()).await.expect("a response")
}

/// Gets `/x` to the end; whether the connection had been kept.
async fn is_reused(client: &Client, server: &Server) -> bool {
    let response = get(client, server, "/x").await;
    let reused = response.is_reused();
    assert_eq!(deadline(response.text()).await.expect("a body"), "/x");
    reused
}

/// The numbers of a client, which must add up.
#[track_caller]
fn stats(client: &Client) -> PoolStats {
    let stats = client.pool_stats();
    assert_eq!(stats.open, stats.in_use + stats.idle, "{stats:?}");
    assert!(stats.open <= stats.max_connections, "{stats:?}");
    let here = (stats.idle + stats.in_use - stats.opening) as u64;
    assert_eq!(stats.opened, here + stats.closed.total() + stats.upgraded, "{stats:?}");
    let origins = client.origins();
    let sum = |count: fn(&wireline::OriginStats) -> usize| origins.iter().map(count).sum::<usize>();
    assert_eq!(sum(|origin| origin.in_use), stats.in_use, "{origins:?}");
    assert_eq!(sum(|origin| origin.idle), stats.idle, "{origins:?}");
    assert_eq!(sum(|origin| origin.waiting), stats.waiting, "{origins:?}");
    stats
}

/// `/hold`: a head, and a body that never comes. `/bye`: an answer, and the end of the connection. Else polite.
async fn moody(mut guest: Guest) {
    while let Some(asked) = guest.request().await {
        match asked.path() {
            "/hold" => drop(guest.play("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").await),
            "/bye" => {
                guest
                    .play("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                    .await;
                return;
            }
            "/leave" => {
                guest.answer("left").await;
                return;
            }
            "/switch" => {
                guest
                    .play("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
                    .await;
                return guest.gone().await;
            }
            path => drop(guest.answer(path).await),
        }
    }
}
