//! Under which name the program was called: as `curl` it says that it is one.

use std::ffi::OsStr;
use std::path::Path;

/// The version of curl whose options and texts are followed.
const CURL: &str = "8.22.0";

/// Who the program is.
#[derive(Debug, Clone)]
pub struct Persona {
    pub name: &'static str,
    version: &'static str,
}

impl Persona {
    /// By the name it was called by.
    pub fn of(called: Option<&OsStr>) -> Persona {
        let stem = called.and_then(|called| Path::new(called).file_stem());
        match stem.is_some_and(|stem| stem == "curl") {
            true => Persona { name: "curl", version: CURL },
            false => Persona { name: "wireline", version: env!("CARGO_PKG_VERSION") },
        }
    }

    /// `User-Agent` unless another is said.
    pub fn user_agent(&self) -> String {
        format!("{}/{}", self.name, self.version)
    }

    /// What `-V` says.
    pub fn version(&self) -> String {
        let Persona { name, version } = self;
        let library = match *name {
            "curl" => format!("libcurl/{version}"),
            _ => format!("libwireline/{version}"),
        };
        format!(
            "{name} {version} ({}-{}) {library} rustls\nRelease-Date: [unreleased]\n\
             Protocols: http https\n\
             Features: AsynchDNS brotli HTTPS-proxy IPv6 Largefile libz PSL SSL UnixSockets zstd\n",
            std::env::consts::ARCH,
            std::env::consts::OS,
        )
    }
}
