//! A certificate authority for tests, and servers that show its certificates.
#![allow(dead_code)] // every test file uses another part of it

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

/// An authority nobody has heard of.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
}

/// A server's certificate and key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Authority {
    pub fn new() -> Self {
        // Each under a name of its own, as in life: two of one name would be taken for one another.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Self::named(&format!("authority {}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), der }
    }

    /// What a client has to trust (RFC 7468 §5).
    pub fn pem(&self) -> Vec<u8> {
        pem("CERTIFICATE", &self.der).into_bytes()
    }

    /// The authority's own certificate.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// A certificate for these names and IP addresses.
    pub fn issue(&self, names: &[&str]) -> Identity {
        self.sign(CertificateParams::new(strings(names)).unwrap())
    }

    /// A certificate whose time was over in 2020.
    pub fn issue_expired(&self, names: &[&str]) -> Identity {
        let mut params = CertificateParams::new(strings(names)).unwrap();
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(params)
    }

    /// A certificate whose time has not come.
    pub fn issue_early(&self, names: &[&str]) -> Identity {
        let mut params = CertificateParams::new(strings(names)).unwrap();
        params.not_before = date_time_ymd(3000, 1, 1);
        params.not_after = date_time_ymd(3001, 1, 1);
        self.sign(params)
    }

    /// A certificate under this number.
    pub fn issue_numbered(&self, names: &[&str], number: u64) -> Identity {
        let mut params = CertificateParams::new(strings(names)).unwrap();
        params.serial_number = Some(SerialNumber::from(number));
        self.sign(params)
    }

    /// The list of the numbers that are revoked.
    pub fn revoke(&self, numbers: &[u64]) -> Vec<u8> {
        let revoked = numbers.iter().map(|number| RevokedCertParams {
            serial_number: SerialNumber::from(*number),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(3000, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        pem("X509 CRL", params.signed_by(&self.issuer).unwrap().der()).into_bytes()
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let der = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity { chain: vec![der], key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
    }
}

impl Identity {
    /// A certificate nobody else vouches for.
    pub fn self_signed(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(strings(names)).unwrap();
        let chain = vec![params.self_signed(&key).unwrap().der().clone()];
        Self { chain, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
    }

    /// The certificate as a client gives it.
    pub fn chain_pem(&self) -> Vec<u8> {
        self.chain.iter().map(|der| pem("CERTIFICATE", der)).collect::<String>().into_bytes()
    }

    /// Its key, as PKCS #8.
    pub fn key_pem(&self) -> Vec<u8> {
        pem("PRIVATE KEY", self.key.secret_der()).into_bytes()
    }

    /// Writes the certificate to `NAME.crt` and its key to `NAME.key`, for servers that read files.
    pub fn write(&self, folder: &Path, name: &str) {
        std::fs::write(folder.join(format!("{name}.crt")), self.chain_pem()).unwrap();
        std::fs::write(folder.join(format!("{name}.key")), self.key_pem()).unwrap();
    }

    /// Settings of a server that shows this certificate and speaks TLS 1.3 or 1.2.
    pub fn server(self, alpn: &[&str]) -> ServerConfig {
        self.server_with(alpn, &[&TLS13, &TLS12])
    }

    pub fn server_with(
        self,
        alpn: &[&str],
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64(der))
}

/// RFC 4648 §4, in lines of 64.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (index, group) in bytes.chunks(3).enumerate() {
        if index > 0 && index % 16 == 0 {
            text.push('\n');
        }
        let bits = group.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place)) & 63;
            let letter = char::from(ALPHABET[sextet as usize]);
            text.push(if place > group.len() { '=' } else { letter });
        }
    }
    text
}
