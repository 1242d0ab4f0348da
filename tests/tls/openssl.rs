//! Keys and certificates as OpenSSL writes them, where it is installed.

use std::path::Path;
use std::process::Command;

use rustls::version::TLS13;
use wireline::tls::{Pin, Rustls, TlsErrorKind};

use crate::certs::Authority;
use crate::server::{Https, refused, trusting};
use crate::support::{Scratch, missing};

/// Runs it in `folder`; `None` where there is no such program.
fn openssl(folder: &Path, arguments: &str) -> Option<Vec<u8>> {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            missing("openssl", &error.to_string());
            return None;
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {said}");
    Some(output.stdout)
}

const REQUEST: &str = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 9 -subj /CN=a.test \
                       -addext subjectAltName=DNS:a.test";

#[tokio::test]
async fn keys_of_every_form_and_a_root_that_is_its_own_server() {
    let scratch = Scratch::new();
    let folder = scratch.path();
    if openssl(folder, REQUEST).is_none() {
        return;
    }
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    openssl(folder, "rsa -in key.pem -traditional -out pkcs1.pem");
    openssl(folder, "pkey -in key.pem -aes256 -passout pass:secret -out locked.pem");
    openssl(folder, "rsa -in key.pem -aes256 -passout pass:secret -traditional -out locked1.pem");
    let with =
        |key: &str| Rustls::builder().client_certificate_pem(&read("cert.pem"), &read(key)).build();
    assert!(read("pkcs1.pem").starts_with(b"-----BEGIN RSA PRIVATE KEY"));
    assert!(with("key.pem").is_ok() && with("pkcs1.pem").is_ok());
    for locked in ["locked.pem", "locked1.pem"] {
        let error = with(locked).unwrap_err();
        assert_eq!(error.kind(), TlsErrorKind::Settings);
        let text = error.to_string();
        assert!(text.contains("is encrypted") && text.contains("openssl pkey"), "{text}");
    }
    // The pin is the one everybody computes.
    let public = openssl(folder, "pkey -in key.pem -pubout -outform der").unwrap();
    std::fs::write(folder.join("public.der"), &public).unwrap();
    let hash = openssl(folder, "dgst -sha256 -binary public.der").unwrap();
    let pin = Pin::of_public_key(&public).unwrap();
    assert_eq!(pin.as_bytes()[..], hash);
    let der = openssl(folder, "x509 -in cert.pem -outform der").unwrap();
    assert_eq!(Pin::of_certificate(&der).unwrap(), pin);

    // What `openssl req -x509` makes is an authority, which RFC 5280 does not want to see as a server.
    let authority = Authority::new();
    let server = {
        use rustls::pki_types::pem::PemObject;
        let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(&read("key.pem")).unwrap();
        crate::certs::Identity { chain: vec![der.into()], key }
    };
    let server = Https::start(server.server_with(&[], &[&TLS13])).await;
    let error = server.get(trusting(&authority)).await.unwrap_err();
    assert!(error.is_tls(), "{error}");
    let error = server.get(Rustls::builder().roots_pem(&read("cert.pem"))).await.unwrap_err();
    let tls = refused(&error, TlsErrorKind::BadCertificate);
    assert!(tls.hint().unwrap().contains("pin"), "{tls}");
    let pinned = Rustls::builder().danger_accept_invalid_certs(true).pin(pin);
    assert!(server.get(pinned).await.is_ok());
}
