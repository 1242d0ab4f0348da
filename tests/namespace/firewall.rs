//! Packets that vanish, and packets that are refused on their way.

use std::io::ErrorKind;
use std::time::Duration;

use wireline::net::{AttemptOutcome, ConnectOptions};

use crate::network::{addresses, inside, listen, racing, run, slow};

const DELAY: Duration = Duration::from_millis(250);

/// A rule for what comes in.
fn rule(rule: &str) {
    run("nft add table inet filter");
    run("nft add chain inet filter input { type filter hook input priority 0 ; }");
    run(&format!("nft add rule inet filter input {rule}"));
}

#[test]
fn holes_in_both_families_are_passed_one_by_one() {
    let name = "firewall::holes_in_both_families_are_passed_one_by_one";
    inside(name, &["nft"], async || {
        addresses(&["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"]);
        for ip in ["ip6 daddr 2001:db8::1", "ip6 daddr 2001:db8::2", "ip daddr 192.0.2.1"] {
            rule(&format!("{ip} tcp flags syn drop"));
        }
        let live = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"].map(listen);
        let all = live.each_ref().map(|(_, address)| *address);
        let (outcome, log) = racing(&all, &ConnectOptions::default()).await;
        assert_eq!(outcome.unwrap().peer_addr().unwrap(), all[2]);
        let tried: Vec<_> = log.attempts.iter().map(|attempt| attempt.address).collect();
        assert_eq!(tried, [all[0], all[3], all[1], all[2]]);
        for pair in log.attempts.windows(2) {
            assert!(pair[1].started >= pair[0].started + DELAY, "{:?}", log.attempts);
            assert_eq!(pair[0].outcome, AttemptOutcome::Abandoned);
        }
    });
}

#[test]
fn a_reset_or_a_message_of_the_network_is_no_wait() {
    let name = "firewall::a_reset_or_a_message_of_the_network_is_no_wait";
    inside(name, &["nft"], async || {
        addresses(&["2001:db8::1", "192.0.2.1", "192.0.2.2"]);
        rule("ip6 daddr 2001:db8::1 tcp flags syn reject with tcp reset");
        rule("ip daddr 192.0.2.1 tcp flags syn reject with icmp type host-unreachable");
        let (_six, six) = listen("2001:db8::1");
        let (_four, four) = listen("192.0.2.1");
        let (_live, live) = listen("192.0.2.2");
        let (outcome, log) = racing(&[six, four, live], &slow()).await;
        assert_eq!(outcome.unwrap().peer_addr().unwrap(), live);
        let kinds: Vec<_> = log.attempts.iter().map(|attempt| &attempt.outcome).collect();
        let [AttemptOutcome::Failed { kind: reset, .. }, AttemptOutcome::Failed { kind, .. }, won] =
            kinds[..]
        else {
            panic!("{:?}", log.attempts)
        };
        assert_eq!((*reset, *kind), (ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable));
        assert_eq!(*won, AttemptOutcome::Connected);
        // The failures started the next ones: by the timer it would have been four seconds.
        let waited = log.attempts[2].started;
        assert!(waited < Duration::from_secs(4), "{:?}", log.attempts);
    });
}
