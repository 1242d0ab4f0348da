//! Status codes of every class, and when they are errors.

use serde_json::json;
use wireline::{Method, StatusCode};

use crate::httpbin_server::{Httpbin, sent, told};
use crate::support::deadline;

/// Every class that ends an exchange; 1xx does not.
const CODES: &[u16] = &[
    200, 201, 202, 203, 204, 206, 207, 299, 300, 304, 305, 400, 401, 402, 403, 404, 405, 406, 407,
    408, 409, 410, 411, 412, 413, 418, 422, 425, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504,
    505, 511, 599,
];

#[tokio::test]
async fn statuses_of_every_class_are_answers() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for &code in CODES {
            let response = sent(client.get(format!("/status/{code}"))).await;
            assert_eq!(response.status(), code);
            let failed = response.error_for_status();
            assert_eq!(failed.is_err(), code >= 400, "{code}");
            if let Err(error) = failed {
                assert!(error.is_status() && error.status() == StatusCode::from_u16(code).ok());
                let response = error.into_response().expect("the response is kept");
                response.bytes().await.expect("a body");
            }
        }
        // Bodies of all kinds, and none, and one connection for all of them.
        assert!(sent(client.get("/get")).await.is_reused());
    })
    .await;
}

#[tokio::test]
async fn statuses_answer_every_method() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];
        for method in methods.into_iter().chain([Method::TRACE, Method::HEAD]) {
            for code in [200, 204, 404, 503] {
                let response =
                    sent(client.request(method.clone(), format!("/status/{code}"))).await;
                assert_eq!(response.status(), code, "{method}");
                assert_eq!(response.bytes().await.expect("a body"), "", "{method} {code}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_comes_with_a_status_is_there_to_read() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let teapot = sent(client.get("/status/418")).await;
        assert_eq!(teapot.head().reason.as_bytes(), b"I'M A TEAPOT");
        assert!(teapot.fields().contains("x-more-info"));
        assert!(teapot.text().await.expect("a picture").contains("teapot"));

        let picky = told(client.get("/status/406"), 406).await;
        assert_eq!(picky["accept"][4], "image/*");

        let closed = sent(client.get("/status/401")).await;
        assert_eq!(closed.fields().get_str("www-authenticate"), Some("Basic realm=\"Fake Realm\""));

        let lost = sent(client.get("/there/is/no/such/page")).await;
        assert_eq!(lost.status(), 404);
        let error = lost.error_for_status().expect_err("404");
        let url = httpbin.url("/there/is/no/such/page");
        assert!(error.to_string().contains(&url), "{error}");

        assert_eq!(sent(client.get("/status/nonsense")).await.status(), 400);
    })
    .await;
}

#[tokio::test]
async fn a_failing_application_is_a_500() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        // httpbin asserts that n is above 0.
        let response = sent(client.get("/redirect/0")).await;
        assert_eq!(response.status(), 500);
        assert!(response.text().await.expect("a page").contains("Internal Server Error"));
        assert_eq!(told(client.get("/get?after=1"), 200).await["args"], json!({"after": "1"}));
    })
    .await;
}

#[tokio::test]
async fn a_client_may_raise_for_every_status() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().raise_for_status(true).build().expect("a client");
    deadline(async {
        for code in [400, 404, 418, 500, 503] {
            let error = client.get(format!("/status/{code}")).send().await.expect_err("an error");
            assert_eq!(error.status(), StatusCode::from_u16(code).ok());
            let response = error.into_response().expect("head and body are kept");
            assert_eq!(response.fields().contains("x-more-info"), code == 418);
            assert_eq!(response.text().await.expect("a body").contains("teapot"), code == 418);
        }
        assert_eq!(sent(client.get("/status/204")).await.status(), 204);
        let mild = client.get("/status/404").raise_for_status(false);
        assert_eq!(sent(mild).await.status(), 404);
    })
    .await;
}
