//! What each setting lets through and what it stops.

use std::fs;

use rustls::version::{TLS12, TLS13};
use wireline::Client;
use wireline::tls::{Pin, Rustls, TlsErrorKind, TlsVersion};

use crate::certs::Authority;
use crate::server::{Https, a_test, get, mismatched, refused, trusting};
use crate::support::Scratch;

fn only(version: TlsVersion) -> wireline::tls::RustlsBuilder {
    Rustls::builder().min_version(version).max_version(version)
}

#[tokio::test]
async fn roots_add_up_in_any_order() {
    let (one, two) = (Authority::new(), Authority::new());
    let server = a_test(&one).await;
    let both = trusting(&two).add_root_der(one.der());
    assert!(server.get(both).await.is_ok());
    let both = Rustls::builder().add_roots_pem(&one.pem()).roots_pem(&two.pem());
    assert!(server.get(both).await.is_ok());
    let error = server.get(trusting(&two)).await.unwrap_err();
    refused(&error, TlsErrorKind::UnknownIssuer);
    // The shortcuts of the client's builder change one and the same draft.
    let client = server.client().roots_pem(&two.pem()).add_roots_pem(&one.pem());
    assert!(get(&client.build().unwrap(), &server.url("a.test")).await.is_ok());
    let client = server.client().add_roots_pem(&one.pem()).secure(Rustls::webpki().unwrap());
    let error = get(&client.build().unwrap(), &server.url("a.test")).await.unwrap_err();
    refused(&error, TlsErrorKind::UnknownIssuer);
}

/// A program that passes a flag on must not lose its pins and roots by that.
#[tokio::test]
async fn settings_that_were_given_whole_are_not_dropped_for_a_shortcut() {
    let authority = Authority::new();
    let server = a_test(&authority).await;
    let other = Pin::of_certificate(authority.der()).unwrap();
    let pinned = trusting(&authority).pin(other).build().unwrap();
    let client = server.client().secure(pinned.clone()).danger_accept_invalid_certs(false);
    let error = get(&client.build().unwrap(), &server.url("a.test")).await.unwrap_err();
    refused(&error, TlsErrorKind::PinMismatch);
    for client in [
        server.client().secure(pinned.clone()).danger_accept_invalid_certs(true),
        server.client().secure(pinned.clone()).add_roots_pem(&authority.pem()),
    ] {
        let error = client.build().unwrap_err();
        assert!(error.to_string().contains("`secure`"), "{error}");
    }
    let client = server.client().secure(pinned).tls(trusting(&authority));
    assert!(get(&client.build().unwrap(), &server.url("a.test")).await.is_ok());
}

#[tokio::test]
async fn pins_are_checked_in_addition_and_alone_where_any_certificate_will_do() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let identity = authority.issue(&["a.test"]);
    let pin = Pin::of_certificate(&identity.chain[0]).unwrap();
    let other = Pin::of_certificate(authority.der()).unwrap();
    let server = Https::start(identity.server(&[])).await;
    assert!(server.get(trusting(&authority).pin(pin)).await.is_ok());
    assert!(server.get(trusting(&authority).pin(other).pin(pin)).await.is_ok());

    let error = server.get(trusting(&authority).pin(other)).await.unwrap_err();
    let tls = refused(&error, TlsErrorKind::PinMismatch);
    assert!(tls.message().contains(&pin.to_string()), "the key to pin: {tls}");
    assert!(tls.hint().unwrap().contains("in between"), "{tls}");

    // A pin makes nobody trusted.
    let error = server.get(trusting(&stranger).pin(pin)).await.unwrap_err();
    refused(&error, TlsErrorKind::UnknownIssuer);

    let blind = || trusting(&stranger).danger_accept_invalid_certs(true);
    assert!(server.get(blind().pin(pin)).await.is_ok());
    let error = server.get(blind().pin(other)).await.unwrap_err();
    refused(&error, TlsErrorKind::PinMismatch);
}

/// A pin is worth nothing if the server need not have the key: here it shows somebody else's certificate.
#[tokio::test]
async fn a_pinned_certificate_without_its_key_is_refused() {
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let authority = Authority::new();
        let (shown, had) = (authority.issue(&["a.test"]), authority.issue(&["a.test"]));
        let pin = Pin::of_certificate(&shown.chain[0]).unwrap();
        let thief = mismatched(&shown, &had);
        let server = Https::start(thief).await;
        let blind = only(version).danger_accept_invalid_certs(true).pin(pin);
        let error = server.get(blind).await.unwrap_err();
        assert!(error.is_tls(), "{error}");
    }
}

#[tokio::test]
async fn danger_accepts_any_certificate() {
    let authority = Authority::new();
    for identity in [authority.issue_expired(&["b.test"]), authority.issue_early(&[])] {
        let server = Https::start(identity.server(&[])).await;
        let blind = Rustls::builder().danger_accept_invalid_certs(true);
        assert!(server.get(blind).await.is_ok());
        let client = server.client().danger_accept_invalid_certs(true).build().unwrap();
        assert!(get(&client, &server.url("a.test")).await.is_ok());
        let seeing = Rustls::builder().danger_accept_invalid_certs(true);
        let seeing = seeing.danger_accept_invalid_certs(false);
        assert!(server.get(seeing).await.unwrap_err().is_tls());
    }
}

#[tokio::test]
async fn any_name_is_not_any_certificate() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Https::start(authority.issue(&["b.test"]).server(&[])).await;
    let any = || trusting(&authority).danger_accept_invalid_hostnames(true);
    assert!(server.get(any()).await.is_ok());
    for (identity, kind) in [
        (stranger.issue(&["a.test"]), TlsErrorKind::UnknownIssuer),
        (stranger.issue(&["b.test"]), TlsErrorKind::UnknownIssuer),
        (authority.issue_expired(&["b.test"]), TlsErrorKind::Expired),
    ] {
        let server = Https::start(identity.server(&[])).await;
        refused(&server.get(any()).await.unwrap_err(), kind);
    }
}

/// The name to prove and the name to send are two things.
#[tokio::test]
async fn names_are_overridden_apart() {
    let authority = Authority::new();
    let server = Https::start(authority.issue(&["b.test"]).server(&[])).await;
    let sni = |name: &str| Some(name.to_owned());
    for (tls, fits, sent) in [
        (trusting(&authority), false, sni("a.test")),
        (trusting(&authority).verify_name("b.test"), true, sni("a.test")),
        (trusting(&authority).sni_name("b.test"), false, sni("b.test")),
        (trusting(&authority).sni_name("x.test").verify_name("b.test"), true, sni("x.test")),
        (trusting(&authority).sni(false).verify_name("b.test"), true, None),
    ] {
        let outcome = server.get(tls).await;
        let seen = server.seen().last().cloned().flatten();
        match outcome {
            Ok(_) => assert!(fits && seen.is_some_and(|seen| seen.sni == sent)),
            Err(error) => {
                assert!(!fits, "{error}");
                let tls = refused(&error, TlsErrorKind::WrongName);
                assert!(tls.message().contains("expected a.test, presented b.test"), "{tls}");
            }
        }
    }
    // With another name sent, each host of the client proves its own.
    let client = server.client().tls(trusting(&authority).sni_name("x.test")).build().unwrap();
    assert!(get(&client, &server.url("b.test")).await.is_ok());
    let error = get(&client, &server.url("a.test")).await.unwrap_err();
    refused(&error, TlsErrorKind::WrongName);
}

#[tokio::test]
async fn the_versions_are_kept_to() {
    let authority = Authority::new();
    let old = Https::start(authority.issue(&["a.test"]).server_with(&[], &[&TLS12])).await;
    let new = Https::start(authority.issue(&["a.test"]).server_with(&[], &[&TLS13])).await;
    let both = Https::start(authority.issue(&["a.test"]).server(&[])).await;
    let low = || trusting(&authority).max_version(TlsVersion::Tls12);
    let high = || trusting(&authority).min_version(TlsVersion::Tls13);
    for (server, tls, version) in [
        (&old, low(), "TLSv1.2"),
        (&both, low(), "TLSv1.2"),
        (&new, high(), "TLSv1.3"),
        (&both, high(), "TLSv1.3"),
        (&both, trusting(&authority), "TLSv1.3"),
        (&old, trusting(&authority), "TLSv1.2"),
    ] {
        let response = server.get(tls).await.unwrap();
        assert_eq!(response.tls().unwrap().version, version);
    }
    for (server, tls, word) in [(&old, high(), "TLS 1.3"), (&new, low(), "TLS 1.2")] {
        let error = server.get(tls).await.unwrap_err();
        let tls = refused(&error, TlsErrorKind::Version);
        assert!(tls.message().contains(word), "{tls}");
        assert!(tls.hint().unwrap().contains("version"), "{tls}");
    }
}

#[tokio::test]
async fn revoked_certificates_are_refused() {
    let authority = Authority::new();
    let server = Https::start(authority.issue_numbered(&["a.test"], 7).server(&[])).await;
    let with =
        |numbers: &[u64]| trusting(&authority).revocation_lists_pem(&authority.revoke(numbers));
    assert!(server.get(with(&[8])).await.is_ok());
    let error = server.get(with(&[8, 7])).await.unwrap_err();
    refused(&error, TlsErrorKind::Revoked);
    let others = Authority::new().revoke(&[8]);
    let error = server.get(trusting(&authority).revocation_lists_pem(&others)).await.unwrap_err();
    assert!(refused(&error, TlsErrorKind::Revoked).message().contains("no revocation list"));
    for tls in [
        with(&[8]).danger_accept_invalid_certs(true),
        with(&[8]).danger_accept_invalid_hostnames(true),
    ] {
        assert_eq!(tls.build().unwrap_err().kind(), TlsErrorKind::Settings);
    }
}

#[tokio::test]
async fn the_key_log_is_a_file_of_its_owner() {
    let (authority, scratch) = (Authority::new(), Scratch::new());
    let path = scratch.path().join("keys");
    for (version, label) in
        [(TlsVersion::Tls13, "SERVER_TRAFFIC_SECRET_0"), (TlsVersion::Tls12, "CLIENT_RANDOM")]
    {
        let server = Https::start(authority.issue(&["a.test"]).server(&[])).await;
        let tls = trusting(&authority).min_version(TlsVersion::Tls12).max_version(version);
        server.get(tls.key_log_file(&path)).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let line =
            text.lines().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("{text}"));
        let parts: Vec<_> = line.split(' ').collect();
        assert_eq!((parts.len(), parts[1].len()), (3, 64), "{line}");
        assert!(
            parts[2].len() >= 64
                && parts[1..].iter().all(|hex| hex.bytes().all(|c| c.is_ascii_hexdigit()))
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let nowhere = Rustls::builder().key_log_file(scratch.path().join("no/such/folder"));
    let error = nowhere.build().unwrap_err();
    assert!(error.message().contains("key log"), "{error}");
}

#[test]
fn what_cannot_be_used_is_told_when_the_client_is_built() {
    let authority = Authority::new();
    let (one, two) = (authority.issue(&["a"]), authority.issue(&["b"]));
    let tls = Rustls::builder;
    for (tls, word) in [
        (tls().builtin_roots(false), "no root certificate"),
        (tls().roots_pem(b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"), "PEM"),
        (tls().roots_pem(authority.der()), "DER has to be given as DER"),
        (tls().add_root_der(b"0"), "root certificate cannot be used"),
        (tls().client_certificate_pem(&one.chain_pem(), &two.key_pem()), "and its key"),
        (tls().client_certificate_pem(b"", &two.key_pem()), "no client certificate given"),
        (tls().client_certificate_pem(&one.chain_pem(), &one.chain_pem()), "no private key given"),
        (tls().min_version(TlsVersion::Tls13).max_version(TlsVersion::Tls12), "no version"),
        (tls().verify_name("a..b"), "can be in no certificate"),
        (tls().sni_name("127.0.0.1"), "IP address"),
        (tls().revocation_lists_pem(b""), "no revocation list"),
    ] {
        let error = Client::builder().tls(tls).build().unwrap_err();
        assert!(error.is_builder() && error.to_string().contains(word), "{word}: {error}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let identity = Authority::new().issue(&["a"]);
    let builder =
        Rustls::builder().client_certificate_pem(&identity.chain_pem(), &identity.key_pem());
    let shown = format!("{builder:?}");
    let shown = format!("{shown} {:?}", builder.build().unwrap());
    assert!(shown.contains("client_certificate: true") && shown.len() < 1000, "{shown}");
}

/// The machine's store, as far as there is one. `SSL_CERT_FILE` would be the process' and so every other test's.
#[cfg(feature = "native-roots")]
#[tokio::test]
async fn the_roots_of_this_machine_add_up_with_others() {
    let authority = Authority::new();
    let server = a_test(&authority).await;
    match Rustls::builder().native_roots().builtin_roots(false).build() {
        Err(error) => println!("skipped: {error}"),
        Ok(_) => {
            let both = Rustls::builder().native_roots().builtin_roots(false);
            assert!(server.get(both.add_roots_pem(&authority.pem())).await.is_ok());
            let error = server.get(Rustls::builder().native_roots()).await.unwrap_err();
            refused(&error, TlsErrorKind::UnknownIssuer);
        }
    }
}
