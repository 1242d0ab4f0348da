//! From a name to a response: the client, hickory, a name server of the test's own, and hyper at the end of the way.
#![cfg(feature = "dns")]

#[path = "support/answers.rs"]
mod answers;
#[path = "support/dns.rs"]
mod dns;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dns::{A, AAAA, DnsServer, Reply, Script};
use hyper::Response;
use server::{Content, Server, full, serve};
use support::deadline;
use tokio::task::JoinSet;
use wireline::dns::ResolverBuilder;
use wireline::net::{
    AddressPolicy, ConnectError, ConnectOptions, DnsErrorKind, Family, Resolution, Resolve,
    Resolver,
};
use wireline::{Client, ClientBuilder, Clock, Delivery, Error, Phase};

/// Says which host was asked for, and closes: every request needs a connection, and every connection an address.
async fn host(request: hyper::Request<hyper::body::Incoming>) -> Response<Content> {
    let host = request.headers()["host"].to_str().expect("ASCII").to_owned();
    Response::builder().header("connection", "close").body(full(host)).expect("a response")
}

fn asking(server: &DnsServer) -> ClientBuilder {
    asking_with(server, |resolver| resolver)
}

fn asking_with(
    server: &DnsServer,
    choose: impl FnOnce(ResolverBuilder) -> ResolverBuilder,
) -> ClientBuilder {
    let resolver = Resolver::builder().name_servers([server.address]).hosts_file(false);
    Client::builder().resolver(choose(resolver).build().expect("a resolver"))
}

fn url(server: &Server, host: &str) -> String {
    format!("http://{host}:{}/", server.address.port())
}

fn here() -> Reply {
    Reply::addresses(&["127.0.0.1"])
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_remembered() {
    deadline(async {
        let web = serve(host).await;
        let names = Script::new().both("a.test", here()).both("b_c.test", here()).serve().await;
        let client = asking(&names).build().expect("a client");
        for number in 0..5 {
            let response = client.get(url(&web, "a.test")).send().await.expect("an answer");
            let log = &response.connection().log;
            assert_eq!(log.attempts.len(), 1);
            assert_eq!(log.attempts[0].address, web.address);
            assert_eq!(response.connection().remote, Some(web.address));
            let found = log.dns.iter().find(|record| record.family == Family::V4);
            assert_eq!(found.expect("an answer").outcome.as_ref().ok(), Some(&1));
            assert!(response.timings().dns <= response.timings().connect);
            let expected = format!("a.test:{}", web.address.port());
            assert_eq!(response.text().await.expect("a body"), expected, "number {number}");
        }
        assert_eq!((names.count("a.test", A), names.count("a.test", AAAA)), (1, 1));
        assert_eq!(web.counts().accepted, 5);
        // The same name in other clothes, and one with an underscore.
        for other in ["A.Test", "a.test."] {
            client.get(url(&web, other)).send().await.expect("an answer");
        }
        assert_eq!(names.count("a.test", A), 1);
        client.get(url(&web, "b_c.test")).send().await.expect("an answer");
        assert_eq!(names.count("b_c.test", A), 1);
    })
    .await;
}

#[tokio::test]
async fn many_requests_to_one_name_ask_once() {
    deadline(async {
        let web = serve(host).await;
        // Late enough that all of them ask before the answer comes.
        let late = here().after(Duration::from_millis(300));
        let names = Script::new().both("a.test", late).serve().await;
        let client = asking(&names).build().expect("a client");
        let first = tokio::spawn(client.get(url(&web, "a.test")).send());
        while names.count("a.test", A) == 0 {
            tokio::task::yield_now().await;
        }
        let mut requests = JoinSet::new();
        for _ in 0..60 {
            requests.spawn(client.get(url(&web, "a.test")).send());
        }
        tokio::task::yield_now().await;
        // The one who asked first leaves; the others do not notice.
        first.abort();
        while let Some(done) = requests.join_next().await {
            done.expect("no panic").expect("an answer");
        }
        assert_eq!((names.count("a.test", A), names.count("a.test", AAAA)), (1, 1));
        assert!(web.counts().accepted >= 60);
    })
    .await;
}

/// Counts its questions and answers each of them on its own, late.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Resolve for Counting {
    fn resolve(&self, _: &str, port: u16) -> Resolution {
        self.0.fetch_add(1, Ordering::Relaxed);
        let found = vec![([127, 0, 0, 1], port).into()];
        answers::scripted(vec![(Duration::from_millis(100), answers::found(Family::V4, found))])
    }
}

#[tokio::test]
async fn a_resolver_of_the_callers_own_is_asked_once_too() {
    deadline(async {
        let web = serve(host).await;
        let counting = Counting::default();
        let client = Client::builder().resolver(counting.clone()).build().expect("a client");
        let mut requests = JoinSet::new();
        for _ in 0..30 {
            requests.spawn(client.get(url(&web, "a.test")).send());
        }
        while let Some(done) = requests.join_next().await {
            done.expect("no panic").expect("an answer");
        }
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
        client.get(url(&web, "a.test")).send().await.expect("an answer");
        assert_eq!(counting.0.load(Ordering::Relaxed), 2, "sharing is no cache");
    })
    .await;
}

/// The error's own, through its sources.
fn dns_kind(error: &Error) -> Option<DnsErrorKind> {
    match error.source()?.downcast_ref::<ConnectError>()? {
        ConnectError::Dns(error) => Some(error.kind()),
        _ => None,
    }
}

#[tokio::test]
async fn a_name_without_address_is_an_error_of_its_own() {
    deadline(async {
        let web = serve(host).await;
        let names = Script::new()
            .both("servfail.test", Reply::serv_fail())
            .both("refused.test", Reply::refused())
            .both("empty.test", Reply::no_data())
            .on("half.test", A, Reply::serv_fail())
            .on("half.test", AAAA, Reply::no_data())
            .serve()
            .await;
        let client = asking(&names).build().expect("a client");
        for (name, kind, words) in [
            ("nx.test", DnsErrorKind::NxDomain, "no such host (NXDOMAIN)"),
            ("servfail.test", DnsErrorKind::ServFail, "SERVFAIL"),
            ("refused.test", DnsErrorKind::Refused, "REFUSED"),
            ("empty.test", DnsErrorKind::NoData, "no IPv"),
            ("half.test", DnsErrorKind::ServFail, "SERVFAIL"),
        ] {
            let begun = Instant::now();
            let error = client.get(url(&web, name)).send().await.expect_err(name);
            assert!(begun.elapsed() < Duration::from_secs(4), "{name}: {:?}", begun.elapsed());
            assert!(error.is_dns() && error.is_connect() && !error.is_timeout(), "{error:?}");
            assert_eq!((error.phase(), error.delivery()), (Phase::Resolve, Delivery::NotSent));
            assert_eq!(dns_kind(&error), Some(kind), "{error}");
            let text = error.to_string();
            assert!(text.contains(words) && text.contains(name), "{text}");
            let info = error.connection().expect("how far it got");
            assert_eq!((info.log.dns.len(), info.log.attempts.len()), (2, 0), "{name}");
        }
        assert_eq!(web.counts().accepted, 0);
    })
    .await;
}

#[tokio::test]
async fn a_silent_name_server_costs_no_more_than_the_timeout() {
    deadline(async {
        let names = Script::new().both("mute.test", Reply::silence()).serve().await;
        let web = serve(host).await;
        let url = url(&web, "mute.test");
        let short = Duration::from_millis(200);
        for total in [false, true] {
            let builder = asking(&names);
            let builder =
                if total { builder.timeout(short) } else { builder.connect_timeout(short) };
            let client = builder.build().expect("a client");
            let begun = Instant::now();
            let error = client.get(&url).send().await.expect_err("silence");
            let took = begun.elapsed();
            assert!(took >= short && took < short * 10, "{took:?}");
            let clock = if total { Clock::Total } else { Clock::Connect };
            assert_eq!((error.clock(), error.phase()), (Some(clock), Phase::Resolve), "{error}");
            assert!(error.is_timeout() && error.is_connect(), "{error:?}");
            assert_eq!(error.delivery(), Delivery::NotSent);
        }
        // The look-up's own patience, where it is shorter than the client's.
        let client = asking_with(&names, |resolver| resolver.deadline(short));
        let client = client.build().expect("a client");
        let error = client.get(&url).send().await.expect_err("silence");
        assert_eq!(dns_kind(&error), Some(DnsErrorKind::Timeout), "{error:?}");
        assert!(error.is_dns() && error.to_string().contains("in time"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn one_family_is_enough() {
    deadline(async {
        let web = serve(host).await;
        let mut script = Script::new()
            .on("only4.test", A, here())
            .on("only4.test", AAAA, Reply::no_data())
            .on("broken6.test", A, here())
            .on("broken6.test", AAAA, Reply::serv_fail())
            .on("mute6.test", A, here())
            .on("mute6.test", AAAA, Reply::silence())
            .on("late6.test", A, here())
            .on("late6.test", AAAA, Reply::addresses(&["::1"]).after(Duration::from_secs(5)))
            .on("alias.test", A, Reply::alias("real.test", &["127.0.0.1"]))
            .on("alias.test", AAAA, Reply::no_data());
        let name6 = support::has_ipv6();
        if name6 {
            script = script.on("only6.test", A, Reply::no_data());
            script = script.on("only6.test", AAAA, Reply::addresses(&["::1"]));
        }
        let names = script.serve().await;
        let client = asking(&names).build().expect("a client");
        for name in ["only4.test", "alias.test", "broken6.test", "mute6.test", "late6.test"] {
            let response = client.get(url(&web, name)).send().await.expect("an answer");
            let connect = response.timings().connect.expect("a new connection");
            let attempts = &response.connection().log.attempts;
            assert_eq!(attempts.len(), 1, "{name}: {attempts:?}");
            match name {
                // "the client SHOULD wait for 50 milliseconds" for the other half (RFC 8305 §3)
                "mute6.test" | "late6.test" => {
                    assert!(attempts[0].started >= Duration::from_millis(50), "{attempts:?}");
                }
                _ => {}
            }
            assert!(connect < Duration::from_secs(4), "{name}: {connect:?}");
        }
        if name6 {
            let listener = tokio::net::TcpListener::bind("[::1]:0").await.expect("a port");
            let web = server::serve_at(listener, server::Clear, host);
            let response = client.get(url(&web, "only6.test")).send().await.expect("an answer");
            assert_eq!(response.connection().remote, Some(web.address));
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_too_long_for_udp_comes_over_tcp() {
    deadline(async {
        let web = serve(host).await;
        let reply = here().truncated();
        let names = Script::new().both("long.test", reply).serve().await;
        let client = asking(&names).build().expect("a client");
        let response = client.get(url(&web, "long.test")).send().await.expect("an answer");
        assert_eq!(response.connection().remote, Some(web.address));
        let asked = names.questions();
        for tcp in [false, true] {
            assert!(asked.iter().any(|q| q.kind == A && q.tcp == tcp), "{asked:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_needs_no_question_asks_none() {
    deadline(async {
        let web = serve(host).await;
        let names = Script::new().serve().await;
        let fixed = vec!["127.0.0.1:0".parse().expect("an address")];
        let client = asking(&names).resolve("fixed.test", fixed).build().expect("a client");
        for name in ["127.0.0.1", "localhost", "LOCALHOST.", "sub.localhost", "FIXED.test"] {
            let response = client.get(url(&web, name)).send().await.expect(name);
            assert_eq!(response.connection().remote, Some(web.address), "{name}");
        }
        for name in ["127.1", "0x7f.1", "2130706433", "a..b", "-_.1"] {
            let error = client.get(url(&web, name)).send().await.expect_err(name);
            assert!(error.is_builder() || error.is_dns(), "{name}: {error:?}");
            assert_eq!(error.delivery(), Delivery::NotSent);
        }
        assert_eq!(names.questions(), []);
    })
    .await;
}

#[tokio::test]
async fn the_address_policy_sees_what_dns_said() {
    deadline(async {
        let web = serve(host).await;
        let names = Script::new().both("rebound.test", here()).serve().await;
        let options = ConnectOptions { policy: AddressPolicy::public(), ..Default::default() };
        let client = asking(&names).connect_options(options).build().expect("a client");
        let error = client.get(url(&web, "rebound.test")).send().await.expect_err("not public");
        assert!(error.is_connect() && !error.is_dns(), "{error:?}");
        assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
        assert!(error.to_string().contains("address policy"), "{error}");
        assert_eq!(web.counts().accepted, 0);
    })
    .await;
}

#[tokio::test]
async fn a_request_dropped_in_the_look_up_leaves_its_place_free() {
    deadline(async {
        let web = serve(host).await;
        let names = Script::new().both("mute.test", Reply::silence()).both("a.test", here());
        let names = names.serve().await;
        let client = asking(&names).max_connections(1).build().expect("a client");
        for number in 1..=5 {
            let waiting = tokio::spawn(client.get(url(&web, "mute.test")).send());
            let behind = tokio::spawn(client.get(url(&web, "a.test")).send());
            while names.count("mute.test", A) < number {
                tokio::task::yield_now().await;
            }
            waiting.abort();
            assert!(waiting.await.expect_err("aborted").is_cancelled());
            behind.await.expect("no panic").expect("the place is free");
        }
    })
    .await;
}
