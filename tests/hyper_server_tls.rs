//! The client against hyper's server behind tokio-rustls: the same messages over TLS, and how TLS ends.
#![cfg(feature = "tls")]

#[path = "support/certs.rs"]
mod certs;
#[path = "support/pieces.rs"]
mod pieces;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::net::SocketAddr;

use certs::Authority;
use hyper::body::Incoming;
use hyper::{Request, Response};
use pieces::pattern;
use rustls::version::{TLS12, TLS13};
use server::{Content, Server, Tls, echoed, full, serve_with, streamed};
use support::deadline;
use wireline::{Body, Client, ClientBuilder, Version};

const LARGE: usize = 1_000_003;

async fn pages(request: Request<Incoming>) -> Response<Content> {
    match request.uri().path() {
        "/hello" => Response::new(full("hello")),
        "/large" => Response::new(full(pattern(LARGE))),
        "/pieces" => Response::new(streamed(pieces::stream(LARGE, 4999))),
        "/echo" => Response::new(echoed(request.into_body())),
        "/last" => {
            let answer = Response::builder().header("connection", "close").body(full("goodbye"));
            answer.expect("a response")
        }
        other => Response::builder().status(404).body(full(other.to_owned())).expect("a response"),
    }
}

/// A client that trusts `authority` and knows where `a.test` is.
fn trusting(authority: &Authority) -> ClientBuilder {
    let here: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    Client::builder().roots_pem(&authority.pem()).resolve("a.test", vec![here])
}

fn url(server: &Server, path: &str) -> String {
    format!("https://a.test:{}{path}", server.address.port())
}

#[tokio::test]
async fn everything_works_over_tls_on_one_connection() {
    deadline(async {
        for version in [&TLS12, &TLS13] {
            let authority = Authority::new();
            let config = authority.issue(&["a.test"]).server_with(&["h2", "http/1.1"], &[version]);
            let server = serve_with(Tls::new(config), pages).await;
            let client = trusting(&authority).build().expect("a client");
            for (path, length) in
                [("/hello", 5), ("/large", LARGE), ("/pieces", LARGE), ("/hello", 5)]
            {
                let response = client.get(url(&server, path)).send().await.expect("an answer");
                let tls = response.connection().tls.clone().expect("over TLS");
                assert_eq!(tls.alpn.as_deref(), Some(&b"http/1.1"[..]));
                assert!(!tls.resumed && tls.version.ends_with(['2', '3']), "{tls:?}");
                let content = response.bytes().await.expect("a body");
                assert!(content.len() == length && (length == 5 || content == pattern(length)));
            }
            let body = Body::stream(pieces::stream(8 << 20, 65_536));
            let response = client.post(url(&server, "/echo")).body(body).send().await;
            let response = response.expect("a head while the upload runs");
            assert!(response.is_reused() && response.timings().tls.is_none());
            assert!(response.bytes().await.expect("the echo") == pattern(8 << 20));
            assert_eq!(server.counts().accepted, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn many_connections_at_once_over_tls() {
    deadline(async {
        let authority = Authority::new();
        let server =
            serve_with(Tls::new(authority.issue(&["a.test"]).server(&["http/1.1"])), pages).await;
        let client = trusting(&authority).max_connections(12).build().expect("a client");
        let mut tasks = tokio::task::JoinSet::new();
        for path in ["/hello", "/pieces", "/last"].into_iter().cycle().take(72) {
            let (client, url) = (client.clone(), url(&server, path));
            tasks.spawn(async move {
                let response = client.get(url).send().await.expect("an answer");
                response.bytes().await.expect("a body").len()
            });
        }
        let lengths: usize = tasks.join_all().await.into_iter().sum();
        assert_eq!(lengths, 24 * (5 + LARGE + 7));
        let counts = server.counts();
        assert!(counts.most <= 12 && counts.accepted >= 24, "{counts:?}");
    })
    .await;
}

#[tokio::test]
async fn a_second_connection_resumes_the_session_of_the_first() {
    deadline(async {
        for version in [&TLS12, &TLS13] {
            let authority = Authority::new();
            let config = authority.issue(&["a.test"]).server_with(&["http/1.1"], &[version]);
            let server = serve_with(Tls::new(config), pages).await;
            let client = trusting(&authority).build().expect("a client");
            let mut resumed = Vec::new();
            for _ in 0..3 {
                let response = client.get(url(&server, "/last")).send().await.expect("an answer");
                resumed.push(response.connection().tls.as_ref().expect("over TLS").resumed);
                assert_eq!(response.text().await.expect("a body"), "goodbye");
            }
            assert_eq!(resumed, [false, true, true], "{version:?}");
            // Sessions belong to the settings they were made under.
            let other = trusting(&authority).build().expect("another client");
            let response = other.get(url(&server, "/last")).send().await.expect("an answer");
            assert!(!response.connection().tls.as_ref().expect("over TLS").resumed);
        }
    })
    .await;
}

#[tokio::test]
async fn a_cut_off_is_no_end_where_only_the_end_would_tell() {
    deadline(async {
        for cut in [false, true] {
            let authority = Authority::new();
            let config = authority.issue(&["a.test"]).server(&["http/1.1"]);
            let server = serve_with(Tls { cut, ..Tls::new(config) }, pages).await;
            let client = trusting(&authority).build().expect("a client");
            // Until close: without close_notify nobody knows whether that was all (RFC 9112 §9.8).
            let old = client.get(url(&server, "/pieces")).version(Version::HTTP_10).send().await;
            let outcome = old.expect("a head").bytes().await;
            match cut {
                false => assert!(outcome.expect("a clean end") == pattern(LARGE)),
                true => {
                    let error = outcome.expect_err("a cut-off");
                    assert!(!error.is_timeout() && !error.is_tls(), "{error:?}");
                }
            }
            // By length and by chunks the message is whole before the end.
            for path in ["/last", "/pieces", "/large"] {
                let request = client.get(url(&server, path)).header("connection", "close");
                let response = request.send().await.expect("a head");
                response.bytes().await.expect("a whole message");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn https_does_not_lead_to_http_unless_allowed() {
    deadline(async {
        let plain = server::serve(pages).await;
        let target = plain.url("/hello");
        let authority = Authority::new();
        let config = authority.issue(&["a.test"]).server(&["http/1.1"]);
        let server = serve_with(Tls::new(config), move |_| {
            let answer = Response::builder().status(302).header("location", &target);
            let answer = answer.body(full("")).expect("a response");
            async { answer }
        })
        .await;
        let client = trusting(&authority).build().expect("a client");
        let error = client.get(url(&server, "/")).send().await.expect_err("a downgrade");
        assert!(error.is_redirect() && error.to_string().contains("allow_downgrade"), "{error}");
        let client = trusting(&authority).allow_downgrade(true).build().expect("a client");
        let response = client.get(url(&server, "/")).send().await.expect("an answer");
        assert!(response.connection().tls.is_none());
        assert_eq!(response.text().await.expect("a body"), "hello");
        assert_eq!(plain.counts().accepted, 1);
    })
    .await;
}
