//! S-01 to S-06: nothing a caller passes on can begin a second line, a second field or a second request.

use wireline::message::field::is_tchar;
use wireline::{Client, Error, Method};

use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::{OK, client, refuses};

#[test]
fn s_01_a_method_is_a_token() {
    for method in ["GET / HTTP/1.1\r\nX: y\r\nA", "GE T", "", "G\0T", "GET\n", "G\u{c9}T", "a:b"] {
        assert!(Method::from_bytes(method.as_bytes()).is_err(), "{method:?}");
    }
}

/// All 256 bytes, at the start, in the middle and at the end, of names and of values, by request and by client.
#[tokio::test]
async fn s_03_no_control_gets_into_a_field() {
    for byte in 0..=255u8 {
        for at in 0..3 {
            let mut bytes = b"ab".to_vec();
            bytes.insert(at, byte);
            let sound = !matches!(byte, 0..=8 | 10..=31 | 127);
            let built = Client::builder().header("x", &bytes).build();
            assert_eq!(built.is_ok(), sound, "a client's value {}", bytes.escape_ascii());
            let request = client().get("http://127.0.0.1:0/").header("x", &bytes);
            // Port 0 is refused as well, but only if the field is not: the first mistake is told.
            assert_refused(request.send().await.map(drop));
            let name = String::from_utf8_lossy(&bytes);
            let built = Client::builder().header(&name, "v").build();
            assert_eq!(built.is_ok(), is_tchar(byte), "a client's name {name:?}");
        }
    }
}

#[tokio::test]
async fn s_03_a_bad_field_is_refused_before_connecting() {
    for byte in (0..=255u8).filter(|byte| matches!(byte, 0..=8 | 10..=31 | 127)) {
        let value = [b'a', byte, b'b'];
        let error = refuses(|client, url| client.get(url).header("x-value", value)).await;
        assert!(error.to_string().contains("x-value") || !error.to_string().is_empty(), "{error}");
    }
    for name in ["", "a b", "a:", "a\r\nb", " a", "a ", "\u{e9}", "a\0"] {
        refuses(|client, url| client.get(url).header(name, "v")).await;
        refuses(|client, url| client.get(url).sensitive_header(name, "v")).await;
    }
}

#[tokio::test]
async fn s_03_every_good_byte_arrives() {
    let value: Vec<u8> = (0x21..=0xff).filter(|&b| b != 0x7f).chain(*b"\t end").collect();
    let name: String = (0..=255u8).filter(|&b| is_tchar(b)).map(char::from).collect();
    let expected =
        [b"GET / HTTP/1.1\r\nHost: {host}\r\n", name.as_bytes(), b": ", &value, b"\r\n\r\n"]
            .concat();
    let player = Player::script().expect(expected).play(OK).open().start();
    let get = client().get(player.url("/")).header(&name, [b" ", &value[..], b"\t "].concat());
    deadline(get.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn s_03_the_secret_in_a_refused_field_is_not_told() {
    let error = refuses(|client, url| {
        // The line feed at the end of a file with a token in it.
        client.get(url).header("authorization", "Bearer hunter2\n")
    })
    .await;
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn s_04_a_bad_host_is_refused() {
    for host in ["a b", "a.com\0", "a/b", "u@h", "[::1", "h:port", "h:99999999", "h?q", "a#b"] {
        refuses(|client, url| client.get(url).header("host", host)).await;
    }
    refuses(|client, url| client.get(url).header("host", "a.com\r\nX: y")).await;
    refuses(|client, url| client.get(url).header("host", "a.com").header("Host", "a.com")).await;
}

#[tokio::test]
async fn s_05_nothing_that_ends_a_line_gets_into_the_target() {
    for path in ["/a\r\nX: y", "/a\tb", "/\0", "/\u{7f}", "/?a\nb", "/#a\rb"] {
        refuses(|client, url| client.get(format!("{url}{path}"))).await;
    }
    for target in ["/a b", "/a\tb", "/\r\nX: y", "", "/\u{e9}", "* HTTP/1.1\r\n"] {
        refuses(|client, url| client.get(url).request_target(target)).await;
    }
}

#[tokio::test]
async fn s_06_no_side_entrance() {
    const EVIL: &str = "x\r\nY: z";
    let fields = ["upgrade", "user-agent", "accept", "referer", "range", "proxy-authorization"];
    for name in fields.into_iter().chain(["connection", "expect", "content-type", "trailer"]) {
        refuses(|client, url| client.get(url).header(name, EVIL)).await;
        assert_refused(Client::builder().header(name, EVIL).build().map(drop));
    }
    refuses(|client, url| client.connect(url, EVIL)).await;
    refuses(|client, _| client.get(format!("http://{EVIL}/"))).await;
    refuses(|client, _| client.get(format!("http://{EVIL}@h/"))).await;
    assert_refused(Client::builder().base_url("http://h/\r\n").build().map(drop));
}

fn assert_refused(result: Result<(), Error>) {
    assert!(result.expect_err("refused").is_builder());
}
