//! A private nginx on loopback: own folder, own ports, one process that dies with the value. In: the server blocks. Out:
//! the ports, once they accept. Never touches the system's nginx or its configuration.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{PATIENCE, Scratch, missing};

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
        let Some(binary) = find() else {
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
            let mut process = Process(command.spawn().expect("nginx starts"));
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
        self.process.0.id()
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

/// Killed when dropped. Without a master there are no workers that would outlive it.
struct Process(Child);

impl Process {
    /// Waits until every port accepts.
    fn accepts(&mut self, ports: &[u16]) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        for &port in ports {
            while let Err(error) = TcpStream::connect(("127.0.0.1", port)) {
                if let Some(status) = self.0.try_wait().map_err(|error| error.to_string())? {
                    return Err(format!("ended with {status}"));
                }
                if Instant::now() > end {
                    return Err(format!("port {port} does not accept: {error}"));
                }
                // nginx has no way to say that it listens; the pause only spares the processor.
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        // A connection may have reached a stranger on the port while nginx was failing to bind it.
        match self.0.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("ended with {status}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

/// Ports that were free a moment ago, all different: held together, then let go.
fn free_ports(count: usize) -> Vec<u16> {
    let bind = |_| TcpListener::bind("127.0.0.1:0");
    let held: io::Result<Vec<_>> = (0..count).map(bind).collect();
    let held = held.expect("loopback has free ports");
    held.iter().map(|listener| listener.local_addr().expect("bound").port()).collect()
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
