//! The main job without a network: three ways, in clear and over TLS, with servers inside this process.

use std::sync::Arc;
use std::time::Duration;

use rustls::{RootCertStore, ServerConfig};
use tokio::runtime::Runtime;
use wireline::{StatusCode, Uri};

use super::authority::certify;
use super::client_ways::{pooled, sequential};
use super::name_server::{NAME, NameServer};
use super::outcome::{BoxError, Fetch, Run};
use super::report::{compare, least, rounds, time};
use super::resources::{COUNT, Library, path};
use super::server::{LATENCY, Server};
use super::setting::{Servers, Setting};
use super::threads::blocking;

/// Runs it. Whether every byte was right.
pub fn run() -> Result<bool, BoxError> {
    let library = Arc::new(Library::new());
    let names = NameServer::start()?;
    let (certified, roots) = certify(NAME)?;

    let latency = LATENCY.as_millis();
    println!(
        "{COUNT} JSON resources of about 10 KB, from a server that takes {latency} ms over each of them."
    );
    println!("Most of the next 17 seconds is waiting for it, and that is the point.");
    let clear = play("In clear", &library, &names, None, RootCertStore::empty())?;
    let secure = play("Over TLS", &library, &names, Some(certified), roots)?;
    Ok(clear && secure)
}

/// One server, three ways.
fn play(
    title: &str,
    library: &Arc<Library>,
    names: &NameServer,
    certified: Option<Arc<ServerConfig>>,
    roots: RootCertStore,
) -> Result<bool, BoxError> {
    let scheme = if certified.is_some() { "https" } else { "http" };
    let server = Server::start(Arc::clone(library), certified)?;
    let base = format!("{scheme}://{NAME}:{}", server.address.port());
    let uris: Result<Vec<_>, _> =
        (0..COUNT).map(|number| Uri::parse(&format!("{base}{}", path(number)))).collect();
    let uris = uris?;
    let servers = Servers::Embedded { name_server: names.address, server: server.address };
    let setting = Setting { servers, roots };

    println!("\n{title}: {base}{} to {}\n", path(0), path(COUNT - 1));
    let runtime = Runtime::new()?;
    let mut witness = Witness { library, server: &server, names, problems: Vec::new() };
    // A new client for each way that uses one, so that none finds what another has left behind.
    let runs = [
        witness.check(runtime.block_on(sequential(&setting.client()?, &uris))),
        witness.check(blocking(&setting, &uris)?),
        witness.check(runtime.block_on(pooled(&setting.client()?, &uris))),
    ];
    compare(&runs, Some(LATENCY));
    explain(&runs);
    Ok(witness.conclude(&runs))
}

/// What the table shows, in the figures it was made from.
fn explain(runs: &[Run]) {
    let each = |show: &dyn Fn(&Run) -> String| match &runs.iter().map(show).collect::<Vec<_>>()[..]
    {
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
        [] => String::new(),
    };
    println!(
        "\n  \"At least\" is the server's {} ms, as many times in a row as it takes: {}.",
        LATENCY.as_millis(),
        each(&|run| rounds(run).to_string())
    );
    println!("  The speed-up is this waiting done side by side, not faster work.");
    println!(
        "  All the rest (client, server, sockets) took {}.",
        each(&|run| time(run.took.saturating_sub(least(run, LATENCY))))
    );
    if runs.iter().all(|run| handshake(run).is_some()) {
        println!(
            "  Each connection began with a TLS handshake, of {} on average.",
            each(&|run| handshake(run).map_or_else(String::new, time))
        );
    }
}

/// The mean over the connections that had one.
fn handshake(run: &Run) -> Option<Duration> {
    let times = run.replies().map(|reply| reply.phases.tls).filter(|time| !time.is_zero());
    let times: Vec<Duration> = times.collect();
    let count = u32::try_from(times.len()).ok()?;
    times.iter().sum::<Duration>().checked_div(count)
}

/// Checks every body, and asks the servers whether they saw what the client says.
struct Witness<'a> {
    library: &'a Library,
    server: &'a Server,
    names: &'a NameServer,
    problems: Vec<String>,
}

impl Witness<'_> {
    fn check(&mut self, run: Run) -> Run {
        for fetch in &run.fetches {
            if let Err(why) = self.right(fetch) {
                self.problems.push(format!("{}: resource {}: {why}", run.way, fetch.number));
            }
        }
        let saw = self.server.take_counts();
        let said = (run.connections(), COUNT);
        if saw != said {
            self.problems.push(format!(
                "{}: {} connections and {} requests, but the server saw {} and {}",
                run.way, said.0, said.1, saw.0, saw.1
            ));
        }
        run
    }

    fn right(&self, fetch: &Fetch) -> Result<(), String> {
        match &fetch.outcome {
            Err(error) => Err(error.to_string()),
            Ok(reply) if reply.status != StatusCode::OK => Err(format!("status {}", reply.status)),
            Ok(reply) if !self.library.holds(fetch.number, &reply.body) => {
                Err(format!("{} bytes, and not the right ones", reply.body.len()))
            }
            Ok(_) => Ok(()),
        }
    }

    /// Prints the verdict and returns it.
    fn conclude(self, runs: &[Run]) -> bool {
        const SHOWN: usize = 10;
        for problem in self.problems.iter().take(SHOWN) {
            println!("  WRONG: {problem}");
        }
        if self.problems.is_empty() {
            println!(
                "  All {} bodies are right, byte for byte; the server counted the same connections.",
                runs.len() * COUNT
            );
            println!(
                "  The name server was asked {} questions about {NAME}.",
                self.names.take_count()
            );
        } else {
            println!("  {} problems in all.", self.problems.len());
        }
        self.problems.is_empty()
    }
}
