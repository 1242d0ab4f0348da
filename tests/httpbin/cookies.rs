//! Cookies: set, sent, deleted, shared, kept.

use serde_json::json;
use wireline::Jar;

use crate::httpbin_server::{Httpbin, sent, told};
use crate::support::deadline;

#[tokio::test]
async fn cookies_set_on_the_way_are_there_at_the_end() {
    let Some(httpbin) = Httpbin::start() else { return };
    let jar = Jar::new();
    let client = httpbin.builder().cookies(jar.clone()).build().expect("a client");
    deadline(async {
        assert_eq!(told(client.get("/cookies"), 200).await, json!({"cookies": {}}));
        // Both answer with a redirect to /cookies.
        let value = told(client.get("/cookies/set?a=1&b=two"), 200).await;
        assert_eq!(value, json!({"cookies": {"a": "1", "b": "two"}}));
        let value = told(client.get("/cookies/set/a/3"), 200).await;
        assert_eq!(value, json!({"cookies": {"a": "3", "b": "two"}}));
        assert_eq!(jar.len(), 2);
        let value = told(client.get("/cookies/delete?a="), 200).await;
        assert_eq!(value, json!({"cookies": {"b": "two"}}));
        let kept: Vec<_> = jar.iter().map(|cookie| cookie.name().to_owned()).collect();
        assert_eq!(kept, ["b"]);
    })
    .await;
}

#[tokio::test]
async fn without_a_jar_nothing_is_kept() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        assert_eq!(told(client.get("/cookies/set?a=1"), 200).await, json!({"cookies": {}}));
        let handed = sent(client.get("/cookies/set?a=1&b=2").max_redirects(0)).await;
        let names: Vec<_> = handed.cookies().map(|cookie| cookie.name().to_owned()).collect();
        assert_eq!(names, ["a", "b"]);
    })
    .await;
}

#[tokio::test]
async fn a_request_may_have_cookies_of_its_own() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().cookies(Jar::new()).build().expect("a client");
    deadline(async {
        told(client.get("/cookies/set?jar=1&both=jar"), 200).await;
        let own = client.get("/cookies").cookie("own", "2").cookie("both", "request");
        let wanted = json!({"cookies": {"jar": "1", "own": "2", "both": "request"}});
        assert_eq!(told(own, 200).await, wanted);
        let wanted = json!({"cookies": {"jar": "1", "both": "jar"}});
        assert_eq!(told(client.get("/cookies"), 200).await, wanted);
        let none = client.get("/cookies").no_cookies();
        assert_eq!(told(none, 200).await, json!({"cookies": {}}));
        let header = client.get("/cookies").no_cookies().header("cookie", "x=y; z=1");
        assert_eq!(told(header, 200).await, json!({"cookies": {"x": "y", "z": "1"}}));
    })
    .await;
}

#[tokio::test]
async fn a_jar_is_shared_copied_and_kept_for_its_origin() {
    let Some(httpbin) = Httpbin::start() else { return };
    let jar = Jar::new();
    let names = |name| httpbin.builder().resolve(name, [([127, 0, 0, 1], 0).into()]);
    let client = names("httpbin.test").cookies(jar.clone()).build().expect("a client");
    deadline(async {
        told(client.get("/cookies/set?a=1"), 200).await;
        let second = httpbin.builder().cookies(jar.clone()).build().expect("a client");
        assert_eq!(told(second.get("/cookies"), 200).await, json!({"cookies": {"a": "1"}}));
        let there = httpbin.url("/cookies").replace("127.0.0.1", "httpbin.test");
        assert_eq!(told(client.get(&there), 200).await, json!({"cookies": {}}));
        let around = client.get("/redirect-to").query(&[("url", &there)]);
        assert_eq!(told(around, 200).await, json!({"cookies": {}}));
    })
    .await;
}
