//! Between http and https: `Secure`, and S-74.

use wireline::Jar;

use crate::schemes_stage::Scheme::{self, Http, Https};
use crate::schemes_stage::stage;
use crate::support::deadline;

/// Asks one URL after the other; what each was told, redirects included.
async fn told(script: &[(Scheme, &str)], urls: &[&str]) -> Vec<String> {
    let script: Vec<_> = script.iter().map(|(scheme, lines)| (*scheme, (*lines).into())).collect();
    let (client, stage) = stage(&["site.test", "www.site.test"], &script).await;
    let jar = Jar::new().allow_parent("site.test").expect("two labels");
    let client = client.allow_downgrade(true).cookies(jar).build().expect("sound settings");
    for url in urls {
        let url = url.replace("{port}", &stage.port.to_string());
        deadline(client.get(url).send()).await.expect("an answer");
    }
    let cookie = |head: &String| {
        let line = head.lines().find_map(|line| line.strip_prefix("Cookie: "));
        line.unwrap_or_default().to_owned()
    };
    stage.heads().await.iter().map(cookie).collect()
}

const SAFE: &str = "https://site.test:{port}/";
const PLAIN: &str = "http://site.test:{port}/";

/// Ports do not part cookies, and neither do schemes; `Secure` does.
#[tokio::test]
async fn secure_cookies_do_not_go_over_http() {
    let sets = "Set-Cookie: s=1; Secure\r\nSet-Cookie: p=2\r\n";
    let back = "Location: https://site.test:{port}/x\r\nSet-Cookie: s=3; Secure\r\n";
    let down = "Location: http://site.test:{port}/\r\n";
    let told =
        told(&[(Https, sets), (Https, down), (Http, back), (Https, "")], &[SAFE, SAFE]).await;
    assert_eq!(told, ["", "s=1; p=2", "p=2", "s=1; p=2"]);
}

/// S-74 (CVE-2025-9086): plain http neither replaces, nor shadows, nor removes a `Secure` cookie, not from a path below
/// nor from a host below.
#[tokio::test]
async fn s_74_http_leaves_secure_cookies_alone() {
    let sets = "Set-Cookie: sid=good; Secure; Path=/; Domain=site.test\r\n";
    for attack in [
        "sid=evil",
        "sid=evil; Path=/",
        "sid=evil; Path=/; Domain=site.test",
        "sid=evil; Path=/x",
        "sid=evil; Path=/; Secure",
        "sid=; Path=/; Domain=site.test; Max-Age=0",
        "sid=; Path=/; Domain=site.test; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        let evil = format!("Set-Cookie: {attack}\r\nSet-Cookie: other=1; Path=/\r\n");
        for from in ["http://site.test:{port}/", "http://www.site.test:{port}/"] {
            let script = [(Https, sets), (Http, evil.as_str()), (Https, "")];
            let told = told(&script, &[SAFE, from, "https://site.test:{port}/x"]).await;
            let kept = if from.contains("www") { "sid=good" } else { "sid=good; other=1" };
            assert_eq!(told, ["", "", kept], "{attack} from {from}");
        }
    }
}

/// S-74: the prefixes hold over the wire, in any case.
#[tokio::test]
async fn s_74_prefixes_are_kept() {
    let sets = "Set-Cookie: __Host-a=1; Secure; Path=/\r\nSet-Cookie: __Secure-a=1; Secure\r\n";
    let evil = "Set-Cookie: __HOST-a=2; Path=/\r\nSet-Cookie: __host-a=2; Secure; Path=/; Domain=site.test\r\n\
                Set-Cookie: __secure-b=2\r\nSet-Cookie: =__Host-a=2\r\nSet-Cookie: __Secure-a=2; Secure\r\n";
    let script = [(Https, sets), (Http, evil), (Https, evil), (Https, "")];
    let told = told(&script, &[SAFE, PLAIN, SAFE, SAFE]).await;
    assert_eq!(told[1..], ["", "__Host-a=1; __Secure-a=1", "__Host-a=1; __Secure-a=2"]);
}
