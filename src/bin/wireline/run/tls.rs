//! TLS settings of a group, or of the way to a proxy.

use std::fs;
use std::path::Path;

use wireline::tls::{Pin, Rustls, TlsVersion};

use crate::exit::Failed;
use crate::plan::{Tls, Version};

/// Settings as the options want them. Without `--cacert` and `--capath` whom this machine trusts is trusted.
///
/// # Errors
/// 77: certificates of authorities that cannot be read; 58: the own one; 90: pins; 35: versions that leave nothing.
pub fn settings(plan: &Tls) -> Result<Rustls, Failed> {
    let min = plan.min.map_or(TlsVersion::Tls12, version);
    let max = plan.max.map_or(TlsVersion::Tls13, version);
    let mut builder = Rustls::builder()
        .min_version(min)
        .max_version(max)
        .danger_accept_invalid_certs(plan.insecure);
    if let Some(chain) = &plan.cert {
        let (chain, password) = certificate(chain);
        let key = plan.key.as_deref().unwrap_or(Path::new(&chain));
        let read = |path: &Path| read(path, 58);
        let (chain, key) = (read(Path::new(&chain))?, read(key)?);
        if password.is_some() && key.windows(9).any(|part| part == b"ENCRYPTED") {
            return Err(Failed::new(
                58,
                "encrypted keys are not read: openssl pkey -in KEY -out PLAIN",
            ));
        }
        builder = builder.client_certificate_pem(&chain, &key);
        // Told apart from what is wrong with the rest.
        let alone = Rustls::builder().client_certificate_pem(&chain, &key).build();
        alone.map_err(|error| Failed::new(58, error.to_string()))?;
    }
    for pin in pins(plan.pins.as_deref())? {
        builder = builder.pin(pin);
    }
    if !plan.insecure {
        let mut own = false;
        let bundle = std::env::var_os("CURL_CA_BUNDLE").filter(|path| !path.is_empty());
        let bundle = plan.cacert.clone().or_else(|| match plan.capath {
            None => bundle.map(Into::into),
            Some(_) => None,
        });
        if let Some(path) = &bundle {
            (builder, own) = (builder.roots_pem(&read(path, 77)?), true);
        }
        if let Some(folder) = &plan.capath {
            (builder, own) = (builder.builtin_roots(false), true);
            let unreadable = |error| Failed::new(77, format!("{}: {error}", folder.display()));
            for entry in fs::read_dir(folder).map_err(unreadable)?.flatten() {
                match fs::read(entry.path()) {
                    Ok(text) if text.windows(11).any(|part| part == b"CERTIFICATE") => {
                        builder = builder.add_roots_pem(&text);
                    }
                    // Such folders hold other files too.
                    _ => {}
                }
            }
        }
        if !own {
            builder = builder.native_roots();
        }
    }
    let code = match (min > max, plan.cacert.is_some() || plan.capath.is_some()) {
        (true, _) => 35,
        (false, true) => 77,
        (false, false) => 35,
    };
    builder.build().map_err(|error| Failed::new(code, error.to_string()))
}

fn version(version: Version) -> TlsVersion {
    match version {
        Version::Tls12 => TlsVersion::Tls12,
        Version::Tls13 => TlsVersion::Tls13,
    }
}

fn read(path: &Path, code: u8) -> Result<Vec<u8>, Failed> {
    fs::read(path).map_err(|error| Failed::new(code, format!("{}: {error}", path.display())))
}

/// `FILE[:PASSWORD]`; a colon of the file's name is written `\:`.
fn certificate(said: &str) -> (String, Option<String>) {
    let (mut file, mut chars) = (String::new(), said.chars());
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some(escaped @ ('\\' | ':')) => file.push(escaped),
                other => file.extend(std::iter::once('\\').chain(other)),
            },
            ':' => return (file, Some(chars.as_str().to_owned())),
            char => file.push(char),
        }
    }
    (file, None)
}

/// `sha256//HASH;sha256//HASH`, or a file with a public key.
fn pins(said: Option<&str>) -> Result<Vec<Pin>, Failed> {
    let Some(said) = said else { return Ok(Vec::new()) };
    let bad = |why: String| Failed::new(90, format!("--pinnedpubkey {said}: {why}"));
    if said.starts_with("sha256//") {
        let pins = said.split(';').filter(|pin| !pin.is_empty());
        return pins
            .map(|pin| pin.parse::<Pin>().map_err(|error| bad(error.to_string())))
            .collect();
    }
    let text = fs::read(said).map_err(|error| bad(error.to_string()))?;
    let der = match std::str::from_utf8(&text).ok().and_then(public_key) {
        Some(der) => der,
        None => text,
    };
    Ok(vec![Pin::of_public_key(&der).map_err(|error| bad(error.to_string()))?])
}

/// What is between the lines of a PEM.
fn public_key(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let (_, rest) = text.split_once("-----BEGIN PUBLIC KEY-----")?;
    let (key, _) = rest.split_once("-----END PUBLIC KEY-----")?;
    let key: String = key.chars().filter(|char| !char.is_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_follow_a_colon() {
        let parts = |said| {
            let (file, password) = certificate(said);
            (file, password.unwrap_or_else(|| "-".to_owned()))
        };
        assert_eq!(parts("a.pem"), ("a.pem".to_owned(), "-".to_owned()));
        assert_eq!(parts("a.pem:se:cret"), ("a.pem".to_owned(), "se:cret".to_owned()));
        assert_eq!(parts(r"c\:a\\b\x"), (r"c:a\b\x".to_owned(), "-".to_owned()));
    }
}
