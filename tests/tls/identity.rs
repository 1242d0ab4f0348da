//! S-45 and S-48: settings that differ share neither a connection nor a session.

use wireline::Response;
use wireline::tls::{Pin, RustlsBuilder, TlsErrorKind, TlsVersion};

use crate::certs::{Authority, Identity};
use crate::server::{Https, a_test, get, refused, trusting};
use crate::support::{Scratch, deadline};

/// One of each kind, all of which the server accepts.
fn kinds(
    authority: &Authority,
    server: &Identity,
    scratch: &Scratch,
) -> Vec<(&'static str, RustlsBuilder)> {
    let client = authority.issue(&["client"]);
    let other = authority.issue(&["client"]);
    let pin = Pin::of_certificate(&server.chain[0]).unwrap();
    let spare = Pin::of_certificate(authority.der()).unwrap();
    let tls = || trusting(authority);
    vec![
        ("nothing else", tls()),
        ("the same once more", tls()),
        ("more roots", tls().builtin_roots(true)),
        (
            "a client certificate",
            tls().client_certificate_pem(&client.chain_pem(), &client.key_pem()),
        ),
        ("another one", tls().client_certificate_pem(&other.chain_pem(), &other.key_pem())),
        ("a pin", tls().pin(pin)),
        ("two pins", tls().pin(pin).pin(spare)),
        ("a verify name", tls().verify_name("a.test")),
        ("no SNI", tls().sni(false)),
        ("another SNI", tls().sni_name("b.test")),
        ("another SNI and a verify name", tls().sni_name("b.test").verify_name("a.test")),
        ("a lowest version", tls().min_version(TlsVersion::Tls13)),
        ("a highest version", tls().max_version(TlsVersion::Tls12)),
        ("a key log", tls().key_log_file(scratch.path().join("keys"))),
        ("no resumption", tls().resumption(false)),
        ("any certificate", tls().danger_accept_invalid_certs(true)),
        ("any name", tls().danger_accept_invalid_hostnames(true)),
    ]
}

async fn read(response: Response) -> (bool, bool) {
    let facts = (response.is_reused(), response.tls().unwrap().resumed);
    deadline(response.bytes()).await.unwrap();
    facts
}

/// One client, one pool, and requests that bring settings of their own.
#[tokio::test]
async fn s_45_settings_of_every_kind_share_no_connection() {
    let (authority, scratch) = (Authority::new(), Scratch::new());
    let identity = authority.issue(&["a.test"]);
    let kinds = kinds(&authority, &identity, &scratch);
    let server = Https::start(identity.server(&[])).await;
    let client = server.client().build().unwrap();
    let url = server.url("a.test");
    let built: Vec<_> = kinds.into_iter().map(|(name, tls)| (name, tls.build().unwrap())).collect();
    for (name, tls) in &built {
        let response = deadline(client.get(&url).tls(tls).send()).await;
        let (reused, resumed) =
            read(response.unwrap_or_else(|error| panic!("{name}: {error}"))).await;
        assert!(!reused, "{name}: somebody else's connection");
        assert!(!resumed, "{name}: s_48: somebody else's session");
    }
    for (name, tls) in &built {
        let response = deadline(client.get(&url).tls(&tls.clone()).send()).await.unwrap();
        assert!(read(response).await.0, "{name}: its own connection is kept, for clones too");
    }
    assert_eq!(server.seen().len(), built.len());
    // The client's own settings trust nobody here, and none of those connections is theirs.
    refused(&get(&client, &url).await.unwrap_err(), TlsErrorKind::UnknownIssuer);
}

#[tokio::test]
async fn s_48_settings_of_every_kind_resume_their_own_sessions_only() {
    let (authority, scratch) = (Authority::new(), Scratch::new());
    let identity = authority.issue(&["a.test"]);
    let kinds = kinds(&authority, &identity, &scratch);
    let server = Https::start(identity.server(&[])).await;
    let url = server.url("a.test");
    for (name, tls) in kinds {
        let tls = tls.build().unwrap();
        // A client of its own each time: no connection to reuse, only sessions.
        for round in 0..2 {
            let client = server.client().secure(tls.clone()).build().unwrap();
            let response =
                get(&client, &url).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            let resumes = !matches!(name, "no resumption" | "another SNI");
            assert_eq!(read(response).await.1, resumes && round > 0, "{name}, round {round}");
            let resumed = server.seen().last().cloned().flatten().unwrap().resumed;
            assert_eq!(resumed, resumes && round > 0, "{name}, as the server sees it");
        }
    }
}

/// CVE-2024-0853: verified by nobody first, by somebody strict afterwards.
#[tokio::test]
async fn s_48_an_insecure_client_leaves_no_session_to_a_strict_one() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = a_test(&stranger).await;
    let insecure = trusting(&authority).danger_accept_invalid_certs(true);
    assert!(server.get(insecure).await.is_ok());
    for strict in [trusting(&authority), trusting(&authority).danger_accept_invalid_hostnames(true)]
    {
        let error = server.get(strict).await.unwrap_err();
        refused(&error, TlsErrorKind::UnknownIssuer);
    }
}

/// Sessions are kept under the name that was sent; what was proved for one host says nothing about another.
#[tokio::test]
async fn s_48_a_session_under_a_false_name_proves_nothing_for_another_host() {
    let authority = Authority::new();
    let server = a_test(&authority).await;
    let tls = trusting(&authority).sni_name("x.test").build().unwrap();
    for _ in 0..2 {
        let client = server.client().secure(tls.clone()).build().unwrap();
        assert!(get(&client, &server.url("a.test")).await.is_ok());
        let error = get(&client, &server.url("b.test")).await.unwrap_err();
        refused(&error, TlsErrorKind::WrongName);
    }
}
