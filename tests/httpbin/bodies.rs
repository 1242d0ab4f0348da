//! Content on its way out: text, bytes, JSON, streams, forms, and what httpbin makes of them.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wireline::Body;

use crate::httpbin_server::{Httpbin, has, told};
use crate::support::{Scratch, deadline};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Creature {
    name: String,
    height: f64,
    tags: Vec<String>,
}

#[tokio::test]
async fn json_goes_out_and_comes_back() {
    #[derive(Deserialize)]
    struct Echo {
        json: Creature,
    }
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let creature =
            Creature { name: "Ü \"quoted\"".into(), height: 0.7, tags: vec!["grass".into()] };
        for path in ["/post", "/put", "/patch", "/anything"] {
            let method = path[1..].to_uppercase().replace("ANYTHING", "POST");
            let method = method.parse().expect("a method");
            let request = client.request(method, path).json(&creature);
            let response = request.send().await.expect("an answer");
            let echo: Echo = response.json().await.expect("JSON of that shape");
            assert_eq!(echo.json, creature, "{path}");
        }
        let value = told(client.post("/post").json(&[1, 2]), 200).await;
        has(&value, &[("/headers/Content-Type", json!("application/json"))]);
        has(&value, &[("/json", json!([1, 2])), ("/data", json!("[1,2]"))]);
        let own = client.post("/post").header("content-type", "application/problem+json");
        let value = told(own.json(&json!({})), 200).await;
        has(&value, &[("/headers/Content-Type", json!("application/problem+json"))]);
    })
    .await;
}

#[tokio::test]
async fn bytes_and_text_arrive_untouched() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let value = told(client.post("/post").body("Grüße\r\n"), 200).await;
        has(&value, &[("/data", json!("Grüße\r\n")), ("/headers/Content-Length", json!("9"))]);
        // What is no UTF-8 comes back as a data URL.
        let value = told(client.post("/post").body(&b"\xff\x00\xfe"[..]), 200).await;
        has(&value, &[("/data", json!("data:application/octet-stream;base64,/wD+"))]);
        let large = "0123456789".repeat(100_000);
        let value = told(client.put("/put").body(large.clone()), 200).await;
        assert!(value["data"] == *large, "a megabyte came back changed");
    })
    .await;
}

/// Pieces that come one at a time.
struct Pieces(std::vec::IntoIter<&'static str>);

impl futures_core::Stream for Pieces {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))))
    }
}

#[tokio::test]
async fn streams_are_chunked_unless_their_length_is_known() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    let pieces = || Pieces(vec!["one ", "two ", "three"].into_iter());
    deadline(async {
        let value = told(client.post("/post").body(Body::stream(pieces())), 200).await;
        has(
            &value,
            &[
                ("/data", json!("one two three")),
                ("/headers/Transfer-Encoding", json!("chunked")),
                ("/headers/Content-Length", json!(null)),
            ],
        );
        let sized = Body::sized_stream(pieces(), 13);
        let value = told(client.post("/post").body(sized), 200).await;
        has(
            &value,
            &[
                ("/data", json!("one two three")),
                ("/headers/Transfer-Encoding", json!(null)),
                ("/headers/Content-Length", json!("13")),
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_file_is_sent_with_its_length() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    let scratch = Scratch::new();
    let path = scratch.path().join("a file");
    std::fs::write(&path, "what the file holds").expect("a file");
    deadline(async {
        let body = Body::file(&path).await.expect("a file");
        let value = told(client.put("/put").body(body), 200).await;
        has(&value, &[("/data", json!("what the file holds"))]);
        has(&value, &[("/headers/Content-Length", json!("19"))]);
    })
    .await;
}

#[tokio::test]
async fn content_waits_for_100_continue() {
    let Some(httpbin) = Httpbin::start() else { return };
    // The agreement comes, so nothing waits until this.
    let client = httpbin.builder().expect_timeout(Duration::from_secs(60));
    let client = client.build().expect("a client");
    deadline(async {
        let interim = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&interim);
        let request = client.post("/post").body("late").expect_continue();
        let request = request.on_interim(move |head| {
            seen.lock().expect("no panic").push(head.status.as_u16());
        });
        let value = told(request, 200).await;
        has(&value, &[("/data", json!("late")), ("/headers/Expect", json!("100-continue"))]);
        assert_eq!(*interim.lock().expect("no panic"), [100]);
    })
    .await;
}
