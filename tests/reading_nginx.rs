//! Ranges, validators and statuses as nginx gives them, and a download from it over a line that breaks every 64 KiB.
#![cfg(feature = "client")]

#[path = "support/pieces.rs"]
mod pieces;
#[path = "support/server.rs"]
mod server;
mod support;

use std::net::SocketAddr;
use std::path::Path;

use pieces::pattern;
use server::{Guest, Server};
use support::nginx::Nginx;
use support::{Scratch, deadline};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wireline::Client;
use wireline::client::reading::resume::Resumed;
use wireline::client::reading::validator::Validator;

const LENGTH: usize = 300_007;

/// What the line lets through before it breaks.
const LIFE: u64 = 64 * 1024;

#[track_caller]
fn start() -> Option<Nginx> {
    Nginx::start(1, |ports, folder: &Path| {
        let root = folder.join("www");
        std::fs::create_dir_all(&root).expect("a folder");
        std::fs::write(root.join("document"), pattern(LENGTH)).expect("a document");
        format!("server {{ listen 127.0.0.1:{}; root {}; }}", ports[0], root.display())
    })
}

#[tokio::test]
async fn nginx_keeps_to_the_rules_of_ranges() {
    let Some(nginx) = start() else { return };
    let client = Client::new();
    let ask = async |offset: u64, validator: &Validator| {
        let request = client.get(nginx.url("/document")).resume(offset, validator).send();
        let response = deadline(request).await.expect("an answer");
        response.resumed(offset, validator).expect("what fits")
    };
    let whole = deadline(client.get(nginx.url("/document")).send()).await.expect("an answer");
    let tag = whole.validator().expect("a strong tag");
    let content = deadline(whole.bytes()).await.expect("a body");
    match ask(200_000, &tag).await {
        Resumed::Continued { response, length } => {
            assert_eq!(length, Some(LENGTH as u64));
            assert_eq!(deadline(response.bytes()).await.expect("a body"), content[200_000..]);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(ask(LENGTH as u64, &tag).await, Resumed::Complete));
    let other = Validator::etag("\"another\"").expect("a strong tag");
    match ask(200_000, &other).await {
        Resumed::Restarted(response) => {
            assert_eq!(deadline(response.bytes()).await.expect("a body"), content);
        }
        other => panic!("{other:?}"),
    }
}

/// Passes bytes on to nginx and back, and is cut after [`LIFE`] bytes of the way back.
async fn short_lived(mut guest: Guest, nginx: SocketAddr) -> Option<()> {
    let mut upstream = TcpStream::connect(nginx).await.ok()?;
    let asked = guest.head().await?;
    upstream.write_all(asked.as_bytes()).await.ok()?;
    let mut left = LIFE;
    let mut buffer = [0; 4096];
    while left > 0 {
        let count = upstream.read(&mut buffer).await.ok().filter(|&count| count > 0)?;
        guest.play(&buffer[..count]).await?;
        left = left.saturating_sub(count as u64);
    }
    Some(())
}

#[tokio::test]
async fn a_download_arrives_over_a_line_that_breaks() {
    let Some(nginx) = start() else { return };
    let address = SocketAddr::from(([127, 0, 0, 1], nginx.port(0)));
    let line = Server::start(move |guest| async move {
        short_lived(guest, address).await;
    });
    let folder = Scratch::new();
    let path = folder.path().join("document");
    let download = Client::new().get(line.url("/document")).download(&path);
    let saved = deadline(download.send()).await.expect("saved");
    assert_eq!(saved.length, LENGTH as u64);
    assert!((4..=6).contains(&saved.resumptions), "{} resumptions", saved.resumptions);
    assert!(std::fs::read(&path).expect("a file") == pattern(LENGTH), "byte for byte");
    assert_eq!(line.accepted(), saved.resumptions as usize + 1);
}
