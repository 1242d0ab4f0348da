//! For those who come from aiohttp: one request, 150 in a loop, 150 at once, and the same with a blocking library.
//!
//! `cargo run --features json --example tutorial_aiohttp`
//!
//! | in Python | here |
//! |---|---|
//! | `async with aiohttp.ClientSession() as session` | `let client = Client::new();` it closes when the last clone is dropped |
//! | `async with session.get(url) as response` | `client.get(url).send().await?` |
//! | `await response.json()` | `response.json().await?`, into a type of yours or into `serde_json::Value` |
//! | `asyncio.ensure_future(get_pokemon(session, url))` | `tokio::spawn(get_pokemon(client.clone(), url))` |
//! | `await asyncio.gather(*tasks)` | await the handles in order |
//! | `TCPConnector(limit=100)` | `max_connections(100)`; 100 is the default in both worlds |
//!
//! The server is part of the program and takes 20 ms over every answer.

mod stage;

use serde::Deserialize;
use serde_json::Value;
use stage::{HOW_MANY, Result, Server, blocking};
use tokio::task::spawn_blocking;
use wireline::Client;

/// What is wanted of the JSON. Everything else in it is skipped.
#[derive(Deserialize)]
struct Pokemon {
    id: usize,
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let server = Server::start()?;
    let client = Client::new();

    server.watch("1. one request", step_1_one_request(&client, &server)).await?;
    let in_a_loop = server.watch("2. in a loop", step_2_in_a_loop(&client, &server)).await?;
    let blocking = server.watch("3. blocking, in a loop", step_3_blocking(&server)).await?;
    let at_once = server.watch("4. all at once", step_4_all_at_once(&server)).await?;
    server.watch("5. a client each", step_5_a_client_each(&server)).await?;

    let times = |took: std::time::Duration| took.as_secs_f64() / at_once.as_secs_f64();
    println!(
        "\nAll at once is {:.0} times as fast as the loop and {:.0} times as fast as the blocking loop.",
        times(in_a_loop),
        times(blocking),
    );
    Ok(())
}

/// The session is made once and lent to everybody: it holds the connections.
async fn step_1_one_request(client: &Client, server: &Server) -> Result<usize> {
    let response = client.get(server.pokemon_url(1)).send().await?;
    let pokemon: Value = response.json().await?;
    println!("   number 1 is called {}", pokemon["name"]);
    Ok(1)
}

/// `await` in a loop: each request begins when the one before has ended. Nothing is gained by async yet, except that other
/// tasks could run meanwhile; one connection serves them all.
async fn step_2_in_a_loop(client: &Client, server: &Server) -> Result<usize> {
    let mut names = Vec::new();
    for url in server.pokemon_urls() {
        let pokemon: Pokemon = client.get(url).send().await?.json().await?;
        names.push(pokemon.name);
    }
    println!("   the last is called {:?}", names.last());
    Ok(names.len())
}

/// The same without async, as `requests.get` in a loop does it: a new connection each time. On a thread of its own, since
/// a blocking call in an async function stops everything else there.
async fn step_3_blocking(server: &Server) -> Result<usize> {
    let urls = server.pokemon_urls();
    let work = move || -> Result<Vec<String>> {
        let name = |url: &String| Ok(blocking::get(url)?.json()?["name"].to_string());
        urls.iter().map(name).collect()
    };
    Ok(spawn_blocking(work).await??.len())
}

/// The helper of step 4. A task may outlive the function that started it, so it takes a clone of the client, not a
/// reference; a clone is the same client with the same connections.
async fn get_pokemon(client: Client, url: String) -> Result<Pokemon> {
    Ok(client.get(url).send().await?.json().await?)
}

/// Tasks first, answers after: all requests are under way before the first is waited for. 150 of them share the 100
/// connections that a client opens at most; those without one queue for it.
async fn step_4_all_at_once(server: &Server) -> Result<usize> {
    let client = Client::new();
    let mut tasks = Vec::new();
    for url in server.pokemon_urls() {
        tasks.push(tokio::spawn(get_pokemon(client.clone(), url)));
    }
    // In the order of the URLs, whichever came first: what `gather` does.
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await??);
    }
    assert!(all.iter().map(|pokemon| pokemon.id).eq(1..=HOW_MANY), "in order");
    println!("   {} to {}", all[0].name, all[all.len() - 1].name);
    Ok(all.len())
}

/// What not to do: without a shared client every request makes its own connection. Nothing shows on loopback; on a real
/// network each costs a round trip, over TLS two or three.
async fn step_5_a_client_each(server: &Server) -> Result<usize> {
    let mut answers = 0;
    for url in server.pokemon_urls().into_iter().take(20) {
        let pokemon: Pokemon = Client::new().get(url).send().await?.json().await?;
        answers += usize::from(pokemon.id > 0);
    }
    Ok(answers)
}
