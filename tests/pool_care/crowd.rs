//! Ten thousand requests that wait for a handful of connections, of which many are given up on the way.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use wireline::Client;

use crate::server::{Guest, Server};
use crate::sockets::held;
use crate::stats;
use crate::steps::until;
use crate::support::deadline;

const CROWD: usize = 10_000;
const LANES: usize = 4;

/// Numbers that look random and are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// Answers nobody before the gate opens, and leaves a list of who was answered.
fn noting(open: watch::Receiver<bool>) -> (Server, Arc<Mutex<Vec<usize>>>) {
    let noted = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&noted);
    let server = Server::start(move |mut guest: Guest| {
        let (list, mut open) = (Arc::clone(&list), open.clone());
        async move {
            while let Some(asked) = guest.request().await {
                list.lock()
                    .expect("not poisoned")
                    .push(asked.path()[1..].parse().expect("a number"));
                let _ = open.wait_for(|open| *open).await;
                guest.answer(asked.path()).await;
            }
        }
    });
    (server, noted)
}

/// One connection to each of four origins. A third gives up before anything moves, some more while it does; everybody else
/// is served, each origin's in the order they came.
#[tokio::test]
async fn ten_thousand_wait_and_a_third_gives_up() {
    let (gate, open) = watch::channel(false);
    let servers: Vec<_> = (0..LANES).map(|_| noting(open.clone())).collect();
    let builder = Client::builder().max_connections_per_origin(1).pool_timeout(None);
    let client = builder.read_timeout(None).build().expect("a client");
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut tasks = JoinSet::new();
    let mut handles: Vec<AbortHandle> = Vec::new();
    for number in 0..CROWD {
        let request = client.get(servers[dice.roll(LANES)].0.url(&format!("/{number}")));
        handles.push(tasks.spawn(async move {
            let response = request.send().await.expect("an answer");
            assert_eq!(response.text().await.expect("a body"), number.to_string().insert_slash());
            number
        }));
    }
    until_async(|| client.pool_stats().waiting == CROWD - LANES).await;
    assert_eq!(stats(&client).in_use, LANES);
    until_async(|| servers.iter().all(|(server, _)| server.requests() == 1)).await;

    let mut given_up = 0;
    while given_up < CROWD / 3 {
        let handle = &handles[dice.roll(CROWD)];
        if !handle.is_finished() {
            handle.abort();
            given_up += 1;
            tokio::task::yield_now().await;
        }
    }
    gate.send(true).expect("the servers wait");
    let (mut served, mut cancelled) = (Vec::new(), 0);
    while let Some(done) = deadline(tasks.join_next()).await {
        match done {
            Ok(number) => served.push(number),
            Err(error) => {
                assert!(error.is_cancelled(), "{error}");
                cancelled += 1;
            }
        }
        // Now and then somebody who may be waiting, served, sending or done.
        if dice.roll(40) == 0 {
            handles[dice.roll(CROWD)].abort();
        }
    }
    assert_eq!(served.len() + cancelled, CROWD, "somebody starved");
    assert!(cancelled >= CROWD / 3 && served.len() > CROWD / 3, "{cancelled} cancelled");
    served.sort_unstable();
    let mut asked = Vec::new();
    for (_, noted) in &servers {
        let noted = noted.lock().expect("not poisoned");
        assert!(noted.is_sorted(), "an origin's requests came out of turn");
        asked.extend_from_slice(&noted);
    }
    asked.sort_unstable();
    assert!(served.iter().all(|number| asked.binary_search(number).is_ok()));
    let counted = stats(&client);
    assert_eq!((counted.in_use, counted.waiting), (0, 0));
    assert_eq!(counted.waits as usize, CROWD - LANES);
    assert!(counted.idle <= LANES);
    let sockets: usize = servers.iter().map(|(server, _)| held(server.address())).sum();
    assert_eq!(sockets, counted.idle);
}

async fn until_async(done: impl FnMut() -> bool) {
    deadline(until(done)).await;
}

trait InsertSlash {
    fn insert_slash(self) -> String;
}

impl InsertSlash for String {
    fn insert_slash(mut self) -> String {
        self.insert(0, '/');
        self
    }
}
