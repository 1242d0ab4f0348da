//! Request lines and field sections.

use wireline::{Client, Fields, Method, Version};

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, quiet, sends, sends_by};

#[tokio::test]
async fn every_method_over_one_connection() {
    let own = Method::from_bytes(b"PROPFIND").expect("a token");
    let plain = [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS, Method::TRACE, own];
    let with_content = [Method::POST, Method::PUT, Method::PATCH];
    let mut script = Player::script();
    for method in &plain {
        script = script.expect(format!("{method} / HTTP/1.1\r\nHost: {{host}}\r\n\r\n")).play(OK);
    }
    // RFC 9110 §8.6: where a method expects content, its absence is said.
    for method in &with_content {
        let head = format!("{method} / HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 0\r\n\r\n");
        script = script.expect(head).play(OK);
    }
    let player = script.open().start();
    let client = client();
    for method in plain.into_iter().chain(with_content) {
        let sent = deadline(client.request(method, player.url("/")).send()).await;
        assert_eq!(sent.expect("an answer").status(), 200);
    }
    let seen = player.finish();
    assert_eq!((seen.connections, seen.leftovers), (1, vec![vec![]]));
}

#[tokio::test]
async fn every_method_has_a_word() {
    type Call = fn(&Client, String) -> wireline::RequestBuilder;
    let calls: [(&str, Call); 7] = [
        ("GET", |client, url| client.get(url)),
        ("HEAD", |client, url| client.head(url)),
        ("POST", |client, url| client.post(url)),
        ("PUT", |client, url| client.put(url)),
        ("DELETE", |client, url| client.delete(url)),
        ("OPTIONS", |client, url| client.options(url)),
        ("PATCH", |client, url| client.patch(url)),
    ];
    for (name, call) in calls {
        let length = if name.starts_with('P') { "Content-Length: 0\r\n" } else { "" };
        let expected = format!("{name} /x HTTP/1.1\r\nHost: {{host}}\r\n{length}\r\n");
        sends(&expected, |client, player| call(client, player.url("/x"))).await;
    }
}

#[tokio::test]
async fn host_first_then_the_client_s_fields_then_the_request_s() {
    let agent = concat!("wireline/", env!("CARGO_PKG_VERSION"));
    let client = Client::builder().header("X-Team", "blue").build().expect("sound settings");
    let expected = format!(
        "GET /a HTTP/1.1\r\nHost: {{host}}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nX-Team: blue\r\n\
         X-One: 1\r\n\r\n"
    );
    sends_by(&client, &expected, |client, player| {
        client.get(player.url("/a")).header("X-One", "1")
    })
    .await;
}

#[tokio::test]
async fn defaults_without_any_field_of_the_request() {
    let agent = concat!("wireline/", env!("CARGO_PKG_VERSION"));
    let expected =
        format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\r\n");
    sends_by(&Client::new(), &expected, |client, player| client.get(player.url("/"))).await;
}

#[tokio::test]
async fn defaults_are_replaced_by_the_client_and_by_the_request() {
    let client = Client::builder()
        .header("User-Agent", "first")
        .header("User-Agent", "mine/2")
        .header("Accept", "text/html")
        .build()
        .expect("sound settings");
    let by_client =
        "GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: mine/2\r\nAccept: text/html\r\n\r\n";
    sends_by(&client, by_client, |client, player| client.get(player.url("/"))).await;
    let by_request = "GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: mine/2\r\nACCEPT: a/b\r\n\
                      ACCEPT: c/d\r\n\r\n";
    sends_by(&client, by_request, |client, player| {
        client.get(player.url("/")).header("ACCEPT", "a/b").header("ACCEPT", "c/d")
    })
    .await;
}

#[tokio::test]
async fn an_empty_value_removes_a_default() {
    let client = Client::builder().header("user-agent", "").build().expect("sound settings");
    let expected = "GET / HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n";
    sends_by(&client, expected, |client, player| client.get(player.url("/"))).await;
}

#[tokio::test]
async fn order_case_and_duplicates_are_the_caller_s() {
    let expected = "GET / HTTP/1.1\r\nHost: {host}\r\nx-B: 1\r\nX-a: 2\r\nX-B: 3\r\nx-empty: \r\n\
                    x-latin: caf\u{e9}\r\nX-A: 2\r\n\r\n";
    sends(expected, |client, player| {
        let mut more = Fields::new();
        more.append("x-empty", "").expect("a field");
        more.append("x-latin", "caf\u{e9}").expect("a field");
        client
            .get(player.url("/"))
            .header("x-B", " 1\t")
            .header("X-a", "2")
            .header("X-B", "3")
            .headers(&more)
            .header("X-A", "2")
    })
    .await;
}

#[tokio::test]
async fn a_host_set_by_hand_stands_first_and_alone() {
    let expected = "GET / HTTP/1.1\r\nhOst: Example.com:81\r\nx: 1\r\n\r\n";
    sends(expected, |client, player| {
        client.get(player.url("/")).header("x", "1").header("hOst", "Example.com:81")
    })
    .await;
}

#[tokio::test]
async fn http_1_0_says_so_and_is_not_kept_open() {
    let player = Player::script()
        .expect("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .expect_close()
        .close()
        .expect("POST / HTTP/1.0\r\nHost: {host}\r\nContent-Length: 2\r\n\r\nhi")
        .play(OK)
        .expect_close()
        .close()
        .start();
    let client = client();
    let get = client.get(player.url("/")).version(Version::HTTP_10);
    assert_eq!(deadline(get.send()).await.expect("an answer").version(), Version::HTTP_11);
    let post = client.post(player.url("/")).version(Version::HTTP_10).body(&b"hi"[..]);
    deadline(post.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn other_versions_are_not_spoken() {
    for version in [Version::HTTP_09, Version::HTTP_2, Version::HTTP_3] {
        let sent = client().get("http://127.0.0.1:1/").version(version).send().await;
        assert!(sent.expect_err("not spoken here").is_builder());
    }
}

#[tokio::test]
async fn connection_close_set_by_hand_is_kept() {
    let player = Player::script()
        .expect("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        .play(OK)
        .expect_close()
        .close()
        .start();
    let get = client().get(player.url("/")).header("Connection", "close");
    deadline(get.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn the_path_is_relative_to_the_base_url() {
    let player = Player::script()
        .expect("GET /v1/users?page=2 HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .expect("GET /status HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .expect("GET /v1/ HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .expect("GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = quiet().base_url(&player.url("/v1/")).build().expect("sound settings");
    let absolute = player.url("/x");
    for url in ["users?page=2", "/status", "", &absolute] {
        deadline(client.get(url).send()).await.expect("an answer");
    }
    player.finish();
}
