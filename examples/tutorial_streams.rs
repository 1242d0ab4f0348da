//! For those who have written HTTP over asyncio's streams: by hand, by the grammar, one after another, at once, as they
//! come, over TLS, and by the client, which does all of it.
//!
//! `cargo run --example tutorial_streams`
//!
//! | in Python | here |
//! |---|---|
//! | `reader, writer = await asyncio.open_connection(host, 80)` | `TcpStream::connect(address).await?` |
//! | `writer.write(…)`, `await writer.drain()` | `stream.write_all(…).await?` |
//! | `await reader.readline()` | `BufReader::read_line` |
//! | `asyncio.gather(*coroutines)` | await the handles in order |
//! | `asyncio.as_completed(…)` | `JoinSet::join_next` |
//! | `open_connection(host, 443, ssl=True)` | `TlsConnector::connect(name, stream).await?` |
//! | `writer.close()` | drop the stream |
//!
//! The web sites are servers in this program, some quick and some slow.

mod stage;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use stage::exchange::{Answer, Exchange, Progress};
use stage::tls::{Tls, certify};
use stage::{Result, Server};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use wireline::message::Method;
use wireline::net::Rustls;
use wireline::{Client, StatusCode, Uri};

/// What each site answers and how long it takes, in milliseconds. The slowest comes first, so that the order tells
/// something.
const SITES: [(u16, u64); 6] =
    [(200, 300), (301, 20), (404, 120), (204, 40), (503, 160), (403, 80)];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let server = Server::start()?;
    let mut urls = Vec::new();
    for (status, milliseconds) in SITES {
        let site = Server::start_with(Duration::from_millis(milliseconds))?;
        urls.push(site.url(&format!("/status/{status}")));
    }

    server.watch("1. by hand", step_1_by_hand(&server)).await?;
    server.watch("2. by the grammar", step_2_by_the_grammar(&server)).await?;
    let one_by_one = timed(step_3_one_after_another(&urls)).await?;
    let gathered = timed(step_4_gathered(&urls)).await?;
    timed(step_5_as_completed(&urls)).await?;
    step_6_tls(&server).await?;
    step_7_the_client(&server).await?;
    println!(
        "\nOne after another waits for the sum of all sites ({one_by_one:.2?}), at once for the slowest ({gathered:.2?})."
    );
    Ok(())
}

async fn timed(work: impl Future<Output = Result<()>>) -> Result<Duration> {
    let begun = std::time::Instant::now();
    work.await?;
    Ok(begun.elapsed())
}

/// The way every tutorial begins: write what a browser would, read line by line up to the empty one, then the rest. Good
/// for a look at the wire. It believes everything: a line without end fills the memory, and the end of the body is
/// wherever the server closes.
async fn step_1_by_hand(server: &Server) -> Result<usize> {
    let mut stream = TcpStream::connect(server.address).await?;
    let request =
        format!("GET /html HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await?;

    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    println!("   status line: {}", line.trim_end());
    loop {
        line.clear();
        reader.read_line(&mut line).await?;
        if line.trim_end().is_empty() {
            break;
        }
        println!("   field line:  {}", line.trim_end());
    }
    let mut body = String::new();
    reader.read_to_string(&mut body).await?;
    println!("   body:        {} bytes", body.len());
    Ok(1)
}

/// Moves bytes between a stream and an exchange until that has its answer. All of HTTP is in `stage/exchange.rs`, which
/// knows where the message ends, refuses what is wrong, and says whether the connection is good for another.
async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    method: Method,
    url: &str,
) -> Result<Answer> {
    let (request, mut exchange) = Exchange::new(method, &Uri::parse(url)?)?;
    stream.write_all(&request).await?;
    stream.flush().await?;
    let mut buffer = [0; 8 * 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        exchange = match exchange.receive(&buffer[..count])? {
            Progress::More(exchange) => exchange,
            Progress::Done(answer) => return Ok(answer),
        };
    }
}

/// Two requests on one connection: possible only for someone who knows where the first answer ends.
async fn step_2_by_the_grammar(server: &Server) -> Result<usize> {
    let mut stream = TcpStream::connect(server.address).await?;
    let page = exchange(&mut stream, Method::GET, &server.url("/html")).await?;
    assert!(page.reusable, "the server keeps the connection open");
    let echo = exchange(&mut stream, Method::GET, &server.url("/get?again=yes")).await?;
    println!("   {} with {} bytes", page.head.status, page.body.len());
    println!("   {} with {} bytes", echo.head.status, echo.body.len());
    Ok(2)
}

/// HEAD: the status and the fields, and nothing to download.
async fn status_of(url: String) -> Result<StatusCode> {
    let uri = Uri::parse(&url)?;
    let mut stream = TcpStream::connect((uri.host(), uri.port())).await?;
    Ok(exchange(&mut stream, Method::HEAD, &url).await?.head.status)
}

async fn step_3_one_after_another(urls: &[String]) -> Result<()> {
    println!("3. one after another");
    for (number, url) in urls.iter().enumerate() {
        println!("   site {number}: {}", status_of(url.clone()).await?);
    }
    Ok(())
}

/// All at once, told in the order of the question.
async fn step_4_gathered(urls: &[String]) -> Result<()> {
    println!("4. gathered");
    let tasks: Vec<_> = urls.iter().map(|url| tokio::spawn(status_of(url.clone()))).collect();
    for (number, task) in tasks.into_iter().enumerate() {
        println!("   site {number}: {}", task.await??);
    }
    Ok(())
}

/// All at once, told in the order of the answers.
async fn step_5_as_completed(urls: &[String]) -> Result<()> {
    println!("5. as completed");
    let mut tasks = JoinSet::new();
    for (number, url) in urls.iter().cloned().enumerate() {
        tasks.spawn(async move { (number, status_of(url).await) });
    }
    while let Some(done) = tasks.join_next().await {
        let (number, status) = done?;
        println!("   site {number}: {}", status?);
    }
    Ok(())
}

/// The same bytes through TLS. Everything above works on it as it is, since it takes any stream. An authority of our own
/// vouches for the server; on the Internet that would be Mozilla's list.
async fn step_6_tls(server: &Server) -> Result<()> {
    println!("6. over TLS");
    let Tls { server: config, client: trust } = certify("secure.test")?;
    let secure = Server::start_tls(config)?;
    let tcp = TcpStream::connect(secure.address).await?;
    let connector = TlsConnector::from(Arc::clone(&trust));
    let mut stream = connector.connect(ServerName::try_from("secure.test")?, tcp).await?;
    let url = format!("https://secure.test:{}/html", secure.address.port());
    let answer = exchange(&mut stream, Method::GET, &url).await?;
    println!("   by hand:    {} with {} bytes", answer.head.status, answer.body.len());
    // "close_notify" says that nothing was cut off (RFC 9112 §9.8).
    stream.shutdown().await?;

    let address = secure.address;
    let builder = Client::builder().secure(Rustls::with_config(trust));
    let client = builder.resolve("secure.test", [address]).build()?;
    let response = client.get(&url).send().await?;
    let (status, tls) = (response.status(), response.connection().tls.is_some());
    println!("   the client: {status} with {} bytes", response.bytes().await?.len());
    assert!(tls && server.address != address);
    Ok(())
}

/// What the client adds to all this: looking names up, racing addresses, keeping connections, clocks for every step,
/// redirects, and errors that say what was being done.
async fn step_7_the_client(server: &Server) -> Result<()> {
    println!("7. the client");
    let client = Client::new();
    let response = client.head(server.url("/html")).send().await?;
    println!("   {} and no body: {:?}", response.status(), response.timings());
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let refused = client.get(format!("http://{nobody}/")).send().await;
    let error = refused.err().ok_or("nobody is there")?;
    println!("   {error}");
    Ok(())
}
