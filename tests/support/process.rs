//! A server of somebody else's, as a process of the test's.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
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

/// Ports that were free a moment ago, all different: held together, then let go.
pub fn free_ports(count: usize) -> Vec<u16> {
    let bind = |_| TcpListener::bind("127.0.0.1:0");
    let held: io::Result<Vec<_>> = (0..count).map(bind).collect();
    let held = held.expect("loopback has free ports");
    held.iter().map(|listener| listener.local_addr().expect("bound").port()).collect()
}
