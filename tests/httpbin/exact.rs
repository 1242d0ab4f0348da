//! Requests to the byte: what is foretold of a head, what is left out of it, and what a signer adds to it.

use serde_json::json;
use wireline::Fields;
use wireline::client::Draft;

use crate::httpbin_server::{Httpbin, has, told};
use crate::support::deadline;

#[tokio::test]
async fn the_preview_is_what_arrives() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().header("x-default", "d").build().expect("a client");
    deadline(async {
        let request = client.post("/post?a=1").header("X-CaSe", "kept").json(&json!({"b": 2}));
        let preview = String::from_utf8(request.wire_preview().expect("a head")).expect("ASCII");
        let mut lines = preview.strip_suffix("\r\n\r\n").expect("the empty line").split("\r\n");
        assert_eq!(lines.next(), Some("POST /post?a=1 HTTP/1.1"));
        let value = told(request, 200).await;
        let mut foretold = serde_json::Map::new();
        for line in lines {
            let (name, value) = line.split_once(": ").expect("a field");
            // The gateway interface capitalises names.
            let words = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
            let name = words.map(|word| word[..1].to_owned() + &word[1..].to_lowercase());
            foretold.insert(name.collect::<Vec<_>>().join("-"), json!(value));
        }
        assert_eq!(value["headers"], json!(foretold));
        assert!(preview.contains("\r\nX-CaSe: kept\r\n"), "{preview}");
    })
    .await;
}

#[tokio::test]
async fn automatic_lines_can_be_left_out() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().header("x-default", "d").build().expect("a client");
    deadline(async {
        let bare = client.get("/headers").without("user-agent").without("accept");
        let value = told(bare.without("x-default"), 200).await;
        assert_eq!(value["headers"], json!({"Host": httpbin.url("")[7..]}));
        let value = told(client.post("/post").without("content-length"), 200).await;
        has(&value, &[("/headers/Content-Length", json!(null)), ("/data", json!(""))]);
        let host = format!("localhost{}", &httpbin.url("")[16..]);
        let own = client.get("/get").verbatim().header("Host", &host).header("X-Only", "this");
        let value = told(own, 200).await;
        assert_eq!(value["headers"], json!({"Host": host, "X-Only": "this"}));
        has(&value, &[("/url", json!(format!("http://{host}/get")))]);
    })
    .await;
}

#[tokio::test]
async fn a_request_target_is_sent_as_it_is() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let request = client.get("/ignored").request_target("/anything/%7Ea/../b?c=%2f");
        let value = told(request, 200).await;
        has(&value, &[("/args", json!({"c": "/"}))]);
        assert!(value["url"].as_str().expect("a URL").contains("/anything/~a/../b"), "{value:#}");
        // "a client MUST send the target URI in absolute-form" to proxies, "a server MUST accept" it (RFC 9112 §3.2.2).
        let absolute = httpbin.url("/anything/absolute");
        let value = told(client.get("/").request_target(&absolute), 200).await;
        has(&value, &[("/url", json!(absolute))]);
    })
    .await;
}

#[tokio::test]
async fn a_signature_covers_what_is_sent_and_is_made_anew_for_every_hop() {
    let Some(httpbin) = Httpbin::start() else { return };
    let sign = |draft: &Draft<'_>| {
        let mut fields = Fields::new();
        let target = String::from_utf8_lossy(draft.target);
        let body = draft.body.map_or(0, |body| body.len());
        fields.append("x-signed", format!("{} {target} {body}", draft.method))?;
        Ok(fields)
    };
    let client = httpbin.builder().sign(sign).build().expect("a client");
    deadline(async {
        let value = told(client.put("/put?a=b").body("12345"), 200).await;
        has(&value, &[("/headers/X-Signed", json!("PUT /put?a=b 5"))]);
        let value =
            told(client.post("/redirect-to?url=/get&status_code=303").body("123"), 200).await;
        has(&value, &[("/headers/X-Signed", json!("GET /get 0"))]);
    })
    .await;
}
