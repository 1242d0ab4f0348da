//! Redirects: relative, absolute, many, too many, and what they do to a POST.

use serde_json::json;
use wireline::{Body, Follow, Method, StatusCode};

use crate::httpbin_server::{Httpbin, has, sent, told};
use crate::support::deadline;

/// Every way round to `/get`.
const ROUTES: &[&str] = &[
    "/redirect/1",
    "/redirect/3",
    "/redirect/10",
    "/redirect/3?absolute=true",
    "/relative-redirect/1",
    "/relative-redirect/5",
    "/absolute-redirect/1",
    "/absolute-redirect/5",
    "/redirect-to?url=get",
    "/redirect-to?url=/redirect-to%3Furl%3D%2Fget",
    "/redirect-to?url=%2Fanything%2F..%2Fget",
    "/status/301",
    "/status/302",
    "/status/303",
    "/status/307",
];

#[tokio::test]
async fn every_route_leads_to_the_end() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for route in ROUTES {
            let response = sent(client.get(route).header("x-kept", "yes")).await;
            assert_eq!(response.url().to_string(), httpbin.url("/get"), "{route}");
            let value: serde_json::Value = response.json().await.expect("JSON");
            has(&value, &[("/headers/X-Kept", json!("yes"))]);
            has(&value, &[("/url", json!(httpbin.url("/get")))]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_redirect_across_origins_is_followed() {
    let Some(httpbin) = Httpbin::start() else { return };
    // The same server by another name is another origin.
    let client = httpbin.builder().resolve("httpbin.test", [([127, 0, 0, 1], 0).into()]);
    let client = client.build().expect("a client");
    deadline(async {
        let there = httpbin.url("/headers").replace("127.0.0.1", "httpbin.test");
        let request = client.get("/redirect-to").query(&[("url", &there)]);
        let request = request.header("authorization", "Bearer secret").header("x-plain", "kept");
        let response = sent(request).await;
        assert_eq!(response.url().to_string(), there);
        let value: serde_json::Value = response.json().await.expect("JSON");
        has(
            &value,
            &[("/headers/Authorization", json!(null)), ("/headers/X-Plain", json!("kept"))],
        );
        let host = value["headers"]["Host"].as_str().expect("a host");
        assert!(host.starts_with("httpbin.test:"), "{host}");
    })
    .await;
}

#[tokio::test]
async fn too_many_redirects_are_an_error_that_names_the_limit() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let error = client.get("/redirect/11").send().await.expect_err("10 are followed");
        assert!(error.is_redirect(), "{error}");
        assert!(error.to_string().contains("max_redirects"), "{error}");
        let request = client.get("/redirect/11").max_redirects(11);
        assert_eq!(told(request, 200).await["url"], httpbin.url("/get"));
        let request = client.get("/relative-redirect/3").max_redirects(2);
        assert!(request.send().await.expect_err("3 are too many").is_redirect());
    })
    .await;
}

#[tokio::test]
async fn redirects_can_be_handed_out() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().max_redirects(0).build().expect("a client");
    deadline(async {
        for (path, status, location) in [
            ("/redirect/2", 302, "/relative-redirect/1"),
            ("/relative-redirect/1", 302, "/get"),
            ("/redirect-to?url=http://example.com/&status_code=308", 308, "http://example.com/"),
            ("/status/303", 303, "/redirect/1"),
            ("/links/3", 302, "/links/3/0"),
        ] {
            let response = sent(client.get(path)).await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(response.fields().get_str("location"), Some(location), "{path}");
            assert_eq!(response.url().to_string(), httpbin.url(path));
        }
        let absolute = sent(client.get("/absolute-redirect/1")).await;
        assert_eq!(absolute.fields().get_str("location"), Some(&*httpbin.url("/get")));
    })
    .await;
}

/// Status, method, and what arrives: the method, and whether the content came along (RFC 9110 §15.4).
const REWRITES: &[(u16, Method, Method, bool)] = &[
    (301, Method::POST, Method::GET, false),
    (302, Method::POST, Method::GET, false),
    (303, Method::POST, Method::GET, false),
    (307, Method::POST, Method::POST, true),
    (308, Method::POST, Method::POST, true),
    (301, Method::PUT, Method::PUT, true),
    (302, Method::PATCH, Method::PATCH, true),
    (303, Method::PUT, Method::GET, false),
    (303, Method::DELETE, Method::GET, false),
    (307, Method::PUT, Method::PUT, true),
    (308, Method::DELETE, Method::DELETE, true),
];

#[tokio::test]
async fn a_redirect_decides_what_becomes_of_method_and_content() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for (status, method, arrives, content) in REWRITES {
            let path = format!("/redirect-to?url=/anything/end&status_code={status}");
            let request = client.request(method.clone(), path).json(&json!({"a": 1}));
            let value = told(request, 200).await;
            let (data, kind, length) = match content {
                true => ("{\"a\":1}", json!("application/json"), json!("7")),
                false => ("", json!(null), json!(null)),
            };
            has(
                &value,
                &[
                    ("/method", json!(arrives.as_str())),
                    ("/url", json!(httpbin.url("/anything/end"))),
                    ("/data", json!(data)),
                    ("/headers/Content-Type", kind),
                    ("/headers/Content-Length", length),
                ],
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_used_up_cannot_be_redirected() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    let once = || Body::reader(&b"once"[..], Some(4));
    deadline(async {
        let path = "/redirect-to?url=/anything&status_code=";
        let request = client.put(format!("{path}307")).body(once());
        let error = request.send().await.expect_err("nothing left to send");
        assert!(error.is_redirect() && error.to_string().contains("used up"), "{error}");
        // After a 303 there is nothing to send.
        let request = client.put(format!("{path}303")).body(once());
        has(&told(request, 200).await, &[("/method", json!("GET")), ("/data", json!(""))]);
    })
    .await;
}

#[tokio::test]
async fn statuses_that_are_no_redirects_lead_nowhere() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        for code in [300, 304, 305, 306] {
            let path = format!("/redirect-to?url=/get&status_code={code}");
            let response = sent(client.get(path)).await;
            assert_eq!(response.status(), StatusCode::from_u16(code).expect("a status"));
            assert_eq!(response.fields().get_str("location"), Some("/get"), "{code}");
        }
        let error = client.get("/redirect-to?url=ftp://example.com/").send().await;
        let error = error.expect_err("no way to get there");
        assert!(error.is_redirect() && error.to_string().contains("ftp"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn the_way_is_told() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let request = client.post("/redirect-to?url=/redirect/2&status_code=303").body("x");
        let response = sent(request).await;
        let hops = response.history().iter();
        let hops = hops.map(|hop| format!("{} {} {}", hop.method, hop.url.path(), hop.head.status));
        assert_eq!(
            hops.collect::<Vec<_>>(),
            [
                "POST /redirect-to 303 See Other",
                "GET /redirect/2 302 Found",
                "GET /relative-redirect/1 302 Found",
            ]
        );
        let error = client.get("/redirect/5").max_redirects(3).send().await.expect_err("too many");
        assert_eq!(error.history().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_caller_has_a_word_on_every_redirect() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().on_redirect(|redirect| match redirect.to.path() {
        "/get" => Follow::HandOut,
        path if path.starts_with("/absolute") => Follow::Refuse("no absolutes".into()),
        _ => Follow::Yes,
    });
    let client = client.build().expect("a client");
    deadline(async {
        let last = sent(client.get("/redirect/3")).await;
        assert_eq!((last.status().as_u16(), last.history().len()), (302, 2));
        assert_eq!(last.fields().get_str("location"), Some("/get"));
        let error = client.get("/absolute-redirect/3").send().await.expect_err("refused");
        assert!(error.is_redirect() && error.to_string().contains("no absolutes"), "{error}");
        // A request may decide otherwise.
        let anyway = client.get("/absolute-redirect/3").on_redirect(|_| Follow::Yes);
        assert_eq!(sent(anyway).await.url().path(), "/get");
    })
    .await;
}

#[tokio::test]
async fn a_referer_is_sent_when_wished() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let silent = told(client.get("/redirect/1?secret=1"), 200).await;
        has(&silent, &[("/headers/Referer", json!(null))]);
        let told = told(client.get("/redirect/1?from=here").referer(true), 200).await;
        has(&told, &[("/headers/Referer", json!(httpbin.url("/redirect/1?from=here")))]);
    })
    .await;
}
