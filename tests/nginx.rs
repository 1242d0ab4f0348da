//! The client against nginx: connections kept, counted and closed, and messages of every framing.
#![cfg(feature = "client")]

#[path = "support/pieces.rs"]
mod pieces;
mod support;

use std::path::Path;
use std::time::Duration;

use pieces::pattern;
use support::deadline;
use support::nginx::{Nginx, Status};
use tokio::time::{Instant, sleep, sleep_until};
use wireline::{Client, Delivery, Method, Phase, Response, StatusCode, Version};

const LENGTH: usize = 200_003;

/// One server with a document and what `more` says; a second one tells the state of both.
#[track_caller]
fn start(more: &str) -> Option<Nginx> {
    Nginx::start(2, |ports, folder: &Path| {
        let root = folder.join("www");
        std::fs::create_dir_all(root.join("folder")).expect("a folder");
        std::fs::write(root.join("document"), pattern(LENGTH)).expect("a document");
        std::fs::write(root.join("folder/index.html"), "the index").expect("a document");
        let (root, folder) = (root.display(), folder.display());
        format!(
            "server {{
                listen 127.0.0.1:{};
                root {root};
                add_header x-seen $connection/$connection_requests always;
                access_log {folder}/access.log;
                {more}
            }}
            server {{ listen 127.0.0.1:{}; location / {{ stub_status; }} }}",
            ports[0], ports[1]
        )
    })
}

/// The connections to both servers that nginx has open, that of the question not counted.
async fn open(nginx: &Nginx) -> usize {
    let url = format!("http://127.0.0.1:{}/", nginx.port(1));
    let text = Client::new().get(url).send().await.expect("an answer").text().await.expect("text");
    Status::parse(&text).active - 1
}

async fn get(client: &Client, nginx: &Nginx, path: &str) -> Response {
    client.get(nginx.url(path)).send().await.expect("an answer")
}

#[tokio::test]
async fn connections_are_kept_as_long_as_the_server_wants() {
    let Some(nginx) = start("keepalive_requests 3;") else { return };
    deadline(async {
        let client = Client::new();
        let mut seen = Vec::new();
        for number in 0..9 {
            let response = get(&client, &nginx, "/document").await;
            assert_eq!(response.is_reused(), number % 3 != 0, "number {number}");
            let field = response.fields().get_str("x-seen").expect("a field");
            seen.push(field.split('/').nth(1).expect("a count").to_owned());
            assert!(response.bytes().await.expect("a body") == pattern(LENGTH));
        }
        assert_eq!(seen, ["1", "2", "3", "1", "2", "3", "1", "2", "3"]);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_when_connections_end_all_the_time() {
    let Some(nginx) = start("keepalive_requests 7;") else { return };
    deadline(async {
        let client = Client::builder().max_connections(8).build().expect("a client");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..1_500 {
            let request = client.get(nginx.url("/folder/"));
            tasks.spawn(async { request.send().await.expect("an answer").text().await });
        }
        while let Some(done) = tasks.join_next().await {
            assert_eq!(done.expect("no panic").expect("a body"), "the index");
        }
        let log = std::fs::read_to_string(nginx.folder().join("access.log")).expect("a log");
        assert_eq!(log.lines().count(), 1_500, "each was asked for once");
    })
    .await;
}

#[tokio::test]
async fn a_connection_closed_in_silence_is_found_out() {
    let Some(nginx) = start("keepalive_timeout 60ms;") else { return };
    deadline(async {
        let client = Client::new();
        for method in [Method::GET, Method::POST, Method::GET] {
            let request = client.request(method.clone(), nginx.url("/folder/"));
            let response = request.send().await.expect("an answer");
            assert!(!response.is_reused() && response.timings().retries == 0, "{method}");
            drop(response.bytes().await.expect("a body"));
            while open(&nginx).await > 0 {
                // nginx tells nobody when it closes; the pause only spares the processor.
                sleep(Duration::from_millis(10)).await;
            }
        }
        // Requests around the very moment of the close.
        let (mut new, mut kept, mut again) = (0, 0, 0);
        for number in 0..60_u64 {
            let response = get(&client, &nginx, "/folder/").await;
            let next = Instant::now() + Duration::from_micros(55_000 + number * 97 % 11_000);
            again += response.timings().retries;
            *if response.is_reused() { &mut kept } else { &mut new } += 1;
            assert_eq!(response.text().await.expect("a body"), "the index");
            sleep_until(next).await;
        }
        println!("{new} new connections, {kept} kept, {again} requests repeated");
    })
    .await;
}

#[tokio::test]
async fn the_hint_how_long_to_keep_is_heeded() {
    for (setting, reused) in [("75s 60s", true), ("75s 1s", false), ("0", false)] {
        let Some(nginx) = start(&format!("keepalive_timeout {setting};")) else { return };
        deadline(async {
            let client = Client::new();
            for number in 0..3 {
                let response = get(&client, &nginx, "/folder/").await;
                assert_eq!(response.is_reused(), reused && number > 0, "{setting}");
                assert_eq!(response.text().await.expect("a body"), "the index");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn heads_alone_and_what_has_not_changed() {
    let Some(nginx) = start("location /none { return 204; }") else { return };
    deadline(async {
        let client = Client::new();
        let head = client.head(nginx.url("/document")).send().await.expect("an answer");
        assert_eq!(head.fields().get_str("content-length"), Some("200003"));
        let modified = head.fields().get("last-modified").expect("a date").to_vec();
        let tag = head.fields().get("etag").expect("a tag").to_vec();
        assert_eq!(head.bytes().await.expect("no body"), "");
        for (name, value) in [("if-modified-since", modified), ("if-none-match", tag)] {
            let request = client.get(nginx.url("/document")).header(name, value);
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{name}");
            assert!(response.is_reused());
            assert_eq!(response.bytes().await.expect("no body"), "");
        }
        let response = get(&client, &nginx, "/none").await;
        assert_eq!((response.status(), response.is_reused()), (StatusCode::NO_CONTENT, true));
        let response = client.head(nginx.url("/missing")).send().await.expect("an answer");
        assert_eq!((response.status(), response.is_reused()), (StatusCode::NOT_FOUND, true));
        let response = get(&client, &nginx, "/document").await;
        assert!(response.is_reused());
        assert!(response.bytes().await.expect("a body") == pattern(LENGTH));
    })
    .await;
}

#[tokio::test]
async fn parts_of_a_document() {
    let Some(nginx) = start("") else { return };
    deadline(async {
        let client = Client::new();
        let whole = pattern(LENGTH);
        let ranges = [
            ("bytes=5-9", 5..10, "bytes 5-9/200003"),
            ("bytes=100000-", 100_000..LENGTH, "bytes 100000-200002/200003"),
            ("bytes=-3", LENGTH - 3..LENGTH, "bytes 200000-200002/200003"),
        ];
        for (asked, range, told) in ranges {
            let request = client.get(nginx.url("/document")).header("range", asked);
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{asked}");
            assert_eq!(response.fields().get_str("content-range"), Some(told));
            assert_eq!(response.content_length(), Some(range.len() as u64));
            assert!(response.bytes().await.expect("a body") == whole[range], "{asked}");
        }
        let request = client.get(nginx.url("/document")).header("range", "bytes=0-3,10-13");
        let response = request.send().await.expect("an answer");
        let kind = response.fields().get_str("content-type").expect("a type");
        assert!(kind.starts_with("multipart/byteranges; boundary="), "{kind}");
        let parts = response.bytes().await.expect("a body");
        for part in [&whole[..4], &whole[10..14]] {
            assert!(parts.windows(4).any(|window| window == part));
        }
        let request = client.get(nginx.url("/document")).header("range", "bytes=200003-");
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert!(response.is_reused());
    })
    .await;
}

#[tokio::test]
async fn every_framing_nginx_has() {
    // A filter that could change the length and does not.
    let filter = "sub_filter_types *; sub_filter 'no such words' ''; alias www/document;";
    let Some(nginx) = start(&format!(
        "location = /chunked {{ {filter} }}
         location = /trailers {{ {filter} add_trailer x-sum $request_method; }}
         location = /close {{ {filter} chunked_transfer_encoding off; }}"
    )) else {
        return;
    };
    deadline(async {
        let client = Client::new();
        for (path, coding) in [("/chunked", true), ("/trailers", true), ("/close", false)] {
            let mut response = get(&client, &nginx, path).await;
            let fields = response.fields();
            let told = fields.get_str("transfer-encoding").unwrap_or_default();
            assert_eq!((told == "chunked", response.content_length()), (coding, None), "{path}");
            assert!(path != "/close" || fields.has_token("connection", "close"));
            let mut content = Vec::new();
            while let Some(chunk) = response.chunk().await.expect("a chunk") {
                content.extend_from_slice(&chunk);
            }
            assert!(content == pattern(LENGTH), "{path}");
            let trailer = (path == "/trailers").then_some("GET");
            assert_eq!(response.trailers().get_str("x-sum"), trailer, "{path}");
        }
        assert!(!get(&client, &nginx, "/folder/").await.is_reused(), "the last one was closed");

        // nginx answers a client of HTTP/1.0 in HTTP/1.1, but with framing it understands.
        for (path, length) in [("/document", Some(LENGTH as u64)), ("/chunked", None)] {
            let request = client.get(nginx.url(path)).version(Version::HTTP_10);
            let response = request.send().await.expect("an answer");
            assert_eq!(response.content_length(), length);
            assert!(response.fields().get("transfer-encoding").is_none());
            assert!(response.bytes().await.expect("a body") == pattern(LENGTH), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn redirects_lead_to_the_document() {
    let Some(nginx) = start(
        "location = /moved { return 301 /folder/; }
         location = /found { return 302 $scheme://$http_host/folder/index.html; }
         location = /other { return 303 folder/; }
         location = /same { return 307 /document; }
         location = /loop { return 302 /loop; }",
    ) else {
        return;
    };
    deadline(async {
        let client = Client::builder().base_url(&nginx.url("/")).build().expect("a client");
        // The last one: nginx adds the slash that a folder's name needs.
        for (path, end) in [
            ("moved", "/folder/"),
            ("found", "/folder/index.html"),
            ("other", "/folder/"),
            ("folder", "/folder/"),
        ] {
            let response = client.get(path).send().await.expect("an answer");
            assert_eq!((response.url().path(), response.timings().redirects), (end, 1), "{path}");
            assert_eq!(response.text().await.expect("a body"), "the index");
        }
        let response = client.get("same").send().await.expect("an answer");
        assert!(response.bytes().await.expect("a body") == pattern(LENGTH));
        let error = client.get("loop").send().await.expect_err("no end");
        assert!(error.is_redirect() && error.timings().redirects == 10, "{error}");
        assert!(get(&client, &nginx, "/folder/").await.is_reused());
    })
    .await;
}

#[tokio::test]
async fn a_request_nginx_dislikes_is_answered_and_one_it_ignores_is_an_error() {
    let Some(nginx) = start("location = /ignored { return 444; }") else { return };
    deadline(async {
        let client = Client::new();
        let request = client.get(nginx.url("/")).header("x-long", "y".repeat(40_000));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.text().await.expect("a body").contains("Header Or Cookie Too Large"));
        let response = get(&client, &nginx, &format!("/{}", "y".repeat(40_000))).await;
        assert_eq!(response.status(), StatusCode::URI_TOO_LONG);
        drop(response);

        // Closed without a word: on a new connection that is an error, on a kept one it may have been the server's
        // timeout, and what does no harm is asked once more.
        let error = client.get(nginx.url("/ignored")).send().await.expect_err("no answer");
        assert!(error.is_incomplete() && error.timings().retries == 0, "{error}");
        let told = (error.phase(), error.delivery());
        assert_eq!(told, (Phase::Head, Delivery::SentNoReply), "{error}");
        for (method, retries) in [(Method::GET, 1), (Method::POST, 0)] {
            drop(get(&client, &nginx, "/folder/").await.bytes().await.expect("a body"));
            let request = client.request(method.clone(), nginx.url("/ignored"));
            let error = request.send().await.expect_err("no answer");
            assert!(error.is_incomplete(), "{method}: {error}");
            assert_eq!(error.timings().retries, retries, "{method}: {error}");
        }
        let log = std::fs::read_to_string(nginx.folder().join("access.log")).expect("a log");
        let ignored = log.lines().filter(|line| line.contains("/ignored ")).count();
        assert_eq!(ignored, 1 + 2 + 1, "{log}");
    })
    .await;
}
