//! What the counted programs share.

use wireline::Client;

/// Port, number of requests, path: from the command line.
pub fn target() -> (u16, usize, String) {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("usage: PORT COUNT PATH");
    (next().parse().expect("a port"), next().parse().expect("a count"), next())
}

/// The runtime everything is counted on: one thread, so that only the work itself is counted.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Sends the requests; calls `mark` after half of them and at the end.
pub fn run(mut mark: impl FnMut()) {
    let (port, count, path) = target();
    let url = format!("http://127.0.0.1:{port}{path}");
    runtime().block_on(async {
        let client = Client::new();
        for half in 0..2 {
            for _ in 0..count / 2 {
                let response = client.get(&url).send().await.expect("a response");
                let content = response.bytes().await.expect("content");
                assert!(!content.is_empty());
            }
            let _ = half;
            mark();
        }
    });
}
