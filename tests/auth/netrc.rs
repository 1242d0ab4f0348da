//! `.netrc`: which of its logins leaves for whom. The file itself is read in the unit tests.

use std::net::{SocketAddr, TcpListener};

use wireline::client::Netrc;

use crate::support::player::Player;
use crate::support::{Scratch, deadline};
use crate::talk::{OK, quiet, sends_by};

const NETRC: &str = "machine a.test login alice password one\nmachine a.test login bob password two\n\
                     machine b.test login carol password three\nmachine nothing.test login dave\n\
                     default login anonymous password guest\n";

/// Base64 of `alice:one`, `bob:two` and so on.
const ALICE: &str = "YWxpY2U6b25l";
const BOB: &str = "Ym9iOnR3bw==";
const GUEST: &str = "YW5vbnltb3VzOmd1ZXN0";

fn with_netrc(text: &str, port: u16) -> wireline::Client {
    let any: SocketAddr = ([127, 0, 0, 1], port).into();
    let hosts = ["a.test", "b.test", "nothing.test", "other.test", "evil.test"];
    let builder = hosts.iter().fold(quiet(), |builder, host| builder.resolve(host, [any]));
    builder.auth(Netrc::parse(text).expect("a netrc")).build().expect("a client")
}

/// What leaves for `login` and `host`.
async fn sent(text: &str, login: &str, host: &str) -> String {
    let player = Player::script().expect_head().play(OK).open().start();
    let client = with_netrc(text, 0);
    let url = format!("http://{login}{host}:{}/", player.address().port());
    deadline(client.get(url).send()).await.expect("an answer");
    let head = String::from_utf8(player.finish().heads.remove(0)).expect("ASCII");
    let value = head.split("Authorization: Basic ").nth(1).unwrap_or_default();
    value.split("\r\n").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn s_65_each_host_gets_its_own() {
    assert_eq!(sent(NETRC, "", "a.test").await, ALICE);
    assert_eq!(sent(NETRC, "bob@", "A.TEST").await, BOB);
    assert_eq!(sent(NETRC, "", "other.test").await, GUEST);
    // An entry without password has none, and the default is not for a host that is known.
    assert_eq!(sent(NETRC, "", "nothing.test").await, "");
}

#[tokio::test]
async fn s_65_a_user_in_the_url_gets_no_other_users_password() {
    let only_alice = "machine a.test login alice password one";
    // `bob:` with an empty password, as without a netrc.
    assert_eq!(sent(only_alice, "bob@", "a.test").await, "Ym9iOg==");
    assert_eq!(sent(NETRC, "eve@", "other.test").await, "ZXZlOg==");
    // A password in the URL is the caller's choice.
    assert_eq!(sent(NETRC, "bob:mine@", "a.test").await, "Ym9iOm1pbmU=");
    assert_eq!(sent(NETRC, "bob:@", "a.test").await, "Ym9iOg==");
    // CVE-2024-47081: the victim's name is the user here, and no host.
    let victim = "machine a.test login alice password one";
    assert_eq!(sent(victim, "a.test:@", "evil.test").await, "YS50ZXN0Og==");
}

/// The user of the URL is still known after a redirect within the origin.
#[tokio::test]
async fn s_65_a_redirect_does_not_change_the_user() {
    let to_x = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n";
    let player = Player::script().expect_head().play(to_x).expect_head().play(OK).open().start();
    let client = with_netrc(NETRC, 0);
    let url = format!("http://bob@a.test:{}/", player.address().port());
    deadline(client.get(url).send()).await.expect("an answer");
    for head in player.finish().heads {
        assert!(String::from_utf8_lossy(&head).contains(BOB), "{}", head.escape_ascii());
    }
}

/// CVE-2024-11053, CVE-2025-0167: no look-up after a redirect to another origin, not even for one that has an entry.
#[tokio::test]
async fn s_65_nothing_is_looked_up_after_a_redirect_elsewhere() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("bound").port();
    let to = |host: &str| {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{host}:{port}/x\r\nConnection: close\r\n\r\n"
        )
    };
    let player = Player::script()
        .expect(format!(
            "GET / HTTP/1.1\r\nHost: a.test:{port}\r\nAuthorization: Basic {ALICE}\r\n\r\n"
        ))
        .play(to("b.test"))
        .close()
        .expect(format!("GET /x HTTP/1.1\r\nHost: b.test:{port}\r\n\r\n"))
        .play(to("a.test"))
        .close()
        .expect(format!("GET /x HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n"))
        .play(OK)
        .open();
    let player = player.start_on(listener);
    let client = with_netrc(NETRC, 0);
    let get = client.get(format!("http://a.test:{port}/"));
    deadline(get.send()).await.expect("an answer");
    player.finish();
}

#[tokio::test]
async fn a_file_is_loaded() {
    let scratch = Scratch::new();
    let path = scratch.path().join("netrc");
    std::fs::write(&path, NETRC).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode));
        mode(0o640).expect("a mode");
        let error = Netrc::load(&path).expect_err("others can read it");
        assert!(error.is_builder() && error.to_string().contains("640"), "{error}");
        mode(0o600).expect("a mode");
    }
    let netrc = Netrc::load(&path).expect("a netrc");
    let client = quiet().auth(netrc).build().expect("a client");
    let expected =
        format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nAuthorization: Basic {GUEST}\r\n\r\n");
    sends_by(&client, &expected, |client, player| client.get(player.url("/"))).await;
    let error = Netrc::load(scratch.path().join("none")).expect_err("no file");
    assert!(error.is_builder(), "{error}");
}
