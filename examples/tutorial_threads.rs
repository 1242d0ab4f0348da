//! For those who put Requests into threads to get along with asyncio: what that looks like here, what it costs, and when it
//! is right.
//!
//! `cargo run --features json --example tutorial_threads`
//!
//! | in Python | here |
//! |---|---|
//! | `requests.get(url)`, `requests.Session()` | `stage/blocking.rs`, a blocking library in eighty lines |
//! | `ThreadPoolExecutor(max_workers=20)` | `max_blocking_threads(20)` of the runtime |
//! | `loop.run_in_executor(executor, get, url)` | `tokio::task::spawn_blocking(move || get(&url))` |
//! | `threading.local()` for a session per thread | `thread_local!` |
//! | a blocking call in a coroutine stops the event loop | the same, and step 3 shows it |
//!
//! The server is part of the program and takes 20 ms over every answer.

mod stage;

use std::cell::RefCell;
use std::time::Duration;

use stage::blocking::{self, Session};
use stage::{Result, Server};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep};
use wireline::{Client, StatusCode};

/// What `ThreadPoolExecutor` calls `max_workers`.
const THREADS: usize = 20;

fn main() -> Result<()> {
    // One thread for everything async, and at most 20 for what blocks.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(THREADS)
        .enable_all()
        .build()?;
    runtime.block_on(run())
}

async fn run() -> Result<()> {
    let server = Server::start()?;
    let alone = server.watch("1. one thread", step_1_one_thread(&server)).await?;
    let threads = server.watch("2. twenty threads", step_2_threads(&server)).await?;
    server.watch("3. who blocks whom", step_3_who_blocks_whom(&server)).await?;
    server.watch("4. a session per thread", step_4_sessions(&server)).await?;
    let wireline = server.watch("5. no threads", step_5_no_threads(&server)).await?;
    println!(
        "\nTwenty threads are {:.0} times as fast as one. Without threads it is {:.0} times: waiting needs none.",
        alone.as_secs_f64() / threads.as_secs_f64(),
        alone.as_secs_f64() / wireline.as_secs_f64(),
    );
    Ok(())
}

/// Blocking calls, one after another. The whole loop runs on one thread of the pool.
async fn step_1_one_thread(server: &Server) -> Result<usize> {
    let urls = server.pokemon_urls();
    let work = move || -> Result<usize> {
        let mut session = Session::default();
        let found = |url: &String| Ok(session.get(url)?.status == StatusCode::OK);
        let found: Result<Vec<bool>> = urls.iter().map(found).collect();
        Ok(found?.into_iter().filter(|found| *found).count())
    };
    spawn_blocking(work).await?
}

/// The async face of a blocking function: a future that is ready when a thread has done the work. Dropping it does not stop
/// the thread; nothing can.
fn get_async(url: String) -> JoinHandle<Result<blocking::Response>> {
    spawn_blocking(move || blocking::get(&url))
}

/// All calls are handed to the pool, which runs 20 at a time. Each makes its own connection.
async fn step_2_threads(server: &Server) -> Result<usize> {
    let calls: Vec<_> = server.pokemon_urls().into_iter().map(get_async).collect();
    let mut answers = 0;
    for call in calls {
        answers += usize::from(call.await??.status == StatusCode::OK);
    }
    Ok(answers)
}

/// How far a task that wants to run every millisecond falls behind, in the meantime.
async fn longest_pause() -> Duration {
    let (begun, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
    while begun.elapsed() < Duration::from_millis(150) {
        sleep(Duration::from_millis(1)).await;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    longest
}

/// The reason for the wrapper: a blocking call made in async code stops every other task of that thread for as long as it
/// takes. In a thread of the pool it stops nobody.
async fn step_3_who_blocks_whom(server: &Server) -> Result<usize> {
    // Slow enough to tell from a busy machine.
    let slow = Server::start_with(Duration::from_millis(100))?;
    let url = slow.pokemon_url(1);
    let watcher = tokio::spawn(longest_pause());
    get_async(url.clone()).await??;
    println!("   in a thread: the loop paused for {:?} at most", watcher.await?);

    let watcher = tokio::spawn(longest_pause());
    tokio::task::yield_now().await; // the watcher begins
    blocking::get(&url)?;
    let paused = watcher.await?;
    println!("   in the loop: the loop paused for {paused:?}");
    assert!(paused >= slow.latency, "a blocking call blocks");
    // These went to the slow server; one more for this one, the right way.
    Ok(usize::from(get_async(server.pokemon_url(1)).await??.status == StatusCode::OK))
}

thread_local! {
    /// A session is for one thread at a time, so each thread keeps its own.
    static SESSION: RefCell<Session> = RefCell::default();
}

/// The same 20 threads, each with its connection: 20 connections in place of 150.
async fn step_4_sessions(server: &Server) -> Result<usize> {
    let get =
        |url: String| spawn_blocking(move || SESSION.with_borrow_mut(|session| session.get(&url)));
    let calls: Vec<_> = server.pokemon_urls().into_iter().map(get).collect();
    let mut answers = 0;
    for call in calls {
        answers += usize::from(call.await??.status == StatusCode::OK);
    }
    Ok(answers)
}

/// An async client needs no executor: the one thread that runs everything here waits for all of them. Threads remain right
/// for what computes, and for libraries that have no async face.
async fn step_5_no_threads(server: &Server) -> Result<usize> {
    let client = Client::new();
    let get = |url: String| tokio::spawn(client.get(url).send());
    let calls: Vec<_> = server.pokemon_urls().into_iter().map(get).collect();
    let mut answers = 0;
    for call in calls {
        let response = call.await??.error_for_status()?;
        let pokemon: serde_json::Value = response.json().await?;
        answers += usize::from(pokemon["name"].is_string());
    }
    Ok(answers)
}
