//! Validators (RFC 9110 §13) and response fields as they were ordered.

use serde_json::json;

use crate::httpbin_server::{Httpbin, has, sent, told};
use crate::support::deadline;

/// Path, a field, and the status that comes of it.
const CONDITIONS: &[(&str, (&str, &str), u16)] = &[
    ("/etag/v1", ("if-none-match", "\"v1\""), 304),
    ("/etag/v1", ("if-none-match", "W/\"v1\", \"v0\""), 304),
    ("/etag/v1", ("if-none-match", "*"), 304),
    ("/etag/v1", ("if-none-match", "\"v2\""), 200),
    ("/etag/v1", ("if-match", "\"v1\""), 200),
    ("/etag/v1", ("if-match", "*"), 200),
    ("/etag/v1", ("if-match", "\"v2\""), 412),
    ("/cache", ("x-nothing", "at all"), 200),
    ("/cache", ("if-none-match", "\"any\""), 304),
    ("/cache", ("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"), 304),
];

#[tokio::test]
async fn conditions_decide_the_status() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (path, (name, value), status) in CONDITIONS {
            let response = sent(client.get(path).header(name, value)).await;
            assert_eq!(response.status(), *status, "{path} {name}: {value}");
            match *status {
                200 => {
                    let echo: serde_json::Value = response.json().await.expect("JSON");
                    has(&echo, &[("/url", json!(httpbin.url(path)))]);
                }
                304 => assert_eq!(response.bytes().await.expect("nothing"), ""),
                _ => {}
            }
        }
        // 304 has no content whatever it announces, so the connection is clean behind it.
        assert!(sent(client.get("/get")).await.is_reused());
    })
    .await;
}

#[tokio::test]
async fn a_validator_answers_its_own_question() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let first = sent(client.get("/cache")).await;
        let modified = first.fields().get_str("last-modified").expect("a date").to_owned();
        assert!(first.fields().contains("etag") && modified.ends_with("GMT"), "{first:?}");
        let second = sent(client.get("/cache").header("if-modified-since", modified)).await;
        assert_eq!(second.status(), 304);
        let aged = sent(client.get("/cache/60")).await;
        assert_eq!(aged.fields().get_str("cache-control"), Some("public, max-age=60"));
    })
    .await;
}

#[tokio::test]
async fn response_fields_arrive_in_order_and_number() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let query = &[("X-One", "1"), ("X-Two", "a"), ("X-Two", "b"), ("x-empty", "")];
        for request in [client.get("/response-headers"), client.post("/response-headers")] {
            let response = sent(request.query(query)).await;
            let fields = response.fields();
            assert_eq!(fields.get_str("x-one"), Some("1"));
            let both: Vec<_> = fields.get_all("x-two").collect();
            assert_eq!(both, [b"a", b"b"]);
            assert_eq!(fields.get("x-empty"), Some(&b""[..]));
            let names: Vec<_> = fields.iter().map(|field| field.name).collect();
            assert!(names.windows(2).any(|pair| pair == ["X-Two", "X-Two"]), "{names:?}");
            let value: serde_json::Value = response.json().await.expect("JSON");
            has(&value, &[("/X-Two", json!(["a", "b"]))]);
        }
        let plain = client.get("/response-headers?Content-Type=text/plain;%20charset=utf-8");
        let value = told(plain, 200).await;
        has(&value, &[("/Content-Type/1", json!("text/plain; charset=utf-8"))]);
    })
    .await;
}
