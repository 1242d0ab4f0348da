//! A private nginx on loopback: own folder, own ports, one process that dies with the value. In: the server blocks. Out:
//! the ports, once they accept. Never touches the system's nginx or its configuration.

use std::path::Path;
use std::process::{Command, Stdio};

use super::process::{Process, find, free_ports};
use super::{Scratch, missing};

/// Another process may take a port between our look and nginx's bind.
const TRIES: usize = 5;

pub struct Nginx {
    // Dropped in this order: the process first, its folder after.
    process: Process,
    scratch: Scratch,
    ports: Vec<u16>,
}

impl Nginx {
    /// Starts nginx with what `servers` writes into the `http` block, given `ports` free ports of 127.0.0.1 and the
    /// scratch folder. `None` if nginx is not installed and `WIRELINE_REQUIRE` does not ask for it (the skip is
    /// printed).
    ///
    /// ```ignore
    /// let Some(nginx) = Nginx::start(1, |ports, folder| {
    ///     format!("server {{ listen 127.0.0.1:{}; root {}; }}", ports[0], folder.display())
    /// }) else { return };
    /// ```
    #[track_caller]
    pub fn start(ports: usize, servers: impl Fn(&[u16], &Path) -> String) -> Option<Nginx> {
        let Some(binary) = find("nginx") else {
            missing("nginx", "it is neither in PATH nor in /usr/sbin");
            return None;
        };
        for _ in 0..TRIES {
            let scratch = Scratch::new();
            let ports = free_ports(ports);
            let text = configuration(scratch.path(), &servers(&ports, scratch.path()));
            let file = scratch.path().join("nginx.conf");
            std::fs::write(&file, text).expect("the configuration is written");
            let mut command = Command::new(&binary);
            command.arg("-p").arg(scratch.path()).arg("-c").arg(&file);
            command.arg("-e").arg(scratch.path().join("error.log"));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = Process::spawn(&mut command);
            match process.accepts(&ports) {
                Ok(()) => return Some(Nginx { process, scratch, ports }),
                Err(why) => {
                    let log = std::fs::read_to_string(scratch.path().join("error.log"));
                    let log = log.unwrap_or_default();
                    // 98 is EADDRINUSE; any other refusal is a mistake in the test.
                    assert!(log.contains("(98:"), "nginx: {why}\n{log}");
                }
            }
        }
        panic!("nginx found its port taken {TRIES} times");
    }

    pub fn port(&self, index: usize) -> u16 {
        self.ports[index]
    }

    /// `http://127.0.0.1:PORT` of the first port and `path`, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0])
    }

    /// The scratch folder: put documents and certificates there.
    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// What nginx complained about so far.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.folder().join("error.log")).unwrap_or_default()
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }
}

/// What `stub_status` tells, the question itself counted.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// Connections that are open.
    pub active: usize,
    /// Connections accepted so far.
    pub accepted: usize,
    /// Requests so far.
    pub requests: usize,
    /// Requests that are read and not yet answered to the end.
    pub writing: usize,
}

impl Status {
    pub fn parse(text: &str) -> Status {
        let numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
        match *numbers.collect::<Vec<_>>() {
            [active, accepted, _, requests, _, writing, _] => {
                Status { active, accepted, requests, writing }
            }
            _ => panic!("no status: {text}"),
        }
    }
}

fn configuration(folder: &Path, servers: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
master_process off;
worker_processes 1;
error_log {folder}/error.log warn;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/octet-stream;
    types {{ }}
    server_tokens off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{servers}
}}
"
    )
}
