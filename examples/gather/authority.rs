//! A certificate authority that lives as long as this program, and the one certificate it gives out.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};

use super::outcome::BoxError;
use super::setting::provider;

/// The settings of a TLS server called `name`, and the roots a client has to trust to believe it.
pub fn certify(name: &str) -> Result<(Arc<ServerConfig>, RootCertStore), BoxError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "gather's own authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new([name.to_owned()])?.signed_by(&key, &authority)?;

    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone())?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((Arc::new(config), roots))
}
