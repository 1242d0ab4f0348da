//! The secrets of sessions, written to a file for those who want to read their own traffic with Wireshark.
//!
//! Each line is a label, the client's random bytes and a secret, in the format of NSS that all tools read. Whoever has
//! the file can read everything: it is opened only where somebody asked for it, and one that is made here may be read by
//! its owner only (Unix). One that is there already is left as it is.

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustls::KeyLog;

/// A file that is appended to.
pub(super) struct KeyLogTo(Mutex<File>);

impl KeyLogTo {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<KeyLogTo> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(|file| KeyLogTo(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogTo {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = format!("{label} ");
        hexadecimal(&mut line, client_random);
        line.push(' ');
        hexadecimal(&mut line, secret);
        line.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A handshake does not fail because nobody can listen in on it.
        let _ = file.write_all(line.as_bytes());
    }
}

fn hexadecimal(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(line, "{byte:02x}");
    }
}

impl fmt::Debug for KeyLogTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyLogTo")
    }
}
