//! Content that comes in pieces, late, slowly, or in one go.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use wireline::Clock;

use crate::httpbin_server::{Httpbin, sent, told};
use crate::support::deadline;

#[tokio::test]
async fn a_stream_of_json_lines_is_read_as_it_comes() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for count in [1_u64, 7, 100] {
            let mut response = sent(client.get(format!("/stream/{count}?n=1"))).await;
            assert_eq!(response.fields().get_str("transfer-encoding"), Some("chunked"));
            let mut text = Vec::new();
            while let Some(piece) = response.chunk().await.expect("a piece") {
                text.extend_from_slice(&piece);
            }
            let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
            let parsed = lines.map(serde_json::from_slice::<serde_json::Value>);
            let numbers: Vec<_> = parsed.map(|line| line.expect("JSON")["id"].as_u64()).collect();
            assert_eq!(numbers, (0..count).map(Some).collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test]
async fn bytes_are_the_same_in_one_go_and_in_pieces() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for size in [0, 1, 1_000, 65_536, 102_400] {
            let whole = sent(client.get(format!("/bytes/{size}?seed=7"))).await;
            assert_eq!(whole.content_length(), Some(size));
            let whole = whole.bytes().await.expect("a body");
            assert_eq!(whole.len() as u64, size);
            for chunk in [1_usize, 100, 50_000] {
                // One byte at a time is tried on a small one.
                if chunk == 1 && size > 1_000 {
                    continue;
                }
                let path = format!("/stream-bytes/{size}?seed=7&chunk_size={chunk}");
                let mut body = sent(client.get(path)).await.into_body();
                let mut pieces = Vec::new();
                body.read_to_end(&mut pieces).await.expect("a body");
                assert!(pieces == whole, "{size} bytes in pieces of {chunk} are others");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_dripping_body_is_read_to_its_end() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let drip = "/drip?duration=0.3&numbytes=6&delay=0.1";
        let mut response = sent(client.get(drip)).await;
        assert_eq!(response.content_length(), Some(6));
        let (mut pieces, mut bytes) = (0, Vec::new());
        while let Some(piece) = response.chunk().await.expect("a piece") {
            pieces += 1;
            bytes.extend_from_slice(&piece);
        }
        assert!(bytes == b"******" && pieces > 1, "{pieces} pieces: {bytes:?}");
        let teapot = sent(client.get("/drip?duration=0&numbytes=3&code=418")).await;
        assert_eq!(teapot.status(), 418);
        assert_eq!(teapot.bytes().await.expect("a body"), "***");
        let none = sent(client.get("/drip?numbytes=0")).await;
        assert_eq!(none.status(), 400);
    })
    .await;
}

#[tokio::test]
async fn a_delay_is_waited_for_or_not() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let begun = Instant::now();
        let value = told(client.post("/delay/0.2").body("slow"), 200).await;
        assert_eq!(value["data"], json!("slow"));
        assert!(begun.elapsed() >= Duration::from_millis(200));

        // Far longer than the client's patience, and short enough not to hold a thread of the server for long.
        let short = Duration::from_millis(100);
        let error = client.get("/delay/1").timeout(short).send().await.expect_err("too slow");
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.clock(), Some(Clock::Total));
        let error = client.get("/delay/1").read_timeout(short).send().await;
        let error = error.expect_err("silent for too long");
        assert_eq!(error.clock(), Some(Clock::Read), "{error}");
        assert!(error.url().is_some_and(|url| url.to_string() == httpbin.url("/delay/1")));
    })
    .await;
}

#[tokio::test]
async fn the_read_clock_starts_anew_with_every_byte_and_the_total_one_does_not() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        // 30 bytes, 50 ms between two of them, 1.5 s in all.
        let drip = "/drip?duration=1.5&numbytes=30";
        let second = Duration::from_secs(1);
        let patient = client.get(drip).read_timeout(second);
        assert_eq!(sent(patient).await.bytes().await.expect("all of it").len(), 30);
        let error = match client.get(drip).timeout(second).send().await {
            Ok(response) => response.bytes().await.expect_err("cut in the middle"),
            Err(error) => error,
        };
        assert_eq!(error.clock(), Some(Clock::Total), "{error}");
    })
    .await;
}

#[tokio::test]
async fn fifty_at_once_share_the_connections_they_are_given() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().max_connections(6).build().expect("a client");
    deadline(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..50 {
            let request = client.get(format!("/anything/{number}"));
            tasks.spawn(async move {
                let response = sent(request).await;
                let reused = response.is_reused();
                let value: serde_json::Value = response.json().await.expect("JSON");
                (number, value["url"].as_str().expect("a URL").to_owned(), reused)
            });
        }
        let answers = tasks.join_all().await;
        for (number, url, _) in &answers {
            assert_eq!(*url, httpbin.url(&format!("/anything/{number}")));
        }
        let fresh = answers.iter().filter(|(_, _, reused)| !reused).count();
        assert!(answers.len() == 50 && fresh <= 6, "{fresh} connections were made");
    })
    .await;
}
