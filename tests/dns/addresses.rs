//! Addresses by name, as a client asks for them.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use wireline::dns::{Answer, DnsErrorKind, Family, Resolve, Resolver};
use wireline::net::{ConnectError, ConnectLog, ConnectOptions, lookup, race};

use crate::answers::{all, next};
use crate::names::{A, AAAA, DnsServer, Reply, Script};
use crate::{asking, at, endpoints};

const PATIENCE: Duration = Duration::from_secs(20);

async fn answers(resolver: &Resolver, host: &str) -> Vec<Answer> {
    timeout(PATIENCE, all(lookup(resolver, host, 80))).await.expect("within its deadline")
}

fn addresses(answers: &[Answer], family: Family) -> Vec<String> {
    let found = answers.iter().filter(|answer| answer.family == family);
    found.flat_map(|a| a.result.clone().unwrap_or_default()).map(|a| a.to_string()).collect()
}

fn kind(answers: &[Answer], family: Family) -> Option<DnsErrorKind> {
    let answer = answers.iter().find(|answer| answer.family == family)?;
    Some(answer.result.as_ref().err()?.kind())
}

#[tokio::test]
async fn both_families_are_asked_and_every_address_kept() {
    let server = Script::new()
        .on("dual.test", A, Reply::addresses(&["127.0.0.2", "127.0.0.3"]))
        .on("dual.test", AAAA, Reply::addresses(&["::1"]))
        .both("a_b.test", Reply::addresses(&["127.0.0.2"]))
        .on("alias.test", A, Reply::alias("real.test", &["127.0.0.4"]))
        .on("alias.test", AAAA, Reply::no_data())
        .serve()
        .await;
    let resolver = asking(&server);
    let found = answers(&resolver, "dual.test").await;
    assert_eq!(addresses(&found, Family::V4), ["127.0.0.2:80", "127.0.0.3:80"]);
    assert_eq!(addresses(&found, Family::V6), ["[::1]:80"]);
    assert_eq!(addresses(&answers(&resolver, "DUAL.test.").await, Family::V6), ["[::1]:80"]);
    let found = answers(&resolver, "a_b.test").await;
    assert_eq!(addresses(&found, Family::V4), ["127.0.0.2:80"]);
    let found = answers(&resolver, "alias.test").await;
    assert_eq!(addresses(&found, Family::V4), ["127.0.0.4:80"]);
    assert_eq!(kind(&found, Family::V6), Some(DnsErrorKind::NoData));
}

#[tokio::test]
async fn the_quick_half_does_not_wait_for_the_slow_one() {
    let server = Script::new()
        .on("slow6.test", A, Reply::addresses(&["127.0.0.2"]))
        .on("slow6.test", AAAA, Reply::silence())
        .serve()
        .await;
    let mut resolution = Resolve::resolve(&asking(&server), "slow6.test", 80);
    let first = timeout(PATIENCE, next(&mut resolution)).await.unwrap().unwrap();
    assert_eq!(first.family, Family::V4);
    assert!(first.result.is_ok());
    let second = timeout(Duration::from_millis(50), next(&mut resolution)).await;
    assert!(second.is_err(), "the other half is still open, and can be dropped so");
}

#[tokio::test]
async fn negative_answers_are_told_apart() {
    let server = Script::new()
        .both("fail.test", Reply::serv_fail())
        .both("refused.test", Reply::refused())
        .both("empty.test", Reply::no_data())
        .serve()
        .await;
    let resolver = asking(&server);
    for (host, expected) in [
        ("nx.test", DnsErrorKind::NxDomain),
        ("fail.test", DnsErrorKind::ServFail),
        ("refused.test", DnsErrorKind::Refused),
        ("empty.test", DnsErrorKind::NoData),
    ] {
        let found = answers(&resolver, host).await;
        assert_eq!(kind(&found, Family::V4), Some(expected), "{host}");
        assert_eq!(kind(&found, Family::V6), Some(expected), "{host}");
    }
}

#[tokio::test]
async fn s_100_a_server_that_never_answers_costs_the_deadline_and_no_more() {
    let server = Script::new().both("mute.test", Reply::silence()).serve().await;
    let deadline = Duration::from_millis(300);
    let resolver = at(&server).deadline(deadline).build().unwrap();
    let start = Instant::now();
    let found = answers(&resolver, "mute.test").await;
    assert_eq!(kind(&found, Family::V4), Some(DnsErrorKind::Timeout));
    assert_eq!(kind(&found, Family::V6), Some(DnsErrorKind::Timeout));
    assert!(start.elapsed() >= deadline);
}

#[tokio::test]
async fn a_silent_first_server_is_left_for_the_second() {
    let mute = Script::new().both("a.test", Reply::silence()).serve().await;
    let good = Script::new().both("a.test", Reply::addresses(&["127.0.0.2"])).serve().await;
    let resolver = at(&mute).name_servers([mute.address, good.address]).build().unwrap();
    let found = answers(&resolver, "a.test").await;
    assert_eq!(addresses(&found, Family::V4), ["127.0.0.2:80"]);
}

#[tokio::test]
async fn s_100_a_long_answer_comes_over_tcp_and_is_cut_down() {
    let many = (0..2_000_u32).map(|n| IpAddr::V4(Ipv4Addr::from(0x7f01_0000 + n))).collect();
    let server = Script::new()
        .on("big.test", A, Reply::ips(many).truncated())
        .on("big.test", AAAA, Reply::no_data())
        .serve()
        .await;
    let found = answers(&asking(&server), "big.test").await;
    assert_eq!(addresses(&found, Family::V4).len(), 64);
    assert!(server.questions().iter().any(|question| question.tcp && question.kind == A));
}

#[tokio::test]
async fn answers_are_kept_for_as_long_as_they_are_valid() {
    let server = Script::new()
        .both("a.test", Reply::addresses(&["127.0.0.2"]))
        .both("none.test", Reply::no_data().ttl(60))
        .serve()
        .await;
    let resolver = asking(&server);
    for _ in 0..3 {
        answers(&resolver, "a.test").await;
        answers(&resolver.clone(), "none.test").await;
    }
    assert_eq!((server.count("a.test", A), server.count("a.test", AAAA)), (1, 1));
    assert_eq!(server.count("none.test", A), 1);
    answers(&asking(&server), "a.test").await;
    assert_eq!(server.count("a.test", A), 2, "another resolver has another cache");
}

#[tokio::test]
async fn a_forged_answer_with_another_id_is_passed_over() {
    let reply = Reply::addresses(&["127.0.0.2"]).forged();
    let server = Script::new().both("a.test", reply).serve().await;
    let found = answers(&asking(&server), "a.test").await;
    assert_eq!(addresses(&found, Family::V4), ["127.0.0.2:80"]);
}

/// Exactly the name, with no search list behind it, and no question about `localhost` at all.
#[tokio::test]
async fn only_what_was_asked_for_leaves_the_machine() {
    let server = Script::new().serve().await;
    let resolver = asking(&server);
    answers(&resolver, "intranet").await;
    answers(&resolver, "a.localhost").await;
    let mut names: Vec<_> = server.questions().into_iter().map(|question| question.name).collect();
    names.dedup();
    assert_eq!(names, ["intranet"]);
}

#[test]
fn one_resolver_serves_one_runtime_after_the_other() {
    static RESOLVER: std::sync::OnceLock<(Resolver, DnsServer)> = std::sync::OnceLock::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let home =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server =
        home.block_on(Script::new().both("a.test", Reply::addresses(&["127.0.0.2"])).serve());
    let (resolver, _server) = RESOLVER.get_or_init(|| (asking(&server), server));
    for _ in 0..3 {
        let found = runtime().block_on(answers(resolver, "a.test"));
        assert_eq!(addresses(&found, Family::V4), ["127.0.0.2:80"]);
    }
}

#[tokio::test]
async fn from_a_name_to_a_connection() {
    let (_listener, address) = endpoints::live("127.0.0.2").unwrap();
    let server = Script::new()
        .on("a.test", A, Reply::addresses(&["127.0.0.2"]))
        .on("a.test", AAAA, Reply::no_data())
        .serve()
        .await;
    let resolver = asking(&server);
    let (options, mut log) = (ConnectOptions::default(), ConnectLog::default());
    let resolution = lookup(&resolver, "a.test", address.port());
    let stream = timeout(PATIENCE, race(resolution, &options, &mut log)).await.unwrap().unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
    let resolution = lookup(&resolver, "nx.test", address.port());
    let error = timeout(PATIENCE, race(resolution, &options, &mut log)).await.unwrap().unwrap_err();
    let ConnectError::Dns(error) = error else { panic!("{error:?}") };
    assert_eq!(error.to_string(), "looking up \"nx.test\": no such host (NXDOMAIN)");
}
