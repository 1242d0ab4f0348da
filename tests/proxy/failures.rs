//! What goes wrong on the way to a proxy and inside the tunnel phase: whose fault it was, in time, and nothing left behind.

use std::net::TcpListener;
use std::time::Duration;

use wireline::client::Proxy;
use wireline::net::{DnsErrorKind, Resolution, Resolve, failed};
use wireline::{Clock, Delivery, Phase};

use crate::pairs::{OPEN, building, http, through};
use crate::server::{Guest, Server};
use crate::steps::poll_at_most;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::quiet;

#[tokio::test]
async fn a_proxy_that_is_not_there_is_the_proxys_error() {
    let closed =
        TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    for tunnel in [false, true] {
        let proxy = Proxy::new(format!("http://user:hunter2@{closed}")).tunnel(tunnel);
        let sent = match cfg!(feature = "auth") {
            true => deadline(through(proxy).get("http://a.test/").send()).await,
            false => {
                deadline(through(Proxy::new(closed.to_string())).get("http://a.test/").send()).await
            }
        };
        let error = sent.expect_err("nobody there");
        assert!(error.is_proxy() && error.is_connect() && error.is_transient(), "{error}");
        assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
        let shown = error.to_string();
        let begins = format!("GET http://a.test/: connecting (proxy http://{closed}): could not");
        assert!(shown.starts_with(&begins), "{shown}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

struct Unknown;

impl Resolve for Unknown {
    fn resolve(&self, host: &str, _: u16) -> Resolution {
        failed(DnsErrorKind::NxDomain, host, None)
    }
}

#[tokio::test]
async fn a_proxy_whose_name_is_unknown_is_the_proxys_error() {
    for tunnel in [false, true] {
        let proxy = Proxy::new("http://proxy.test:3128").tunnel(tunnel);
        let client = quiet().resolver(Unknown).proxy(proxy).build().expect("settings");
        let error = deadline(client.get("http://a.test/").send()).await.expect_err("no such host");
        assert!(error.is_proxy() && error.is_dns(), "{error}");
        assert_eq!(error.phase(), Phase::Resolve);
        assert!(error.to_string().contains("\"proxy.test\""), "{error}");
    }
    // Without one it is the origin's.
    let client = quiet().resolver(Unknown).build().expect("settings");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("no such host");
    assert!(error.is_dns() && !error.is_proxy(), "{error}");
}

#[tokio::test]
async fn a_silent_proxy_costs_the_connect_timeout() {
    let player = Player::script()
        .expect_head()
        .expect_close()
        .close()
        .expect_head()
        .play("HTTP/1.1 200 OK\r\n")
        .expect_close()
        .close()
        .expect_head()
        .expect_close()
        .close()
        .start();
    let short = Duration::from_millis(300);
    let client = building(http(&player).tunnel(true)).connect_timeout(short).build();
    let client = client.expect("settings");
    for _ in 0..2 {
        let error = deadline(client.get("http://a.test/").send()).await.expect_err("silence");
        assert_eq!((error.clock(), error.phase()), (Some(Clock::Connect), Phase::Tunnel));
        assert!(error.is_proxy() && error.to_string().contains("connect timeout"), "{error}");
    }
    let get = client.get("http://a.test/").connect_timeout(None).timeout(short);
    let error = deadline(get.send()).await.expect_err("silence");
    assert_eq!((error.clock(), error.phase()), (Some(Clock::Total), Phase::Tunnel));
    assert_eq!(player.finish().connections, 3);
}

/// The time of all CONNECTs together counts.
#[tokio::test]
async fn a_challenge_does_not_buy_time() {
    struct Always;
    impl wireline::client::Authenticate for Always {
        fn authorize(
            &self,
            _: &wireline::client::Draft<'_>,
        ) -> Result<Option<String>, wireline::BoxError> {
            Ok(None)
        }
        fn challenged(
            &self,
            _: &wireline::client::Draft<'_>,
            _: &wireline::message::ResponseHead,
            _: u32,
        ) -> bool {
            // Longer than the timeout: there is no time left for another connection.
            std::thread::sleep(Duration::from_millis(600));
            true
        }
    }
    let player = Player::script().expect_head().play("HTTP/1.1 407 Who\r\n\r\n").close().start();
    let client = building(http(&player).auth(Always).tunnel(true));
    let client = client.connect_timeout(Duration::from_millis(500)).build().expect("settings");
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("no time");
    assert_eq!(error.proxy_response().expect("a refusal").status, 407);
    assert_eq!(player.finish().connections, 1);
}

#[tokio::test]
async fn a_proxy_that_always_asks_is_given_up() {
    struct Always;
    impl wireline::client::Authenticate for Always {
        fn authorize(
            &self,
            _: &wireline::client::Draft<'_>,
        ) -> Result<Option<String>, wireline::BoxError> {
            Ok(Some("Try again".into()))
        }
        fn challenged(
            &self,
            _: &wireline::client::Draft<'_>,
            _: &wireline::message::ResponseHead,
            _: u32,
        ) -> bool {
            true
        }
    }
    let server = Server::start(|mut guest: Guest| async move {
        while guest.request().await.is_some() {
            let _ = guest.play("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    let proxy = Proxy::new(server.url("")).auth(Always);
    let client = through(proxy.clone());
    let response = deadline(client.get("http://a.test/").send()).await.expect("an answer");
    assert_eq!((response.status().as_u16(), server.requests()), (407, 9));
    let tunnelled = client.get("http://a.test/").proxy(proxy.tunnel(true)).send();
    let error = deadline(tunnelled).await.expect_err("no tunnel");
    assert_eq!(error.proxy_response().expect("a refusal").status, 407);
    assert_eq!(server.requests(), 18);
}

/// Dropped at any moment of building its tunnel, a request frees its place and closes its connection.
#[tokio::test]
async fn s_44_a_cancelled_tunnel_leaves_no_place_taken() {
    let server = Server::start(|mut guest: Guest| async move {
        while let Some(asked) = guest.request().await {
            let connect = asked.head.starts_with("CONNECT ");
            let _ = guest.play(if connect { OPEN } else { crate::talk::OK }).await;
        }
    });
    let proxy = Proxy::new(server.url("")).tunnel(true);
    let client = building(proxy).max_connections(1).build().expect("settings");
    let mut polls = 0;
    loop {
        polls += 1;
        let url = format!("http://a{polls}.test/");
        let sent = deadline(poll_at_most(polls, client.get(&url).send())).await;
        let done = sent.map(|sent| sent.expect("an answer").status());
        // The one place is free again, whatever became of the first.
        let next = deadline(client.get("http://b.test/").send()).await.expect("an answer");
        assert_eq!(next.status(), 200);
        if done.is_some() {
            break;
        }
        assert!(polls < 100, "it never ends");
    }
    assert!(polls > 2, "there was nothing to cancel");
}
