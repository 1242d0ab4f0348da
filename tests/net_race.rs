//! The race on loopback, with real sockets and the real clock: so the figures here are bounds. The
//! exact ones are in `net_eyeballs.rs`.
#![cfg(feature = "client")]

#[path = "support/answers.rs"]
mod answers;
#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "race/client.rs"]
mod client;
#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "support/hyper.rs"]
mod server;
mod support;
#[cfg(feature = "tls")]
#[path = "race/tls.rs"]
mod tls;

use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use answers::{at_once, found, nothing, scripted};
use endpoints::{hole, live, refused};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wireline::net::{
    AddressPolicy, AttemptOutcome, ConnectError, ConnectLog, ConnectOptions, Delays, DnsErrorKind,
    Family, Resolution, race,
};

const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(20);

async fn run(
    resolution: Resolution,
    options: &ConnectOptions,
) -> (Result<TcpStream, ConnectError>, ConnectLog) {
    let mut log = ConnectLog::default();
    let outcome = timeout(PATIENCE, race(resolution, options, &mut log)).await;
    (outcome.expect("the race must end by itself"), log)
}

async fn run_v4(addresses: &[SocketAddr]) -> (Result<TcpStream, ConnectError>, ConnectLog) {
    let answers =
        vec![nothing(Family::V6, DnsErrorKind::NoData), found(Family::V4, addresses.to_vec())];
    run(at_once(answers), &ConnectOptions::default()).await
}

#[tokio::test]
async fn a_black_hole_is_passed_after_250_milliseconds() {
    let (hole, (_live, good)) = (hole("127.0.0.3"), live("127.0.0.2").unwrap());
    let (stream, log) = run_v4(&[hole.address, good]).await;
    assert_eq!(stream.unwrap().peer_addr().unwrap(), good);
    let [first, second] = &log.attempts[..] else { panic!("{:?}", log.attempts) };
    assert_eq!((first.address, &first.outcome), (hole.address, &AttemptOutcome::Abandoned));
    assert_eq!((second.address, &second.outcome), (good, &AttemptOutcome::Connected));
    assert!(second.started >= first.started + ATTEMPT_DELAY, "{:?}", log.attempts);
    assert!(first.took.is_none() && second.took.is_some());
    assert_eq!(log.dns.len(), 2);
    assert_eq!(*log.dns[1].outcome.as_ref().unwrap(), 2);
}

#[tokio::test]
async fn a_refused_address_costs_no_wait() {
    let (dead, (_live, good)) = (refused("127.0.0.4"), live("127.0.0.2").unwrap());
    // Only the failure starts the second one in the moment the first one has failed: the timer would take two seconds.
    let delays = Delays { attempt: Duration::from_secs(2), ..Delays::default() };
    let options = ConnectOptions { delays, ..ConnectOptions::default() };
    let answers = at_once(vec![found(Family::V4, vec![dead.address, good])]);
    let (stream, log) = run(answers, &options).await;
    assert_eq!(stream.unwrap().peer_addr().unwrap(), good);
    let refused = &log.attempts[0].outcome;
    assert!(matches!(refused, AttemptOutcome::Failed { kind: ErrorKind::ConnectionRefused, .. }));
    let failed = log.attempts[0].started + log.attempts[0].took.unwrap();
    assert!(log.attempts[1].started - failed < Duration::from_secs(1), "{:?}", log.attempts);
}

#[tokio::test]
async fn when_all_refuse_every_address_is_named_and_the_first_error_is_the_source() {
    let dead: Vec<_> = ["127.0.0.4", "127.0.0.5", "127.0.0.6"].map(refused).into();
    let addresses: Vec<_> = dead.iter().map(|dead| dead.address).collect();
    let (outcome, log) = run_v4(&addresses).await;
    let error = outcome.unwrap_err();
    let text = error.to_string();
    for address in addresses {
        assert!(text.contains(&address.to_string()), "{text}");
    }
    assert!(text.starts_with("could not connect to any of 3 addresses: "), "{text}");
    let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(std::io::Error::kind), Some(ErrorKind::ConnectionRefused));
    let ConnectError::Failed { attempts, .. } = error else { panic!("{error:?}") };
    assert_eq!(attempts.len(), 3);
    assert_eq!(log.attempts.len(), 3);
}

#[tokio::test]
async fn ipv6_goes_first_and_a_hole_there_is_passed_to_ipv4() {
    let Some((_six, six)) = live("::1") else { return };
    let (_four, four) = live("127.0.0.2").unwrap();
    let both = |six| at_once(vec![found(Family::V4, vec![four]), found(Family::V6, vec![six])]);
    let (stream, log) = run(both(six), &ConnectOptions::default()).await;
    assert_eq!(stream.unwrap().peer_addr().unwrap(), six);
    assert_eq!(log.attempts.len(), 1);

    let hole = hole("::1");
    let (stream, log) = run(both(hole.address), &ConnectOptions::default()).await;
    assert_eq!(stream.unwrap().peer_addr().unwrap(), four);
    assert!(log.attempts[1].started >= log.attempts[0].started + ATTEMPT_DELAY);
}

#[tokio::test]
async fn a_late_aaaa_is_waited_for_fifty_milliseconds_and_not_longer() {
    let Some((_six, six)) = live("::1") else { return };
    let (_four, four) = live("127.0.0.2").unwrap();
    // It never comes: after the Resolution Delay the race goes on without it.
    let endless = Duration::from_secs(3600);
    let late = scripted(vec![
        (Duration::ZERO, found(Family::V4, vec![four])),
        (endless, found(Family::V6, vec![six])),
    ]);
    let (stream, log) = run(late, &ConnectOptions::default()).await;
    assert_eq!(stream.unwrap().peer_addr().unwrap(), four);
    assert!(log.attempts[0].started >= Duration::from_millis(50), "{:?}", log.attempts);
    assert_eq!(log.dns.len(), 1, "the other half had not landed");

    // It comes in time. (The delay is made long, so that a busy machine cannot make it late.)
    let delays = Delays { resolution: endless, ..Delays::default() };
    let options = ConnectOptions { delays, ..ConnectOptions::default() };
    let soon = scripted(vec![
        (Duration::ZERO, found(Family::V4, vec![four])),
        (Duration::from_millis(20), found(Family::V6, vec![six])),
    ]);
    let (stream, log) = run(soon, &options).await;
    assert_eq!(stream.unwrap().peer_addr().unwrap(), six);
    assert_eq!(log.attempts.len(), 1);
    assert!(log.dns[1].took >= Duration::from_millis(20));
}

#[tokio::test]
async fn a_late_address_joins_a_race_that_hangs() {
    let (hole, (_live, good)) = (hole("127.0.0.7"), live("127.0.0.2").unwrap());
    let late = scripted(vec![
        (Duration::ZERO, found(Family::V6, vec![hole.address])),
        (Duration::from_millis(300), found(Family::V4, vec![good])),
    ]);
    let (stream, log) = run(late, &ConnectOptions::default()).await;
    assert_eq!(stream.unwrap().peer_addr().unwrap(), good);
    assert!(log.attempts[1].started >= Duration::from_millis(300));
}

#[tokio::test]
async fn without_any_address_it_is_a_dns_error_and_the_telling_one() {
    let kinds = [
        (DnsErrorKind::NxDomain, DnsErrorKind::NxDomain, DnsErrorKind::NxDomain),
        (DnsErrorKind::NoData, DnsErrorKind::Timeout, DnsErrorKind::Timeout),
        (DnsErrorKind::ServFail, DnsErrorKind::NoData, DnsErrorKind::ServFail),
        (DnsErrorKind::NoData, DnsErrorKind::NoData, DnsErrorKind::NoData),
    ];
    for (six, four, told) in kinds {
        let answers = at_once(vec![nothing(Family::V6, six), nothing(Family::V4, four)]);
        let (outcome, log) = run(answers, &ConnectOptions::default()).await;
        let Err(ConnectError::Dns(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.kind(), told);
        assert_eq!(error.host(), "scripted.test");
        assert_eq!((log.dns.len(), log.attempts.len()), (2, 0));
    }
    let (outcome, _) = run(at_once(vec![]), &ConnectOptions::default()).await;
    assert!(matches!(outcome, Err(ConnectError::Dns(_))));
}

#[tokio::test]
async fn a_deadline_around_the_race_leaves_the_log() {
    let hole = hole("127.0.0.8");
    let answers = at_once(vec![found(Family::V4, vec![hole.address])]);
    let (options, mut log) = (ConnectOptions::default(), ConnectLog::default());
    let start = Instant::now();
    let racing = race(answers, &options, &mut log);
    assert!(timeout(Duration::from_millis(100), racing).await.is_err());
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(log.attempts.len(), 1);
    assert_eq!(log.attempts[0].outcome, AttemptOutcome::Abandoned);
    assert_eq!(log.attempts[0].to_string(), format!("{}: no answer", hole.address));
}

/// A name that was harmless when it was checked, and points inwards when it is used.
#[tokio::test]
async fn s_106_the_policy_sees_the_address_and_not_the_name() {
    let (listener, good) = live("127.0.0.2").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mapped = format!("[::ffff:127.0.0.2]:{}", good.port()).parse().unwrap();
    let options = ConnectOptions { policy: AddressPolicy::public(), ..ConnectOptions::default() };
    let rebound = at_once(vec![found(Family::V6, vec![mapped]), found(Family::V4, vec![good])]);
    let (outcome, log) = run(rebound, &options).await;
    let Err(ConnectError::Failed { first, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(first.kind(), ErrorKind::PermissionDenied);
    assert_eq!(log.attempts.len(), 2);
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn s_100_ten_thousand_addresses_are_not_ten_thousand_attempts() {
    let many =
        (0..10_000_u32).map(|n| SocketAddr::from((std::net::Ipv4Addr::from(n), 9))).collect();
    let options =
        ConnectOptions { policy: AddressPolicy::new(|_| false), ..ConnectOptions::default() };
    let (outcome, log) = run(at_once(vec![found(Family::V4, many)]), &options).await;
    assert!(outcome.is_err());
    assert_eq!(log.attempts.len(), options.max_addresses);
    assert_eq!(*log.dns[0].outcome.as_ref().unwrap(), 10_000);
}

#[test]
fn the_future_of_a_race_is_send_and_small() {
    fn is_send<T: Send>(_: &T) {}
    let (options, mut log) = (ConnectOptions::default(), ConnectLog::default());
    let racing = race(at_once(vec![]), &options, &mut log);
    is_send(&racing);
    assert!(size_of_val(&racing) <= 640, "{} bytes", size_of_val(&racing));
}
