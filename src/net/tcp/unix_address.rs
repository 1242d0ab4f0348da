//! The address of a Unix socket: a file, or a name in Linux's abstract namespace.
//!
//! In: a path as people write it. Out: [`UnixAddress`], which shows itself without control characters. It opens nothing and
//! exists on every system, so that programs need no `cfg`; connecting to one is an error where there are none.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a Unix socket is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnixAddress(PathBuf);

impl UnixAddress {
    /// A file; or behind an `@` or a NUL byte, an abstract name (Linux). For a file whose name begins with `@`, write
    /// `./@name`.
    pub fn new(path: impl AsRef<Path>) -> UnixAddress {
        let path = path.as_ref();
        match path.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(name) => UnixAddress::abstract_name(name),
            None => UnixAddress(path.to_owned()),
        }
    }

    /// A name in the abstract namespace, without an `@` or a NUL byte in front.
    pub fn abstract_name(name: &str) -> UnixAddress {
        UnixAddress(format!("\0{name}").into())
    }

    /// As the operating system takes it: an abstract name behind a NUL byte.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

/// `/run/docker.sock`, `@name`.
impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string_lossy();
        match text.strip_prefix('\0') {
            Some(name) => write!(f, "@{}", name.escape_debug()),
            None => write!(f, "{}", text.escape_debug()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_told_apart() {
        for (text, path, shown) in [
            ("/run/a.sock", "/run/a.sock", "/run/a.sock"),
            ("@a", "\0a", "@a"),
            ("\0a", "\0a", "@a"),
            ("./@a", "./@a", "./@a"),
            ("a\n\u{1b}[31m", "a\n\u{1b}[31m", "a\\n\\u{1b}[31m"),
        ] {
            let address = UnixAddress::new(text);
            assert_eq!(address.as_path(), Path::new(path));
            assert_eq!(address.to_string(), shown);
        }
        assert_eq!(UnixAddress::abstract_name("@a").to_string(), "@@a");
    }
}
