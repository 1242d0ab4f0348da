//! The response cases over real sockets through the whole client, whole and byte by byte. The verdicts are those of
//! `conformance.rs`, which puts the same cases to the bare grammar.
//!
//! A case that is said to end by its own framing is played on a connection that stays open: who waits for the close there
//! runs into the read timeout, and that is no verdict but a failure.
#![cfg(feature = "client")]

#[path = "support/paced.rs"]
mod paced;
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use paced::{Pace, Pacer};
use support::conformance::{CASES, Case, Ending, Outcome, cases};
use support::deadline;
use wireline::{Client, Error, Method};

/// Plays each case once in the order given, one connection each. `bytewise`: a segment a byte, where the kernel lets it.
fn serve(cases: Vec<(Vec<u8>, bool)>, bytewise: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for (response, close) in cases {
            let Ok((stream, _)) = listener.accept() else { return };
            stream.set_nodelay(true).expect("a socket");
            stream.set_read_timeout(Some(support::PATIENCE)).expect("a socket");
            // A client that has seen enough closes early, and that is its right.
            let _ = play(stream, &response, close, bytewise);
        }
    });
    url
}

fn play(
    mut stream: TcpStream,
    response: &[u8],
    close: bool,
    bytewise: bool,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    for piece in response.chunks(if bytewise { 1 } else { usize::MAX }) {
        stream.write_all(piece)?;
    }
    if close {
        stream.shutdown(std::net::Shutdown::Write)?;
    }
    // Until the client closes; to be the first one risks a reset that overtakes the response.
    stream.read_to_end(&mut Vec::new()).map(drop)
}

async fn ask(client: &Client, case: &Case, url: &str) -> Result<Outcome, Error> {
    let method = Method::from_bytes(case.method.as_bytes()).expect("a method");
    let mut response = client.request(method, url).send().await?;
    let status = response.status().as_u16();
    let fields = response.fields().iter();
    let fields = fields.map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
    }
    Ok(Outcome::Accepted { status, fields, body, self_delimited: true })
}

/// `pace`: read as the network brings it, or one byte a read.
async fn every_case(bytewise: bool, pace: Pace) {
    let cases = cases();
    assert_eq!((cases.len(), CASES), (177, 177));
    let plays = cases.iter().map(|case| {
        let close = case.ending == Ending::Close && !case.ends_by_itself();
        (case.response.clone(), close)
    });
    let url = serve(plays.collect(), bytewise);
    let url = if pace == Pace::Free { url } else { url.replace("http://", "https://") };
    let pacer = Pacer::new();
    pacer.set(pace);
    let client = Client::builder()
        .secure(pacer)
        .idle_timeout(Duration::ZERO)
        .read_timeout(Duration::from_secs(10))
        .max_redirects(0)
        .max_connections(1)
        .build()
        .expect("a client");
    let mut wrong = Vec::new();
    for case in &cases {
        let outcome = match deadline(ask(&client, case, &url)).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_timeout() || error.is_connect() => {
                panic!("{}: {error}", case.id)
            }
            Err(error) => Outcome::Rejected(error.to_string()),
        };
        wrong.extend(case.judge(&outcome).err());
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_case_whole_over_a_socket() {
    every_case(false, Pace::Free).await;
}

#[tokio::test]
async fn every_case_byte_by_byte_over_a_socket() {
    every_case(true, Pace::Free).await;
}

/// The kernel may join what was sent apart; here no read brings more than one byte.
#[tokio::test]
async fn every_case_read_byte_by_byte() {
    every_case(false, Pace::Bytewise).await;
}
