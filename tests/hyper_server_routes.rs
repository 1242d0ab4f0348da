//! The client against hyper's server: redirects, statuses as errors, and connections that leave HTTP.
#![cfg(feature = "client")]

#[path = "support/pieces.rs"]
mod pieces;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use server::{Content, Server, empty, full, serve};
use support::deadline;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use wireline::{Body, Client, Method};

/// `/STATUS/PATH` leads to `/PATH`, `/to?URL` to the URL by 302; `/seen` tells what came.
async fn leading(request: Request<Incoming>) -> Response<Content> {
    let uri = request.uri().clone();
    if uri.path() == "/to" {
        return redirect(302, uri.query().unwrap_or_default());
    }
    let mut parts = uri.path()[1..].splitn(2, '/');
    match (parts.next().and_then(|first| first.parse().ok()), parts.next()) {
        (Some(code @ 300..), Some(rest)) => redirect(code, &format!("/{rest}")),
        _ => seen(request).await,
    }
}

fn redirect(code: u16, location: &str) -> Response<Content> {
    let answer = Response::builder().status(code).header("location", location);
    answer.body(full("this way, please")).expect("a response")
}

async fn seen(request: Request<Incoming>) -> Response<Content> {
    let mut told = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        told += &format!("{name}: {}\n", value.to_str().expect("ASCII"));
    }
    let content = request.into_body().collect().await.expect("a body").to_bytes();
    told += &format!("\n{}", String::from_utf8_lossy(&content));
    Response::new(full(told))
}

async fn pair() -> (Server, Client) {
    (serve(leading).await, Client::new())
}

#[tokio::test]
async fn the_method_and_the_body_follow_as_the_status_says() {
    deadline(async {
        let (server, client) = pair().await;
        let cases = [
            (301, Method::POST, "GET"),
            (302, Method::POST, "GET"),
            (303, Method::POST, "GET"),
            (303, Method::PUT, "GET"),
            (301, Method::PUT, "PUT"),
            (302, Method::DELETE, "DELETE"),
            (307, Method::POST, "POST"),
            (308, Method::POST, "POST"),
            (308, Method::PATCH, "PATCH"),
        ];
        for (status, method, after) in cases {
            let case = format!("{status} {method}");
            let request = client.request(method, server.url(&format!("/{status}/seen?a=b#part")));
            let request = request.header("content-type", "text/x").header("x-kept", "yes");
            let response = request.body("content").send().await.expect("an answer");
            assert_eq!(response.url().path_and_query(), "/seen", "{case}");
            assert_eq!(response.url().fragment(), Some("part"), "{case}: inherited");
            assert_eq!(response.timings().redirects, 1);
            let text = response.text().await.expect("a body");
            assert!(text.starts_with(&format!("{after} /seen\n")), "{case}: {text}");
            let with_body = after != "GET";
            assert_eq!(text.ends_with("\n\ncontent"), with_body, "{case}: {text}");
            assert_eq!(text.contains("content-type: text/x"), with_body, "{case}: {text}");
            assert_eq!(text.contains("content-length: 7"), with_body, "{case}: {text}");
            assert!(text.contains("x-kept: yes"), "{case}: {text}");
        }
        let response = client.head(server.url("/303/seen")).send().await.expect("an answer");
        assert_eq!(response.url().path(), "/seen");
        assert_eq!(response.bytes().await.expect("none"), "", "HEAD stays HEAD");
        assert_eq!(server.counts().accepted, 1, "the bodies of redirects were read away");
    })
    .await;
}

#[tokio::test]
async fn a_chain_ends_where_it_should() {
    deadline(async {
        let (server, client) = pair().await;
        let chain = |count| server.url(&format!("{}/seen", "/307".repeat(count)));
        let response = client.get(chain(10)).send().await.expect("ten are followed");
        assert_eq!(response.timings().redirects, 10);
        let error = client.get(chain(11)).send().await.expect_err("eleven are not");
        assert!(error.is_redirect() && error.to_string().contains("max_redirects"), "{error}");
        assert_eq!(error.url().map(|url| url.path()), Some("/307/seen"));

        let response = client.get(chain(2)).max_redirects(0).send().await.expect("the first");
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(response.fields().get_str("location"), Some("/307/seen"));
        assert_eq!(response.text().await.expect("its body"), "this way, please");

        for wrong in ["ftp://a/", "file:///etc/passwd", "http://", "//", "https://a b/", "data:,x"]
        {
            let error = client.get(server.url(&format!("/to?{wrong}"))).send().await;
            let error = error.expect_err(wrong);
            assert!(error.is_redirect(), "{wrong}: {error}");
        }
        let stream = Body::stream(pieces::stream(100, 10));
        let error = client.post(server.url("/307/seen")).body(stream).send().await;
        let error = error.expect_err("used up");
        assert!(error.is_redirect() && error.to_string().contains("stream"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn secrets_stay_with_their_origin() {
    deadline(async {
        let (first, client) = pair().await;
        let second = serve(leading).await;
        let send = |url: String| {
            let request = client.get(url).header("authorization", "Basic c2VjcmV0");
            let request = request.header("cookie", "a=secret").header("cookie", "b=secret");
            let request = request.sensitive_header("x-api-key", "secret").header("x-open", "yes");
            async { request.send().await.expect("an answer").text().await.expect("a body") }
        };
        let text = send(first.url("/302/302/seen")).await;
        for kept in ["authorization", "cookie", "x-api-key", "x-open"] {
            assert!(text.contains(&format!("\n{kept}: ")), "{kept} in {text}");
        }
        // Away, and away and back again: what was dropped does not come back.
        let away = send(first.url(&format!("/to?{}", second.url("/seen")))).await;
        let back = second.url(&format!("/to?{}", first.url("/seen")));
        let back = send(first.url(&format!("/to?{back}"))).await;
        for text in [away, back] {
            assert!(!text.contains("secret") && !text.contains("c2VjcmV0"), "{text}");
            assert!(text.contains("\nx-open: yes"), "{text}");
        }
        // Credentials inside a Location are nobody's.
        let other = format!("http://user:secret@{}/seen", second.address);
        let response = client.get(first.url(&format!("/to?{other}"))).send().await;
        let response = response.expect("an answer");
        assert!(!response.url().as_str().contains("secret"), "{:?}", response.url());
        assert!(!response.text().await.expect("a body").contains("authorization"));
    })
    .await;
}

#[tokio::test]
async fn locations_of_all_shapes_are_resolved() {
    deadline(async {
        let (server, client) = pair().await;
        let client = &client;
        let port = server.address.port();
        for (location, target) in [
            ("seen".to_owned(), "/seen"),
            ("./x/../seen".to_owned(), "/seen"),
            ("?q=1".to_owned(), "/to?q=1"),
            (format!("//127.0.0.1:{port}/seen"), "/seen"),
            (format!("HTTP://127.0.0.1:{port}"), "/"),
            ("/a%20b".to_owned(), "/a%20b"),
            ("/caf%C3%A9?x=%2F".to_owned(), "/caf%C3%A9?x=%2F"),
        ] {
            let server_url = server.url(&format!("/to?{location}"));
            let response = client.get(server_url).max_redirects(1).send().await;
            match response {
                Ok(response) => assert_eq!(response.url().path_and_query(), target, "{location}"),
                // It leads back to where every query is a redirect.
                Err(error) => assert_eq!(location, "?q=1", "{error}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_status_as_an_error_keeps_its_response() {
    deadline(async {
        let server = serve(|_| async {
            let answer = Response::builder().status(418).body(full("short and stout"));
            answer.expect("a response")
        })
        .await;
        let client = Client::new();
        let response = client.get(server.url("/?key=1")).send().await.expect("no error yet");
        let error = response.error_for_status().expect_err("an error now");
        assert!(error.is_status() && error.status() == Some(StatusCode::IM_A_TEAPOT), "{error}");
        assert!(error.to_string().contains(&server.url("/?key=1")), "{error}");
        let response = error.into_response().expect("the response");
        assert_eq!(response.text().await.expect("its body"), "short and stout");
    })
    .await;
}

/// Takes the connection over and sends back in capitals what comes, after a word at once.
async fn switching(request: Request<Incoming>) -> Response<Content> {
    let asked = request.headers().get("upgrade").is_some_and(|name| name == "shout");
    let connect = request.method() == Method::CONNECT;
    if !asked && !connect {
        return Response::builder().status(426).body(empty()).expect("a response");
    }
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(request).await.expect("taken over");
        let (mut read, mut write) = split(TokioIo::new(upgraded));
        write.write_all(b"HI ").await.expect("sent");
        copy(&mut read, &mut write).await.expect("until the end");
        write.shutdown().await.expect("closed");
    });
    let answer = match connect {
        true => Response::builder(),
        false => Response::builder()
            .status(101)
            .header("connection", "upgrade")
            .header("upgrade", "shout"),
    };
    answer.body(empty()).expect("a response")
}

#[tokio::test]
async fn a_connection_can_leave_http_by_upgrade_and_by_connect() {
    deadline(async {
        let server = Arc::new(serve(switching).await);
        let client = Client::builder().max_connections(1).build().expect("a client");
        let upgrade = || {
            let request = client.get(server.url("/")).header("connection", "upgrade");
            request.header("upgrade", "shout")
        };
        for round in 0..2 {
            let request = match round {
                0 => upgrade(),
                _ => client.connect(server.url("/"), "far.test:443"),
            };
            let response = request.send().await.expect("an answer");
            let mut stream = response.upgrade().expect("switched");
            // It has left the pool: another request gets the only place.
            let plain = client.get(server.url("/")).send().await.expect("an answer");
            assert_eq!(plain.status(), StatusCode::UPGRADE_REQUIRED);
            stream.write_all(b"hello").await.expect("sent");
            let mut back = [0; 8];
            stream.read_exact(&mut back).await.expect("what was sent");
            assert_eq!(&back, b"HI hello");
            stream.shutdown().await.expect("half closed");
            assert_eq!(stream.read(&mut back).await.expect("the end"), 0);
        }
        let plain = client.get(server.url("/")).send().await.expect("an answer");
        assert!(plain.upgrade().expect_err("no switch").to_string().contains("426"));
    })
    .await;
}
