//! A private Apache on loopback, for its Digest: own folder, own port, one process that dies with the value. In: what
//! belongs into the server. Out: its URL, once it accepts. Never touches the system's Apache or its configuration.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::process::{Process, free_ports};
use crate::support::{Scratch, missing};

const MODULES: &[&str] = &[
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_basic",
    "auth_digest",
];

/// Another process may take a port between our look and Apache's bind.
const TRIES: usize = 5;

pub struct Apache {
    // Dropped in this order: the process first, its folder after.
    _process: Process,
    _scratch: Scratch,
    port: u16,
}

impl Apache {
    /// Starts Apache with what `site` says, given its folder. `None` if it is not installed and `WIRELINE_REQUIRE` does not
    /// ask for it (the skip is printed).
    #[track_caller]
    pub fn start(site: impl Fn(&Path) -> String) -> Option<Apache> {
        let (binary, modules) =
            (Path::new("/usr/sbin/apache2"), Path::new("/usr/lib/apache2/modules"));
        if !binary.is_file() || !modules.is_dir() {
            missing("apache2", "it is not in /usr/sbin");
            return None;
        }
        for _ in 0..TRIES {
            let scratch = Scratch::new();
            let port = free_ports(1)[0];
            let file = write(scratch.path(), modules, port, &site(scratch.path()));
            let mut command = Command::new(binary);
            command.arg("-X").arg("-f").arg(&file);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            // In its debugging mode Apache is one process.
            let mut process = Process::spawn(&mut command);
            match process.accepts(&[port]) {
                Ok(()) => return Some(Apache { _process: process, _scratch: scratch, port }),
                Err(why) => {
                    let log = std::fs::read_to_string(scratch.path().join("error.log"));
                    let log = log.unwrap_or_default();
                    assert!(log.contains("(98)"), "apache: {why}\n{log}");
                }
            }
        }
        panic!("apache found its port taken {TRIES} times");
    }

    /// `http://127.0.0.1:PORT` and `path`, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn write(folder: &Path, modules: &Path, port: u16, site: &str) -> PathBuf {
    let load =
        |name: &&str| format!("LoadModule {name}_module {}/mod_{name}.so\n", modules.display());
    let load: String = MODULES.iter().map(load).collect();
    let here = folder.display();
    let text = format!(
        "ServerName localhost\nServerRoot {here}\n{load}PidFile {here}/pid\nDefaultRuntimeDir {here}\n\
         ErrorLog {here}/error.log\n# Only if root starts it.\nUser www-data\nGroup www-data\n\
         Listen 127.0.0.1:{port}\n{site}\n"
    );
    let file = folder.join("apache.conf");
    std::fs::write(&file, text).expect("the configuration is written");
    file
}
