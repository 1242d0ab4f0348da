//! Names to addresses without a name server: literals, localhost, overrides, shared look-ups.
#![cfg(feature = "client")]

#[path = "support/answers.rs"]
mod answers;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use answers::{all, at_once, found, next, nothing, scripted};
use tokio::time::timeout;
use wireline::net::{
    Answer, DnsErrorKind, Family, Overrides, Resolution, Resolve, Shared, SystemResolver, lookup,
};

/// A resolver that notes what it is asked and answers by script.
#[derive(Clone)]
struct Scripted {
    asked: Arc<Mutex<Vec<(String, u16)>>>,
    script: fn() -> Resolution,
}

impl Scripted {
    fn new(script: fn() -> Resolution) -> Self {
        Self { asked: Arc::default(), script }
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Resolve for Scripted {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        self.asked.lock().unwrap().push((host.to_owned(), port));
        (self.script)()
    }
}

fn one() -> Resolution {
    at_once(vec![
        nothing(Family::V6, DnsErrorKind::NoData),
        found(Family::V4, vec!["192.0.2.1:80".parse().unwrap()]),
    ])
}

fn addresses(answers: &[Answer]) -> Vec<String> {
    let found = answers.iter().filter_map(|answer| answer.result.as_ref().ok());
    found.flatten().map(SocketAddr::to_string).collect()
}

fn kinds(answers: &[Answer]) -> Vec<DnsErrorKind> {
    answers.iter().filter_map(|answer| Some(answer.result.as_ref().err()?.kind())).collect()
}

#[tokio::test]
async fn addresses_answer_for_themselves() {
    let resolver = Scripted::new(one);
    for (host, address) in [
        ("192.0.2.7", "192.0.2.7:80"),
        ("::1", "[::1]:80"),
        ("[2001:db8::1]", "[2001:db8::1]:80"),
        ("[fe80::1%3]", "[fe80::1%3]:80"),
    ] {
        assert_eq!(addresses(&all(lookup(&resolver, host, 80)).await), [address], "{host}");
    }
    assert_eq!(resolver.count(), 0);
}

#[tokio::test]
async fn s_50_a_zone_by_name_is_the_interface_of_that_name() {
    let resolver = Scripted::new(one);
    let answers = all(lookup(&resolver, "fe80::1%lo", 80)).await;
    match &addresses(&answers)[..] {
        [address] => assert!(address.starts_with("[fe80::1%"), "{address}"),
        _ => println!("skipped: no interface called lo"),
    }
    for bad in ["fe80::1%", "fe80::1%e/0", "[fe80::1%../x]"] {
        let kinds = kinds(&all(lookup(&resolver, bad, 80)).await);
        assert_eq!(kinds, [DnsErrorKind::BadName; 2], "{bad}");
    }
    assert_eq!(resolver.count(), 0);
}

#[tokio::test]
async fn s_104_old_notations_reach_no_resolver() {
    let resolver = Scripted::new(one);
    for host in ["127.1", "0x7f.1", "2130706433", "017700000001", "[example.com", "ex%2Fample.com"]
    {
        let answers = all(lookup(&resolver, host, 80)).await;
        assert_eq!(kinds(&answers), [DnsErrorKind::BadName; 2], "{host}");
    }
    let answers = all(lookup(&resolver, "a b\r\n", 80)).await;
    let text = answers[0].result.as_ref().unwrap_err().to_string();
    assert_eq!(text, r#"looking up "a b\r\n": this can be no host name: a byte no host name has"#);
    assert_eq!(resolver.count(), 0);
}

/// RFC 6761 §6.3.
#[tokio::test]
async fn localhost_is_loopback_and_nobody_is_asked() {
    for host in ["localhost", "LocalHost.", "a.b.localhost", "x.localhost."] {
        let found = all(lookup(&SystemResolver, host, 80)).await;
        assert_eq!(addresses(&found), ["[::1]:80", "127.0.0.1:80"], "{host}");
    }
    assert!(wireline::net::dns::system::loopback("notlocalhost", 80).is_none());
    assert!(wireline::net::dns::system::loopback("localhost.example", 80).is_none());
}

#[tokio::test]
async fn overrides_come_first_and_the_port_decides() {
    let behind = Scripted::new(one);
    let mut overrides = Overrides::new(behind.clone());
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    overrides.insert("a.test", None, vec![address("127.0.0.9:0"), address("[::1]:7777")]);
    overrides.insert("A.test.", Some(8080), vec![address("127.0.0.8:0")]);
    let ask = |host, port| all(lookup(&overrides, host, port));
    assert_eq!(addresses(&ask("a.TEST", 80).await), ["[::1]:7777", "127.0.0.9:80"]);
    assert_eq!(addresses(&ask("a.test.", 8080).await), ["127.0.0.8:8080"]);
    assert_eq!(behind.count(), 0);
    assert_eq!(addresses(&ask("b.test", 80).await), ["192.0.2.1:80"]);
    assert_eq!(behind.count(), 1);
}

fn slow() -> Resolution {
    scripted(vec![
        (Duration::from_millis(30), found(Family::V4, vec!["192.0.2.1:80".parse().unwrap()])),
        (Duration::from_millis(30), found(Family::V6, vec!["[::1]:80".parse().unwrap()])),
    ])
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_ask_once() {
    let behind = Scripted::new(slow);
    let shared = Arc::new(Shared::new(behind.clone()));
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let host = if n % 2 == 0 { "a.test" } else { "A.TEST" };
            tokio::spawn(all(shared.resolve(host, 80)))
        })
        .collect();
    for task in tasks {
        assert_eq!(addresses(&task.await.unwrap()), ["192.0.2.1:80", "[::1]:80"]);
    }
    assert_eq!(behind.count(), 1);
    // Another port is another question, and what is over is not kept.
    all(shared.resolve("a.test", 81)).await;
    all(shared.resolve("a.test", 80)).await;
    assert_eq!(behind.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn when_the_first_caller_leaves_the_others_go_on() {
    let behind = Scripted::new(slow);
    let shared = Shared::new(behind.clone());
    let mut first = shared.resolve("a.test", 80);
    let mut second = tokio::spawn(all(shared.resolve("a.test", 80)));
    let mut third = tokio::spawn(all(shared.resolve("a.test", 80)));
    // The first drives it, takes one answer, and is gone in the middle of the next.
    assert!(next(&mut first).await.is_some());
    assert!(timeout(Duration::from_millis(10), next(&mut first)).await.is_err());
    drop(first);
    let both = ["192.0.2.1:80", "[::1]:80"];
    for task in [&mut second, &mut third] {
        let answers = timeout(Duration::from_secs(5), task).await.expect("woken").unwrap();
        assert_eq!(addresses(&answers), both);
    }
    assert_eq!(behind.count(), 1);
}

static DROPPED: AtomicUsize = AtomicUsize::new(0);

fn endless() -> Resolution {
    struct Endless;
    impl futures_core::Stream for Endless {
        type Item = Answer;
        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Answer>> {
            std::task::Poll::Pending
        }
    }
    impl Drop for Endless {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
    Box::pin(Endless)
}

#[tokio::test(start_paused = true)]
async fn when_the_last_caller_leaves_the_look_up_is_given_up() {
    let behind = Scripted::new(endless);
    let shared = Shared::new(behind.clone());
    let (mut first, mut second) = (shared.resolve("a.test", 80), shared.resolve("a.test", 80));
    for follower in [&mut first, &mut second] {
        assert!(timeout(Duration::from_millis(1), next(follower)).await.is_err());
    }
    drop(first);
    assert_eq!(DROPPED.load(Ordering::Relaxed), 0);
    drop(second);
    assert_eq!(DROPPED.load(Ordering::Relaxed), 1);
    drop(shared.resolve("a.test", 80));
    assert_eq!((behind.count(), DROPPED.load(Ordering::Relaxed)), (2, 2));
}

#[tokio::test]
async fn another_runtime_is_another_question() {
    let behind = Scripted::new(slow);
    let shared = Arc::new(Shared::new(behind.clone()));
    let _here = shared.resolve("a.test", 80);
    let there = shared.clone();
    let other = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { drop(there.resolve("a.test", 80)) });
    });
    other.join().unwrap();
    assert_eq!(behind.count(), 2);
}
