//! A process that runs out of file descriptors: the requests that need one fail and say why, the others and all later
//! ones do not notice.
//!
//! The limit is the process's, so the client is a process of its own: this very test binary, started again by a shell
//! that lowers the limit first.
#![cfg(all(feature = "client", unix))]

#[path = "support/hyper.rs"]
mod server;
mod support;

use std::process::Stdio;

use hyper::Response;
use server::{full, serve};
use support::deadline;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinSet;
use wireline::{Client, Delivery, Phase};

/// The variable that makes this binary the client of the URL in it.
const ROLE: &str = "WIRELINE_TEST_DESCRIPTORS";

const DESCRIPTORS: usize = 40;
const REQUESTS: usize = 200;

/// Tells every failure on a line of its own.
#[tokio::main(flavor = "current_thread")]
async fn client(url: &str) {
    let client = Client::builder().max_connections(REQUESTS).build().expect("a client");
    let mut requests = JoinSet::new();
    for _ in 0..REQUESTS {
        requests.spawn(client.get(format!("{url}/held")).send());
    }
    let mut good = 0;
    while let Some(done) = requests.join_next().await {
        match done.expect("no panic") {
            Ok(response) => {
                assert_eq!(response.text().await.expect("a body"), "at last");
                good += 1;
            }
            Err(error) => {
                let told = (error.phase(), error.delivery(), error.is_connect());
                assert_eq!(told, (Phase::Connect, Delivery::NotSent, true), "{error:?}");
                assert!(error.to_string().contains("open files"), "{error}");
                println!("failed");
            }
        }
    }
    for _ in 0..20 {
        let response = client.get(url).send().await.expect("an answer");
        assert!(response.is_reused());
        assert_eq!(response.text().await.expect("a body"), "at last");
    }
    println!("good {good}");
}

/// The other role of this binary; without the variable there is nothing to do.
#[test]
fn the_client_process() {
    if let Ok(url) = std::env::var(ROLE) {
        client(&url);
    }
}

#[tokio::test]
async fn when_descriptors_run_out_those_who_have_one_go_on() {
    deadline(async {
        let (open, opened) = watch::channel(false);
        let mut server = serve(move |request| {
            let mut opened = opened.clone();
            async move {
                if request.uri().path() == "/held" {
                    let _ = opened.wait_for(|open| *open).await;
                }
                Response::new(full("at last"))
            }
        })
        .await;
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {DESCRIPTORS} && exec \"$0\" \"$@\"")]);
        command.arg(std::env::current_exe().expect("this binary"));
        command.args(["--exact", "the_client_process", "--nocapture"]);
        command.env(ROLE, server.url("")).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a shell");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut failed = 0;
        let mut good = None;
        // Who is neither refused a descriptor nor connected yet will be one of the two soon.
        while !*open.borrow() || good.is_none() {
            tokio::select! {
                _ = server.until(|counts| counts.open + failed == REQUESTS), if !*open.borrow() => {
                    open.send(true).expect("requests are held");
                }
                line = lines.next_line() => match line.expect("readable") {
                    None => break,
                    Some(line) if line.ends_with("failed") => failed += 1,
                    Some(line) => good = good.or(line.strip_prefix("good ").map(str::to_owned)),
                },
            }
        }
        let mut complaint = String::new();
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut complaint).await.expect("readable");
        let good: usize = good.expect(&complaint).parse().expect("a number");
        println!("{good} of {REQUESTS} requests answered with {DESCRIPTORS} descriptors");
        assert_eq!(good + failed, REQUESTS, "{complaint}");
        assert!((10..DESCRIPTORS).contains(&good), "{good}");
        assert!(child.wait().await.expect("it ends").success(), "{complaint}");
    })
    .await;
}
