//! The client against nginx over TLS (OpenSSL): versions, resumption, and every certificate that must be refused.
#![cfg(feature = "tls")]

#[path = "support/certs.rs"]
mod certs;
#[path = "support/pieces.rs"]
mod pieces;
mod support;

use std::convert::Infallible;
use std::error::Error as _;
use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use certs::{Authority, Identity, provider};
use pieces::{Pieces, pattern};
use rustls::{ClientConfig, RootCertStore};
use support::deadline;
use support::nginx::Nginx;
use wireline::net::{Rustls, TlsError, TlsErrorKind};
use wireline::{Body, Client, ClientBuilder, Delivery, Error, Phase, Response, StatusCode};

const LENGTH: usize = 2_000_003;

/// A server for each of `servers`, its name, its certificate and what else it says, all on the first port. The second
/// port speaks no TLS.
#[track_caller]
fn start(servers: &[(&str, &Identity, &str)]) -> Option<Nginx> {
    Nginx::start(2, |ports, folder: &Path| {
        let root = folder.join("www");
        std::fs::create_dir_all(&root).expect("a folder");
        std::fs::write(root.join("document"), pattern(LENGTH)).expect("a document");
        let mut text = format!("server {{ listen 127.0.0.1:{}; return 200 clear; }}", ports[1]);
        for (name, identity, more) in servers {
            identity.write(folder, name);
            text += &format!(
                "server {{
                    listen 127.0.0.1:{} ssl;
                    server_name {name};
                    ssl_certificate {name}.crt;
                    ssl_certificate_key {name}.key;
                    root {};
                    add_header x-tls '$ssl_protocol $ssl_session_reused $ssl_alpn_protocol $ssl_server_name';
                    {more}
                }}",
                ports[0],
                root.display()
            );
        }
        text
    })
}

fn builder(authority: &Authority) -> ClientBuilder {
    let here: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let names = ["a.test", "b.test", "c.test"];
    let builder = Client::builder().roots_pem(&authority.pem());
    names.iter().fold(builder, |builder, name| builder.resolve(name, vec![here]))
}

fn url(nginx: &Nginx, host: &str, path: &str) -> String {
    format!("https://{host}:{}{path}", nginx.port(0))
}

async fn get(client: &Client, nginx: &Nginx, host: &str, path: &str) -> Response {
    client.get(url(nginx, host, path)).send().await.expect("an answer")
}

/// What nginx says of the connection: version, `r` if resumed else `.`, ALPN, SNI.
fn told(response: &Response) -> String {
    response.fields().get_str("x-tls").expect("a field").to_owned()
}

#[tokio::test]
async fn both_versions_carry_documents_over_one_connection() {
    for version in ["TLSv1.2", "TLSv1.3"] {
        let authority = Authority::new();
        let more = format!("ssl_protocols {version};");
        let Some(nginx) = start(&[("a.test", &authority.issue(&["a.test"]), &more)]) else {
            return;
        };
        deadline(async {
            let client = builder(&authority).build().expect("a client");
            for number in 0..4 {
                let response = get(&client, &nginx, "a.test", "/document").await;
                assert_eq!(response.is_reused(), number > 0);
                assert_eq!(told(&response), format!("{version} . http/1.1 a.test"));
                let tls = response.connection().tls.as_ref().expect("over TLS");
                assert_eq!((&*tls.version, tls.resumed), (version, false));
                assert_eq!(tls.alpn.as_deref(), Some(&b"http/1.1"[..]));
                assert_eq!(tls.peer_certificates.len(), 1);
                assert!(response.bytes().await.expect("a body") == pattern(LENGTH));
            }
        })
        .await;
    }
}

#[tokio::test]
async fn the_second_connection_resumes_as_both_sides_see() {
    let by_ticket = "ssl_protocols TLSv1.2;";
    let by_number =
        "ssl_protocols TLSv1.2; ssl_session_tickets off; ssl_session_cache shared:S:1m;";
    for (more, version) in
        [(by_ticket, "TLSv1.2"), (by_number, "TLSv1.2"), ("ssl_protocols TLSv1.3;", "TLSv1.3")]
    {
        let authority = Authority::new();
        let more = format!("{more} keepalive_timeout 0;");
        let Some(nginx) = start(&[("a.test", &authority.issue(&["a.test"]), &more)]) else {
            return;
        };
        deadline(async {
            let client = builder(&authority).build().expect("a client");
            for sign in [".", "r", "r"] {
                let response = get(&client, &nginx, "a.test", "/document").await;
                assert!(!response.is_reused(), "{more}");
                assert_eq!(told(&response), format!("{version} {sign} http/1.1 a.test"), "{more}");
                let tls = response.connection().tls.as_ref().expect("over TLS");
                assert_eq!(tls.resumed, sign == "r", "{more}");
                assert!(response.bytes().await.expect("a body") == pattern(LENGTH), "{more}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn the_name_decides_which_server_answers_and_is_part_of_the_connection() {
    let authority = Authority::new();
    let [a, b] = ["a.test", "b.test"].map(|name| authority.issue(&[name]));
    let Some(nginx) = start(&[
        ("a.test", &a, "location = /who { return 200 a; }"),
        ("b.test", &b, "location = /who { return 200 b; }"),
    ]) else {
        return;
    };
    deadline(async {
        let client = builder(&authority).build().expect("a client");
        for (host, body, reused) in
            [("a.test", "a", false), ("b.test", "b", false), ("a.test", "a", true)]
        {
            let response = get(&client, &nginx, host, "/who").await;
            assert_eq!(
                (response.is_reused(), response.text().await.expect("text")),
                (reused, body.into())
            );
        }
    })
    .await;
}

/// The request must fail in the handshake, before a byte of HTTP has left.
async fn refused(client: &Client, url: &str) -> (TlsErrorKind, Error) {
    let error = client.get(url).send().await.expect_err(url);
    assert!(error.is_tls() && error.is_connect() && !error.is_dns(), "{error:?}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Tls, Delivery::NotSent), "{error}");
    let info = error.connection().expect("a connection was made");
    assert_eq!(info.log.attempts.len(), 1);
    let source = error.source().and_then(|source| source.downcast_ref::<TlsError>());
    (source.expect("a cause").kind(), error)
}

#[tokio::test]
async fn certificates_are_refused_for_the_right_reason() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let Some(nginx) = start(&[
        ("a.test", &authority.issue(&["other.test"]), ""),
        ("b.test", &authority.issue_expired(&["b.test"]), ""),
        ("c.test", &stranger.issue(&["c.test"]), ""),
    ]) else {
        return;
    };
    deadline(async {
        let client = builder(&authority).build().expect("a client");
        for (host, kind, hint) in [
            ("a.test", TlsErrorKind::WrongName, "for another name"),
            ("b.test", TlsErrorKind::Expired, "clock"),
            ("c.test", TlsErrorKind::UnknownIssuer, "trusted roots"),
            // Without a name of its own nginx shows the first certificate.
            ("127.0.0.1", TlsErrorKind::WrongName, "for another name"),
        ] {
            for _ in 0..2 {
                let (found, error) = refused(&client, &url(&nginx, host, "/document")).await;
                assert_eq!(found, kind, "{host}: {error}");
                assert!(error.to_string().contains(hint), "{host}: {error}");
            }
        }
        // The roots every client has know none of these authorities.
        let here: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let client = Client::builder().resolve("a.test", vec![here]).build().expect("a client");
        let (found, error) = refused(&client, &url(&nginx, "a.test", "/")).await;
        assert_eq!(found, TlsErrorKind::UnknownIssuer, "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_address_can_be_what_the_certificate_is_for() {
    let authority = Authority::new();
    let identity = authority.issue(&["127.0.0.1"]);
    let Some(nginx) = start(&[("a.test", &identity, "")]) else { return };
    deadline(async {
        let client = builder(&authority).build().expect("a client");
        let response = get(&client, &nginx, "127.0.0.1", "/document").await;
        assert!(told(&response).ends_with(" . http/1.1"), "no SNI for an address");
        let (kind, error) = refused(&client, &url(&nginx, "a.test", "/")).await;
        assert_eq!(kind, TlsErrorKind::WrongName, "{error}");
    })
    .await;
}

#[tokio::test]
async fn tls_on_the_plain_port_and_plain_http_on_the_tls_port() {
    let authority = Authority::new();
    let Some(nginx) = start(&[("a.test", &authority.issue(&["a.test"]), "")]) else { return };
    deadline(async {
        let client = builder(&authority).build().expect("a client");
        let plain = format!("https://a.test:{}/", nginx.port(1));
        let (kind, error) = refused(&client, &plain).await;
        assert_eq!(kind, TlsErrorKind::NotTls, "{error}");
        assert!(error.to_string().contains("use http:// or another port"), "{error}");
        // nginx understands what was meant and says so.
        let url = format!("http://a.test:{}/", nginx.port(0));
        let response = client.get(url).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let text = response.text().await.expect("a body");
        assert!(text.contains("plain HTTP request was sent to HTTPS port"), "{text}");
        let url = format!("http://a.test:{}/", nginx.port(1));
        let response = client.get(url).send().await.expect("an answer");
        assert_eq!(response.text().await.expect("a body"), "clear");
    })
    .await;
}

#[tokio::test]
async fn a_handshake_the_server_refuses_names_the_alert() {
    let old = "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;";
    for (more, expected, alert) in [
        ("ssl_reject_handshake on;", TlsErrorKind::Alert, "UnrecognisedName"),
        (old, TlsErrorKind::Version, "ProtocolVersion"),
    ] {
        let authority = Authority::new();
        let Some(nginx) = start(&[("a.test", &authority.issue(&["a.test"]), more)]) else { return };
        deadline(async {
            let client = builder(&authority).build().expect("a client");
            let (kind, error) = refused(&client, &url(&nginx, "a.test", "/")).await;
            assert_eq!(kind, expected, "{error}");
            assert!(error.to_string().contains(alert), "{error}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_certificate_of_the_clients_own() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for version in ["TLSv1.2", "TLSv1.3"] {
        let Some(nginx) = Nginx::start(1, |ports, folder| {
            authority.issue(&["127.0.0.1"]).write(folder, "server");
            std::fs::write(folder.join("root.crt"), authority.pem()).expect("a root");
            format!(
                "server {{
                    listen 127.0.0.1:{} ssl;
                    ssl_protocols {version};
                    ssl_certificate server.crt;
                    ssl_certificate_key server.key;
                    ssl_client_certificate root.crt;
                    ssl_verify_client on;
                    return 200 welcome;
                }}",
                ports[0]
            )
        }) else {
            return;
        };
        deadline(async {
            let url = url(&nginx, "127.0.0.1", "/");
            let client = builder(&authority).build().expect("a client");
            let response = client.get(&url).send().await.expect("nginx says it in HTTP");
            let text = response.text().await.expect("a body");
            assert!(text.contains("No required SSL certificate was sent"), "{text}");
            for (issuer, answer) in [(&authority, "welcome"), (&stranger, "certificate error")] {
                let tls =
                    Rustls::with_config(showing(issuer.issue(&["client"]), &authority).into());
                let client = Client::builder().secure(tls).build().expect("a client");
                let response = client.get(&url).send().await.expect("an answer");
                let text = response.text().await.expect("a body");
                assert!(text.contains(answer), "{text}");
            }
        })
        .await;
    }
}

/// Settings that show `identity` and trust `authority`.
fn showing(identity: Identity, authority: &Authority) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let builder = ClientConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let builder = builder.with_root_certificates(roots);
    builder.with_client_auth_cert(identity.chain, identity.key).expect("a usable key")
}

#[tokio::test]
async fn an_early_refusal_gets_through_tls_too() {
    let authority = Authority::new();
    let identity = authority.issue(&["a.test"]);
    let more = "client_max_body_size 1k; location /put { dav_methods PUT; }";
    let Some(nginx) = start(&[("a.test", &identity, more)]) else { return };
    deadline(async {
        let client = builder(&authority).build().expect("a client");
        for round in 0..6 {
            let piece = Bytes::from(vec![7; 65_536]);
            let endless =
                Pieces(std::iter::repeat_with(move || Ok::<_, Infallible>(piece.clone())));
            let body = match round % 2 {
                0 => Body::stream(endless),
                _ => Body::sized_stream(endless, 1 << 40),
            };
            let request = client.put(url(&nginx, "a.test", "/put")).body(body);
            let response = request.send().await.expect("the 413");
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "round {round}");
            let text = response.text().await.expect("its page");
            assert!(text.contains("413 Request Entity Too Large"), "{text}");
        }
    })
    .await;
}
