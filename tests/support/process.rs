//! A server of somebody else's, as a process of the test's.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::PATIENCE;

/// Killed when dropped: what it starts itself has to end with it.
pub struct Process(Child);

impl Process {
    pub fn spawn(command: &mut Command) -> Process {
        Process(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until every port of 127.0.0.1 accepts.
    pub fn accepts(&mut self, ports: &[u16]) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        for &port in ports {
            while let Err(error) = TcpStream::connect(("127.0.0.1", port)) {
                if let Some(status) = self.0.try_wait().map_err(|error| error.to_string())? {
                    return Err(format!("ended with {status}"));
                }
                if Instant::now() > end {
                    return Err(format!("port {port} does not accept: {error}"));
                }
                // A server has no way to say that it listens; the pause only spares the processor.
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        // A connection may have reached a stranger on the port while the server was failing to bind it.
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

/// The program `name`, in PATH or where servers are.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Ports that were free a moment ago, all different: held together, then let go. No port is given out twice: the kernel
/// would do that, between our letting go and the server's bind, and two tests would talk to one server.
pub fn free_ports(count: usize) -> Vec<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut held, mut ports) = (Vec::new(), Vec::new());
    while ports.len() < count {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let port = listener.local_addr().expect("bound").port();
        if given.insert(port) {
            ports.push(port);
        }
        held.push(listener);
    }
    ports
}
