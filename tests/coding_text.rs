//! Bytes become text. In: bodies in many charsets, labelled in many ways. Out: the same string everywhere, with the feature
//! `charset` and without it, wherever both know the charset.
#![cfg(feature = "client")]

mod support;
#[path = "support/talk.rs"]
mod talk;

use support::deadline;
use talk::{asks, client};
use wireline::Error;

async fn text(content_type: &str, body: &[u8], default: Option<&str>) -> Result<String, Error> {
    let head = format!("HTTP/1.1 200 OK\r\n{content_type}Content-Length: {}\r\n\r\n", body.len());
    let (response, player) = asks(&client(), [head.as_bytes(), body].concat()).await;
    let text = match default {
        Some(charset) => deadline(response.text_with_default(charset)).await,
        None => deadline(response.text()).await,
    };
    player.finish();
    text
}

/// `Content-Type`, body, text.
const ALWAYS: &[(&str, &[u8], &str)] = &[
    ("", "grün".as_bytes(), "grün"),
    ("Content-Type: text/plain\r\n", "grün".as_bytes(), "grün"),
    ("Content-Type: text/plain; charset=utf-8\r\n", b"a\xffb", "a\u{fffd}b"),
    ("Content-Type: text/plain; charset=\"UTF-8\"\r\n", b"\xef\xbb\xbfgr\xc3\xbcn", "grün"),
    ("Content-Type: text/plain; charset=us-ascii\r\n", b"plain", "plain"),
    ("Content-Type: text/html; charset=ISO-8859-1\r\n", b"gr\xfcn \x80\x9f", "grün \u{80}\u{9f}"),
    ("Content-Type: text/html;level=1;Charset = latin1\r\n", b"plain", "plain"),
    ("Content-Type: text/html; q=1; charset=latin1\r\n", b"gr\xfcn", "grün"),
    ("Content-Type: text/plain; charset=utf-16\r\n", b"h\0i\0", "hi"),
    ("Content-Type: text/plain; charset=UTF-16LE\r\n", b"h\0i\0\x3d\xd8\x00\xde", "hi😀"),
    ("Content-Type: text/plain; charset=utf-16be\r\n", b"\0h\0i\xd8\x3d", "hi\u{fffd}"),
    ("Content-Type: text/plain; charset=utf-16be\r\n", b"\0h\0i\0", "hi\u{fffd}"),
    // A byte order mark knows better than any label, and is no part of the text.
    ("Content-Type: text/plain; charset=iso-8859-1\r\n", b"\xef\xbb\xbfgr\xc3\xbcn", "grün"),
    ("Content-Type: text/plain; charset=utf-8\r\n", b"\xff\xfeh\0i\0", "hi"),
    ("", b"\xfe\xff\0h\0i", "hi"),
    ("", b"\xef\xbb\xbf", ""),
    ("", b"", ""),
];

#[tokio::test]
async fn what_every_build_knows() {
    for (content_type, body, expected) in ALWAYS {
        let read = text(content_type, body, None).await;
        assert_eq!(read.as_deref().ok(), Some(*expected), "{content_type:?}: {read:?}");
    }
}

/// Charsets of the web: with the feature they are text, without it an error that says so.
#[tokio::test]
async fn what_the_feature_adds() {
    for (charset, body, expected) in [
        ("windows-1252", &b"gr\xfcn \x80"[..], "grün €"),
        ("windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
        ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
        ("iso-8859-15", b"\xa4", "€"),
        ("Shift_JIS", b"\x93\xfa\x96\x7b", "日本"),
        ("EUC-JP", b"\xc6\xfc\xcb\xdc", "日本"),
        ("ISO-2022-JP", b"\x1b$BF|K\\\x1b(B", "日本"),
        ("gbk", b"\xd6\xd0\xce\xc4", "中文"),
        ("gb18030", b"\xd6\xd0\xce\xc4", "中文"),
        ("big5", b"\xa4\xa4\xa4\xe5", "中文"),
        ("euc-kr", b"\xc7\xd1", "한"),
        ("Shift_JIS", b"\x93", "\u{fffd}"),
    ] {
        let read =
            text(&format!("Content-Type: text/plain; charset={charset}\r\n"), body, None).await;
        if cfg!(feature = "charset") {
            assert_eq!(read.as_deref().ok(), Some(expected), "{charset}: {read:?}");
        } else {
            let error = read.expect_err(charset);
            assert!(
                error.is_decode() && error.to_string().contains("feature `charset`"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_charset_that_nobody_knows_is_named() {
    for charset in ["klingon", "\"x y\"", "utf-7", ""] {
        let content_type = format!("Content-Type: text/plain; charset={charset}\r\n");
        let error = text(&content_type, b"hello", None).await.expect_err("unknown");
        let told = error.to_string();
        assert!(error.is_decode() && told.contains("bytes()"), "{told}");
        assert!(told.contains(&format!("charset \"{}\"", charset.trim_matches('"'))), "{told}");
    }
}

/// S-110: what the server calls its charset is shown escaped and cut.
#[tokio::test]
async fn s_110_a_strange_charset_is_harmless() {
    let content_type =
        format!("Content-Type: text/plain; charset=\u{9b}31m{}\r\n", "n".repeat(9000));
    let told = text(&content_type, b"hello", None).await.expect_err("unknown").to_string();
    assert!(told.len() < 400 && told.is_ascii(), "{told}");
}

/// What the caller takes for granted counts where the response says nothing.
#[tokio::test]
async fn a_default_of_the_caller() {
    for (content_type, body, expected) in [
        ("", &b"gr\xfcn"[..], "grün"),
        ("Content-Type: text/plain\r\n", b"gr\xfcn", "grün"),
        ("Content-Type: text/plain; charset=utf-8\r\n", b"gr\xc3\xbcn", "grün"),
        ("", b"\xef\xbb\xbfgr\xc3\xbcn", "grün"),
    ] {
        let read = text(content_type, body, Some("ISO-8859-1")).await;
        assert_eq!(read.ok().as_deref(), Some(expected), "{content_type:?}");
    }
    let error = text("", b"hello", Some("klingon")).await.expect_err("unknown");
    assert!(error.is_decode(), "{error}");
}

/// A build without a coding's feature says which one it needs; asked for it, it refuses before anything is sent.
#[tokio::test]
async fn codings_that_are_not_compiled_in_are_named() {
    use wireline::{Coding, Codings};
    for (coding, feature, there) in [
        (Coding::Gzip, "`gzip`", cfg!(feature = "gzip")),
        (Coding::Deflate, "`gzip`", cfg!(feature = "gzip")),
        (Coding::Brotli, "`brotli`", cfg!(feature = "brotli")),
        (Coding::Zstd, "`zstd`", cfg!(feature = "zstd")),
    ] {
        assert_eq!(Codings::all().contains(coding), there);
        let built = talk::quiet().decompress(coding).build();
        let sent = client().get("http://127.0.0.1:9/").decompress(coding);
        let name = coding.name();
        let reply = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {name}\r\n\r\nhello");
        let (response, player) = asks(&client(), reply).await;
        let read = deadline(response.text()).await.expect_err("still coded");
        player.finish();
        if there {
            assert!(built.is_ok());
            assert!(read.to_string().contains("decompress(Codings::all())"), "{read}");
        } else {
            let built = built.expect_err("not compiled in");
            let sent = deadline(sent.send()).await.expect_err("not compiled in");
            for error in [&built, &sent] {
                assert!(error.is_builder() && error.to_string().contains(feature), "{error}");
            }
            assert!(read.to_string().contains(feature), "{read}");
        }
    }
}
