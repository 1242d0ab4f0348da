//! The hosts file: names and addresses this machine has been told.
//!
//! In: its text. Out: the addresses of a name in both families, the names of an address. It is read as hosts(5) says:
//! an address, then names, `#` begins a comment. A line that starts with no address is passed over. A name may stand in
//! several lines; the order of the lines is kept. Names of any kind are taken, those with underscores too.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What a hosts file says.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    addresses: HashMap<String, Vec<IpAddr>>,
    names: HashMap<IpAddr, Vec<String>>,
}

impl Hosts {
    pub(crate) fn parse(text: &str) -> Hosts {
        let mut hosts = Hosts::default();
        for line in text.trim_start_matches('\u{feff}').lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(ip) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else {
                continue;
            };
            for name in words.map(canonical) {
                let known = hosts.addresses.entry(name.clone()).or_default();
                if !known.contains(&ip) {
                    known.push(ip);
                    hosts.names.entry(ip).or_default().push(name);
                }
            }
        }
        hosts
    }

    /// Reads a file; bytes that are no UTF-8 spoil the words they stand in and no others.
    ///
    /// # Errors
    /// Whatever reading it gives.
    pub(crate) fn read(path: &Path) -> io::Result<Hosts> {
        Ok(Hosts::parse(&String::from_utf8_lossy(&std::fs::read(path)?)))
    }

    /// The addresses of `name`; upper and lower case and a final dot make no difference.
    pub(crate) fn addresses(&self, name: &str) -> &[IpAddr] {
        if self.addresses.is_empty() {
            return &[];
        }
        self.addresses.get(&canonical(name)).map_or(&[], Vec::as_slice)
    }

    /// The names of `ip`, in lower case.
    pub(crate) fn names(&self, ip: IpAddr) -> &[String] {
        self.names.get(&ip).map_or(&[], Vec::as_slice)
    }
}

/// Where this system keeps it.
pub(crate) fn system_path() -> PathBuf {
    // The folder of Windows is the usual one: the environment, which could name another, is not read.
    let path = if cfg!(windows) { r"C:\Windows\System32\drivers\etc\hosts" } else { "/etc/hosts" };
    PathBuf::from(path)
}

fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_in_the_order_of_the_lines() {
        let hosts = Hosts::parse(
            "\u{feff}# comment\n127.0.0.55\tpinned.test  Other.test # and why\n\n::5 pinned.test.\n\
             127.0.0.56 pinned.test\n127.0.0.55 pinned.test\nnonsense pinned.test\nfe80::1%lo0 zone.test\n\
             127.0.0.57 a_b.test\n127.0.0.58\n",
        );
        let of = |name| hosts.addresses(name).iter().map(IpAddr::to_string).collect::<Vec<_>>();
        assert_eq!(of("PINNED.test."), ["127.0.0.55", "::5", "127.0.0.56"]);
        assert_eq!(of("other.test"), ["127.0.0.55"]);
        assert_eq!(of("a_b.test"), ["127.0.0.57"]);
        assert!(of("zone.test").is_empty() && of("third.test").is_empty());
        assert_eq!(hosts.names("127.0.0.55".parse().unwrap()), ["pinned.test", "other.test"]);
        assert!(hosts.names("127.0.0.58".parse().unwrap()).is_empty());
    }
}
