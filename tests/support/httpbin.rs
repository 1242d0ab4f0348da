//! A private httpbin: the Flask application of that name, served by gunicorn on a port of loopback, and the questions the
//! tests ask of what it echoes. Tests that run at the same time share one; it ends with the last of them.

#![allow(dead_code, reason = "which helpers are used depends on the features")]

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use serde_json::Value;
use wireline::{Client, ClientBuilder, RequestBuilder, Response};

use super::support::{PATIENCE, Scratch, missing};

pub struct Httpbin {
    // Dropped in this order: the processes first, their folder after.
    processes: Group,
    scratch: Scratch,
    port: u16,
}

impl Httpbin {
    /// The httpbin of this test binary. `None` if there is none on this machine and `WIRELINE_REQUIRE` does not ask for
    /// it (the skip is printed). gunicorn is looked for in the virtual environment that `WIRELINE_HTTPBIN` names, then in
    /// PATH.
    #[track_caller]
    pub fn start() -> Option<Arc<Httpbin>> {
        static SHARED: Mutex<Weak<Httpbin>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let Some(gunicorn) = find() else {
            missing("httpbin", "there is no gunicorn in $WIRELINE_HTTPBIN/bin or in PATH");
            return None;
        };
        match launch(gunicorn) {
            Ok(httpbin) => {
                let httpbin = Arc::new(httpbin);
                *shared = Arc::downgrade(&httpbin);
                Some(httpbin)
            }
            Err(told) if told.contains("ModuleNotFoundError") => {
                missing("httpbin", "gunicorn is here, but Python has no module httpbin");
                None
            }
            Err(told) => panic!("httpbin does not start:\n{told}"),
        }
    }

    /// The URL of `path`, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A client whose relative URLs lead here.
    pub fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    /// The same, for tests with settings.
    pub fn builder(&self) -> ClientBuilder {
        Client::builder().base_url(&self.url("/"))
    }

    /// The lines of gunicorn's access log: `METHOD TARGET STATUS`.
    pub fn log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.scratch.path().join("access.log"));
        text.expect("an access log").lines().map(str::to_owned).collect()
    }
}

impl Drop for Httpbin {
    fn drop(&mut self) {
        println!("httpbin answered {} requests", self.log().len());
    }
}

/// gunicorn and its worker, killed together when dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("kill -s KILL -- -{}", self.0.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts gunicorn; if it does not come up, what it said.
fn launch(gunicorn: PathBuf) -> Result<Httpbin, String> {
    let scratch = Scratch::new();
    let mut command = Command::new(gunicorn);
    command.args(["--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "8"]);
    command.args([
        "--preload",
        "--keep-alive",
        "30",
        "--access-logformat",
        "%(m)s %(U)s?%(q)s %(s)s",
    ]);
    command.arg("--access-logfile").arg(scratch.path().join("access.log"));
    command.arg("httpbin:app");
    // What it leaves in the home folder goes with ours. Settings of the machine are not ours.
    command.env("HOME", scratch.path()).current_dir(scratch.path());
    command.env_remove("GUNICORN_CMD_ARGS").env_remove("WEB_CONCURRENCY");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let told = child.stderr.take().expect("piped");
    let processes = Group(child);

    // The pipe is read to its end in a thread: a full pipe would stop the server.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || listen(told, &sender));
    match receiver.recv_timeout(PATIENCE) {
        Ok(Ok(port)) => Ok(Httpbin { processes, scratch, port }),
        Ok(Err(told)) => Err(told),
        Err(_) => Err(format!("it said nothing of use for {PATIENCE:?}")),
    }
}

/// Tells the port, or everything that was said if there never was one.
fn listen(told: impl Read, sender: &mpsc::Sender<Result<u16, String>>) {
    let mut all = String::new();
    for line in BufReader::new(told).lines().map_while(Result::ok) {
        // From here on the kernel takes connections. Preloaded, the application has been imported by then.
        if let Some((_, address)) = line.split_once("Listening at: http://127.0.0.1:") {
            let port = address.split(' ').next().and_then(|port| port.parse().ok());
            let _ = sender.send(port.ok_or_else(|| line.clone()));
        }
        all.push_str(&line);
        all.push('\n');
    }
    let _ = sender.send(Err(all));
}

fn find() -> Option<PathBuf> {
    let named = std::env::var_os("WIRELINE_HTTPBIN").map(|venv| PathBuf::from(venv).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = named.into_iter().chain(std::env::split_paths(&path));
    let files = folders.map(|folder| folder.join("gunicorn"));
    // It is started in another folder.
    files.filter_map(|file| std::path::absolute(file).ok()).find(|file| file.is_file())
}

/// Sends, expects `status`, and reads the JSON that came.
#[track_caller]
pub fn told(request: RequestBuilder, status: u16) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    async move {
        let response = sent(request).await;
        let (is, url) = (response.status(), response.url().to_string());
        let text = response.text().await.expect("a body");
        assert_eq!(is, status, "{caller}: {url} answered {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{caller}: {error}: {text}"))
    }
}

/// Sends and expects an answer.
#[track_caller]
pub fn sent(request: RequestBuilder) -> impl Future<Output = Response> {
    let caller = std::panic::Location::caller();
    async move {
        match request.send().await {
            Ok(response) => response,
            Err(error) => panic!("{caller}: {error}"),
        }
    }
}

/// Asserts that `value` has what `expected` lists: JSON pointers and what is there, `null` for nothing.
#[track_caller]
pub fn has(value: &Value, expected: &[(&str, Value)]) {
    for (pointer, wanted) in expected {
        let is = value.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(is, wanted, "{pointer} of {value:#}");
    }
}
