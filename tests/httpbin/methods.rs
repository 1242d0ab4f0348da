//! Methods, fields and queries: what httpbin says it was asked.

use serde_json::json;
use wireline::Method;

use crate::httpbin_server::{Httpbin, has, sent, told};
use crate::support::deadline;

/// Method, path, and whether the request carries content.
const ECHOES: &[(Method, &str, bool)] = &[
    (Method::GET, "/get", false),
    (Method::POST, "/post", true),
    (Method::PUT, "/put", true),
    (Method::PATCH, "/patch", true),
    (Method::DELETE, "/delete", false),
    (Method::DELETE, "/delete", true),
    (Method::GET, "/anything/a/b", false),
    (Method::GET, "/anything/a/b", true),
    (Method::POST, "/anything/a/b", true),
    (Method::PUT, "/anything/a/b", true),
    (Method::PATCH, "/anything/a/b", true),
    (Method::DELETE, "/anything/a/b", true),
    (Method::TRACE, "/anything/a/b", false),
];

#[tokio::test]
async fn every_method_arrives_with_its_content() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (method, path, content) in ECHOES {
            let mut request = client.request(method.clone(), path).query(&[("q", "1")]);
            if *content {
                request = request.header("content-type", "text/x-test").body("the content");
            }
            let value = told(request, 200).await;
            let url = httpbin.url(path) + "?q=1";
            has(&value, &[("/url", json!(url)), ("/args", json!({"q": "1"}))]);
            has(&value, &[("/origin", json!("127.0.0.1"))]);
            if *method != Method::GET || path.starts_with("/anything") {
                has(&value, &[("/data", json!(if *content { "the content" } else { "" }))]);
            }
            if path.starts_with("/anything") {
                has(&value, &[("/method", json!(method.as_str()))]);
            }
            let length = content.then_some("11");
            let none_due = matches!(*method, Method::GET | Method::TRACE | Method::DELETE);
            // "a user agent SHOULD send Content-Length when ... the method defines a meaning for enclosed content, even
            // if the value is 0 (indicating empty content)" (RFC 9110 §8.6); for the others, none.
            let wanted = length.or(if none_due { None } else { Some("0") });
            has(&value, &[("/headers/Content-Length", json!(wanted))]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_without_content_says_so() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for method in [Method::POST, Method::PUT, Method::PATCH] {
            let path = format!("/{}", method.as_str().to_lowercase());
            let value = told(client.request(method, path), 200).await;
            has(&value, &[("/data", json!("")), ("/headers/Content-Length", json!("0"))]);
        }
    })
    .await;
}

#[tokio::test]
async fn head_has_the_fields_of_get_and_no_body() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for path in ["/get", "/html", "/image/png", "/bytes/100"] {
            let get = sent(client.get(path)).await;
            let announced = get.fields().get_str("content-length").map(str::to_owned);
            get.bytes().await.expect("a body");
            let head = sent(client.head(path)).await;
            assert_eq!(head.status(), 200, "{path}");
            assert_eq!(head.fields().get_str("content-length"), announced.as_deref(), "{path}");
            assert_eq!(head.content_length(), Some(0), "{path}: no body to come");
            assert_eq!(head.bytes().await.expect("an empty body"), "", "{path}");
        }
        // Nothing of a body was left on the one connection.
        assert!(sent(client.get("/get")).await.is_reused());
    })
    .await;
}

#[tokio::test]
async fn options_lists_the_methods() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (path, wanted) in [("/get", "GET"), ("/post", "POST"), ("/anything", "PATCH")] {
            let response = sent(client.options(path)).await;
            assert_eq!(response.status(), 200, "{path}");
            assert!(response.fields().has_token("allow", wanted), "{path}: {response:?}");
            assert!(response.fields().has_token("allow", "OPTIONS"), "{path}: {response:?}");
            assert!(response.fields().has_token("access-control-allow-methods", "PATCH"));
        }
        let wrong = sent(client.put("/get")).await;
        assert_eq!(wrong.status(), 405);
        assert!(wrong.fields().has_token("allow", "GET"), "{wrong:?}");
    })
    .await;
}

#[tokio::test]
async fn fields_arrive_as_given() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().header("x-default", "d").header("x-both", "client");
    let client = client.build().expect("a client");
    deadline(async {
        // The gateway interface below httpbin joins lines of one name with commas and changes the case of names.
        let request = client.get("/headers").header("x-list", "a").header("X-List", "b, c");
        let value = told(request.header("x-both", "request").header("x-empty", ""), 200).await;
        has(
            &value,
            &[
                ("/headers/X-List", json!("a,b, c")),
                ("/headers/X-Default", json!("d")),
                ("/headers/X-Both", json!("request")),
                ("/headers/X-Empty", json!("")),
                ("/headers/Accept", json!("*/*")),
                ("/headers/Host", json!(httpbin.url("")[7..])),
                ("/headers/User-Agent", json!(concat!("wireline/", env!("CARGO_PKG_VERSION")))),
            ],
        );
        // Bytes beyond ASCII are legal in a value; the gateway shows them as Latin-1.
        let value = told(client.get("/headers").header("x-bytes", "caf\u{e9}"), 200).await;
        has(&value, &[("/headers/X-Bytes", json!("caf\u{c3}\u{a9}"))]);
    })
    .await;
}

#[tokio::test]
async fn the_agent_and_the_address_are_known() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let own = client.get("/user-agent").header("user-agent", "curl/8");
        assert_eq!(told(own, 200).await, json!({"user-agent": "curl/8"}));
        assert_eq!(told(client.get("/ip"), 200).await, json!({"origin": "127.0.0.1"}));
    })
    .await;
}

type Pairs = &'static [(&'static str, &'static str)];

/// What is typed, what is added, what arrives.
const QUERIES: &[(&str, Pairs, &str)] = &[
    ("/get", &[], r#"{}"#),
    ("/get?", &[("a", "1")], r#"{"a": "1"}"#),
    ("/get?a=1&a=2", &[("a", "3")], r#"{"a": ["1", "2", "3"]}"#),
    ("/get?a=1#fragment", &[("b", "2")], r#"{"a": "1", "b": "2"}"#),
    ("/get", &[("a b", "c+d&e=f#g%h/?")], r#"{"a b": "c+d&e=f#g%h/?"}"#),
    ("/get", &[("é", "日本"), ("e", "")], r#"{"é": "日本", "e": ""}"#),
    ("/get?typed=two words&é", &[], r#"{"typed": "two words", "é": ""}"#),
    ("/get?kept=%2f%2F%C3%a9", &[], r#"{"kept": "//é"}"#),
];

#[tokio::test]
async fn queries_arrive_as_meant() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (typed, added, arrives) in QUERIES {
            let value = told(client.get(typed).query(added), 200).await;
            let wanted: serde_json::Value = serde_json::from_str(arrives).expect("JSON");
            assert_eq!(value["args"], wanted, "{typed} {added:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn http_1_0_gets_an_answer_and_no_second_one() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let old = sent(client.get("/get").version(wireline::Version::HTTP_10)).await;
        assert_eq!(old.status(), 200);
        old.bytes().await.expect("a body");
        assert!(!sent(client.get("/get")).await.is_reused());
    })
    .await;
}
