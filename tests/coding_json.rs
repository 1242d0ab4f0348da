//! JSON that is none, or not the one that was wanted: where, and what stands there.
#![cfg(feature = "json")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use std::error::Error as _;

use serde::Deserialize;
use support::deadline;
use talk::{asks, client};
use wireline::{Error, Phase};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: String,
    age: u8,
}

async fn user(body: &[u8]) -> Result<User, Error> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let (response, player) = asks(&client(), [head.as_bytes(), body].concat()).await;
    let parsed = deadline(response.json()).await;
    player.finish();
    parsed
}

#[tokio::test]
async fn json_with_and_without_a_mark() {
    for body in
        [&b"{\"name\":\"Ada\",\"age\":36}"[..], b"\xef\xbb\xbf {\"name\":\"Ada\",\"age\":36}\n"]
    {
        let user = user(body).await.expect("JSON");
        assert_eq!((&*user.name, user.age), ("Ada", 36));
    }
}

#[tokio::test]
async fn an_error_shows_the_place() {
    for (body, told) in [
        (
            &b"{\n  \"name\": \"Ada\",\n  \"age\": \"old\"\n}"[..],
            "invalid type: string \"old\", expected u8 at line 3 column 14: \
             after \"{\\n  \\\"name\\\": \\\"Ada\\\",\\n  \\\"age\\\": \\\"old\", before \"\\\"\\n}\"",
        ),
        (
            b"{\"name\": \"Ada\" \"age\": 36}",
            "expected `,` or `}` at line 1 column 16: after \"{\\\"name\\\": \\\"Ada\\\" \", before \"\\\"age\\\": 36}\"",
        ),
        (
            b"<!doctype html><title>Oops</title>",
            "expected value at line 1 column 1: the body begins with \"<!doctype html><title>Oops</title>\"",
        ),
        (b"", "EOF while parsing a value at line 1 column 0: the body is empty"),
        (b"{\"name\": \"Ada\"", "EOF while parsing an object at line 1 column 14"),
        (b"{\"name\": \"Ada\", \"age\": 36} trailing", "trailing characters at line 1 column 28"),
        (b"{\"name\": \"Ada\", \"age\": 360}", "invalid value: integer `360`, expected u8"),
        (b"{\"name\": \"Ada\"}", "missing field `age` at line 1 column 15"),
    ] {
        let error = user(body).await.expect_err(told);
        let shown = error.to_string();
        assert!(error.is_decode() && error.phase() == Phase::Decode, "{shown}");
        assert!(
            shown.starts_with("GET http://127.0.0.1:") && shown.contains(told),
            "{shown}\n{told}"
        );
    }
}

/// S-110: however long and strange what is wrong, at most 100 bytes of the body and 100 of the parser's words are shown,
/// escaped; the source says no more.
#[tokio::test]
async fn s_110_an_error_shows_little_of_the_body() {
    let long = "\u{1b}[31m\u{9b}S3CRET".repeat(2000);
    let bodies = [
        format!("{{\"name\": \"Ada\", \"age\": {}}}", serde_json::to_string(&long).expect("JSON")),
        format!("{{\"name\": \"Ada\", {}: 36}}", serde_json::to_string(&long).expect("JSON")),
        format!("{{\"name\": \"Ada\", \"age\": 36}} {long}"),
        long.clone(),
        "[".repeat(100_000),
        "\n".repeat(100_000),
        format!("{}x", " ".repeat(100_000)),
    ];
    for body in bodies {
        let error = user(body.as_bytes()).await.expect_err("not a user");
        let mut told = vec![error.to_string(), format!("{error:?}")];
        let mut source = error.source();
        while let Some(inner) = source {
            told.push(inner.to_string());
            source = inner.source();
        }
        for shown in told {
            assert!(shown.len() < 2000, "{} bytes: {shown}", shown.len());
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
        }
    }
}
