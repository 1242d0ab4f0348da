//! The table, through the jar and over sockets.

use std::net::{SocketAddr, TcpListener};

use wireline::message::Scheme;
use wireline::{CookieStore, Jar, Uri};

use crate::support::deadline;
use crate::support::player::Player;
use crate::table::{Case, all};
use crate::talk::{OK, quiet};

pub fn jar() -> Jar {
    Jar::new().allow_parent("site.test").expect("two labels")
}

pub fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_table_is_long_enough_and_says_nothing_twice() {
    let mut names: Vec<&str> = all().map(|case| case.name).collect();
    assert!(names.len() >= 120, "{}", names.len());
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn the_table_through_the_jar() {
    let mut wrong = Vec::new();
    for Case { name, set, from, to, sent } in all() {
        let jar = jar();
        for line in *set {
            // Whether it is refused shows in what is sent.
            let _ = jar.set(&uri(from), line);
        }
        let told = jar.cookies(&uri(to)).unwrap_or_default();
        if told != *sent {
            wrong.push(format!("{name}: {set:?} from {from} to {to}: {told:?}, not {sent:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every host of the table is on loopback, on whatever port the player has.
#[tokio::test]
async fn the_table_over_sockets() {
    let mut played = 0;
    for case in all() {
        let (from, to) = (uri(case.from), uri(case.to));
        let plain = from.scheme() == Scheme::Http && to.scheme() == Scheme::Http;
        // One player is one port; an address is where it listens.
        let usual = from.explicit_port().is_none() && to.explicit_port().is_none();
        if plain && usual && from.ip().is_none() {
            play(case, &from, &to).await;
            played += 1;
        }
    }
    assert!(played >= 80, "{played}");
}

async fn play(case: &Case, from: &Uri, to: &Uri) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("bound").port();
    let lines: String = case.set.iter().map(|line| format!("Set-Cookie: {line}\r\n")).collect();
    let field = match case.sent {
        "" => String::new(),
        sent => format!("Cookie: {sent}\r\n"),
    };
    let told = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n");
    let get = |uri: &Uri, field: &str| {
        format!(
            "GET {} HTTP/1.1\r\nHost: {}:{port}\r\n{field}\r\n",
            uri.path_and_query(),
            uri.host()
        )
    };
    let asks = get(to, &field);
    let player = Player::script().expect(get(from, "")).play(told);
    // A kept connection serves one origin.
    let player = if from.origin() == to.origin() { player } else { player.open() };
    let player = player.expect(asks).play(OK).open().start_on(listener);

    let any_port: SocketAddr = ([127, 0, 0, 1], 0).into();
    let client = quiet()
        .resolve(from.host(), [any_port])
        .resolve(to.host(), [any_port])
        .cookies(jar())
        .build()
        .expect("sound settings");
    for uri in [from, to] {
        let url = format!("http://{}:{port}{}", uri.host(), uri.path_and_query());
        deadline(client.get(url).send()).await.unwrap_or_else(|e| panic!("{}: {e}", case.name));
    }
    println!("{}", case.name);
    player.finish();
}
