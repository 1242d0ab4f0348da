//! Real name servers on loopback, one private process each: dnsmasq and unbound. In: what they know, in their own words.
//! Out: their address, once they answer. They ask nobody else, and neither reads the system's configuration.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};

use super::process::{Process, find};
use super::{Scratch, missing};

/// Another process may take a port between our look and the server's bind.
const TRIES: usize = 5;

pub struct NameServer {
    // Dropped in this order: the process first, its folder after.
    _process: Process,
    _scratch: Scratch,
    pub address: SocketAddr,
}

impl NameServer {
    /// dnsmasq with these options, the two dashes left out, and this hosts file. `None` if it is not installed and
    /// `WIRELINE_REQUIRE` does not ask for it (the skip is printed).
    #[track_caller]
    pub fn dnsmasq(options: &[&str], hosts: &str) -> Option<NameServer> {
        NameServer::start("dnsmasq", |command, folder, address| {
            let file = folder.join("hosts");
            std::fs::write(&file, hosts).expect("written");
            command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file"]);
            command.args(["--bind-interfaces", "--no-resolv", "--no-hosts", "--log-facility=-"]);
            command.arg(format!("--listen-address={}", address.ip()));
            command.arg(format!("--port={}", address.port()));
            command.arg(format!("--addn-hosts={}", file.display()));
            // Where it starts as root, it would become somebody who may not read the folder.
            command.arg("--user=root");
            command.args(options.iter().map(|option| format!("--{option}")));
        })
    }

    /// unbound with these lines in its block `server`, and these blocks behind it; `None` as above.
    #[track_caller]
    pub fn unbound(lines: &str, blocks: &str) -> Option<NameServer> {
        NameServer::start("unbound", |command, folder, address| {
            let (ip, port, folder) = (address.ip(), address.port(), folder.display());
            let text = format!(
                "server:\n interface: {ip}\n port: {port}\n directory: \"{folder}\"\n do-daemonize: no\n \
                 username: \"\"\n chroot: \"\"\n pidfile: \"\"\n use-syslog: no\n num-threads: 1\n \
                 do-not-query-localhost: no\n module-config: \"iterator\"\n{lines}\n{blocks}\n\
                 remote-control:\n control-enable: no\n"
            );
            let file = Path::new(&folder.to_string()).join("unbound.conf");
            std::fs::write(&file, text).expect("written");
            command.args(["-d", "-p", "-c"]).arg(file);
        })
    }

    #[track_caller]
    fn start(
        name: &str,
        configure: impl Fn(&mut Command, &Path, SocketAddr),
    ) -> Option<NameServer> {
        let Some(binary) = find(name) else {
            missing(name, "it is neither in PATH nor in /usr/sbin");
            return None;
        };
        let mut complaint = String::new();
        for _ in 0..TRIES {
            let (scratch, address) = (Scratch::new(), free_address());
            let mut command = Command::new(&binary);
            let log = std::fs::File::create(scratch.path().join("log")).expect("a log");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            configure(&mut command, scratch.path(), address);
            let mut process = Process::spawn(&mut command);
            match process.accepts(&[address.port()]) {
                Ok(()) => {
                    return Some(NameServer { _process: process, _scratch: scratch, address });
                }
                Err(why) => {
                    let log = std::fs::read_to_string(scratch.path().join("log"));
                    complaint = format!("{why}\n{}", log.unwrap_or_default());
                }
            }
        }
        panic!("{name} did not start in {TRIES} tries: {complaint}");
    }
}

/// An address whose port was free a moment ago for both TCP and UDP.
fn free_address() -> SocketAddr {
    for _ in 0..100 {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = tcp.local_addr().expect("bound");
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port that is free for both TCP and UDP");
}
