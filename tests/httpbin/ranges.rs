//! Ranges (RFC 9110 §14): parts of a document, ranges that are none, and a download taken up again.

use crate::httpbin_server::{Httpbin, sent};
use crate::support::deadline;

/// What `/range/26` holds.
const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";

/// `Range`, the status, `Content-Range`, the content.
const RANGES: &[(&str, u16, &str, &str)] = &[
    ("", 200, "bytes 0-25/26", ALPHABET),
    ("bytes=0-", 200, "bytes 0-25/26", ALPHABET),
    ("bytes=0-0", 206, "bytes 0-0/26", "a"),
    ("bytes=2-5", 206, "bytes 2-5/26", "cdef"),
    ("bytes=20-", 206, "bytes 20-25/26", "uvwxyz"),
    ("bytes=-3", 206, "bytes 23-25/26", "xyz"),
    ("bytes=30-40", 416, "bytes */26", ""),
    ("bytes=5-30", 416, "bytes */26", ""),
];

#[tokio::test]
async fn parts_of_a_document() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (range, status, content_range, content) in RANGES {
            let mut request = client.get("/range/26");
            if !range.is_empty() {
                request = request.header("range", range);
            }
            let response = sent(request).await;
            assert_eq!(response.status(), *status, "{range}");
            assert_eq!(response.fields().get_str("content-range"), Some(*content_range), "{range}");
            assert_eq!(response.fields().get_str("accept-ranges"), Some("bytes"), "{range}");
            assert_eq!(response.fields().get_str("etag"), Some("range26"), "{range}");
            assert_eq!(response.content_length(), Some(content.len() as u64), "{range}");
            assert_eq!(response.text().await.expect("a body"), *content, "{range}");
        }
        assert_eq!(sent(client.get("/range/102401")).await.status(), 404);
    })
    .await;
}

#[tokio::test]
async fn the_parts_make_up_the_whole() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let whole = sent(client.get("/range/10000?chunk_size=999")).await;
        let whole = whole.bytes().await.expect("a body");
        let mut parts = Vec::new();
        while parts.len() < whole.len() {
            let range = format!("bytes={}-{}", parts.len(), (parts.len() + 2_999).min(9_999));
            let part = sent(client.get("/range/10000").header("range", range)).await;
            assert_eq!(part.status(), 206);
            parts.extend_from_slice(&part.bytes().await.expect("a part"));
        }
        assert!(parts == whole);
    })
    .await;
}
