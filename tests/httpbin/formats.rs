//! Documents of many kinds, as they are.

use serde_json::{Value, json};

use crate::httpbin_server::{Httpbin, has, sent, told};
use crate::support::deadline;

/// Path, content type, and something that stands in it.
const DOCUMENTS: &[(&str, &str, &str)] = &[
    ("/html", "text/html; charset=utf-8", "Herman Melville"),
    ("/xml", "application/xml", "<slideshow"),
    ("/json", "application/json", "WonderWidgets"),
    ("/robots.txt", "text/plain", "Disallow: /deny"),
    ("/deny", "text/plain", "YOU SHOULDN'T BE HERE"),
    ("/encoding/utf8", "text/html; charset=utf-8", "∮ E⋅da = Q"),
    ("/encoding/utf8", "text/html; charset=utf-8", "コンニチハ"),
    ("/forms/post", "text/html; charset=utf-8", "<form method=\"post\" action=\"/post\">"),
    ("/base64/d2lyZWxpbmU=", "text/html; charset=utf-8", "wireline"),
    ("/links/3/1", "text/html; charset=utf-8", "<a href='/links/3/2'>2</a>"),
    ("/links/2", "text/html; charset=utf-8", "<a href='/links/2/1'>1</a>"),
    ("/", "text/html; charset=utf-8", "httpbin"),
];

#[tokio::test]
async fn documents_are_read_as_text() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (path, kind, part) in DOCUMENTS {
            let response = sent(client.get(path)).await;
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(response.fields().get_str("content-type"), Some(*kind), "{path}");
            let text = response.text().await.expect("text");
            assert!(text.contains(part), "{path}: {text}");
        }
    })
    .await;
}

/// `Accept`, the type that comes, and the first bytes of such a file.
const IMAGES: &[(&str, &str, &[u8])] = &[
    ("image/png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/*", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", "image/jpeg", b"\xff\xd8\xff"),
    ("image/webp", "image/webp", b"RIFF"),
    ("image/svg+xml", "image/svg+xml", b"<svg"),
];

#[tokio::test]
async fn images_are_chosen_by_accept() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (accept, kind, magic) in IMAGES {
            let chosen = sent(client.get("/image").header("accept", accept)).await;
            assert_eq!(chosen.fields().get_str("content-type"), Some(*kind), "{accept}");
            let chosen = chosen.bytes().await.expect("an image");
            assert!(chosen.starts_with(magic), "{accept}: {:?}", &chosen[..magic.len()]);
            let named = kind.trim_end_matches("+xml");
            let named = sent(client.get(format!("/{named}"))).await.bytes().await;
            assert!(named.expect("an image") == chosen, "{accept}");
        }
        let refused = told(client.get("/image").header("accept", "text/html"), 406).await;
        has(&refused, &[("/accept/0", json!("image/webp"))]);
    })
    .await;
}

#[tokio::test]
async fn every_uuid_is_another() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let value = told(client.get("/uuid"), 200).await;
            let uuid = value["uuid"].as_str().expect("a string").to_owned();
            let hyphens: Vec<_> = uuid.match_indices('-').map(|(at, _)| at).collect();
            assert!(uuid.len() == 36 && hyphens == [8, 13, 18, 23], "{uuid}");
            seen.insert(uuid);
        }
        assert_eq!(seen.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn json_that_is_none_tells_where() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let value: Value = sent(client.get("/json")).await.json().await.expect("JSON");
        has(&value, &[("/slideshow/slides/1/title", json!("Overview"))]);
        let html = sent(client.get("/redirect-to?url=/html")).await;
        let error = html.json::<Value>().await.expect_err("HTML");
        assert!(error.is_decode() && error.history().len() == 1, "{error}");
        assert!(error.to_string().contains("line 1 column 1"), "{error}");
    })
    .await;
}
