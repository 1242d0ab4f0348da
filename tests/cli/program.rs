//! The program under test, run to its end.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

/// Longer than any case takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program with curl's options.
pub struct Program {
    pub path: PathBuf,
    /// The name in front of its messages.
    pub name: String,
    /// `name/version`.
    pub agent: String,
}

/// What came of a run.
pub struct Ran {
    pub code: String,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// The program of this run of the tests.
pub static OURS: LazyLock<Program> = LazyLock::new(|| {
    let path = std::env::var_os("WIRELINE_CLI").unwrap_or(env!("CARGO_BIN_EXE_wireline").into());
    Program::at(path.into()).expect("the program under test")
});

/// Debian's curl, if it is there.
pub static CURL: LazyLock<Option<Program>> =
    LazyLock::new(|| super::support::process::find("curl").and_then(Program::at));

impl Program {
    /// Asks the program for its name and version.
    pub fn at(path: PathBuf) -> Option<Program> {
        let output = Command::new(&path).args(["-q", "-V"]).env_clear().output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = said.split(' ');
        let (name, version) = (words.next()?.to_owned(), words.next()?);
        Some(Program { path, agent: format!("{name}/{version}"), name })
    }

    /// Whether it is curl 7.88 or one as old.
    pub fn is_old_curl(&self) -> bool {
        self.agent.starts_with("curl/7.")
    }

    /// Runs it in `folder`, which is its home too. Nothing of the caller's environment but `env` is seen.
    pub fn run(
        &self,
        args: &[String],
        folder: &Path,
        env: &[(String, String)],
        input: &[u8],
    ) -> Ran {
        let mut command = Command::new(&self.path);
        command.args(args).current_dir(folder).env_clear();
        command.env("HOME", folder).env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.envs(env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_vec();
        // A program that does not read its input closes it: that is no failure.
        let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = collect(child.stdout.take().expect("piped"));
        let stderr = collect(child.stderr.take().expect("piped"));
        let end = Instant::now() + PATIENCE;
        let code = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status.code().map_or_else(|| status.to_string(), |code| code.to_string());
            }
            if Instant::now() > end {
                let _ = child.kill();
                let _ = child.wait();
                break format!("none after {PATIENCE:?}");
            }
            // There is no waiting with a deadline in std; the pause only spares the processor.
            std::thread::sleep(Duration::from_millis(2));
        };
        let _ = feeding.join();
        Ran { code, stdout: stdout(), stderr: stderr() }
    }
}

/// Reads to the end on a thread; the function waits for it.
fn collect(mut from: impl std::io::Read + Send + 'static) -> impl FnOnce() -> Vec<u8> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let thread = std::thread::spawn({
        let all = all.clone();
        move || drop(from.read_to_end(&mut all.lock().expect("no panic")))
    });
    move || {
        let _ = thread.join();
        std::mem::take(&mut *all.lock().expect("no panic"))
    }
}
