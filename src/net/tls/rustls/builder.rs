//! TLS settings, chosen one by one.
//!
//! In: certificates, keys and names as the caller has them. Out: [`Rustls`], or the first of them that cannot be used.
//! Nothing is read from files or from the environment unless a method says so. Each `build` makes settings of their
//! own: another identity in the pool's key and another session store (S-45, S-48).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::explain::Ours;
use super::key_log::KeyLogTo;
use super::pin::{NO_SHA256, Pin};
use super::plug::{Masked, Rustls, parse_name};
use super::provider::{provider, sha256};
use super::trust::{add, certificates, mozilla, private_key, revocation_lists, unusable};
use super::verifier::{Notes, Pins, Trust, Verifier};
use crate::net::tls::secure::TlsError;

/// A version of TLS. Older ones are broken and not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// Builds a [`Rustls`].
///
/// ```
/// use wireline::tls::{Rustls, TlsVersion};
///
/// let tls = Rustls::builder()
///     .min_version(TlsVersion::Tls13)
///     .pin("sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".parse()?)
///     .build()?;
/// let client = wireline::Client::builder().secure(tls).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct RustlsBuilder {
    builtin: bool,
    native: bool,
    roots: Vec<CertificateDer<'static>>,
    revoked: Vec<CertificateRevocationListDer<'static>>,
    client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    pins: Vec<Pin>,
    name: Option<ServerName<'static>>,
    sni: Sni,
    versions: (TlsVersion, TlsVersion),
    key_log: Option<PathBuf>,
    any_certificate: bool,
    any_name: bool,
    resumption: bool,
    /// The first setting that cannot be used; `build` reports it.
    error: Option<TlsError>,
}

/// The name that is sent in the clear.
enum Sni {
    /// The host in the URL.
    Host,
    /// None.
    Off,
    /// This one.
    Name(ServerName<'static>),
}

impl Rustls {
    /// Chooses settings, starting from the defaults: Mozilla's roots, no client certificate, TLS 1.2 and 1.3.
    pub fn builder() -> RustlsBuilder {
        RustlsBuilder::new()
    }

    /// Trusts Mozilla's roots as they were when this program was built.
    ///
    /// Errors: the crypto provider the process has installed supports no TLS 1.2 or 1.3.
    pub fn webpki() -> Result<Self, TlsError> {
        Self::builder().build()
    }

    /// Trusts the certificates in `pem` and nobody else.
    ///
    /// Errors: there is no certificate in it, or one that cannot be read.
    pub fn with_roots_pem(pem: &[u8]) -> Result<Self, TlsError> {
        Self::builder().roots_pem(pem).build()
    }

    /// Trusts Mozilla's roots and the certificates in `pem`.
    ///
    /// Errors: there is no certificate in it, or one that cannot be read.
    pub fn with_added_roots_pem(pem: &[u8]) -> Result<Self, TlsError> {
        Self::builder().add_roots_pem(pem).build()
    }
}

impl RustlsBuilder {
    fn new() -> RustlsBuilder {
        RustlsBuilder {
            builtin: true,
            native: false,
            roots: Vec::new(),
            revoked: Vec::new(),
            client: None,
            pins: Vec::new(),
            name: None,
            sni: Sni::Host,
            versions: (TlsVersion::Tls12, TlsVersion::Tls13),
            key_log: None,
            any_certificate: false,
            any_name: false,
            resumption: true,
            error: None,
        }
    }

    /// Trusts the certificates in `pem` and, unless others are added, nobody else (`--cacert`). Mozilla's roots are left
    /// out, as by [`builtin_roots(false)`](Self::builtin_roots).
    pub fn roots_pem(self, pem: &[u8]) -> Self {
        self.builtin_roots(false).add_roots_pem(pem)
    }

    /// Trusts the certificates in `pem` too. Each call adds; for a folder of them, call it for every file.
    pub fn add_roots_pem(mut self, pem: &[u8]) -> Self {
        if let Some(read) = self.keep(certificates(pem, "root certificate")) {
            self.roots.extend(read);
        }
        self
    }

    /// Trusts a certificate in DER too.
    pub fn add_root_der(mut self, der: &[u8]) -> Self {
        self.roots.push(CertificateDer::from(der.to_vec()));
        self
    }

    /// Whether Mozilla's roots are trusted, as they were when this program was built. They are by default.
    pub fn builtin_roots(mut self, trust: bool) -> Self {
        self.builtin = trust;
        self
    }

    /// Trusts what this machine trusts too: `build` reads its store of certificates, or what `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name in the environment. To trust nobody else, add [`builtin_roots(false)`](Self::builtin_roots).
    #[cfg(feature = "native-roots")]
    pub fn native_roots(mut self) -> Self {
        self.native = true;
        self
    }

    /// Refuses certificates that the revocation lists in `pem` name, and those that no list covers, of the server and of
    /// its authorities (`--crlfile`).
    pub fn revocation_lists_pem(mut self, pem: &[u8]) -> Self {
        if let Some(read) = self.keep(revocation_lists(pem)) {
            self.revoked.extend(read);
        }
        self
    }

    /// Shows this certificate to every server that asks for one (`--cert`, `--key`), to those behind a redirect too. The
    /// chain begins with the client's own; the key is PKCS #8, PKCS #1 or SEC 1, and not encrypted. Where both are in
    /// one file, give its text twice.
    pub fn client_certificate_pem(mut self, chain: &[u8], key: &[u8]) -> Self {
        let chain = self.keep(certificates(chain, "client certificate"));
        let key = self.keep(private_key(key));
        self.client = chain.zip(key);
        self
    }

    /// Accepts servers whose public key has this hash, and no others (`--pinnedpubkey`). Each call adds one. It is
    /// checked in addition to everything else, and alone with
    /// [`danger_accept_invalid_certs`](Self::danger_accept_invalid_certs). Pin the next key too, before it is needed.
    pub fn pin(mut self, pin: Pin) -> Self {
        self.pins.push(pin);
        self
    }

    /// The name the certificate has to be for, in place of the host in the URL. What is sent in the SNI does not change.
    pub fn verify_name(mut self, name: &str) -> Self {
        self.name = self.keep(parse_name(name));
        self
    }

    /// The name that is sent in the SNI, in place of the host in the URL. What the certificate has to be for does not
    /// change. Without [`verify_name`](Self::verify_name) no session is resumed then.
    pub fn sni_name(mut self, name: &str) -> Self {
        match self.keep(parse_name(name)) {
            Some(name @ ServerName::DnsName(_)) => self.sni = Sni::Name(name),
            Some(_) => {
                let error = unusable("an IP address cannot be sent as SNI", "RFC 6066 §3");
                self.error.get_or_insert(error);
            }
            None => {}
        }
        self
    }

    /// Whether a name is sent in the SNI at all. It is by default, where the host is a name.
    pub fn sni(mut self, send: bool) -> Self {
        self.sni = if send { Sni::Host } else { Sni::Off };
        self
    }

    /// The lowest version that is spoken (`--tlsv1.2`, `--tlsv1.3`); TLS 1.2 by default.
    pub fn min_version(mut self, version: TlsVersion) -> Self {
        self.versions.0 = version;
        self
    }

    /// The highest version that is spoken (`--tls-max`); TLS 1.3 by default.
    pub fn max_version(mut self, version: TlsVersion) -> Self {
        self.versions.1 = version;
        self
    }

    /// Whether later connections may resume the session of an earlier one, which saves them a round of signatures. Up to
    /// 256 names are remembered, in memory. On by default.
    pub fn resumption(mut self, resume: bool) -> Self {
        self.resumption = resume;
        self
    }

    /// Appends the secrets of every session to the file at `path`. Whoever has that file can read all the traffic: a new
    /// one is made readable for its owner only (Unix), one that is there keeps the permissions it has.
    pub fn key_log_file(mut self, path: impl AsRef<Path>) -> Self {
        self.key_log = Some(path.as_ref().to_owned());
        self
    }

    /// The same for the file that `SSLKEYLOGFILE` names in the environment now; nothing, if it names none.
    pub fn key_log_from_env(mut self) -> Self {
        let named = std::env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty());
        self.key_log = named.map(PathBuf::from).or(self.key_log);
        self
    }

    /// Accepts any certificate (`--insecure`): whoever is in between can read and change everything, unless
    /// [`pin`](Self::pin) says which key the server has.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.any_certificate = accept;
        self
    }

    /// Accepts a certificate for any name, if somebody trusted vouches for it: whoever has such a certificate for any
    /// host can read and change everything. [`verify_name`](Self::verify_name) is nearly always the better choice.
    pub fn danger_accept_invalid_hostnames(mut self, accept: bool) -> Self {
        self.any_name = accept;
        self
    }

    /// The settings. Reads and opens files where [`native_roots`](Self) or a key log was asked for.
    ///
    /// # Errors
    /// The first setting that cannot be used; no root at all; a key that is not the one of the client certificate; a
    /// lowest version above the highest; revocation lists for certificates that are not to be verified.
    pub fn build(mut self) -> Result<Rustls, TlsError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let notes = Notes::default();
        let verifier = self.verifier(&notes)?;
        let versions = self.versions()?;
        let ours = Ours {
            certificate: self.client.is_some(),
            only: versions.first().filter(|_| versions.len() == 1).map(|version| version.version),
        };
        let config = ClientConfig::builder_with_provider(verifier.provider.clone())
            .with_protocol_versions(&versions)
            .map_err(|error| unusable("the crypto provider is unusable", error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier.clone()));
        let mut config = match self.client.take() {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(|error| {
                unusable("the client certificate and its key cannot be used", error)
            })?,
        };
        if !self.resumption {
            config.resumption = Resumption::disabled();
        }
        if let Some(path) = &self.key_log {
            let log = KeyLogTo::open(path).map_err(|error| {
                unusable(&format!("the key log {} cannot be opened", path.display()), error)
            })?;
            config.key_log = Arc::new(log);
        }
        let masked = self.mask(&mut config, verifier);
        Ok(Rustls::from_parts(config, ours, notes, masked))
    }

    fn mask(self, config: &mut ClientConfig, verifier: Verifier) -> Option<Masked> {
        match self.sni {
            Sni::Host => None,
            Sni::Off => {
                config.enable_sni = false;
                None
            }
            Sni::Name(sent) => {
                let verifier = self.name.is_none().then_some(verifier);
                Some(Masked { sent, verifier })
            }
        }
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, TlsError> {
        let (min, max) = self.versions;
        let known = [(TlsVersion::Tls12, &TLS12), (TlsVersion::Tls13, &TLS13)];
        let allowed = known.into_iter().filter(|(version, _)| (min..=max).contains(version));
        let allowed: Vec<_> = allowed.map(|(_, version)| version).collect();
        match allowed.is_empty() {
            true => Err(unusable("no version of TLS is left", "the lowest is above the highest")),
            false => Ok(allowed),
        }
    }

    fn verifier(&mut self, notes: &Notes) -> Result<Verifier, TlsError> {
        let provider = provider();
        let sha256 = match self.pins.is_empty() {
            true => None,
            false => {
                let found = sha256(&provider);
                Some(found.ok_or_else(|| unusable(NO_SHA256, "it has none"))?)
            }
        };
        let trust = match (self.any_certificate, self.any_name) {
            (false, false) => {
                let roots = Arc::new(self.trusted()?);
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
                    .with_crls(std::mem::take(&mut self.revoked))
                    .build();
                Trust::Full(verifier.map_err(|error| unusable("the trust is unusable", error))?)
            }
            _ if !self.revoked.is_empty() => {
                return Err(unusable(
                    "revocation lists are given and certificates not to be verified in full",
                    "leave out the one or the other",
                ));
            }
            (false, true) => Trust::AnyName(Arc::new(self.trusted()?)),
            (true, _) => Trust::Anybody,
        };
        let pins = Arc::new(Pins { keys: std::mem::take(&mut self.pins), sha256 });
        Ok(Verifier { trust, name: self.name.clone(), pins, provider, notes: notes.clone() })
    }

    fn trusted(&mut self) -> Result<RootCertStore, TlsError> {
        let mut roots = if self.builtin { mozilla() } else { RootCertStore::empty() };
        for certificate in std::mem::take(&mut self.roots) {
            add(&mut roots, certificate)?;
        }
        #[cfg(feature = "native-roots")]
        if self.native {
            super::trust::add_native(&mut roots)?;
        }
        match roots.is_empty() {
            true => Err(unusable("no root certificate given", "Mozilla's are left out")),
            false => Ok(roots),
        }
    }

    /// The value, or `None` and the error remembered.
    fn keep<T>(&mut self, read: Result<T, TlsError>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        }
    }
}

/// No certificate and no key.
impl fmt::Debug for RustlsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustlsBuilder")
            .field("builtin_roots", &self.builtin)
            .field("native_roots", &self.native)
            .field("roots", &self.roots.len())
            .field("client_certificate", &self.client.is_some())
            .field("pins", &self.pins)
            .field("verify_name", &self.name)
            .field("versions", &self.versions)
            .field("any_certificate", &self.any_certificate)
            .field("any_name", &self.any_name)
            .finish_non_exhaustive()
    }
}
