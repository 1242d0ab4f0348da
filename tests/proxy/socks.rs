//! S-81: SOCKS5 byte by byte.

use std::net::SocketAddr;

use wireline::client::Proxy;
use wireline::{Delivery, Error, Phase};

use crate::pairs::{building, proxy_of, through};
use crate::support::deadline;
use crate::support::player::{Player, Script};
use crate::talk::OK;

const GREETING: &[u8] = b"\x05\x01\0";
const CONNECT: &[u8] = b"\x05\x01\0\x03\x06a.test\0\x50";
const DONE: &[u8] = b"\x05\0\0\x01\0\0\0\0\0\0";
const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

fn socks(player: &Player) -> Proxy {
    Proxy::new(format!("socks5h://{}", player.address()))
}

/// The transcript up to and with the method the proxy chose.
fn greeted() -> Script {
    Player::script().expect(GREETING).play_bytewise(b"\x05\0")
}

async fn passes(script: Script, url: &str, proxy: impl FnOnce(Proxy) -> Proxy) {
    let player = script.expect(GET).play(OK).open().start();
    let client = through(proxy(socks(&player)));
    let response = deadline(client.get(url).send()).await.expect("an answer");
    assert_eq!(proxy_of(&response), Some(&*format!("socks5h://{}", player.address())));
    player.finish();
}

async fn fails(script: Script, url: &str, proxy: impl FnOnce(Proxy) -> Proxy) -> Error {
    let player = script.expect_close().close().start();
    let client = through(proxy(socks(&player)));
    let error = deadline(client.post(url).body("x").send()).await.expect_err("no way");
    assert!(error.is_proxy() && error.is_connect(), "{error}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Tunnel, Delivery::NotSent));
    let seen = player.finish();
    assert_eq!((seen.connections, seen.leftovers), (1, vec![Vec::new()]), "{error}");
    error
}

#[tokio::test]
async fn s_81_names_are_the_proxys_to_look_up_and_replies_may_be_split() {
    let bound = [&b"\x05\0\0\x04"[..], &[7; 18]].concat();
    let named = [&b"\x05\0\0\x03\xff"[..], &[b'n'; 257]].concat();
    for reply in [DONE, &bound, &named, b"\x05\0\0\x03\0\0\0"] {
        let script = greeted().expect(CONNECT).play_bytewise(reply);
        passes(script, "http://a.test/", |proxy| proxy).await;
    }
}

#[tokio::test]
async fn s_81_addresses_go_as_addresses() {
    let script = |request: &[u8], host: &str| {
        let get = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        greeted().expect(request).play(DONE).expect(get).play(OK).open().start()
    };
    let six = [&b"\x05\x01\0\x04\x20\x01\x0d\xb8"[..], &[0; 11], b"\x01\x1f\x90"].concat();
    for (request, host) in
        [(&b"\x05\x01\0\x01\xc0\0\x02\x01\0\x50"[..], "192.0.2.1"), (&six, "[2001:db8::1]:8080")]
    {
        let player = script(request, host);
        let client = through(socks(&player));
        deadline(client.get(format!("http://{host}/")).send()).await.expect("an answer");
        player.finish();
    }
}

#[tokio::test]
async fn socks5_without_the_h_looks_names_up_here() {
    let player = greeted()
        .expect(b"\x05\x01\0\x01\xc0\0\x02\x07\0\x50")
        .play(DONE)
        .expect(GET)
        .play(OK)
        .open()
        .start();
    let here: SocketAddr = ([192, 0, 2, 7], 0).into();
    let proxy = Proxy::new(format!("socks5://{}", player.address()));
    let client = building(proxy).resolve("a.test", [here]).build().expect("settings");
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn s_81_the_password_comes_before_the_destination_and_only_when_asked_for() {
    let login = |script: Script| {
        let script = script.expect(b"\x05\x02\0\x02").play_bytewise(b"\x05\x02");
        script.expect(b"\x01\x04us:r\x04p@ss").play_bytewise(b"\x01\0")
    };
    let script = login(Player::script()).expect(CONNECT).play(DONE);
    passes(script, "http://a.test/", |proxy| proxy.basic_auth("us:r", "p@ss")).await;
    let not_asked = Player::script().expect(b"\x05\x02\0\x02").play(b"\x05\0").expect(CONNECT);
    passes(not_asked.play(DONE), "http://a.test/", |proxy| proxy.basic_auth("u", "")).await;
    // From the URL, percent-encoded.
    let player =
        login(Player::script()).expect(CONNECT).play(DONE).expect(GET).play(OK).open().start();
    let client = through(Proxy::new(format!("socks5h://us%3Ar:p%40ss@{}", player.address())));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn s_81_a_password_that_is_refused_and_methods_that_are_none() {
    let begin = || Player::script().expect(b"\x05\x02\0\x02");
    let denied = begin().play(b"\x05\x02").expect(b"\x01\x01u\x07hunter2").play(b"\x01\x01");
    let error = fails(denied, "http://a.test/", |proxy| proxy.basic_auth("u", "hunter2")).await;
    assert!(error.to_string().contains("refused the user name or password"), "{error}");
    assert!(!error.is_transient() && !format!("{error:?}").contains("hunter2"));
    let neither = begin().play(b"\x05\xff");
    fails(neither, "http://a.test/", |proxy| proxy.basic_auth("u", "p")).await;
    let wants = Player::script().expect(GREETING).play(b"\x05\xff");
    let error = fails(wants, "http://a.test/", |proxy| proxy).await;
    assert!(error.to_string().contains("wants credentials"), "{error}");
    for (odd, said) in [
        (&b"\x05\x02"[..], "method 2, which was not offered"),
        (b"\x05\x01", "method 1"),
        (b"\x04\0", "no SOCKS5"),
        (b"HT", "\\\"HT\\\", which is no SOCKS5"),
    ] {
        let error =
            fails(Player::script().expect(GREETING).play(odd), "http://a.test/", |p| p).await;
        assert!(error.to_string().contains(&said.replace("\\\"", "\"")), "{error}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn s_81_every_reply_has_its_words() {
    for (reply, words, transient) in [
        (1, "general SOCKS server failure", true),
        (2, "not allowed by ruleset", false),
        (3, "network unreachable", true),
        (4, "host unreachable", true),
        (5, "connection refused", true),
        (6, "TTL expired", true),
        (7, "command not supported", false),
        (8, "address type not supported", false),
        (99, "reply 99", true),
    ] {
        let script = greeted().expect(CONNECT).play([5, reply, 0, 1]);
        let error = fails(script, "http://a.test/", |proxy| proxy).await;
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.is_transient(), transient, "{error}");
    }
    for odd in [&b"\x04\0\0\x01"[..], b"\x05\0\0\x02"] {
        let error = fails(greeted().expect(CONNECT).play(odd), "http://a.test/", |p| p).await;
        assert!(!error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn s_81_a_name_that_does_not_fit_is_never_looked_up_instead() {
    let label = "a".repeat(50);
    let host = format!("{label}.{label}.{label}.{label}.{label}.a");
    assert_eq!(host.len(), 256);
    // Nothing at all is sent.
    let error = fails(Player::script(), &format!("http://{host}/"), |proxy| proxy).await;
    assert!(error.to_string().contains("256 bytes; SOCKS5 has room for 255"), "{error}");
    let long = "p".repeat(256);
    let error = fails(Player::script(), "http://a.test/", |p| p.basic_auth("u", &long)).await;
    assert!(error.to_string().contains("a password of 256 bytes"), "{error}");
    let script =
        greeted().expect([&b"\x05\x01\0\x03\xff"[..], &host.as_bytes()[1..], b"\0\x50"].concat());
    let get = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", &host[1..]);
    let player = script.play(DONE).expect(get).play(OK).open().start();
    let client = through(socks(&player));
    deadline(client.get(format!("http://{}/", &host[1..])).send()).await.expect("255 fit");
    player.finish();
}

#[tokio::test]
async fn s_81_a_proxy_that_ends_in_the_middle() {
    for script in [
        Player::script().expect(GREETING),
        Player::script().expect(GREETING).play(b"\x05"),
        greeted().expect(CONNECT),
        greeted().expect(CONNECT).play(&DONE[..3]),
        greeted().expect(CONNECT).play(&DONE[..9]),
    ] {
        let error = fails(script.half_close(), "http://a.test/", |proxy| proxy).await;
        assert!(error.to_string().contains("closed the connection unanswered"), "{error}");
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn s_80_bytes_behind_the_last_reply_are_nobodys() {
    let early = [DONE, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"].concat();
    let error = fails(greeted().expect(CONNECT).play(early), "http://a.test/", |p| p).await;
    assert!(error.to_string().contains("bytes into the tunnel"), "{error}");
}

#[tokio::test]
async fn a_socks_tunnel_is_kept_for_its_origin() {
    let other = b"\x05\x01\0\x03\x06b.test\0\x50";
    let player = greeted()
        .expect(CONNECT)
        .play(DONE)
        .expect(GET)
        .play(OK)
        .expect(GET)
        .play(OK)
        .open()
        .expect(GREETING)
        .play(b"\x05\0")
        .expect(other)
        .play(DONE)
        .expect("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let client = through(socks(&player));
    for (host, reused) in [("a", false), ("a", true), ("b", false)] {
        let response = deadline(client.get(format!("http://{host}.test/")).send()).await;
        assert_eq!(response.expect("an answer").is_reused(), reused);
    }
    player.finish();
}

/// What is pinned without a proxy is pinned with one (CVE-2026-9697).
#[cfg(feature = "tls")]
#[tokio::test]
async fn s_81_tls_settings_hold_behind_socks() {
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    let (good, bad) = (crate::certs::Authority::new(), crate::certs::Authority::new());
    let connect = b"\x05\x01\0\x03\x06a.test\x01\xbb";
    for (authority, trusted) in [(&good, true), (&bad, false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let acceptor =
            TlsAcceptor::from(Arc::new(authority.issue(&["a.test"]).server(&["http/1.1"])));
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await?;
            let (mut greeting, mut asked) = ([0; 3], [0; 13]);
            socket.read_exact(&mut greeting).await?;
            socket.write_all(b"\x05\0").await?;
            socket.read_exact(&mut asked).await?;
            assert_eq!((&greeting[..], &asked[..]), (GREETING, &connect[..]));
            socket.write_all(DONE).await?;
            let mut stream = acceptor.accept(socket).await?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await?);
            }
            stream.write_all(OK.as_bytes()).await?;
            stream.flush().await?;
            std::io::Result::Ok(head)
        });
        let client = building(Proxy::new(format!("socks5h://{address}"))).roots_pem(&good.pem());
        let client = client.build().expect("settings");
        let sent = deadline(client.get("https://a.test/").send()).await;
        let served = deadline(served).await.expect("no panic");
        match sent {
            Ok(response) => {
                assert!(trusted && response.status() == 200);
                assert_eq!(served.expect("an exchange"), GET.as_bytes());
            }
            Err(error) => {
                assert!(!trusted && error.is_tls() && !error.is_proxy(), "{error}");
                assert!(served.is_err(), "nothing was sent");
            }
        }
    }
}

#[tokio::test]
async fn s_81_socks4_and_4a() {
    let granted = b"\0\x5a\0\0\0\0\0\0";
    for (scheme, asked) in [
        ("socks4a", &b"\x04\x01\0\x50\0\0\0\x01me\0a.test\0"[..]),
        ("socks4", b"\x04\x01\0\x50\xc0\0\x02\x07me\0"),
    ] {
        let script = Player::script().expect(asked).play_bytewise(granted);
        let player = script.expect(GET).play(OK).open().start();
        let client = crate::talk::quiet()
            .resolve(
                "a.test",
                ["[2001:db8::7]:0", "192.0.2.7:0"].map(|end| end.parse().expect("an end")),
            )
            .proxy(Proxy::new(format!("{scheme}://me:hunter2@{}", player.address())))
            .build()
            .expect("a client");
        deadline(client.get("http://a.test/").send()).await.expect("an answer");
        player.finish();
    }
    let script = Player::script().expect(b"\x04\x01\0\x50\0\0\0\x01\0a.test\0");
    let player = script.play(b"\0\x5b\0\0\0\0\0\0").expect_close().close().start();
    let client = through(Proxy::new(format!("socks4a://{}", player.address())));
    let error = deadline(client.get("http://a.test/").send()).await.expect_err("refused");
    assert!(error.to_string().contains("reply 91"), "{error}");
    assert!(error.is_proxy() && error.phase() == Phase::Tunnel, "{error}");
    player.finish();
}

/// What is asked of the second proxy goes through the first, and nothing else does.
#[tokio::test]
async fn a_socks_proxy_leads_to_another_proxy() {
    let asked = b"\x05\x01\0\x03\x0ainner.test\x0c\x38";
    let forwarded = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n";
    let tunnel = "CONNECT a.test:80 HTTP/1.0\r\nHost: a.test:80\r\nProxy-Authorization: Basic dTpw\r\nX: y\r\n\r\n";
    let inner = Proxy::new("http://inner.test:3128");
    let script = greeted().expect(asked).play(DONE).expect(forwarded).play(OK).open();
    let player = script.start();
    let client = through(inner.clone().through(socks(&player)));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    player.finish();
    let script = greeted().expect(asked).play(DONE).expect(tunnel);
    let player = script.play("HTTP/1.0 200 yes\r\n\r\n").expect(GET).play(OK).open().start();
    let inner = inner.basic_auth("u", "p").header("X", "y").http_1_0(true).tunnel(true);
    let client = through(inner.through(socks(&player)));
    deadline(client.get("http://a.test/").send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn the_origin_is_told_who_connects() {
    let client = |ip: Option<[u8; 4]>, proxy: Option<Proxy>| {
        let client = wireline::Client::builder();
        let connector = wireline::Connector::new().proxy_protocol(ip.map(Into::into));
        let client = client.connector(&connector);
        let client = match proxy {
            Some(proxy) => client.proxy(proxy),
            None => client,
        };
        client.build().expect("a client")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let here = listener.local_addr().expect("an address");
    let (asked, seen) = tokio::join!(
        deadline(client(Some([198, 51, 100, 7]), None).get(format!("http://{here}/")).send()),
        async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, from) = listener.accept().await.expect("a client");
            let mut seen = vec![0; 4096];
            let count = deadline(stream.read(&mut seen)).await.expect("a line");
            seen.truncate(count);
            while !seen.ends_with(b"\r\n\r\n") {
                seen.push(deadline(stream.read_u8()).await.expect("a head"));
            }
            stream.write_all(OK.as_ref()).await.expect("sent");
            (String::from_utf8(seen).expect("text"), from.port())
        }
    );
    asked.expect("an answer");
    let line = format!("PROXY TCP4 198.51.100.7 127.0.0.1 {} {}\r\nGET / ", seen.1, here.port());
    assert!(seen.0.starts_with(&line), "{:?}", seen.0);
}
