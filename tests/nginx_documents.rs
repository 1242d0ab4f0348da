//! Real input: every document of this machine, and a tree of names that need care, served by nginx in clear and over TLS,
//! fetched over 64 connections at once and compared byte for byte with the disk.
//!
//! Regular files are taken, symbolic links are not followed. That 64 requests were under way is what nginx says: it
//! holds the first document of each lane back until the test has read its counters.
#![cfg(all(feature = "client", unix))]

#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/hyper.rs"]
mod server;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use corpus::{Document, documents, odd_tree};
use support::nginx::{Nginx, Status};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use wireline::{Client, ClientBuilder, Error, StatusCode};

/// Requests under way at once.
const LANES: usize = 64;

/// For one round.
const PATIENCE: Duration = Duration::from_secs(120);

const SHARE: &str = "/usr/share/doc";

/// What is served, and by whom.
struct Site {
    nginx: Nginx,
    base: String,
    documents: Vec<Document>,
    gate: Gate,
}

/// Holds requests back: nginx asks it before it answers what lies below `/held`.
struct Gate {
    server: server::Server,
    waiting: watch::Receiver<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    async fn shut() -> Gate {
        let (count, waiting) = watch::channel(0);
        let (open, opened) = watch::channel(false);
        let server = server::serve(move |_| {
            count.send_modify(|count| *count += 1);
            let mut opened = opened.clone();
            async move {
                let _ = opened.wait_for(|open| *open).await;
                hyper::Response::new(server::empty())
            }
        })
        .await;
        Gate { server, waiting, open }
    }
}

impl Site {
    /// `listen` is what follows the port in nginx's `listen`, and more settings behind it.
    async fn start(scheme: &str, listen: &str, prepare: impl Fn(&Path)) -> Option<Site> {
        let gate = Gate::shut().await;
        let gate_address = gate.server.address;
        let nginx = Nginx::start(2, |ports, folder| {
            prepare(folder);
            odd_tree(&folder.join("odd"));
            let odd = folder.join("odd");
            let odd = odd.display();
            format!(
                "keepalive_requests 1000000;
                server {{
                    listen 127.0.0.1:{} {listen};
                    location /doc/ {{ alias {SHARE}/; }}
                    location /odd/ {{ alias {odd}/; }}
                    location /held/doc/ {{ auth_request /gate; alias {SHARE}/; }}
                    location /held/odd/ {{ auth_request /gate; alias {odd}/; }}
                    location = /gate {{ internal; proxy_pass http://{gate_address}/; }}
                }}
                server {{ listen 127.0.0.1:{}; location / {{ stub_status; }} }}",
                ports[0], ports[1]
            )
        })?;
        let mut all = documents(&nginx.folder().join("odd"), "/odd");
        let odd = all.len();
        all.extend(documents(Path::new(SHARE), "/doc"));
        let bytes: u64 = all[odd..].iter().map(|document| document.length).sum();
        let count = all.len() - odd;
        println!("{odd} odd names; {count} documents of {bytes} bytes below {SHARE}");
        let enough = count >= 1_000 && bytes >= 20 << 20;
        assert!(enough || !support::required("nginx"), "too little below {SHARE}");
        let base = format!("{scheme}://127.0.0.1:{}", nginx.port(0));
        Some(Site { nginx, base, documents: all, gate })
    }

    async fn status(&self, client: &Client) -> Status {
        let url = format!("http://127.0.0.1:{}/", self.nginx.port(1));
        let response = client.get(url).send().await.expect("a status");
        Status::parse(&response.text().await.expect("a text"))
    }

    /// Fetches everything, `LANES` at a time, and compares.
    async fn compare(mut self, client: ClientBuilder) {
        let begun = Instant::now();
        let client = client.max_connections(LANES).build().expect("a client");
        // On a client and a connection of its own, which counts as one of nginx's.
        let watcher = Client::new();
        let before = self.status(&watcher).await;
        let all = Arc::new(std::mem::take(&mut self.documents));
        let next = Arc::new(AtomicUsize::new(0));
        let mut lanes = JoinSet::new();
        for _ in 0..LANES {
            let (client, base) = (client.clone(), self.base.clone());
            let (all, next) = (Arc::clone(&all), Arc::clone(&next));
            lanes.spawn(async move {
                let mut held = "/held";
                let mut bytes = 0;
                while let Some(document) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let url = format!("{base}{held}{}", document.path);
                    held = "";
                    let fetched = fetch(&client, &url, document).await;
                    bytes += fetched.unwrap_or_else(|error| panic!("{document:?}: {error}"));
                }
                bytes
            });
        }
        let all_held = self.gate.waiting.wait_for(|count| *count == LANES);
        timeout(PATIENCE, all_held).await.expect("in time").expect("the gate stands");
        let held = self.status(&watcher).await;
        assert_eq!((held.active, held.writing), (LANES + 1, LANES + 1), "{held:?}");
        self.gate.open.send(true).expect("nginx waits");
        let bytes: u64 = timeout(PATIENCE, lanes.join_all()).await.expect("in time").iter().sum();
        let after = self.status(&watcher).await;
        assert_eq!(after.accepted - before.accepted, LANES, "the lanes kept their connections");
        assert_eq!(after.requests - before.requests, all.len() + 2);
        assert_eq!(bytes, all.iter().map(|document| document.length).sum::<u64>());
        let (count, took) = (all.len(), begun.elapsed());
        println!("{count} documents, {bytes} bytes, {LANES} at once, {took:.1?}: {}", self.base);
    }
}

/// One document, compared as it comes. Returns its length.
async fn fetch(client: &Client, url: &str, document: &Document) -> Result<u64, Error> {
    let expected = std::fs::read(&document.file).expect("it was readable");
    let mut response = client.get(url).send().await?;
    assert_eq!(response.status(), StatusCode::OK, "{document:?}");
    assert_eq!(response.content_length(), Some(expected.len() as u64), "{document:?}");
    let mut rest = &expected[..];
    while let Some(chunk) = response.chunk().await? {
        let same = rest.split_at_checked(chunk.len()).filter(|(front, _)| *front == chunk);
        let at = expected.len() - rest.len();
        rest = same.unwrap_or_else(|| panic!("{document:?} differs after {at} bytes")).1;
    }
    assert!(rest.is_empty(), "{document:?}: {} bytes are missing", rest.len());
    Ok(expected.len() as u64)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_in_clear() {
    let Some(site) = Site::start("http", "", |_| {}).await else { return };
    site.compare(Client::builder()).await;
}

#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_over_tls() {
    let authority = certs::Authority::new();
    let identity = authority.issue(&["127.0.0.1"]);
    let listen = "ssl; ssl_protocols TLSv1.3; ssl_certificate a.crt; ssl_certificate_key a.key";
    let started = Site::start("https", listen, |folder| identity.write(folder, "a")).await;
    let Some(site) = started else { return };
    site.compare(Client::builder().roots_pem(&authority.pem())).await;
}

/// What can be typed needs no encoding by hand: the client does what a browser's address bar does.
#[tokio::test]
async fn odd_names_as_they_are_typed() {
    let Some(site) = Site::start("http", "", |_| {}).await else { return };
    support::deadline(async {
        let client = Client::new();
        let mut count = 0;
        let root = site.nginx.folder().join("odd");
        for document in site.documents.iter().filter(|d| d.path.starts_with("/odd/")) {
            let path = document.file.strip_prefix(&root).expect("below it").to_str();
            let Some(path) = path else { continue };
            // These mean something else in a URL, or nothing; spaces around a URL are no part of it.
            let special = |c: char| "%?#\\".contains(c) || c.is_ascii_control();
            if path.contains(special) || path.ends_with(' ') {
                continue;
            }
            let url = format!("{}/odd/{path}", site.base);
            let fetched = fetch(&client, &url, document).await;
            fetched.unwrap_or_else(|error| panic!("{document:?}: {error}"));
            count += 1;
        }
        println!("{count} names as they are typed");
        assert!(count > 100);
    })
    .await;
}
