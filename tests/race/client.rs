//! The race as a program meets it: a request, its attempts, and the text of its error.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::Response;
use tokio::net::TcpListener;
use wireline::net::{
    Answer, AttemptOutcome, ConnectOptions, Delays, DnsErrorKind, Family, Resolution, Resolve,
};
use wireline::{Client, Delivery, Error, Phase};

use crate::answers::{found, nothing, scripted};
use crate::endpoints::{hole, refused};
use crate::server::{Clear, Server, full, serve_at};
use crate::support::{deadline, has_ipv6};

/// Gives these answers, each after its pause, whatever it is asked.
struct Scripted(Vec<(Duration, Answer)>);

impl Resolve for Scripted {
    fn resolve(&self, _: &str, _: u16) -> Resolution {
        scripted(self.0.clone())
    }
}

const NOW: Duration = Duration::ZERO;

async fn server(ip: &str) -> Server {
    let listener = TcpListener::bind((ip, 0)).await.expect("a free port");
    serve_at(listener, Clear, |_| async { Response::new(full("reached")) })
}

async fn get(
    answers: Vec<(Duration, Answer)>,
    options: ConnectOptions,
) -> Result<wireline::Response, Error> {
    let client = Client::builder().resolver(Scripted(answers)).connect_options(options);
    deadline(client.build().expect("settings").get("http://many.test/").send()).await
}

fn both(six: Vec<SocketAddr>, four: Vec<SocketAddr>) -> Vec<(Duration, Answer)> {
    vec![(NOW, found(Family::V6, six)), (NOW, found(Family::V4, four))]
}

#[tokio::test]
async fn a_hole_in_ipv6_is_passed_to_ipv4() {
    if !has_ipv6() {
        return;
    }
    let (hole, server) = (hole("::1"), server("127.0.0.2").await);
    let answers = both(vec![hole.address], vec![server.address]);
    let answer = get(answers, ConnectOptions::default()).await.expect("IPv4");
    let [six, four] = &answer.connection().log.attempts[..] else { panic!("two attempts") };
    assert_eq!((six.address, &six.outcome), (hole.address, &AttemptOutcome::Abandoned));
    assert_eq!((four.address, &four.outcome), (server.address, &AttemptOutcome::Connected));
    assert!(four.started >= six.started + Duration::from_millis(250));
}

#[tokio::test]
async fn a_refusal_in_ipv6_is_passed_at_once() {
    if !has_ipv6() {
        return;
    }
    let (dead, server) = (refused("::1"), server("127.0.0.2").await);
    let delays = Delays { attempt: Duration::from_secs(2), ..Delays::default() };
    let options = ConnectOptions { delays, ..ConnectOptions::default() };
    let answers = both(vec![dead.address], vec![server.address]);
    let answer = get(answers, options).await.expect("IPv4");
    let [six, four] = &answer.connection().log.attempts[..] else { panic!("two attempts") };
    let AttemptOutcome::Failed { kind, .. } = six.outcome else { panic!("{six:?}") };
    assert_eq!(kind, ErrorKind::ConnectionRefused);
    assert_eq!(four.outcome, AttemptOutcome::Connected);
    // The failure started it, in the very same moment, and not the timer.
    let failed = six.started + six.took.expect("refused");
    assert!(four.started - failed < Duration::from_secs(1), "{six:?} {four:?}");
}

#[tokio::test]
async fn a_late_aaaa_joins_a_race_that_hangs_in_ipv4() {
    if !has_ipv6() {
        return;
    }
    let (hole, server) = (hole("127.0.0.2"), server("::1").await);
    let late = Duration::from_millis(120);
    let answers = vec![
        (NOW, found(Family::V4, vec![hole.address])),
        (late, found(Family::V6, vec![server.address])),
    ];
    let answer = get(answers, ConnectOptions::default()).await.expect("IPv6");
    let [four, six] = &answer.connection().log.attempts[..] else { panic!("two attempts") };
    assert_eq!((four.address, six.address), (hole.address, server.address));
    assert!(four.started >= Duration::from_millis(50), "the Resolution Delay");
    assert!(six.started >= four.started + Duration::from_millis(250));
}

#[tokio::test]
async fn a_name_with_ipv4_alone_is_not_held_back() {
    let server = server("127.0.0.2").await;
    let no_six = (NOW, nothing(Family::V6, DnsErrorKind::NoData));
    let answers = vec![no_six, (NOW, found(Family::V4, vec![server.address]))];
    // Nothing could end a wait of an hour but the answer that there is no IPv6.
    let delays = Delays { resolution: Duration::from_secs(3600), ..Delays::default() };
    let options = ConnectOptions { delays, ..ConnectOptions::default() };
    let answer = get(answers, options).await.expect("IPv4");
    assert_eq!(answer.connection().log.attempts.len(), 1);
    assert_eq!(answer.text().await.expect("a body"), "reached");
}

/// Loopback of both families is reachable, and ::1 ranks before 127.0.0.1 (RFC 6724 §2.1).
#[tokio::test]
async fn sorting_puts_ipv6_loopback_first_whatever_came_first() {
    if !has_ipv6() {
        return;
    }
    let (six, four) = (server("::1").await, server("127.0.0.2").await);
    let mut answers = both(vec![six.address], vec![four.address]);
    answers.reverse();
    let answer = get(answers, ConnectOptions::default()).await.expect("IPv6");
    assert_eq!(answer.connection().remote, Some(six.address));
}

#[tokio::test]
async fn the_error_lists_every_address_with_its_reason_and_time() {
    let mut dead: Vec<_> = ["127.0.0.4", "127.0.0.5", "127.0.0.6"].map(refused).into();
    let four: Vec<_> = dead.iter().map(|dead| dead.address).collect();
    let mut six = Vec::new();
    if has_ipv6() {
        dead.push(refused("::1"));
        six.extend(dead.last().map(|dead| dead.address));
    }
    let error = get(both(six, four), ConnectOptions::default()).await.expect_err("all refuse");
    assert!(error.is_connect() && !error.is_dns() && !error.is_tls(), "{error:?}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
    let text = error.to_string();
    let all = format!("could not connect to any of {} addresses: ", dead.len());
    assert!(text.starts_with("GET http://many.test/: ") && text.contains(&all), "{text}");
    for dead in &dead {
        let address = dead.address.to_string();
        let told = text.split([';', ' ']).position(|word| word == format!("{address}:"));
        assert!(told.is_some(), "{address} in {text}");
    }
    let list = text.split(&all).nth(1).unwrap();
    for told in list.split("; ") {
        assert!(told.contains(": Connection refused (os error "), "{told}");
        assert!(told.contains(" after ") && told.ends_with(" ms"), "{told}");
    }
    assert_eq!(list.split("; ").count(), dead.len());
}
