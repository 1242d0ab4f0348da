//! A network of the test's own.

use std::ffi::OsStr;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::time::Duration;

use tokio::net::TcpStream;
use wireline::net::{ConnectError, ConnectLog, ConnectOptions, Delays, Family, Resolution, race};

use crate::answers::{at_once, found};
use crate::support::process::find;
use crate::support::{deadline, missing};

/// Set for the copy that runs inside.
const INSIDE: &str = "WIRELINE_INSIDE_A_NAMESPACE";

/// Runs `test` in a network that has nothing but `lo`, and needs these programs. `name` is the test's own full name, by
/// which it is run again.
pub fn inside<F: Future<Output = ()>>(name: &str, programs: &[&str], test: impl FnOnce() -> F) {
    if std::env::var_os(INSIDE).is_some() {
        run("ip link set lo up");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(deadline(test()));
    }
    for program in ["unshare", "ip"].iter().chain(programs) {
        if find(program).is_none() {
            return missing(program, "it is not in PATH");
        }
    }
    if let Err(why) = works("true") {
        return missing("namespace", &why);
    }
    // The program may be there, and no support for it in the kernel.
    if let (true, Err(why)) = (programs.contains(&"nft"), works("nft add table inet probe")) {
        return missing("nft", &why);
    }
    let program = std::env::current_exe().unwrap();
    let again = ["--exact", name, "--nocapture", "--test-threads=1"];
    let mut command = vec![program.as_os_str()];
    command.extend(again.iter().map(|word| OsStr::new(*word)));
    let output = unshare(&command);
    let told = String::from_utf8_lossy(&output.stdout);
    print!("{told}");
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} failed inside its namespace");
    assert!(told.contains("1 passed"), "{name} is not the name of one test");
}

/// Whether a command succeeds in a network of its own, or why not.
fn works(command: &str) -> Result<(), String> {
    let words: Vec<_> = command.split_whitespace().map(OsStr::new).collect();
    let output = unshare(&words);
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    output.status.success().then_some(()).ok_or(why)
}

fn unshare(command: &[&OsStr]) -> Output {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--net", "--"]).args(command).env(INSIDE, "1");
    unshare.output().expect("unshare is there")
}

/// Runs a command whose words are separated by spaces; it must succeed.
pub fn run(command: &str) {
    let mut words = command.split_whitespace();
    let program = words.next().and_then(find).expect("a program");
    let output = Command::new(program).args(words).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Gives `lo` these addresses.
pub fn addresses(ips: &[&str]) {
    for ip in ips {
        match ip.contains(':') {
            true => run(&format!("ip -6 addr add {ip}/128 dev lo nodad")),
            false => run(&format!("ip addr add {ip}/32 dev lo")),
        }
    }
}

/// An interface that leads nowhere: what is routed there gets no answer.
pub fn cable() {
    run("ip link add cable type veth peer name end");
    for end in ["cable", "end"] {
        run(&format!("ip link set {end} addrgenmode none"));
        run(&format!("ip link set {end} up"));
    }
}

pub fn listen(ip: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((ip, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A port of `ip`, which need not be ours.
pub fn at(ip: &str) -> SocketAddr {
    SocketAddr::new(ip.parse().unwrap(), 443)
}

/// All answers at once, in this order inside each family.
pub fn answers(addresses: &[SocketAddr]) -> Resolution {
    let of = |six| addresses.iter().copied().filter(|a| a.is_ipv6() == six).collect();
    at_once(vec![found(Family::V4, of(false)), found(Family::V6, of(true))])
}

pub async fn racing(
    addresses: &[SocketAddr],
    options: &ConnectOptions,
) -> (Result<TcpStream, ConnectError>, ConnectLog) {
    let mut log = ConnectLog::default();
    let outcome = race(answers(addresses), options, &mut log).await;
    (outcome, log)
}

/// Attempts that follow one another after a failure, or after two seconds.
pub fn slow() -> ConnectOptions {
    let delays = Delays { attempt: Duration::from_secs(2), ..Delays::default() };
    ConnectOptions { delays, ..ConnectOptions::default() }
}
