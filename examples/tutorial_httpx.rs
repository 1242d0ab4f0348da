//! For those who come from HTTPX: the async client, `raise_for_status`, limits, and the blocking client beside it.
//!
//! `cargo run --features json --example tutorial_httpx`
//!
//! | in Python | here |
//! |---|---|
//! | `httpx.AsyncClient(base_url=…, timeout=5.0)` | `Client::builder().base_url(…).timeout(…).build()?` |
//! | `response.raise_for_status()` | `response.error_for_status()?` |
//! | `httpx.Limits(max_connections=10)` | `max_connections(10)` |
//! | `asyncio.gather(*tasks, return_exceptions=True)` | await the handles and keep the `Result`s |
//! | `params={"page": 2}`, `json={…}` | `query(&[("page", 2)])`, `json(&value)` |
//! | `follow_redirects=True` | on from the start, 10 at most; `max_redirects(0)` hands them out |
//!
//! The server is part of the program and takes 20 ms over every answer.

mod stage;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use stage::{BoxError, HOW_MANY, Result, Server, blocking};
use tokio::task::spawn_blocking;
use wireline::{Client, StatusCode};

#[derive(Deserialize)]
struct Pokemon {
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let server = Server::start()?;
    // Everything relative is resolved against this, so the rest of the program names no host.
    let builder = Client::builder().base_url(&server.url("/api/v2/"));
    let client = builder.timeout(Duration::from_secs(5)).build()?;

    server.watch("1. one request", step_1_one_request(&client)).await?;
    let in_a_loop = server.watch("2. awaited in a loop", step_2_in_a_loop(&client)).await?;
    let blocking = server.watch("3. the blocking client", step_3_blocking(&server)).await?;
    let at_once = server.watch("4. gathered", step_4_gathered(&client)).await?;
    server.watch("5. gathered, 10 connections", step_5_limited(&server)).await?;
    server.watch("6. what fails", step_6_what_fails(&client)).await?;
    server.watch("7. sending", step_7_sending(&client)).await?;

    println!(
        "\nThe blocking client and the awaited loop take the same time ({:.1} s and {:.1} s): both wait for every answer.\n\
         Gathered, the waiting is done once: {:.2} s.",
        blocking.as_secs_f64(),
        in_a_loop.as_secs_f64(),
        at_once.as_secs_f64(),
    );
    Ok(())
}

/// A builder can be awaited itself; `send()` is only needed to name the future.
async fn step_1_one_request(client: &Client) -> Result<usize> {
    let response = client.get("pokemon/1").await?;
    let (status, version) = (response.status(), response.version());
    let pokemon: Pokemon = response.json().await?;
    println!("   {status} {version:?}: {}", pokemon.name);
    Ok(1)
}

async fn step_2_in_a_loop(client: &Client) -> Result<usize> {
    let mut names = Vec::new();
    for number in 1..=HOW_MANY {
        names.push(get_pokemon(client.clone(), number).await?);
    }
    Ok(names.len())
}

/// One session, one thread, one connection, one request at a time: `with httpx.Client() as client`.
async fn step_3_blocking(server: &Server) -> Result<usize> {
    let urls = server.pokemon_urls();
    let work = move || -> Result<usize> {
        let mut session = blocking::Session::default();
        for url in &urls {
            session.get(url)?.json()?;
        }
        Ok(urls.len())
    };
    spawn_blocking(work).await?
}

/// A status of 400 and above is an answer like any other until one asks.
async fn get_pokemon(client: Client, number: usize) -> Result<String> {
    let response = client.get(format!("pokemon/{number}")).await?.error_for_status()?;
    let pokemon: Pokemon = response.json().await?;
    Ok(pokemon.name)
}

async fn gather(client: &Client, numbers: impl Iterator<Item = usize>) -> Vec<Result<String>> {
    let start = |number| tokio::spawn(get_pokemon(client.clone(), number));
    let tasks: Vec<_> = numbers.map(start).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap_or_else(|panic| Err(panic.into())));
    }
    results
}

async fn step_4_gathered(client: &Client) -> Result<usize> {
    let names: Result<Vec<String>> = gather(client, 1..=HOW_MANY).await.into_iter().collect();
    Ok(names?.len())
}

/// The same 150 at once, by a client that is told to be modest: the other 140 queue, first come, first served.
async fn step_5_limited(server: &Server) -> Result<usize> {
    let builder = Client::builder().base_url(&server.url("/api/v2/"));
    let client = builder.max_connections(10).build()?;
    let names: Result<Vec<String>> = gather(&client, 1..=HOW_MANY).await.into_iter().collect();
    Ok(names?.len())
}

/// `return_exceptions=True`: one failure does not take the others along. There are 151 of them, so the last two do not
/// exist. The error knows its status and keeps the response.
async fn step_6_what_fails(client: &Client) -> Result<usize> {
    let results = gather(client, 149..=153).await;
    let answers = results.iter().filter(|result| result.is_ok()).count();
    for error in results.into_iter().filter_map(|result| result.err()) {
        println!("   {error}");
        let error = error.downcast::<wireline::Error>().map_err(|_| "another error")?;
        assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
        let response = error.into_response().ok_or("no response kept")?;
        assert_eq!(response.text().await?, "Not Found");
    }
    Ok(answers)
}

/// Queries and JSON. The server answers with what it was asked; the redirect is followed without a word.
async fn step_7_sending(client: &Client) -> Result<usize> {
    let echo: Value = client.get("/get").query(&[("page", 2)]).await?.json().await?;
    assert_eq!(echo["args"]["page"], "2");
    let request = client.post("/post").json(&json!({"name": "Ditto"}));
    let echo: Value = request.await?.json().await?;
    println!("   the server got {}", echo["json"]);
    let end = client.get("/redirect/2").await?;
    assert!(end.url().path() == "/get" && end.status().is_success());
    Ok::<usize, BoxError>(3)
}
