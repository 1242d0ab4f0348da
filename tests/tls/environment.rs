//! What the environment names is read where it was asked for, and nowhere else. The environment belongs to the process, so
//! the test runs once more in a process of its own that has one.

use std::path::Path;
use std::process::Command;

use wireline::tls::{Rustls, TlsErrorKind};

use crate::certs::Authority;
use crate::server::{Https, refused};
use crate::support::Scratch;

/// Tells the second run from the first: the folder of its files.
const FOLDER: &str = "WIRELINE_TEST_TLS_FOLDER";

#[test]
fn what_the_environment_names_is_read_where_it_is_asked_for() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return runtime.expect("a runtime").block_on(inside(Path::new(&folder)));
    }
    let (scratch, authority) = (Scratch::new(), Authority::new());
    let folder = scratch.path();
    std::fs::write(folder.join("root.pem"), authority.pem()).expect("a file");
    authority.issue(&["a.test"]).write(folder, "server");
    let name = "environment::what_the_environment_names_is_read_where_it_is_asked_for";
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture"])
        .env(FOLDER, folder)
        .env("SSLKEYLOGFILE", folder.join("keys"))
        .env("SSL_CERT_FILE", folder.join("root.pem"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

async fn inside(folder: &Path) {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = vec![CertificateDer::from_pem_file(folder.join("server.crt")).expect("a chain")];
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    let server = Https::start(crate::certs::Identity { chain, key }.server(&[])).await;
    let root = std::fs::read(folder.join("root.pem")).expect("a root");
    let keys = folder.join("keys");

    assert!(server.get(Rustls::builder().roots_pem(&root)).await.is_ok());
    refused(&server.get(Rustls::builder()).await.unwrap_err(), TlsErrorKind::UnknownIssuer);
    assert!(!keys.exists(), "nobody asked for the key log");

    assert!(server.get(Rustls::builder().roots_pem(&root).key_log_from_env()).await.is_ok());
    let text = std::fs::read_to_string(&keys).expect("the key log");
    assert!(text.contains("CLIENT_TRAFFIC_SECRET_0 "), "{text}");

    #[cfg(feature = "native-roots")]
    {
        let native = || Rustls::builder().native_roots();
        assert!(server.get(native()).await.is_ok());
        assert!(server.get(native().builtin_roots(false)).await.is_ok());
    }
}
