//! Routes that refuse, and none at all.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use wireline::net::{AttemptOutcome, ConnectError, ConnectOptions, source};
use wireline::{Client, Delivery, Phase};

use crate::network::{at, inside, listen, racing, run, slow};

/// A route that refuses, or none; an address behind it; what the system says when it is tried.
const REFUSALS: [(&str, &str, ErrorKind, &str); 8] = [
    ("unreachable", "2001:db8:1::1", ErrorKind::HostUnreachable, "No route to host"),
    ("prohibit", "2001:db8:2::1", ErrorKind::PermissionDenied, "Permission denied"),
    ("blackhole", "2001:db8:3::1", ErrorKind::InvalidInput, "Invalid argument"),
    ("", "2001:db8:4::1", ErrorKind::NetworkUnreachable, "Network is unreachable"),
    ("unreachable", "192.0.2.1", ErrorKind::HostUnreachable, "No route to host"),
    ("prohibit", "198.51.100.1", ErrorKind::PermissionDenied, "Permission denied"),
    ("blackhole", "203.0.113.1", ErrorKind::InvalidInput, "Invalid argument"),
    ("", "100.64.0.1", ErrorKind::NetworkUnreachable, "Network is unreachable"),
];

fn routes() -> Vec<SocketAddr> {
    for (kind, ip, ..) in REFUSALS {
        if !kind.is_empty() {
            run(&format!("ip route add {kind} {ip}"));
        }
    }
    REFUSALS.map(|(_, ip, ..)| at(ip)).into()
}

#[test]
fn every_refusal_comes_at_once_and_is_told() {
    inside("routes::every_refusal_comes_at_once_and_is_told", &[], async || {
        let (outcome, log) = racing(&routes(), &slow()).await;
        let Err(ConnectError::Failed { attempts, first }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((attempts.len(), log.attempts.len()), (8, 8));
        for (_, ip, expected, words) in REFUSALS {
            let attempt = attempts.iter().find(|attempt| attempt.address == at(ip)).unwrap();
            let AttemptOutcome::Failed { kind, message } = &attempt.outcome else {
                panic!("{attempt}")
            };
            assert_eq!(*kind, expected, "{attempt}");
            assert!(message.contains(words), "{attempt}");
        }
        // By the timer it would have been 14 seconds.
        let span = attempts[7].started - attempts[0].started;
        assert!(span < Duration::from_secs(5), "{span:?}");
        assert_eq!(
            Some(first.kind()),
            REFUSALS
                .iter()
                .find_map(|(_, ip, kind, _)| { (attempts[0].address == at(ip)).then_some(*kind) })
        );
    });
}

#[test]
fn the_clients_error_lists_them() {
    inside("routes::the_clients_error_lists_them", &[], async || {
        let client = Client::builder().resolve("many.test", routes()).build().unwrap();
        let error = client.get("http://many.test/").send().await.expect_err("no way anywhere");
        assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
        let text = error.to_string();
        println!("{text}");
        assert!(text.contains("could not connect to any of 8 addresses: "), "{text}");
        for (_, ip, _, words) in REFUSALS {
            let begin = text.find(&format!("{}: ", at(ip))).expect(ip);
            assert!(text[begin..].split(';').next().unwrap().contains(words), "{ip} in {text}");
        }
    });
}

/// RFC 6724, rule 1: "Avoid unusable destinations."
#[test]
fn what_cannot_be_reached_is_tried_last() {
    inside("routes::what_cannot_be_reached_is_tried_last", &[], async || {
        let (_listener, live) = listen("127.0.0.1");
        for refusal in routes() {
            assert_eq!(source(refusal, &ConnectOptions::default()), None, "{refusal}");
            let (outcome, log) = racing(&[refusal, live], &slow()).await;
            assert_eq!(outcome.unwrap().peer_addr().unwrap(), live);
            assert_eq!(log.attempts.len(), 1, "{:?}", log.attempts);
            // Without sorting it is tried, and costs no wait.
            let unsorted = ConnectOptions { sort: false, ..slow() };
            let (outcome, log) = racing(&[refusal, live], &unsorted).await;
            assert_eq!(outcome.unwrap().peer_addr().unwrap(), live);
            assert_eq!(log.attempts.len(), 2, "{:?}", log.attempts);
            assert!(matches!(log.attempts[0].outcome, AttemptOutcome::Failed { .. }));
            let failed = log.attempts[0].started + log.attempts[0].took.unwrap();
            let gap = log.attempts[1].started - failed;
            assert!(gap < Duration::from_secs(1), "{:?}", log.attempts);
        }
    });
}

/// The whole list is unreachable but one: the families still alternate behind it.
#[test]
fn the_usable_one_goes_first_and_its_family_with_it() {
    inside("routes::the_usable_one_goes_first_and_its_family_with_it", &[], async || {
        run("ip -6 addr add 2001:db8::7/128 dev lo nodad");
        let mut all = routes();
        // It refuses, so that all get their turn.
        let (listener, live) = listen("2001:db8::7");
        drop(listener);
        all.push(live);
        let (outcome, log) = racing(&all, &slow()).await;
        assert!(outcome.is_err());
        let tried: Vec<_> = log.attempts.iter().map(|attempt| attempt.address).collect();
        assert_eq!((tried.len(), tried[0]), (9, live));
        let six: Vec<_> = tried.iter().map(SocketAddr::is_ipv6).collect();
        assert_eq!(six, [true, false, true, false, true, false, true, false, true]);
    });
}

#[test]
fn without_ipv6_there_is_no_wait_for_it() {
    inside("routes::without_ipv6_there_is_no_wait_for_it", &[], async || {
        std::fs::write("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "1").unwrap();
        let (_listener, live) = listen("127.0.0.1");
        let (outcome, log) = racing(&[at("::1"), at("2001:db8::1"), live], &slow()).await;
        assert_eq!(outcome.unwrap().peer_addr().unwrap(), live);
        assert_eq!(log.attempts.len(), 1, "{:?}", log.attempts);
    });
}
