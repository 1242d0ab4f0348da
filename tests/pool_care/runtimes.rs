//! One `static` client and many runtimes, in turn and at once.

use std::sync::mpsc;
use std::sync::{Arc, LazyLock};
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wireline::Client;

use crate::server::{Guest, Server, polite};
use crate::sockets::held;
use crate::steps::until;
use crate::support::{PATIENCE, deadline};
use crate::{get, is_reused, moody, stats};

fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn multi() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// What a program keeps in a `static`, its server beside it.
static SHARED: LazyLock<(Client, Server)> = LazyLock::new(|| {
    let client = Client::builder().max_connections(4).build().expect("a client");
    (client, Server::start(polite))
});

#[test]
fn a_static_client_in_one_runtime_after_another() {
    let (client, server) = &*SHARED;
    for round in 0..6_u64 {
        let runtime = if round % 2 == 0 { single() } else { multi() };
        runtime.block_on(async {
            assert!(!is_reused(client, server).await, "a socket of a runtime that is gone");
            assert!(is_reused(client, server).await);
            deadline(client.warm_up(&server.url("/"), 3)).await.expect("a server");
        });
        // The runtime goes, three idle connections stay behind.
        drop(runtime);
        assert_eq!(stats(client).idle, 3);
        assert_eq!(stats(client).closed.other_runtime, round * 3);
    }
    // Closing them needs no runtime at all.
    assert_eq!(client.close_idle(), 3);
    assert_eq!(held(server.address()), 0);
}

#[test]
fn many_runtimes_at_once_share_the_limit() {
    const EACH: usize = 60;
    let server = Arc::new(Server::start(polite));
    let client = Client::builder().max_connections(3).pool_timeout(None).build().expect("a client");
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (client, server) = (client.clone(), Arc::clone(&server));
            thread::spawn(move || {
                let runtime = if number % 2 == 0 { single() } else { multi() };
                runtime.block_on(async {
                    let mut tasks = JoinSet::new();
                    for _ in 0..EACH {
                        let (client, server) = (client.clone(), Arc::clone(&server));
                        tasks.spawn(async move { is_reused(&client, &server).await });
                    }
                    deadline(tasks.join_all()).await.len()
                })
            })
        })
        .collect();
    let done: usize = threads.into_iter().map(|thread| thread.join().expect("no panic")).sum();
    assert_eq!((done, server.requests()), (4 * EACH, 4 * EACH));
    let counted = stats(&client);
    assert_eq!((counted.in_use, counted.waiting), (0, 0));
    assert!(counted.idle <= 3 && counted.waits > 0);
    assert_eq!(counted.opened + counted.reused, 4 * EACH as u64);
}

/// The one place goes back in one runtime, and the next in line waits in another.
#[test]
fn a_waiter_is_woken_by_another_runtimes_return() {
    let server = Arc::new(Server::start(moody));
    let client = Client::builder().max_connections(1).build().expect("a client");
    let runtime = single();
    for round in 1..=5 {
        let holding = runtime.block_on(get(&client, &server, "/hold"));
        let (client_there, server_there) = (client.clone(), Arc::clone(&server));
        let there =
            thread::spawn(move || multi().block_on(is_reused(&client_there, &server_there)));
        single().block_on(deadline(until(|| client.pool_stats().waiting == 1)));
        // From a thread that is in no runtime.
        drop(holding);
        assert!(!there.join().expect("no panic"));
        assert_eq!(stats(&client).waits, round);
    }
}

/// A connection that came home whole goes to a waiter in a runtime where it cannot work: that one opens its own.
#[test]
fn a_returned_connection_of_another_runtime_is_replaced() {
    let turn = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&turn);
    let server = Arc::new(Server::start(move |mut guest: Guest| {
        let gate = Arc::clone(&gate);
        async move {
            while let Some(asked) = guest.request().await {
                gate.acquire().await.expect("open").forget();
                guest.answer(asked.path()).await;
            }
        }
    }));
    let client = Client::builder().max_connections(1).build().expect("a client");
    let (begun, begins) = mpsc::channel();
    let (client_here, server_here) = (client.clone(), Arc::clone(&server));
    let here = thread::spawn(move || {
        single().block_on(async {
            let task = is_reused(&client_here, &server_here);
            begun.send(()).expect("the test waits");
            task.await
        })
    });
    begins.recv_timeout(PATIENCE).expect("the first");
    single().block_on(deadline(until(|| server.requests() == 1)));
    let (client_there, server_there) = (client.clone(), Arc::clone(&server));
    let there = thread::spawn(move || multi().block_on(is_reused(&client_there, &server_there)));
    single().block_on(deadline(until(|| client.pool_stats().waiting == 1)));
    turn.add_permits(2);
    assert!(!here.join().expect("no panic") && !there.join().expect("no panic"));
    let counted = stats(&client);
    assert_eq!((counted.closed.other_runtime, counted.opened, counted.reused), (1, 2, 0));
}

#[test]
fn a_client_is_closed_from_another_runtime() {
    let server = Server::start(moody);
    let client = Client::new();
    let (one, other) = (multi(), single());
    let holding = one.block_on(get(&client, &server, "/hold"));
    one.block_on(is_reused(&client, &server));
    let closing = client.close();
    assert_eq!(held(server.address()), 1);
    let waiting = thread::spawn(move || other.block_on(deadline(closing)));
    one.block_on(async move { drop(holding) });
    waiting.join().expect("it ends");
    assert_eq!((held(server.address()), stats(&client).open), (0, 0));
    // And where there is no runtime at all.
    let client = Client::new();
    multi().block_on(is_reused(&client, &server));
    drop(client.close());
    assert_eq!(held(server.address()), 0);
}
