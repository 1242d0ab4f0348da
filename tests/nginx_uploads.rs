//! The client against nginx: files put, moved and deleted there, and uploads it does not want.
#![cfg(feature = "client")]

#[path = "support/pieces.rs"]
mod pieces;
mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use pieces::{Pieces, pattern};
use support::nginx::Nginx;
use support::{Scratch, deadline};
use wireline::{Body, Client, Method, StatusCode};

/// A folder that can be written to, and a place for bodies of at most 1 KiB.
#[track_caller]
fn start() -> Option<Nginx> {
    Nginx::start(1, |ports, folder| {
        std::fs::create_dir_all(folder.join("www")).expect("a folder");
        format!(
            "server {{
                listen 127.0.0.1:{};
                location / {{
                    root {}/www;
                    dav_methods PUT DELETE MKCOL COPY MOVE;
                    create_full_put_path on;
                    client_max_body_size 0;
                }}
                location /small {{
                    client_max_body_size 1k;
                    alias www/;
                    dav_methods PUT;
                }}
            }}",
            ports[0],
            folder.display()
        )
    })
}

#[tokio::test]
async fn files_are_put_and_read_back() {
    let Some(nginx) = start() else { return };
    deadline(async {
        let client = Client::new();
        let scratch = Scratch::new();
        let path = scratch.path().join("upload");
        let length = 3_000_001;
        std::fs::write(&path, pattern(length)).expect("a file");
        let bodies = [
            ("bytes", Body::from(pattern(length))),
            ("file", Body::file(&path).await.expect("the file opens")),
            ("chunked", Body::stream(pieces::stream(length, 40_009))),
            ("sized", Body::sized_stream(pieces::stream(length, 3_001), length as u64)),
        ];
        for (name, body) in bodies {
            let url = nginx.url(&format!("/deep/below/{name}"));
            let response = client.put(&url).body(body).send().await.expect("an answer");
            assert_eq!(response.status(), StatusCode::CREATED, "{name}");
            drop(response.bytes().await.expect("a body"));
            let stored = std::fs::read(nginx.folder().join("www/deep/below").join(name));
            assert!(stored.expect("it was stored") == pattern(length), "{name}");
            let response = client.get(&url).send().await.expect("an answer");
            assert!(response.is_reused(), "{name}");
            assert!(response.bytes().await.expect("a body") == pattern(length), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn methods_beyond_the_usual_ones() {
    let Some(nginx) = start() else { return };
    deadline(async {
        let client = Client::new();
        let send = |method: &str, path: &str| {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let moved = nginx.url("/folder/moved");
            let request = client.request(method, nginx.url(path)).header("destination", moved);
            async { request.send().await.expect("an answer").status() }
        };
        assert_eq!(send("MKCOL", "/folder/").await, StatusCode::CREATED);
        let put = client.put(nginx.url("/file")).body("content").send().await.expect("an answer");
        assert_eq!(put.status(), StatusCode::CREATED);
        assert_eq!(send("MOVE", "/file").await, StatusCode::NO_CONTENT);
        let stored = nginx.folder().join("www/folder/moved");
        assert_eq!(std::fs::read(&stored).expect("it was moved"), b"content");
        assert_eq!(send("DELETE", "/folder/moved").await, StatusCode::NO_CONTENT);
        assert!(!stored.exists());
        assert_eq!(send("DELETE", "/folder/moved").await, StatusCode::NOT_FOUND);
        assert_eq!(send("PATCH", "/folder/").await, StatusCode::METHOD_NOT_ALLOWED);
    })
    .await;
}

/// 64 KiB after 64 KiB without end, counted.
fn endless(asked: &Arc<AtomicU64>) -> impl Iterator<Item = Result<Bytes, Infallible>> + use<> {
    let (asked, piece) = (Arc::clone(asked), Bytes::from(vec![7; 65_536]));
    std::iter::repeat_with(move || {
        asked.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok(piece.clone())
    })
}

#[tokio::test]
async fn an_upload_that_is_too_large_is_refused_early() {
    let Some(nginx) = start() else { return };
    deadline(async {
        let client = Client::new();
        let url = nginx.url("/small/file");
        for round in 0..10 {
            let asked = Arc::new(AtomicU64::new(0));
            let body = Pieces(endless(&asked));
            let body = match round % 2 {
                0 => Body::stream(body),
                _ => Body::sized_stream(body, 1 << 40),
            };
            let response = client.put(&url).body(body).send().await.expect("the 413");
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "round {round}");
            let text = response.text().await.expect("its page");
            assert!(text.contains("413 Request Entity Too Large"), "{text}");
            let asked = asked.load(Ordering::Relaxed);
            assert!(asked < 64 << 20, "{asked} bytes were asked for");
        }
        let small = client.put(&url).body(vec![7; 1024]).send().await.expect("an answer");
        assert_eq!(small.status(), StatusCode::CREATED);
        let large = client.put(&url).body(vec![7; 1025]).send().await.expect("an answer");
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    })
    .await;
}

#[tokio::test]
async fn an_upload_announced_politely_is_refused_before_it_begins() {
    let Some(nginx) = start() else { return };
    deadline(async {
        let client = Client::builder().expect_timeout(support::PATIENCE).build().expect("a client");
        let asked = Arc::new(AtomicU64::new(0));
        let body = || Body::sized_stream(Pieces(endless(&asked)), 65_536);
        let put = |path: &str| client.put(nginx.url(path)).expect_continue();
        let response = put("/small/file").body(body()).send().await.expect("the 413");
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        let one = Body::sized_stream(Pieces(endless(&asked).take(1)), 65_536);
        let response = put("/file").body(one).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::CREATED);
        let stored = std::fs::metadata(nginx.folder().join("www/file")).expect("it was stored");
        assert_eq!(stored.len(), 65_536);
    })
    .await;
}
