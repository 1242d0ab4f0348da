//! Real proxies on loopback, one private process each: squid, tinyproxy, microsocks. In: who may use it. Out: its port,
//! once it accepts. None of them caches, logs, or reads the system's configuration.

use std::process::{Command, Stdio};

use super::process::{Process, find, free_ports};
use super::{Scratch, missing};

/// Another process may take a port between our look and the proxy's bind.
const TRIES: usize = 5;

/// The one who may use a proxy that asks.
pub const USER: &str = "demo";
pub const PASSWORD: &str = "open sesame";

/// How a proxy lets somebody in.
#[derive(Clone, Copy, PartialEq)]
pub enum Door {
    Open,
    Basic,
    Digest,
}

pub struct Proxied {
    // Dropped in this order: the process first, its folder after.
    _process: Process,
    _scratch: Scratch,
    port: u16,
}

impl Proxied {
    /// squid: `None` if it is not installed and `WIRELINE_REQUIRE` does not ask for it (the skip is printed).
    #[track_caller]
    pub fn squid(door: Door) -> Option<Proxied> {
        Proxied::start("squid", |command, scratch, port| {
            let folder = scratch.path().display();
            let helpers = "/usr/lib/squid";
            let login = match door {
                Door::Open => "http_access allow all".to_owned(),
                Door::Basic => {
                    // `openssl passwd -apr1 -salt wireline "open sesame"`
                    let line = format!("{USER}:$apr1$wireline$8QCms6ybG7InqU4HWzoUP1\n");
                    std::fs::write(scratch.path().join("users"), line).expect("written");
                    format!(
                        "auth_param basic program {helpers}/basic_ncsa_auth {folder}/users\n\
                         auth_param basic children 1\n\
                         auth_param basic realm wire\n\
                         acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all"
                    )
                }
                Door::Digest => {
                    let line = format!("{USER}:{PASSWORD}\n");
                    std::fs::write(scratch.path().join("users"), line).expect("written");
                    format!(
                        "auth_param digest program {helpers}/digest_file_auth {folder}/users\n\
                         auth_param digest children 1\n\
                         auth_param digest realm wire\n\
                         acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all"
                    )
                }
            };
            let text = format!(
                "http_port 127.0.0.1:{port}\npid_filename none\naccess_log none\ncache_log /dev/null\n\
                 cache deny all\ncache_mem 1 MB\npinger_enable off\nnetdb_filename none\n\
                 shutdown_lifetime 0 seconds\ncoredump_dir {folder}\nmax_filedescriptors 256\n{login}\n"
            );
            let file = scratch.path().join("squid.conf");
            std::fs::write(&file, text).expect("written");
            command.arg("-N").arg("-f").arg(file);
        })
    }

    /// tinyproxy, with Basic or open.
    #[track_caller]
    pub fn tinyproxy(door: Door) -> Option<Proxied> {
        Proxied::start("tinyproxy", |command, scratch, port| {
            // Its configuration knows no spaces in a password.
            let login = match door {
                Door::Open => String::new(),
                _ => format!("BasicAuth {USER} sesame\n"),
            };
            let text = format!(
                "Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 20\nLogLevel Critical\n{login}"
            );
            let file = scratch.path().join("tinyproxy.conf");
            std::fs::write(&file, text).expect("written");
            command.arg("-d").arg("-c").arg(file);
        })
    }

    /// microsocks: SOCKS5, with a password or open.
    #[track_caller]
    pub fn microsocks(door: Door) -> Option<Proxied> {
        Proxied::start("microsocks", |command, _, port| {
            command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
            if door != Door::Open {
                command.args(["-u", USER, "-P", PASSWORD]);
            }
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `scheme://127.0.0.1:PORT`.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    #[track_caller]
    fn start(name: &str, configure: impl Fn(&mut Command, &Scratch, u16)) -> Option<Proxied> {
        let Some(binary) = find(name) else {
            missing(name, "it is neither in PATH nor in /usr/sbin");
            return None;
        };
        let mut complaint = String::new();
        for _ in 0..TRIES {
            let scratch = Scratch::new();
            let port = free_ports(1)[0];
            let mut command = Command::new(&binary);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.current_dir(scratch.path());
            configure(&mut command, &scratch, port);
            let mut process = Process::spawn(&mut command);
            match process.accepts(&[port]) {
                Ok(()) => return Some(Proxied { _process: process, _scratch: scratch, port }),
                Err(why) => complaint = why,
            }
        }
        panic!("{name} did not start in {TRIES} tries: {complaint}");
    }
}
