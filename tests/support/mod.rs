//! What the tests share: a transcript player, a private nginx, name servers, scratch folders, deadlines, and the rule for
//! servers that may be missing. Depends on std, tokio and socket2, never on the crate itself, so it works for every set of features.

#![allow(dead_code)] // each test binary compiles its own copy and uses a part of it

pub mod conformance;
pub mod name_servers;
pub mod nginx;
pub mod player;
pub mod process;
pub mod proxies;
mod stage;

use std::future::Future;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than anything on loopback takes, shorter than anyone's patience.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `future` to its end, or fails the test after [`PATIENCE`].
#[track_caller]
pub fn deadline<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(output) => output,
            Err(_) => panic!("{caller}: not done after {PATIENCE:?}"),
        }
    }
}

/// Says that `server` is not here: a failure if `WIRELINE_REQUIRE` (names, separated by commas) lists it, else a printed
/// skip.
#[track_caller]
pub fn missing(server: &str, why: &str) {
    assert!(!required(server), "WIRELINE_REQUIRE lists {server}, but {why}");
    println!("skipped: no {server} ({why})");
}

/// Whether `WIRELINE_REQUIRE` lists `server`.
pub fn required(server: &str) -> bool {
    let required = std::env::var("WIRELINE_REQUIRE").unwrap_or_default();
    required.split(',').any(|name| name.trim() == server)
}

/// Whether this machine has IPv6 on loopback; prints the skip if not.
pub fn has_ipv6() -> bool {
    match TcpListener::bind("[::1]:0") {
        Ok(_) => true,
        Err(error) => {
            println!("skipped: no [::1] ({error})");
            false
        }
    }
}

/// A folder of its own, removed with all that is in it when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Scratch {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("wireline-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // A crashed run with the same process id may have left one behind.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a scratch folder");
        Scratch(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
