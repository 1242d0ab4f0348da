//! S-106 without a proxy: every address of every attempt and redirect is judged, whatever led to it.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use wireline::net::{AddressClass, AttemptOutcome, Purpose, Resolution, Resolve, addresses};
use wireline::{Connector, Delivery, Error, Phase, Retry};

use crate::support::player::Player;
use crate::support::{deadline, has_ipv6};
use crate::talk::{OK, quiet};

/// A server that must not be reached.
struct Inside(TcpListener);

impl Inside {
    fn at(ip: &str) -> Inside {
        let listener = TcpListener::bind((ip, 0)).expect("loopback has a free port");
        listener.set_nonblocking(true).expect("no waiting");
        Inside(listener)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("bound")
    }

    #[track_caller]
    fn untouched(&self) {
        let accepted = self.0.accept().map(|(_, peer)| peer).map_err(|error| error.kind());
        assert_eq!(accepted, Err(ErrorKind::WouldBlock), "it was connected to");
    }
}

/// Allows 127.0.0.1, as if it were the internet, and nothing else.
fn only_player() -> Connector {
    Connector::new().address_policy(|candidate| {
        candidate.address.is_some_and(|address| address.ip() == IpAddr::from([127, 0, 0, 1]))
    })
}

#[track_caller]
fn denied(error: &Error, host: &str, ip: &str, class: Option<AddressClass>) {
    assert!(error.is_denied() && error.is_connect() && !error.is_dns(), "{error:?}");
    assert!(!error.is_transient(), "{error:?}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent), "{error}");
    let denial = error.denial().expect("a denial");
    assert_eq!((&*denial.host, denial.class), (host, class), "{error}");
    assert_eq!(denial.address.expect("an address").ip(), ip.parse::<IpAddr>().expect(ip));
    let text = error.to_string();
    assert!(text.contains(ip) && text.contains("refused by the address policy"), "{text}");
    assert!(text.contains("`address_policy`"), "the way out: {text}");
}

#[tokio::test]
async fn s_106_deny_private_refuses_addresses_however_a_url_leads_to_them() {
    let inside = Inside::at("127.0.0.1");
    let port = inside.address().port();
    let fixed = [inside.address()];
    let client = quiet().deny_private().resolve("a.test", fixed).build().expect("settings");
    let mapped = "::ffff:7f00:1";
    for (host, name, ip) in [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("a.test", "a.test", "127.0.0.1"),
        ("A.test", "a.test", "127.0.0.1"),
        ("[::ffff:127.0.0.1]", mapped, mapped),
        ("[::ffff:7f00:1]", mapped, mapped),
        ("[64:ff9b::7f00:1]", "64:ff9b::7f00:1", "64:ff9b::7f00:1"),
    ] {
        let sent = deadline(client.get(format!("http://{host}:{port}/")).send()).await;
        let error = sent.expect_err(host);
        let ip: IpAddr = ip.parse().expect("an address");
        let name = error.denial().map(|denial| denial.host.clone()).unwrap_or_else(|| name.into());
        denied(&error, &name, &ip.to_string(), Some(AddressClass::Loopback));
    }
    inside.untouched();
    let sent = deadline(client.get("http://169.254.169.254/latest/meta-data/").send()).await;
    let error = sent.expect_err("the metadata service");
    denied(&error, "169.254.169.254", "169.254.169.254", Some(AddressClass::Metadata));
    assert!(error.to_string().contains("it is a cloud's metadata service"), "{error}");
    for local in ["localhost", "x.localhost"] {
        let sent = deadline(client.get(format!("http://{local}:{port}/")).send()).await;
        assert!(sent.expect_err(local).is_denied());
    }
    inside.untouched();
    if has_ipv6() {
        let sent = deadline(client.get("http://[::1]:9/").send()).await;
        denied(&sent.expect_err("loopback"), "::1", "::1", Some(AddressClass::Loopback));
    }
}

#[tokio::test]
async fn s_106_of_an_answer_that_mixes_both_only_what_is_allowed_is_tried() {
    let (inside, player) =
        (Inside::at("127.0.0.3"), Player::script().expect_head().play(OK).open().start());
    let connector = only_player().resolve("a.test", [inside.address(), player.address()]);
    let client = quiet().connector(&connector).build().expect("settings");
    let response = deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let attempts = &response.connection().log.attempts;
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert_eq!(attempts[0].address, inside.address());
    assert!(matches!(attempts[0].outcome, AttemptOutcome::Denied { .. }), "{attempts:?}");
    assert_eq!(attempts[1].outcome, AttemptOutcome::Connected);
    inside.untouched();
    player.finish();
}

/// A failure of the network beside it is a failure of the network: tomorrow the same request may succeed.
#[tokio::test]
async fn s_106_an_allowed_address_that_does_not_answer_is_no_denial() {
    let dead = crate::endpoints::refused("127.0.0.1");
    let inside = Inside::at("127.0.0.3");
    let connector = only_player().resolve("a.test", [inside.address(), dead.address]);
    let client = quiet().connector(&connector).build().expect("settings");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("nobody there");
    assert!(!error.is_denied() && error.is_connect() && error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("127.0.0.3"), "both are told: {error}");
    assert!(!error.to_string().contains("nothing was sent"), "{error}");
    inside.untouched();
}

#[tokio::test]
async fn s_106_redirects_are_judged_like_first_requests() {
    let inside = Inside::at("127.0.0.3");
    for target in [
        format!("http://{}/", inside.address()),
        format!("http://b.test:{}/", inside.address().port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let reply =
            format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        let player = Player::script().expect_head().play(reply).open().start();
        let connector = only_player().resolve("b.test", [inside.address()]);
        let client = quiet().connector(&connector).build().expect("settings");
        let error = deadline(client.get(player.url("/")).send()).await.expect_err("inside");
        assert!(error.is_denied() && !error.is_redirect(), "{error}");
        assert_eq!(error.history().len(), 1);
        assert_eq!(error.url().map(ToString::to_string).as_deref(), Some(&*target));
        player.finish();
    }
    inside.untouched();
}

/// The first look-up says one address, the next one another.
struct Rebound {
    answers: [SocketAddr; 2],
    asked: Arc<AtomicUsize>,
}

impl Resolve for Rebound {
    fn resolve(&self, host: &str, _: u16) -> Resolution {
        let number = self.asked.fetch_add(1, SeqCst);
        addresses(host, vec![self.answers[number.min(1)]])
    }
}

#[tokio::test]
async fn s_106_a_name_that_is_rebound_between_two_look_ups_gains_nothing() {
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let player = Player::script().expect_head().play(last).close().start();
    let (inside, asked) = (Inside::at("127.0.0.3"), Arc::<AtomicUsize>::default());
    let answers = [player.address(), inside.address()];
    let resolver = Rebound { answers, asked: Arc::clone(&asked) };
    let connector = only_player().resolver(resolver);
    let client = quiet().connector(&connector).build().expect("settings");
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("rebound");
    denied(&error, "a.test", "127.0.0.3", None);
    assert_eq!(asked.load(SeqCst), 2, "one look-up a connection, and its answer is what is judged");
    inside.untouched();
    player.finish();
}

#[tokio::test]
async fn s_106_a_rule_hears_of_every_address_and_what_it_is_for() {
    type Heard = Vec<(String, u16, Option<SocketAddr>, Purpose)>;
    let player = Player::script().expect_head().play(OK).open().start();
    let address = player.address();
    let heard = Arc::new(Mutex::new(Heard::new()));
    let ear = Arc::clone(&heard);
    let client = quiet()
        .address_policy(move |candidate| {
            let (host, port) = (candidate.host.to_owned(), candidate.port);
            let said = (host, port, candidate.address, candidate.purpose);
            ear.lock().expect("no panic").push(said);
            true
        })
        .resolve("a.test", [address])
        .build()
        .expect("settings");
    deadline(client.get("http://A.test:81/").send()).await.expect("an answer");
    player.finish();
    let expected = vec![("a.test".to_owned(), 81, Some(address), Purpose::Origin)];
    assert_eq!(*heard.lock().expect("no panic"), expected);
}

/// What a request brings stands in place of what the client has, and no connection of one serves the other (S-45).
#[tokio::test]
async fn s_106_a_request_with_a_policy_does_not_ride_on_a_kept_connection() {
    let player = Player::script().expect_head().play(OK).expect_head().play(OK).open().start();
    let client = quiet().build().expect("settings");
    deadline(client.get(player.url("/")).send()).await.expect("an answer");
    let strict = Connector::new().deny_private();
    let sent = deadline(client.get(player.url("/")).connector(&strict).send()).await;
    assert!(sent.expect_err("a connection is idle, but not one of this connector").is_denied());
    let again = deadline(client.get(player.url("/")).send()).await.expect("an answer");
    assert!(again.is_reused());
    player.finish();
}

#[tokio::test]
async fn s_106_a_refusal_is_not_tried_again() {
    let asked = Arc::<AtomicUsize>::default();
    let inside = Inside::at("127.0.0.3");
    let resolver = Rebound { answers: [inside.address(); 2], asked: Arc::clone(&asked) };
    let connector = Connector::new().resolver(resolver).deny_private();
    let client = quiet().connector(&connector).retry(Retry::attempts(3)).build().expect("settings");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("refused");
    assert!(error.is_denied() && error.attempts().is_empty(), "{error:?}");
    assert_eq!(asked.load(SeqCst), 1);
    inside.untouched();
}

#[tokio::test]
async fn s_106_a_later_rule_takes_no_earlier_one_away() {
    let inside = Inside::at("127.0.0.3");
    let url = format!("http://{}/", inside.address());
    for connector in [
        Connector::new().deny_private().address_policy(|_| true),
        Connector::new().address_policy(|_| true).deny_private(),
        Connector::new().address_policy(|_| false).address_policy(|_| true),
    ] {
        let client = quiet().connector(&connector).build().expect("settings");
        assert!(deadline(client.get(&url).send()).await.expect_err("refused").is_denied());
    }
    let client = quiet().deny_private().address_policy(|_| true).build().expect("settings");
    assert!(deadline(client.get(&url).send()).await.expect_err("refused").is_denied());
    inside.untouched();
}
