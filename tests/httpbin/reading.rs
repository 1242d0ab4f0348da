//! Responses read in other ways: as a stream, into a file, by their links and names.

use std::sync::{Arc, Mutex};

use crate::httpbin_server::{Httpbin, sent};
use crate::support::{Scratch, deadline};

#[tokio::test]
async fn links_lead_to_the_next_page() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let value =
            "</get?page=2>; rel=\"next\", <https://example.com/last>; rel=last; title=\"End\"";
        let response = sent(client.get("/response-headers").query(&[("Link", value)])).await;
        let links = response.links();
        assert_eq!(links.len(), 2);
        assert_eq!(
            (links[1].target(), links[1].title()),
            ("https://example.com/last", Some("End"))
        );
        let next = response.link("next").expect("a next page").to_string();
        assert_eq!(next, httpbin.url("/get?page=2"));
        let page: serde_json::Value = sent(client.get(next)).await.json().await.expect("JSON");
        assert_eq!(page["args"]["page"], "2");
    })
    .await;
}

#[tokio::test]
async fn an_attachment_has_a_name() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let value = "attachment; filename=\"x.txt\"; filename*=UTF-8''%e2%82%ac%20rates.txt";
        let query = &[("Content-Disposition", value)];
        let response = sent(client.get("/response-headers").query(query)).await;
        let disposition = response.content_disposition().expect("one");
        assert!(disposition.is_attachment());
        assert_eq!(disposition.file_name().as_deref(), Some("€ rates.txt"));
        assert!(sent(client.get("/get")).await.content_disposition().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_body_is_passed_on_as_a_stream() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let whole = sent(client.get("/range/30000")).await.text().await.expect("letters");
        let source = sent(client.get("/range/30000?chunk_size=1000")).await;
        let body = wireline::Body::stream(source.into_stream());
        let value: serde_json::Value =
            sent(client.post("/post").body(body)).await.json().await.expect("JSON");
        assert!(value["data"] == *whole, "30 000 letters came back changed");
        assert_eq!(value["headers"]["Transfer-Encoding"], "chunked");
    })
    .await;
}

#[tokio::test]
async fn a_download_tells_how_far_it_is_and_is_there_when_it_is_whole() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    let scratch = Scratch::new();
    let path = scratch.path().join("letters");
    deadline(async {
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let download = client.get("/range/50000?chunk_size=5000").download(&path);
        let download = download.on_progress(move |received, total| {
            listener.lock().expect("no panic").push((received, total));
        });
        let saved = download.send().await.expect("a file");
        assert_eq!((saved.length, saved.resumptions), (50_000, 0));
        let letters = std::fs::read(&path).expect("the file");
        assert!(letters.len() == 50_000 && letters.starts_with(b"abcdef"));
        let told = told.lock().expect("no panic").clone();
        assert_eq!(told.last(), Some(&(50_000, Some(50_000))));
        assert!(told.is_sorted());
        let error = client.get("/status/404").download(scratch.path().join("none")).send().await;
        assert!(error.expect_err("404").is_status());
        assert!(!scratch.path().join("none").exists());
    })
    .await;
}
