//! From a name with several addresses to a response: those that refuse, those that swallow every packet, and the one
//! that answers.
#![cfg(feature = "dns")]

#[path = "support/dns.rs"]
mod dns;
#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use dns::{DnsServer, Reply, Script};
use endpoints::{Hole, hole, refused, refused_at};
use hyper::Response;
use server::{Clear, Server, full, serve_at};
use support::deadline;
use tokio::net::TcpListener;
use wireline::net::{AttemptOutcome, Resolver};
use wireline::{Client, ClientBuilder, Clock, Delivery, Error, Phase};

fn asking(server: &DnsServer) -> ClientBuilder {
    let resolver = Resolver::builder().name_servers([server.address]).hosts_file(false);
    Client::builder().resolver(resolver.build().expect("a resolver"))
}

/// A server on `ip` and on the port of something that was there before; `None` if another process was quicker.
async fn beside(ip: &str, port: u16) -> Option<Server> {
    let listener = TcpListener::bind((ip, port)).await.ok()?;
    Some(serve_at(listener, Clear, |_| async { Response::new(full("reached")) }))
}

/// A black hole and a server on the same port.
async fn hole_and_server(hole_ip: &str, ip: &str) -> (Hole, Server) {
    for _ in 0..20 {
        let hole = hole(hole_ip);
        if let Some(server) = beside(ip, hole.address.port()).await {
            return (hole, server);
        }
    }
    panic!("no port that is free on both {hole_ip} and {ip}");
}

async fn names(name: &str, ips: &[&str]) -> DnsServer {
    Script::new().both(name, Reply::addresses(ips)).serve().await
}

fn url(name: &str, address: SocketAddr) -> String {
    format!("http://{name}:{}/", address.port())
}

/// Every address that was tried stands in the message.
fn assert_names(error: &Error, addresses: &[SocketAddr]) {
    let text = error.to_string();
    for address in addresses {
        assert!(text.contains(&address.to_string()), "{address} in {text}");
    }
}

#[tokio::test]
async fn a_black_hole_is_left_after_250_ms_for_the_second_address() {
    let mut pairs = vec![("127.0.0.2", "127.0.0.3")];
    if support::has_ipv6() {
        pairs.push(("::1", "127.0.0.3"));
    }
    for (first, second) in pairs {
        deadline(async {
            let (hole, server) = hole_and_server(first, second).await;
            let names = names("two.test", &[first, second]).await;
            let client = asking(&names).build().expect("a client");
            let url = url("two.test", server.address);
            let response = client.get(&url).send().await.expect("the second address");
            let attempts = &response.connection().log.attempts;
            assert_eq!(attempts.len(), 2, "{attempts:?}");
            assert_eq!((attempts[0].address, attempts[1].address), (hole.address, server.address));
            let delay = attempts[1].started - attempts[0].started;
            println!("{first}, then {second} after {delay:?}");
            assert!(delay >= Duration::from_millis(250), "{delay:?}");
            assert!(delay < Duration::from_secs(5), "{delay:?}");
            assert_eq!(attempts[0].outcome, AttemptOutcome::Abandoned);
            assert_eq!(attempts[1].outcome, AttemptOutcome::Connected);
            assert_eq!(response.text().await.expect("a body"), "reached");
            // The next request needs no race.
            let response = client.get(&url).send().await.expect("an answer");
            assert!(response.is_reused());
        })
        .await;
    }
}

#[tokio::test]
async fn a_refusal_is_left_at_once() {
    deadline(async {
        for _ in 0..20 {
            let refused = refused("127.0.0.2");
            let port = refused.address.port();
            let Some(server) = beside("127.0.0.3", port).await else { continue };
            let names = names("two.test", &["127.0.0.2", "127.0.0.3"]).await;
            let client = asking(&names).build().expect("a client");
            let request = client.get(url("two.test", server.address));
            let response = request.send().await.expect("the second address");
            let attempts = &response.connection().log.attempts;
            assert_eq!(attempts.len(), 2, "{attempts:?}");
            assert!(matches!(attempts[0].outcome, AttemptOutcome::Failed { .. }), "{attempts:?}");
            let delay = attempts[1].started - attempts[0].started;
            assert!(delay < Duration::from_millis(250), "{attempts:?}");
            return;
        }
        panic!("no port that is free on both addresses");
    })
    .await;
}

#[tokio::test]
async fn a_black_hole_alone_costs_the_connect_timeout() {
    deadline(async {
        let hole = hole("127.0.0.2");
        let names = names("hole.test", &["127.0.0.2"]).await;
        let short = Duration::from_millis(400);
        for clock in [Clock::Connect, Clock::Total] {
            let builder = match clock {
                Clock::Total => asking(&names).timeout(short),
                _ => asking(&names).connect_timeout(short),
            };
            let client = builder.build().expect("a client");
            let begun = Instant::now();
            let error = client.get(url("hole.test", hole.address)).send().await;
            let error = error.expect_err("nobody answers");
            let took = begun.elapsed();
            assert!(took >= short && took < short * 10, "{took:?}");
            assert!(error.is_timeout() && error.is_connect() && !error.is_dns(), "{error:?}");
            assert_eq!(error.clock(), Some(clock));
            assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
            let attempts = &error.connection().expect("how far it got").log.attempts;
            assert_eq!(attempts.len(), 1);
            assert_eq!(attempts[0].address, hole.address);
            assert_eq!(attempts[0].outcome, AttemptOutcome::Abandoned);
            assert_names(&error, &[hole.address]);
        }
    })
    .await;
}

#[tokio::test]
async fn when_all_refuse_all_are_named() {
    deadline(async {
        let ips = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];
        for _ in 0..20 {
            let first = refused(ips[0]);
            let port = first.address.port();
            let (Ok(second), Ok(third)) = (refused_at(ips[1], port), refused_at(ips[2], port))
            else {
                continue;
            };
            let names = names("all.test", &ips).await;
            let client = asking(&names).build().expect("a client");
            let error = client.get(url("all.test", first.address)).send().await;
            let error = error.expect_err("all refuse");
            assert!(error.is_connect() && !error.is_dns() && !error.is_timeout(), "{error:?}");
            assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
            assert_names(&error, &[first.address, second.address, third.address]);
            assert!(error.to_string().contains("all.test"), "{error}");
            let attempts = &error.connection().expect("how far it got").log.attempts;
            assert_eq!(attempts.len(), 3);
            return;
        }
        panic!("no port that is free on three addresses");
    })
    .await;
}

#[tokio::test]
async fn two_black_holes_are_both_named_when_time_is_up() {
    deadline(async {
        for _ in 0..20 {
            let first = hole("127.0.0.2");
            let Ok(second) = endpoints::hole_at("127.0.0.3", first.address.port()) else {
                continue;
            };
            let names = names("holes.test", &["127.0.0.2", "127.0.0.3"]).await;
            let client = asking(&names).connect_timeout(Duration::from_millis(700));
            let client = client.build().expect("a client");
            let error = client.get(url("holes.test", first.address)).send().await;
            let error = error.expect_err("nobody answers");
            assert_eq!((error.clock(), error.phase()), (Some(Clock::Connect), Phase::Connect));
            assert_names(&error, &[first.address, second.address]);
            return;
        }
        panic!("no port that is free on both addresses");
    })
    .await;
}
