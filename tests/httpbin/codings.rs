//! Content codings: what is asked for, what comes, and what it is decoded to.

use serde_json::json;
use wireline::{Coding, Codings};

use crate::httpbin_server::{Httpbin, has, sent, told};
use crate::support::deadline;

/// Path, the field of the answer that says so, the coding, and how the coded bytes begin.
const CODED: &[(&str, &str, Coding, &[u8])] = &[
    ("/gzip", "gzipped", Coding::Gzip, b"\x1f\x8b"),
    ("/deflate", "deflated", Coding::Deflate, b"\x78"),
    ("/brotli", "brotli", Coding::Brotli, b""),
];

#[tokio::test]
async fn coded_content_is_decoded_on_request() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().decompress(Codings::all()).build().expect("a client");
    deadline(async {
        for (path, says, coding, _) in CODED {
            let response = sent(client.get(path)).await;
            assert_eq!(response.status(), 200);
            let value: serde_json::Value = response.json().await.expect("JSON");
            has(&value, &[(&format!("/{says}"), json!(true)), ("/method", json!("GET"))]);
            let asked = value["headers"]["Accept-Encoding"].as_str().expect("a field");
            assert!(asked.split(", ").any(|asked| asked == coding.name()), "{asked}");
            // One coding alone does as well.
            let only = client.get(path).decompress(*coding);
            let value = told(only, 200).await;
            has(&value, &[("/headers/Accept-Encoding", json!(coding.name()))]);
        }
        // What is not coded is left alone.
        has(&told(client.get("/get"), 200).await, &[("/url", json!(httpbin.url("/get")))]);
    })
    .await;
}

#[tokio::test]
async fn coded_content_is_handed_out_as_it_is_otherwise() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (path, says, coding, begin) in CODED {
            let response = sent(client.get(path)).await;
            let field = response.fields().get_str("content-encoding").map(str::to_owned);
            let wanted = if *coding == Coding::Brotli { "br" } else { &path[1..] };
            assert_eq!(field.as_deref(), Some(wanted), "{path}");
            let bytes = response.bytes().await.expect("a body");
            assert!(bytes.starts_with(begin), "{path}: {bytes:?}");
            assert!(!String::from_utf8_lossy(&bytes).contains(says), "{path}: in clear");
        }
        has(&told(client.get("/headers"), 200).await, &[("/headers/Accept-Encoding", json!(null))]);
    })
    .await;
}
