//! "Memory flat" as a number: a client process moves 1 GiB and its peak resident size rises by less than 16 MiB.
//!
//! The client is a process of its own, this very test binary started again, so that nothing of the server (hyper, in the
//! test's process) is counted. The kernel keeps the peak: `VmHWM` of /proc/self/status, read after a small request and
//! again after the large one.
#![cfg(all(feature = "client", target_os = "linux"))]

#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "support/pieces.rs"]
mod pieces;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::convert::Infallible;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body as _, Incoming};
use pieces::Pieces;
use server::{Content, Server, full, streamed};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;
use wireline::{Body, Client};

const MANY: u64 = 1 << 30;
const FEW: u64 = 1 << 16;
const PIECE: usize = 1 << 16;

/// KiB of difference that are called flat.
const FLAT: u64 = 16 << 10;

/// The variable that makes this binary the client: `MODE URL`, and the roots to trust in the next one.
const ROLE: &str = "WIRELINE_TEST_FLAT_MEMORY";
const ROOTS: &str = "WIRELINE_TEST_FLAT_MEMORY_ROOTS";

const PATIENCE: Duration = Duration::from_secs(60);

/// GET: as many bytes as the path says, `/length/N` or `/chunked/N`. Anything with a body: how many bytes it had, and
/// how it was framed.
async fn serve(request: hyper::Request<Incoming>) -> Response<Content> {
    if request.method() != hyper::Method::GET {
        let framing = request.body().size_hint().exact().map_or("chunked", |_| "length");
        let mut body = request.into_body();
        let mut count = 0;
        while let Some(frame) = body.frame().await {
            count += frame.ok().and_then(|f| f.into_data().ok()).map_or(0, |data| data.len());
        }
        return Response::new(full(format!("{framing} {count}")));
    }
    let mut parts = request.uri().path().split('/').skip(1);
    let chunked = parts.next() == Some("chunked");
    let count: u64 = parts.next().and_then(|count| count.parse().ok()).expect("a number");
    let answer = Response::builder();
    let answer = if chunked { answer } else { answer.header("content-length", count) };
    answer.body(streamed(zeros(count))).expect("a response")
}

fn zeros(count: u64) -> Pieces<impl Iterator<Item = Result<Bytes, Infallible>>> {
    static ZEROS: [u8; PIECE] = [0; PIECE];
    Pieces((0..count / PIECE as u64).map(|_| Ok(Bytes::from_static(&ZEROS))))
}

/// What the client process does; it prints what the parent reads.
#[tokio::main(flavor = "current_thread")]
async fn client(role: &str) {
    let (mode, url) = role.split_once(' ').expect("a mode and a URL");
    let client = client_of_the_settings();
    let mut peaks = Vec::new();
    for count in [FEW, MANY] {
        let moved = match mode {
            "chunks-of-length" => download(&client, &format!("{url}/length/{count}")).await,
            "chunks-of-chunked" => download(&client, &format!("{url}/chunked/{count}")).await,
            "reader-of-length" => read(&client, &format!("{url}/length/{count}")).await,
            "reader-of-chunked" => read(&client, &format!("{url}/chunked/{count}")).await,
            "upload-of-length" => {
                upload(&client, url, Body::sized_stream(zeros(count), count), "length").await
            }
            "upload-chunked" => upload(&client, url, Body::stream(zeros(count)), "chunked").await,
            "upload-of-reader" => {
                let reader = tokio::io::repeat(7).take(count);
                upload(&client, url, Body::reader(reader, Some(count)), "length").await
            }
            "upload-of-file" => {
                let folder = support::Scratch::new();
                let path = folder.path().join("sparse");
                let file = std::fs::File::create(&path).expect("a file");
                file.set_len(count).expect("a file without blocks");
                upload(&client, url, Body::file(&path).await.expect("a file"), "length").await
            }
            "collected" => {
                let url = format!("{url}/length/{}", count.min(48 << 20));
                let response = client.get(url).send().await.expect("an answer");
                assert!(response.bytes().await.expect("a body").len() as u64 >= FEW);
                count
            }
            other => panic!("no mode {other}"),
        };
        assert_eq!(moved, count);
        peaks.push(peak());
    }
    println!("\npeaks {} {}", peaks[0], peaks[1]);
}

fn client_of_the_settings() -> Client {
    let builder = Client::builder();
    #[cfg(feature = "tls")]
    let builder = match std::env::var(ROOTS) {
        Ok(pem) => builder.roots_pem(pem.as_bytes()),
        Err(_) => builder,
    };
    builder.build().expect("a client")
}

async fn download(client: &Client, url: &str) -> u64 {
    let mut response = client.get(url).send().await.expect("an answer");
    let mut count = 0;
    while let Some(chunk) = response.chunk().await.expect("a chunk") {
        count += chunk.len() as u64;
    }
    count
}

async fn read(client: &Client, url: &str) -> u64 {
    let mut body = client.get(url).send().await.expect("an answer").into_body();
    let mut buffer = vec![0; PIECE];
    let mut count = 0;
    while let read @ 1.. = body.read(&mut buffer).await.expect("readable") {
        count += read as u64;
    }
    count
}

async fn upload(client: &Client, url: &str, body: Body, framing: &str) -> u64 {
    let response = client.put(format!("{url}/")).body(body).send().await.expect("an answer");
    let text = response.text().await.expect("a body");
    let (told, count) = text.split_once(' ').expect("framing and count");
    assert_eq!(told, framing);
    count.parse().expect("a count")
}

/// The largest resident size so far, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Starts this binary again as the client. Returns by how many KiB its peak rose.
async fn measure(server: &Server, scheme: &str, mode: &str, roots: Option<&[u8]>) -> u64 {
    let begun = Instant::now();
    let url = format!("{scheme}://{}", server.address);
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "the_client_process", "--nocapture"]);
    command.env(ROLE, format!("{mode} {url}")).stdin(Stdio::null()).kill_on_drop(true);
    if let Some(pem) = roots {
        command.env(ROOTS, String::from_utf8_lossy(pem).as_ref());
    }
    let output = timeout(PATIENCE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{mode}: not done after {PATIENCE:?}"));
    let output = output.expect("the client runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let peaks = told.lines().find_map(|line| line.strip_prefix("peaks "));
    let peaks = peaks.unwrap_or_else(|| panic!("{mode}: {told}\n{complaint}"));
    let (before, after) = peaks.split_once(' ').expect("two numbers");
    let [before, after] = [before, after].map(|peak| peak.parse::<u64>().expect("a number"));
    let (rise, took) = (after - before, begun.elapsed());
    println!("{scheme} {mode}: {before} KiB, then {after} KiB: +{rise} KiB, {took:.1?}");
    rise
}

/// The other role of this binary; without the variable there is nothing to do.
#[test]
fn the_client_process() {
    if let Ok(role) = std::env::var(ROLE) {
        client(&role);
    }
}

#[tokio::test]
async fn the_scale_can_tell() {
    let server = server::serve(serve).await;
    assert!(measure(&server, "http", "collected", None).await > FLAT, "48 MiB are not flat");
}

#[tokio::test]
async fn a_gibibyte_down() {
    let server = server::serve(serve).await;
    for mode in ["chunks-of-length", "chunks-of-chunked", "reader-of-length", "reader-of-chunked"] {
        assert!(measure(&server, "http", mode, None).await < FLAT, "{mode}");
    }
}

#[tokio::test]
async fn a_gibibyte_up() {
    let server = server::serve(serve).await;
    for mode in ["upload-of-length", "upload-chunked", "upload-of-reader", "upload-of-file"] {
        assert!(measure(&server, "http", mode, None).await < FLAT, "{mode}");
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_gibibyte_over_tls() {
    let authority = certs::Authority::new();
    let config = authority.issue(&["127.0.0.1"]).server(&["http/1.1"]);
    let server = server::serve_with(server::Tls::new(config), serve).await;
    for mode in ["chunks-of-chunked", "upload-chunked"] {
        let rise = measure(&server, "https", mode, Some(&authority.pem())).await;
        assert!(rise < FLAT, "{mode}");
    }
}
